package aggregate

import "plumbago/carbon/stat"

// inputBit marks a slot that is an input of a diff, not a series.
const inputBit = 1 << 31

// noSlot is the slot of samples whose series was refused.
const noSlot = inputBit - 1

// replayGrain is to what the due of a slice that ended in the past is rounded up, in milliseconds: a replay touches
// thousands of slices of a series at as many instants, and each instant would look at all of them.
const replayGrain = 100

// fold adds a block's samples to their slices.
func (s *shard) fold(block *Samples) {
	for i := range block.List {
		sm := &block.List[i]
		t := &s.tables[sm.Rule]
		slot, value, at := sm.Slot, sm.Value, sm.Time
		if slot == noSlot {
			t.figures.Refused++
			s.refuse(block, sm.Ticket, stat.DropSeriesLimit)
			continue
		}
		if int(slot&^inputBit) >= len(t.inputs) && slot&inputBit != 0 || slot&inputBit == 0 && int(slot) >= len(t.series) {
			t.sync()
		}
		if slot&inputBit != 0 {
			in := &t.inputs[slot&^inputBit]
			rate, ok := t.rule.rate(in, value, at, &t.figures.Cases)
			if !ok {
				continue
			}
			slot, value = in.group, rate
		}
		if t.rule.Clock == "arrival" { // rates are over the samples' own times all the same
			at = block.Arrival
		}
		if !s.add(t, slot, value, at, block.Arrival) {
			t.figures.Late++
			s.refuse(block, sm.Ticket, stat.DropLate)
		}
	}
}

// add puts one value into the slice of its time; it reports false if that is before the horizon.
func (s *shard) add(t *table, slot uint32, value float64, at, arrival int64) bool {
	se, r := &t.series[slot], t.rule
	if at < se.horizon {
		return false
	}
	k := at / r.period
	where, isNew := t.slice(se, uint32(k))
	h := &t.heads[where-1]
	r.layout.fold(t.cellsOf(where), value, at)
	end := (k + 1) * r.period
	switch h.state {
	case open:
		ready := max(end, arrival)
		if isNew {
			h.until = ready + r.grace
		}
		h.due = min(ready+r.wait, h.until)
	case kept:
		h.state, h.due = amended, min(arrival+r.wait, h.until)
	case amended: // gathered until the first correction's due
		return true
	}
	s.alarm(t, slot, se, h.due, end)
	return true
}

// alarm makes sure that the shard looks at a series when a slice of it, which ends at end, is due.
func (s *shard) alarm(t *table, slot uint32, se *series, due, end int64) {
	if due > end+t.rule.wait {
		due = (due + replayGrain - 1) / replayGrain * replayGrain
	}
	if se.alarm != 0 && se.alarm <= due {
		return
	}
	se.alarm = due
	s.agenda.add(due, entry{uint16(t.rule.ID), slot})
}

// refuse corrects the ledger for a sample that a series would not take: the lane has counted it as aggregated. Of several
// refusals the last one's reason counts.
func (s *shard) refuse(block *Samples, ticket Ticket, why stat.Drop) {
	if n := ticket &^ ticketSent; n != 0 && block.refusals.left[n-1].Add(-1) > 0 {
		return // another series may still take it
	}
	s.counts.Aggregated--
	if ticket&ticketSent != 0 {
		s.counts.Both--
		return
	}
	s.counts.Dropped[why]++
}
