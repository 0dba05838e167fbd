package e2e

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A reading is a sample as an aggregate folds it: of a counter its rate, and the growth that this came from.
type reading struct {
	input  string
	ms     int64
	v      float64
	growth float64
}

// A tree is a rule with an aggregate: the same description gives the rule's configuration and, computed plainly, what
// must come of it.
type tree struct {
	match     string
	name      string   // of the aggregate; "" leaves it out
	keys      string   // further lines of the aggregate
	period    int64    // seconds
	rollups   []int64  // seconds
	functions []string // of slices and rollups
	windows   []slider
	as        string // "" is the default
	asRollup  string // "" is the default
	end       bool   // results are stamped with the end
	decimals  int    // 0 leaves results as they are
	diff      bool   // readings are of counters
}

// A slider is a window over the slices of a period.
type slider struct {
	period, slices int64
	functions      []string
	as             string
}

// toml writes the rule. The results go to the cluster "out" unless keys say otherwise.
func (o *tree) toml() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[[rule]]\nmatch = %q\nstop = true\n[rule.aggregate]\nperiod = \"%ds\"\n", o.match, o.period)
	list := func(key string, items []string) {
		for i := range items {
			items[i] = strconv.Quote(items[i])
		}
		if len(items) > 0 {
			fmt.Fprintf(&b, "%s = [%s]\n", key, strings.Join(items, ", "))
		}
	}
	text := func(key, s string) {
		if s != "" {
			fmt.Fprintf(&b, "%s = %q\n", key, s)
		}
	}
	var rollups []string
	for _, p := range o.rollups {
		rollups = append(rollups, fmt.Sprintf("%ds", p))
	}
	list("rollups", rollups)
	list("functions", slices.Clone(o.functions))
	text("name", o.name)
	text("as", o.as)
	text("as_rollup", o.asRollup)
	if o.end {
		text("stamp", "end")
	}
	if o.decimals > 0 {
		fmt.Fprintf(&b, "decimals = %d\n", o.decimals)
	}
	if b.WriteString(o.keys + "\n"); !strings.Contains(o.keys, "send") {
		text("send", "out")
	}
	for _, w := range o.windows {
		fmt.Fprintf(&b, "[[rule.aggregate.output]]\nperiod = \"%ds\"\nwindow = %d\n", w.period, w.slices)
		text("as", w.as)
		list("functions", slices.Clone(w.functions))
	}
	return b.String()
}

// A result is what a tree must say in the end under one name and time.
type result struct {
	fn    string
	v     float64
	of    int     // so many readings
	grain float64 // what it is rounded to
	tail  bool    // of a window after the last slice: it may not have come yet
}

// results computes everything that is to come of the readings of one series.
func (o *tree) results(series string, rs []reading) map[stampedName]result {
	all := map[stampedName]result{}
	rs = slices.Clone(rs)
	slices.SortStableFunc(rs, func(a, b reading) int { return int(a.ms - b.ms) })
	as, asRollup := o.as, o.asRollup
	if as == "" {
		as = "{name}.{fn}"
	}
	if asRollup == "" {
		asRollup = "{name}.{period}.{fn}"
	}
	o.add(all, series, as, o.functions, rs, o.period, 1)
	for _, p := range o.rollups {
		o.add(all, series, asRollup, o.functions, rs, p, 1)
	}
	for _, w := range o.windows {
		functions := w.functions
		if functions == nil {
			functions = o.functions
		}
		o.add(all, series, w.as, functions, rs, w.period, w.slices)
	}
	return all
}

// add computes functions of the readings, which are in the order of time, over windows of n slices.
func (o *tree) add(all map[stampedName]result, series, as string, functions []string, rs []reading, period, n int64) {
	names := make([]string, len(functions))
	for i, fn := range functions {
		path, tags, tagged := strings.Cut(series, ";")
		names[i] = strings.NewReplacer("{name}", path, "{fn}", fn, "{period}", short(period)).Replace(as)
		if tagged {
			names[i] += ";" + tags
		}
	}
	step := period * 1000
	first, last := rs[0].ms/step, rs[len(rs)-1].ms/step
	from, to := 0, 0
	for k := first; k < last+n; k++ {
		for ; to < len(rs) && rs[to].ms < (k+1)*step; to++ {
		}
		for ; from < to && rs[from].ms < (k+1-n)*step; from++ {
		}
		if from == to {
			continue
		}
		f := summarize(rs[from:to])
		for i, fn := range functions {
			v := f.of(fn, float64(n*period), o.diff)
			if math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
			grain := 0.0
			if o.decimals > 0 {
				scale := math.Pow10(o.decimals)
				v, grain = math.Round(v*scale)/scale, 1.001/scale
			}
			at := k * period
			if o.end {
				at += period
			}
			all[stampedName{names[i], at}] = result{fn, v, to - from, grain, k > last}
		}
	}
}

// short writes a number of seconds as names hold it.
func short(s int64) string {
	for _, u := range []struct {
		length int64
		letter string
	}{{86400, "d"}, {3600, "h"}, {60, "m"}} {
		if s%u.length == 0 {
			return fmt.Sprint(s/u.length) + u.letter
		}
	}
	return fmt.Sprint(s) + "s"
}

// A summary is what functions are computed from.
type summary struct {
	rs                                       []reading
	sum, least, most, growth, squares, above float64
	aboves                                   float64
	sorted                                   []float64
}

func summarize(rs []reading) *summary {
	f := &summary{rs: rs, least: math.Inf(1), most: math.Inf(-1)}
	for _, r := range rs {
		f.sum += r.v
		f.squares += r.v * r.v
		f.growth += r.growth
		f.least, f.most = min(f.least, r.v), max(f.most, r.v)
		if r.v > 0 {
			f.above += r.v
			f.aboves++
		}
	}
	return f
}

// of computes a function the plain way.
func (f *summary) of(fn string, seconds float64, diff bool) float64 {
	n := float64(len(f.rs))
	switch fn {
	case "avg":
		return f.sum / n
	case "sum":
		return f.sum
	case "min":
		return f.least
	case "max":
		return f.most
	case "count":
		return n
	case "first":
		return f.rs[0].v
	case "last":
		return f.rs[len(f.rs)-1].v
	case "range":
		return f.most - f.least
	case "variance":
		return f.variance()
	case "stddev":
		return math.Sqrt(f.variance())
	case "rms":
		return math.Sqrt(f.squares / n)
	case "rate":
		if diff {
			return f.growth / seconds
		}
		return f.sum / seconds
	case "delta":
		if diff {
			return f.growth
		}
		return f.rs[len(f.rs)-1].v - f.rs[0].v
	case "avg_positive":
		return f.above / f.aboves
	case "unique":
		return float64(distinct(f.rs, func(r reading) float64 { return r.v }))
	case "sources":
		return float64(distinct(f.rs, func(r reading) string { return r.input }))
	case "median":
		return f.rank(50)
	}
	digits := fn[1:]
	p, err := strconv.ParseFloat(digits[:2]+"."+digits[2:]+"0", 64)
	if err != nil || fn[0] != 'p' {
		panic("bug: no such function: " + fn)
	}
	return f.rank(p)
}

func (f *summary) variance() float64 {
	mean, scatter := f.sum/float64(len(f.rs)), 0.0
	for _, r := range f.rs {
		scatter += (r.v - mean) * (r.v - mean)
	}
	return scatter / float64(len(f.rs))
}

// rank returns a percentile by nearest rank.
func (f *summary) rank(p float64) float64 {
	if f.sorted == nil {
		for _, r := range f.rs {
			f.sorted = append(f.sorted, r.v)
		}
		slices.Sort(f.sorted)
	}
	return f.sorted[max(0, int(math.Ceil(p*float64(len(f.sorted))/100))-1)]
}

// distinct counts different keys.
func distinct[K comparable](rs []reading, key func(r reading) K) int {
	seen := make(map[K]bool, len(rs))
	for _, r := range rs {
		seen[key(r)] = true
	}
	return len(seen)
}

// near says whether got is what the result must be: to the last digits for what adds up, within the bounds that are
// promised for sketches that hold too much to be exact.
func (r *result) near(got float64) bool {
	bound := 1e-9 * max(1, math.Abs(r.v))
	switch {
	case r.fn[0] == 'p' || r.fn == "median":
		if r.of > 64 {
			bound = 0.01 * math.Abs(r.v)
		}
	case r.fn == "unique" || r.fn == "sources":
		if r.v > 1024 {
			bound = 0.0325 * r.v // four times the standard error
		}
	case r.fn == "stddev" || r.fn == "variance" || r.fn == "rms":
		bound = max(1e-6*max(1, math.Abs(r.v)), r.grain) // computed otherwise, so that a tie may be rounded otherwise
	}
	return math.Abs(got-r.v) <= bound
}
