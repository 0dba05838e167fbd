package aggregate

import (
	"context"
	"slices"
	"time"

	"plumbago/carbon"
)

// A Standing is what a series of a statsd kind stands at: what has come since the last flush.
type Standing struct {
	Name   string
	Heard  time.Time // when its last sample arrived
	Value  float64   // of a counter, of a gauge, or how many members a set has
	Count  uint64    // of a timer's values
	Values []float64 // these, if they are still known one by one
}

// Standings shows f each series of a rule that measures. f is run by the shards, one after the other.
func (a *Aggregator) Standings(ctx context.Context, rule *Seat, f func(Standing)) error {
	for i, s := range a.shards {
		for from, more := 0, true; more; from += stepSize {
			if err := a.ask(ctx, s, func() { more = s.standings(rule.tables[i], from, f) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// standings shows f some series of a table, from a slot on.
func (s *shard) standings(t *table, from int, f func(Standing)) (more bool) {
	if from == 0 {
		s.catchUp()
		t.sync()
	}
	for slot := from; slot < min(from+stepSize, t.series.len()); slot++ {
		se := t.series.at(slot)
		if se.heard <= deleted || se.base.n == 0 {
			continue
		}
		x := Standing{Name: string(t.names.name(uint32(slot))), Heard: time.Unix(int64(se.heard), 0)}
		number := t.runs.newest(&se.base).columns()
		cell, l := t.cells.at(number), &t.rule.layout
		switch t.rule.statsd.kind {
		case carbon.Count:
			x.Value = cell[l.at[colSum]]
		case carbon.Gauge:
			x.Value = cell[l.at[colLast]]
		case carbon.Set:
			x.Value = float64(t.side.unique[number].Estimate())
		case carbon.Timer:
			x.Count = t.side.values[number].Count()
			if values, ok := t.side.values[number].Exact(); ok {
				x.Values = slices.Clone(values)
			}
		}
		f(x)
	}
	return from+stepSize < t.series.len()
}

// DeleteMeasured forgets the series of a rule that measures, whose names is says so of, as Delete does.
func (a *Aggregator) DeleteMeasured(ctx context.Context, rule *Seat, is func(name []byte) bool) (n int, err error) {
	a.forgetting.Lock()
	defer a.forgetting.Unlock()
	for i, s := range a.shards {
		for from, more := 0, true; more; from += partSize {
			if err := a.ask(ctx, s, func() {
				s.drain()
				gone := 0
				gone, more = s.deleteSeries(rule.tables[i], from, is)
				n += gone
			}); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}
