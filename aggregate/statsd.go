package aggregate

import (
	"math"
	"time"

	"plumbago/carbon"
)

// A measure is how a rule takes samples of a statsd kind. They belong to the slice of their arrival. Each series always has an
// open slice, so that it is told of at every flush also when it is idle, unless it is to be forgotten then.
type measure struct {
	kind       carbon.Kind
	deleteIdle bool
	suffix     string // what results' names end with, without its dot
}

// statsdWait is how long after its end a statsd slice is emitted. What is still on its way inside plumbago then counts in the
// next one: nothing is lost, and nothing is emitted twice.
const statsdWait = 500 * time.Millisecond

// idleKeep is how long the name of a series is remembered whose idle slices are not told of.
const idleKeep = 10 * time.Minute

// measure adds a sample to the slice of its arrival, or the next one that is open.
func (s *shard) measure(t *table, slot uint32, sm *Sample, arrival int64) {
	sl := s.running(t, slot, arrival)
	cell, l := t.cells.at(sl.columns()), &t.rule.layout
	cell[l.at[colCount]]++
	switch t.rule.statsd.kind {
	case carbon.Count:
		cell[l.at[colSum]] += sm.Value
	case carbon.Gauge:
		if sm.Time == 0 {
			cell[l.at[colLast]] = sm.Value
		} else if sum := cell[l.at[colLast]] + sm.Value; !math.IsInf(sum, 0) {
			cell[l.at[colLast]] = sum
		}
	case carbon.Timer:
		cell[l.at[colWeight]] += math.Float64frombits(uint64(sm.Time))
		t.side.values[sl.columns()].Add(sm.Value)
	case carbon.Set:
		t.side.unique[sl.columns()].AddHash(uint64(sm.Time))
	}
}

// running returns the open slice of a series in which what arrives at a time counts, making it if it is not there.
func (s *shard) running(t *table, slot uint32, arrival int64) *slice {
	se, base := t.series.at(int(slot)), &t.rule.tiers[0]
	k := max(uint32(arrival/base.period), se.base.horizon)
	if se.base.n > 0 {
		newest := t.runs.newest(&se.base)
		// The order of a gauge's samples is that in which they come here.
		if newest.k == k || newest.k > k && t.rule.statsd.kind == carbon.Gauge {
			if newest.state() == open {
				return newest
			}
			k = newest.k + 1
		}
	}
	i, found := t.runs.find(&se.base, k)
	if found {
		if sl := &t.runs.view(&se.base)[i]; sl.state() == open {
			return sl
		}
		return s.running(t, slot, base.end(k)) // the next one
	}
	return s.openSlice(t, slot, i, k)
}

// openSlice puts an empty slice into a series at i: its gauge is what it was before.
func (s *shard) openSlice(t *table, slot uint32, i int, k uint32) *slice {
	se, l := t.series.at(int(slot)), &t.rule.layout
	sl := t.runs.insert(&se.base, i, slice{k: k, cell: t.newCell()})
	if t.rule.statsd.kind == carbon.Gauge && i > 0 {
		before := t.runs.view(&se.base)[i-1].columns()
		t.cells.at(sl.columns())[l.at[colLast]] = t.cells.at(before)[l.at[colLast]]
	}
	end := t.rule.tiers[0].end(k)
	s.alarm(t, slot, se, t.rule.due(sl, end), end)
	return sl
}

// roll opens the slice that an idle series is told of next, once the one before it was emitted. What passed meanwhile, in a
// time when there was no plumbago, is not told of.
func (s *shard) roll(t *table, slot uint32, se *series) {
	list := t.runs.view(&se.base)
	last := &list[len(list)-1]
	if !last.closed() {
		return
	}
	m, keep := t.rule.statsd, t.rule.Keep
	switch {
	case m.deleteIdle && (t.untouched(last) || m.kind != carbon.Gauge):
		return
	case keep > 0 && !m.deleteIdle && s.now/1000-int64(se.heard) >= int64(keep/time.Second):
		return
	}
	k := max(last.k+1, uint32((s.now-1)/t.rule.tiers[0].period))
	s.openSlice(t, slot, len(list), k)
}

// untouched says whether nothing came in a slice of a series that is measured.
func (t *table) untouched(sl *slice) bool {
	return t.cells.at(sl.columns())[t.rule.layout.at[colCount]] == 0
}

// rewind brings the slices of a series that are far in the future to the next one, after the clock was set back: not to the
// present one, which may have been emitted before.
func (t *table) rewind(se *series, now int64) {
	list := t.runs.view(&se.base)
	k := uint32(now/t.rule.tiers[0].period) + 1
	for i := len(list) - 1; i >= 0; i-- {
		list[i].k = min(list[i].k, k)
		k = list[i].k - 1
	}
	se.base.horizon = min(se.base.horizon, k+1)
}

// Measures returns the statsd kind of a rule; ok is false if it has none.
func (r *Rule) Measures() (k carbon.Kind, ok bool) {
	if r.statsd == nil {
		return 0, false
	}
	return r.statsd.kind, true
}
