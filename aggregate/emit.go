package aggregate

import (
	"math"

	"plumbago/carbon"
)

// view returns what functions see of a cell. It holds until the next call.
func (t *table) view(slot, cell uint32, seconds float64) *view {
	t.look = view{
		layout: &t.rule.layout, cell: t.cells.at(cell), side: &t.side, at: cell, seconds: seconds, diff: t.series.at(int(slot)).diff,
		ranks: t.rule.ranks,
	}
	return &t.look
}

// emit puts an output's results at slice k into the open batch. Of a partial slice what only a whole one can say is left
// out, and an empty window has nothing but its count. again says that the same was emitted before.
func (s *shard) emit(t *table, slot uint32, o *output, v *view, k uint32, partial, again bool) {
	r, key := t.rule, t.rule.split(t.names.name(slot))
	stamp := r.stamp(o.tier, k)
	for i := range o.results {
		res := &o.results[i]
		if partial && res.whole && r.Partial == "drop" || v.empty && (res.name != "count" || r.Empty != "zero") {
			continue
		}
		x := r.round(res.of(v))
		if math.IsInf(x, 0) || math.IsNaN(x) {
			continue // a sum beyond float64 is no result
		}
		if r.MemOnly {
			s.name = r.appendResult(s.name[:0], &key, res)
			s.remember(t, slot, o, res, stamp, x, s.name)
			continue
		}
		if s.batch == nil {
			s.batch = carbon.NewBatch()
			s.batch.Arrival = s.now
		}
		b := s.batch
		from := len(b.Bytes)
		b.Bytes = r.appendResult(b.Bytes, &key, res)
		s.remember(t, slot, o, res, stamp, x, b.Bytes[from:])
		way := t.ways.at(int(slot)*r.results + res.number)
		if *way == 0 {
			*way = s.out.Way(b.Bytes[from:], carbon.Raw, r.ID, o.target)
		}
		b.EndRouted(from, *way, x, stamp, &s.stamp)
		t.figures.Emitted++
		s.made++
		if again {
			t.figures.Amended++
		}
	}
	if s.batch != nil && len(s.batch.Bytes) >= carbon.BlockSize-4096 {
		s.handOn()
	}
}

// stamp is the time that the results of slice k of a tier bear, in Unix milliseconds.
func (r *Rule) stamp(tier int, k uint32) int64 {
	if r.Stamp == "end" {
		return r.tiers[tier].end(k)
	}
	return int64(k) * r.tiers[tier].period
}

// handOn gives the open batch to the lane.
func (s *shard) handOn() {
	if b := s.batch; b != nil {
		s.batch = nil
		s.out.Accept(b)
	}
}
