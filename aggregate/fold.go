package aggregate

import "plumbago/carbon/stat"

// inputBit marks a slot that is an input of a series, not the series.
const inputBit = 1 << 31

// noSlot is the slot of samples whose series was refused.
const noSlot = inputBit - 1

// replayGrain is to what the due of a slice that ended in the past is rounded up, in milliseconds: a replay touches
// thousands of slices of a series at as many instants, and each instant would look at all of them.
const replayGrain = 100

// fold adds a block's samples to their slices.
func (s *shard) fold(block *Samples) {
	s.folded++
	heard := heardAt(block.Arrival)
	many := len(block.List) > 0 && s.tables[block.List[0].Rule].series.len() > manySeries
	for i := range block.List {
		if many && i%glance == 0 {
			s.glance(block.List[i:min(i+glance, len(block.List))])
		}
		sm := &block.List[i]
		t := s.tables[sm.Rule]
		x := value{v: sm.Value, ms: sm.Time}
		slot := sm.Slot
		if slot == noSlot {
			t.figures.Refused++
			s.refuse(block, sm.Ticket, stat.DropSeriesLimit)
			continue
		}
		if slot&inputBit != 0 {
			var ok bool
			if slot, ok = t.take(slot&^inputBit, &x, block.Arrival); slot == noSlot {
				s.tooLate(t, block, sm.Ticket)
			}
			if !ok {
				continue
			}
		} else {
			if int(slot) >= t.series.len() || t.series.at(int(slot)).heard == 0 {
				t.adopt(slot)
			}
			t.series.at(int(slot)).heard = heard
			if t.rule.statsd != nil {
				s.measure(t, slot, sm, block.Arrival)
				continue
			}
			if t.rule.Compat != "" {
				x.v = t.rule.input(x.v, false)
			}
		}
		at := sm.Time
		if t.rule.Clock == "arrival" { // rates are over the samples' own times all the same
			at = block.Arrival
		}
		if !s.add(t, slot, &x, at, block.Arrival) {
			s.tooLate(t, block, sm.Ticket)
		}
	}
	if len(block.entries) > 0 {
		s.enter(block)
	}
}

// heardAt is a time of arrival as series and inputs remember it.
func heardAt(arrival int64) uint32 { return max(deleted+1, uint32(arrival/1000)) }

// glance is how many samples are looked at ahead: their memory is touched one after the other before any is used, so
// that the waits for it overlap. That costs 15 ns a sample and saves 70 where there are manySeries, which no cache holds
// (BenchmarkFoldMany).
const (
	glance     = 64
	manySeries = 8192
)

// glance touches what the samples will need.

func (s *shard) glance(list []Sample) {
	var slots [glance]uint32
	var cells [glance]uint32
	touched := uint32(0)
	for i := range list {
		t, slot := s.tables[list[i].Rule], list[i].Slot
		if slot&inputBit != 0 && int(slot&^inputBit) < t.inputs.len() {
			slot = t.inputs.at(int(slot &^ inputBit)).group
		}
		slots[i] = slot
		if int(slot) < t.series.len() {
			touched += t.series.at(int(slot)).heard
		}
	}
	for i := range list {
		t := s.tables[list[i].Rule]
		if int(slots[i]) >= t.series.len() {
			continue
		}
		if tr := &t.series.at(int(slots[i])).base; tr.n > 0 {
			cells[i] = t.runs.newest(tr).columns() + 1
		}
	}
	for i := range list {
		if cells[i] > 0 {
			if cell := s.tables[list[i].Rule].cells.at(cells[i] - 1); len(cell) > 0 && cell[0] == 0 {
				touched++
			}
		}
	}
	s.touching = touched // or the compiler would leave all this out
}

// take makes of a sample of an input the value that its series gets; ok is false if it gives none. Without a slot the sample
// is refused: a counter's baseline must not lie where the next samples will not get for long.
func (t *table) take(input uint32, x *value, arrival int64) (slot uint32, ok bool) {
	if int(input) >= t.inputs.len() || t.inputs.at(int(input)).heard == 0 {
		t.adoptInput(input)
	}
	in := t.inputs.at(int(input))
	if t.series.at(int(in.group)).heard == 0 {
		t.adopt(in.group)
	}
	heard := heardAt(arrival)
	in.heard = heard
	se := t.series.at(int(in.group))
	se.heard = max(se.heard, heard) // blocks come out of order: no input must outlive its series
	x.input = input
	diff := se.diff
	if diff && x.ms-arrival > t.rule.maxFuture {
		t.figures.Early++
		return noSlot, false
	}
	if diff && !t.rule.rate(in, x, &t.figures.Cases) {
		return 0, false
	}
	x.v = t.rule.input(x.v, diff)
	return in.group, true
}

// add puts one value into the slice of its time; it reports false if that is over.
func (s *shard) add(t *table, slot uint32, x *value, at, arrival int64) bool {
	r, se := t.rule, t.series.at(int(slot))
	if t.addNewest(se, x, at, arrival) {
		return true
	}
	k := uint32(at / r.tiers[0].period)
	if k < se.base.horizon {
		return false
	}
	i, found := t.runs.find(&se.base, k)
	end := r.tiers[0].end(k)
	if !found {
		if at-arrival > r.maxFuture {
			t.figures.Early++
			return false
		}
		late := lag(arrival - end)
		sl := t.runs.insert(&se.base, i, slice{k: k, cell: t.newCell(), first: late, last: late})
		if r.asks&sideStamps != 0 {
			t.side.stamps = put(t.side.stamps, sl.columns(), new(stamps))
		}
		t.gather(se, sl, x)
		s.alarm(t, slot, se, r.due(sl, end), end)
		return true
	}
	sl := &t.runs.view(&se.base)[i]
	before := sl.state()
	if before == open {
		sl.last = max(sl.last, lag(arrival-end))
	}
	t.gather(se, sl, x)
	if before == kept && sl.state() == amended {
		sl.last = lag(arrival - end)
		s.alarm(t, slot, se, r.due(sl, end), end)
	}
	return true
}

// addNewest does what add does for nearly every sample: it adds the value to the newest slice of its series, if that is
// its own and is open, if nothing is kept beside columns, and if the value is no entry.
func (t *table) addNewest(se *series, x *value, at, arrival int64) bool {
	if se.base.n == 0 || t.rule.asks != 0 || x.cell != 0 {
		return false
	}
	sl := t.runs.newest(&se.base)
	period := t.rule.tiers[0].period
	start := int64(sl.k) * period
	if at < start || at >= start+period || sl.state() != open || sl.k < se.base.horizon {
		return false
	}
	if late := arrival - start - period; late > 0 {
		sl.last = max(sl.last, lag(late))
	}
	t.rule.layout.fold(t.cells.at(sl.columns()), x)
	return true
}

// gather adds a value to a slice: to what it holds, and, if that was emitted already and went into higher slices, to
// what has come late for it.
func (t *table) gather(se *series, sl *slice, x *value) {
	if t.rule.asks&sideStamps != 0 && !se.diff && x.cell == 0 && t.stamp(sl, x) {
		return
	}
	t.put(sl.columns(), x)
	if !sl.closed() {
		return
	}
	if sl.set(amended); len(t.rule.tiers[0].feeds) > 0 {
		cell, ok := t.late[sl.columns()]
		if !ok {
			cell = t.newCell()
			t.late[sl.columns()] = cell
		}
		t.put(cell, x)
	}
}

// due returns when something is to be done about a slice of the base tier.
func (r *Rule) due(sl *slice, end int64) int64 {
	switch until := end + lagTime(sl.first) + r.keep; sl.state() {
	case open: // emitted
		return min(end+lagTime(sl.last)+r.wait, end+lagTime(sl.first)+r.grace)
	case amended: // emitted again
		return min(end+lagTime(sl.last)+r.wait, until)
	default: // freed
		return until
	}
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

// tooLate counts a sample refused for its time.
func (s *shard) tooLate(t *table, block *Samples, ticket Ticket) {
	t.figures.Late++
	s.refuse(block, ticket, stat.DropLate)
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
