package aggregate

import (
	"context"
	"math"

	"plumbago/aggregate/history"
	"plumbago/carbon"
)

// A Look is a series as it is at this moment: with what is not emitted yet, which Live leaves out.
type Look struct {
	Name    string
	Rule    int
	Diff    bool     // its samples are running totals
	Start   int64    // of its newest slice, Unix milliseconds
	Open    bool     // that slice is not emitted yet
	Figures []Figure // of that slice: what the rule's functions give, in their order; empty if nothing is known
	Avg     float64  // the average of the kept averages, and of those that are not emitted yet; NaN if there are none
	Max     float64  // the largest of the maxima, likewise
}

// A Figure is what a function gives.
type Figure struct {
	Fn    string
	Value float64
}

// Look looks at the series of a rule with the given key and kind; found is false if there is none. Samples that were
// handed on before the call are in it.
func (a *Aggregator) Look(ctx context.Context, rule int, k carbon.Kind, key []byte) (l Look, found bool, err error) {
	seat := a.Seats()[rule]
	diff := seat.diff(k)
	hash := carbon.Hash(key, kindOf(diff))
	shard := int(hash>>32) % len(a.shards)
	s := a.shards[shard]
	err = a.ask(ctx, s, func() {
		s.catchUp()
		t := seat.tables[shard]
		t.sync()
		t.registry.Lock()
		slot, ok := t.registry.series.find(hash, key)
		t.registry.Unlock()
		if found = ok && t.series.at(int(slot)).heard > deleted; found {
			l = s.look(t, slot)
		}
	})
	return l, found, err
}

// Looks looks at all series that is says so of. Both functions are run by the shards, one after the other.
func (a *Aggregator) Looks(ctx context.Context, is func(name []byte) bool, f func(Look)) error {
	seats := a.Seats()
	for i, s := range a.shards {
		for _, seat := range seats {
			t := seat.tables[i]
			for from, more := uint32(0), true; more; {
				if err := a.ask(ctx, s, func() { from, more = s.looks(t, from, is, f) }); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// looks shows f some series of a table, from a slot on, and returns the slot to go on with.
func (s *shard) looks(t *table, from uint32, is func([]byte) bool, f func(Look)) (next uint32, more bool) {
	if from == 0 {
		s.catchUp()
		t.sync()
	}
	looked := 0
	for slot := from; int(slot) < t.series.len(); slot++ {
		if looked++; looked > stepSize {
			return slot, true
		}
		if t.series.at(int(slot)).heard > deleted && is(nameOf(t.names.name(slot))) {
			looked += pastCost
			f(s.look(t, slot))
		}
	}
	return 0, false
}

// catchUp folds what waits in the inbox.
func (s *shard) catchUp() {
	for range len(s.in) {
		block := <-s.in
		s.fold(block)
		block.Free()
	}
	s.takeDerived()
}

// look looks at a series.
func (s *shard) look(t *table, slot uint32) Look {
	r := t.rule
	own := r.outputs[r.tiers[0].plain[0]].results
	l := Look{Name: string(nameOf(t.names.name(slot))), Rule: r.ID, Diff: t.series.at(int(slot)).diff}
	list := t.runs.view(&t.series.at(int(slot)).base)
	if n := len(list); n > 0 {
		l.Start, l.Open = int64(list[n-1].k)*r.tiers[0].period, list[n-1].state() == open
		for i, x := range t.standing(slot, &list[n-1]) {
			if !math.IsInf(x, 0) && !math.IsNaN(x) {
				l.Figures = append(l.Figures, Figure{own[i].name, x})
			}
		}
	} else {
		s.remembered(t, slot, &l)
	}
	l.Avg, l.Max = s.overall(t, slot, list)
	return l
}

// remembered fills in the newest slice from the past.
func (s *shard) remembered(t *table, slot uint32, l *Look) {
	newest := int64(math.MinInt64)
	for _, res := range t.rule.outputs[t.rule.tiers[0].plain[0]].results {
		h := t.handle(slot, res.number)
		if h == 0 {
			continue
		}
		p, ok := s.past.Get(h).Newest()
		if !ok || p.Time < newest {
			continue
		}
		if p.Time > newest {
			newest, l.Figures = p.Time, nil
		}
		l.Figures = append(l.Figures, Figure{res.name, p.Value})
	}
	if len(l.Figures) > 0 {
		l.Start = newest * 1000
		if t.rule.Stamp == "end" {
			l.Start -= t.rule.tiers[0].period
		}
	}
}

// overall returns the average of a series' averages and the largest of its maxima: of the slices in list that its past does
// not have as they are now, and else from its past.
func (s *shard) overall(t *table, slot uint32, list []slice) (avg, top float64) {
	r := t.rule
	avgAt, topAt := -1, -1
	var avgs, tops *history.Series
	for i, res := range r.outputs[r.tiers[0].plain[0]].results {
		var kept *history.Series
		if h := t.handle(slot, res.number); h != 0 {
			kept = s.past.Get(h)
		}
		switch res.name {
		case "avg":
			avgAt, avgs = i, kept
		case "max":
			topAt, tops = i, kept
		}
	}
	of := func(at int, kept *history.Series) values {
		return func(do func(float64)) {
			if at < 0 {
				return
			}
			unsaid, after := map[int64]bool{}, int64(math.MinInt64)
			for i := range list {
				sl := &list[i]
				if st := sl.state(); kept != nil && st != open && st != amended {
					continue
				}
				if x := t.standing(slot, sl)[at]; !math.IsInf(x, 0) && !math.IsNaN(x) {
					stamp := r.stamp(0, sl.k) / 1000
					unsaid[stamp], after = true, stamp-s.past.Seconds()-1
					do(x)
				}
			}
			if kept != nil {
				kept.Each(after, math.MaxInt64, func(p history.Point) {
					if !unsaid[p.Time] {
						do(p.Value)
					}
				})
			}
		}
	}
	return r.averages(t.series.at(int(slot)).diff, of(avgAt, avgs), of(topAt, tops))
}

// standing returns what the rule's functions would give of a slice of the base tier if it left now, in their order.
func (t *table) standing(slot uint32, sl *slice) []float64 {
	cell := sl.columns()
	if t.side.set&sideStamps != 0 && sl.state() == open { // its samples are not added up yet
		cell = t.newCell()
		defer t.freeCell(cell)
		t.merge(cell, sl.columns())
		t.addUp(cell, t.side.stamps[sl.columns()])
	}
	v := t.view(slot, cell, float64(t.rule.tiers[0].period)/1000)
	results := t.rule.outputs[t.rule.tiers[0].plain[0]].results
	xs := make([]float64, len(results))
	for i := range results {
		xs[i] = t.rule.round(results[i].of(v))
	}
	return xs
}
