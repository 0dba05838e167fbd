package query

import (
	"math"
	"slices"
	"strings"

	"plumbago/aggregate/history"
)

// A Result is a value under a name: the glob for what was made of all series, the series' own for what is of one.
type Result struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
}

// A tally is what is known of the points in the window: of one series, or of several together.
type tally struct {
	name          string
	count         int64
	sum, min, max float64
	first, last   int64   // their times
	newest        float64 // of the last
	increase      float64 // the sum of what was gained from point to point; after a fall counting began at 0
}

func (t *tally) add(p history.Point) {
	if t.count == 0 {
		t.first, t.min, t.max = p.Time, p.Value, p.Value
	} else if p.Value >= t.newest {
		t.increase += p.Value - t.newest
	} else {
		t.increase += p.Value
	}
	t.count++
	t.sum += p.Value
	t.min, t.max = min(t.min, p.Value), max(t.max, p.Value)
	t.last, t.newest = p.Time, p.Value
}

// pool adds the points of o. What holds of one series only is lost.
func (t *tally) pool(o *tally) {
	switch {
	case o.count == 0:
		return
	case t.count == 0:
		t.min, t.max = o.min, o.max
	}
	t.count += o.count
	t.sum += o.sum
	t.min, t.max = min(t.min, o.min), max(t.max, o.max)
}

// An Evaluation is an expression at a time.
type Evaluation struct {
	expr  *Expr
	at    int64 // Unix seconds
	found []tally
}

// At returns the evaluation of e at a time in Unix seconds.
func (e *Expr) At(at int64) *Evaluation { return &Evaluation{expr: e, at: at} }

// Look takes what the window holds of s, if e is about it. The series may come from several goroutines, but one after
// the other.
func (v *Evaluation) Look(s *history.Series) {
	name, ok := v.concerns(s)
	if !ok {
		return
	}
	t := tally{name: name}
	s.Each(v.at-v.span(s), v.at, func(p history.Point) {
		if v.expr.function.newest {
			t = tally{name: name}
		}
		t.add(p)
	})
	v.found = append(v.found, t)
}

// concerns says whether the expression is about s, and under which name.
func (v *Evaluation) concerns(s *history.Series) (name string, ok bool) {
	if v.expr.matcher.Match(s.Of, nil) {
		if s.Stands(v.expr.function.serves) {
			return s.Of, true
		}
		return "", false
	}
	if v.expr.matcher.Match(s.Name, nil) {
		return s.Name, true
	}
	return "", false
}

// span is how long the window is: for the newest point of a series that has no interval five minutes, or three of the
// series' periods if that is longer. Points are stamped with the start of their slice, and come after its end.
func (v *Evaluation) span(s *history.Series) int64 {
	if v.expr.interval > 0 {
		return v.expr.interval
	}
	return max(300, 3*int64(s.Period.Seconds()))
}

// Results returns what came of it, sorted by name. A window without points has no results, but a count of 0.
func (v *Evaluation) Results() []Result {
	slices.SortStableFunc(v.found, func(a, b tally) int { return strings.Compare(a.name, b.name) })
	results := []Result{}
	add := func(name string, value float64, ok bool) {
		if ok && !math.IsInf(value, 0) && !math.IsNaN(value) { // sums beyond float64
			results = append(results, Result{name, value})
		}
	}
	f := v.expr.function
	if v.expr.across == pool {
		all := tally{}
		for i := range v.found {
			all.pool(&v.found[i])
		}
		value, ok := f.combine(&all)
		add(v.expr.glob, value, ok)
		return results
	}
	for i := range v.found {
		value, ok := f.combine(&v.found[i])
		add(v.found[i].name, value, ok)
	}
	if v.expr.across == mean {
		return v.mean(results)
	}
	return results
}

// mean is the mean of what the series give.
func (v *Evaluation) mean(each []Result) []Result {
	if len(each) == 0 {
		return each
	}
	sum := 0.0
	for _, r := range each {
		sum += r.Value
	}
	return []Result{{v.expr.glob, sum / float64(len(each))}}
}
