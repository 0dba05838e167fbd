package aggregate

import (
	"context"
	"math"
	"slices"

	"plumbago/aggregate/history"
)

// A Live is a live series as it is shown. Values that are not known are NaN.
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
	seats := a.Seats()
	for i, s := range a.shards {
		for _, seat := range seats {
			t := seat.tables[i]
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
	own := func(fn string) *result { // of the aggregate itself
		results := r.outputs[r.tiers[0].plain[0]].results
		if i := slices.IndexFunc(results, func(res result) bool { return res.name == fn }); i >= 0 {
			return &results[i]
		}
		return nil
	}
	last, avg, top := own((&history.Source{Functions: r.Functions}).Stands("")), own("avg"), own("max")
	looked := 0
	for slot := from; int(slot) < t.series.len(); slot++ {
		if looked++; looked > stepSize {
			return slot, true
		}
		if t.series.at(int(slot)).heard <= deleted {
			continue
		}
		name := nameOf(t.names.name(slot))
		if !is(name) {
			continue
		}
		x := Live{Name: string(name), Diff: t.series.at(int(slot)).diff, MemOnly: r.MemOnly, Last: s.latest(t, slot, last), Avg: math.NaN(), Max: math.NaN()}
		if averages {
			looked += pastCost
			x.Avg, x.Max = r.averages(x.Diff, valuesOf(s.kept(t, slot, avg)), valuesOf(s.kept(t, slot, top)))
		}
		f(x)
	}
	return 0, false
}

// pastCost is how many series' names may be looked at in the time in which the past of one is.
const pastCost = 16

// latest returns the last value of a result of a series: from its past, or, if that is not kept, from the slice that was
// emitted last, as long as that is there. It is NaN if neither is.
func (s *shard) latest(t *table, slot uint32, res *result) float64 {
	if se := s.kept(t, slot, res); se != nil {
		p, _ := se.Newest()
		return p.Value
	}
	base := &t.rule.tiers[0]
	list := t.runs.view(&t.series.at(int(slot)).base)
	for i := len(list) - 1; i >= 0; i-- {
		sl := &list[i]
		if sl.closed() && !(res.whole && t.rule.Partial == "drop" && base.partial(sl.k, t.start)) {
			return t.rule.round(res.of(t.view(slot, sl.columns(), float64(base.period)/1000)))
		}
	}
	return math.NaN()
}

// kept returns the past of a result of a series; nil if there is none.
func (s *shard) kept(t *table, slot uint32, res *result) *history.Series {
	if res == nil {
		return nil
	}
	if h := t.handle(slot, res.number); h != 0 {
		return s.past.Get(h)
	}
	return nil
}

// Values shows a function some values.
type values func(do func(float64))

// valuesOf are those of a kept series; none if there is none.
func valuesOf(s *history.Series) values {
	return func(do func(float64)) {
		if s != nil {
			s.Each(math.MinInt64, math.MaxInt64, func(p history.Point) { do(p.Value) })
		}
	}
}

// averages returns the average of averages and the largest of maxima; NaN of none.
func (r *Rule) averages(diff bool, avgs, maxima values) (avg, top float64) {
	avg, top = math.NaN(), math.NaN()
	sum, n, positive, positives := 0.0, 0.0, 0.0, 0.0
	avgs(func(v float64) {
		if sum, n = sum+v, n+1; v > 0 {
			positive, positives = positive+v, positives+1
		}
	})
	if n > 0 {
		avg = r.average(diff, sum/n, positive, positives)
	}
	maxima(func(v float64) {
		if !(top >= v) {
			top = v
		}
	})
	return avg, top
}
