package aggregate

import (
	"context"
	"math"

	"plumbago/aggregate/history"
)

// A Live is a live series as it is shown. Values that are not known, for want of a kept result, are NaN.
type Live struct {
	Name    string
	Diff    bool // its samples are running totals
	MemOnly bool // its results are kept and never sent
	Last    float64
	Avg     float64 // the average of the kept averages
	Max     float64 // the largest of the kept maxima
}

// Live shows f each live series that is says so of. averages asks for Avg and Max as well, which takes a look at every kept
// point. Both functions are run by the shards, one after the other.
func (a *Aggregator) Live(ctx context.Context, averages bool, is func(name []byte) bool, f func(Live)) error {
	for _, s := range a.shards {
		for i := range s.tables {
			t := &s.tables[i]
			for from, more := uint32(0), true; more; {
				if err := a.ask(ctx, s, func() { from, more = s.live(t, from, averages, is, f) }); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// live shows f some series of a table, from a slot on, and returns the slot to go on with.
func (s *shard) live(t *table, from uint32, averages bool, is func([]byte) bool, f func(Live)) (next uint32, more bool) {
	r := t.rule
	number := func(fn string) int { // of the aggregate's own result
		for _, res := range r.outputs[r.tiers[0].plain[0]].results {
			if res.name == fn {
				return res.number
			}
		}
		return -1
	}
	last, avg, top := number((&history.Source{Functions: r.Functions}).Stands("")), number("avg"), number("max")
	looked := 0
	for slot := from; int(slot) < len(t.series); slot++ {
		if looked++; looked > stepSize {
			return slot, true
		}
		if t.series[slot].heard <= deleted {
			continue
		}
		name := nameOf(t.names.name(slot))
		if !is(name) {
			continue
		}
		x := Live{Name: string(name), Diff: t.series[slot].diff, MemOnly: r.MemOnly, Last: math.NaN(), Avg: math.NaN(), Max: math.NaN()}
		if se := s.kept(t, slot, last); se != nil {
			p, _ := se.Newest()
			x.Last = p.Value
		}
		if averages {
			looked += pastCost
			x.Avg, x.Max = r.averages(x.Diff, s.kept(t, slot, avg), s.kept(t, slot, top))
		}
		f(x)
	}
	return 0, false
}

// pastCost is how many series' names may be looked at in the time in which the past of one is.
const pastCost = 16

// kept returns the past of a result of a series; nil if there is none.
func (s *shard) kept(t *table, slot uint32, number int) *history.Series {
	if number < 0 {
		return nil
	}
	if h := t.handle(slot, number); h != 0 {
		return s.past.Get(h)
	}
	return nil
}

// averages returns the average of the kept averages and the largest of the kept maxima.
func (r *Rule) averages(diff bool, avgs, maxima *history.Series) (avg, top float64) {
	avg, top = math.NaN(), math.NaN()
	if avgs != nil {
		sum, n, positive, positives := 0.0, 0.0, 0.0, 0.0
		avgs.Each(math.MinInt64, math.MaxInt64, func(p history.Point) {
			if sum, n = sum+p.Value, n+1; p.Value > 0 {
				positive, positives = positive+p.Value, positives+1
			}
		})
		avg = r.average(diff, sum/n, positive, positives)
	}
	if maxima != nil {
		maxima.Each(math.MinInt64, math.MaxInt64, func(p history.Point) {
			if !(top >= p.Value) {
				top = p.Value
			}
		})
	}
	return avg, top
}
