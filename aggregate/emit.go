package aggregate

import (
	"math"

	"plumbago/carbon"
)

// step looks at up to n series that are due at now and says whether more are.
func (s *shard) step(now int64, n int) (more bool) {
	s.now = now
	for n > 0 {
		due, ok := s.agenda.next()
		if !ok || due > now {
			break
		}
		_, s.scratch = s.agenda.pop(s.scratch[:0], n)
		n -= len(s.scratch)
		for _, e := range s.scratch {
			t := &s.tables[e.rule]
			if se := &t.series[e.series]; se.alarm == due {
				s.attend(t, e.series, se, now)
			}
		}
	}
	s.handOn()
	due, ok := s.agenda.next()
	return ok && due <= now
}

// attend does what is due for one series: emits, emits again and frees slices, oldest first.
func (s *shard) attend(t *table, slot uint32, se *series, now int64) {
	s.order = s.order[:0]
	for at := se.slices; at != 0; at = t.heads[at-1].older {
		s.order = append(s.order, at)
	}
	freed := false
	for i := len(s.order) - 1; i >= 0; i-- {
		at := s.order[i]
		h := &t.heads[at-1]
		if h.due > now {
			continue
		}
		if h.state != kept {
			s.emit(t, slot, at, t.rule.partial(int64(h.k), s.start))
			if h.state == open {
				h.until = now + t.rule.keep
			}
			h.state, h.due = kept, h.until
		}
		if h.until <= now {
			se.horizon = max(se.horizon, (int64(h.k)+1)*t.rule.period)
			freed = true
		}
	}
	if freed {
		t.sweep(se, now)
	}
	s.realarm(t, slot, se)
}

// sweep frees the slices of a series whose time is over.
func (t *table) sweep(se *series, now int64) {
	for link := &se.slices; *link != 0; {
		if h := &t.heads[*link-1]; h.state == kept && h.until <= now {
			t.free(link)
		} else {
			link = &h.older
		}
	}
}

// realarm sets a series' alarm anew after something was done for it.
func (s *shard) realarm(t *table, slot uint32, se *series) {
	var next, end int64
	for at := se.slices; at != 0; at = t.heads[at-1].older {
		if h := &t.heads[at-1]; next == 0 || h.due < next {
			next, end = h.due, (int64(h.k)+1)*t.rule.period
		}
	}
	se.alarm = 0
	if next != 0 {
		s.alarm(t, slot, se, next, end)
	}
}

// emit puts a slice's results into the open batch. Of a partial slice what only a whole one can say is left out.
func (s *shard) emit(t *table, slot, at uint32, partial bool) {
	r, h := t.rule, &t.heads[at-1]
	name, cells := t.names.name(slot), t.cellsOf(at)
	stamp := int64(h.k) * r.period
	if r.Stamp == "end" {
		stamp += r.period
	}
	for i := range r.outputs {
		o := &r.outputs[i]
		if partial && o.whole && r.Partial == "drop" {
			continue
		}
		v := r.round(o.of(&r.layout, cells))
		if math.IsInf(v, 0) || math.IsNaN(v) {
			continue // a sum beyond float64 is no result
		}
		s.name = r.appendName(s.name[:0], name, o)
		way := &t.ways[int(slot)*len(r.outputs)+i]
		if *way == 0 {
			*way = s.out.Way(s.name, carbon.Raw, r.ID)
		}
		if s.batch == nil {
			s.batch = carbon.NewBatch()
			s.batch.Arrival = s.now
		}
		s.batch.AddRouted(s.name, *way, v, stamp)
		t.figures.Emitted++
		if h.state == amended {
			t.figures.Amended++
		}
	}
	if s.batch != nil && len(s.batch.Bytes) >= carbon.BlockSize-4096 {
		s.handOn()
	}
}

// handOn gives the open batch to the lane.
func (s *shard) handOn() {
	if b := s.batch; b != nil {
		s.batch = nil
		s.out.Accept(b)
	}
}
