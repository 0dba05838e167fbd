package aggregate

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbago/carbon"
)

// Statsd says what becomes of the samples of statsd's kinds that come by one listener.
type Statsd struct {
	Period  time.Duration
	Partial string // as in Options
	Keep    time.Duration

	Legacy                                           bool   // the names that the reference had at first
	Prefix, ForCounts, ForGauges, ForTimers, ForSets string // what its later names begin with

	Suffix       string   // what they end with, without its dot
	RatesOnly    bool     // counters have no count
	TimerMetrics []string // what is said of timers, all percentiles of a figure as "upper_percent"; none is all

	Percentiles []float64
	Histograms  []Histogram // the first whose Metric is part of a timer's name is its

	DeleteIdle func(carbon.Kind) bool // whether idle series of a kind are forgotten, not told of
}

// A Histogram is the upper bounds of the bins that timers are counted in, ascending and each outside its bin.
type Histogram struct {
	Metric string
	Bins   []float64
}

// Rule returns the rule for samples of kind k; histogram is which of s.Histograms is its, or -1.
func (s *Statsd) Rule(id int, k carbon.Kind, histogram int) (*Rule, error) {
	o := DefaultOptions()
	o.Type, o.Period, o.Partial, o.Keep = "raw", s.Period, s.Partial, s.Keep
	o.Stamp, o.Late, o.Clock, o.Wait, o.Functions = "end", "drop", "arrival", statsdWait, []string{}
	m := &measure{kind: k, suffix: s.Suffix, deleteIdle: s.DeleteIdle != nil && s.DeleteIdle(k)}
	if m.deleteIdle && o.Keep == 0 {
		o.Keep = idleKeep
	}
	r, err := NewRule(id, o)
	if err != nil {
		return nil, err
	}
	r.statsd, r.Match = m, "statsd "+k.String()
	switch k {
	case carbon.Count:
		s.counts(r)
	case carbon.Gauge:
		r.measured(s.as("stats.gauges", s.ForGauges), gaugeFunction(m.deleteIdle))
	case carbon.Set:
		r.measured(s.as("stats.sets", s.ForSets)+".count", function{"count", needs(colCount), sideUnique, true, func(v *view) float64 {
			return float64(v.side.unique[v.at].Estimate())
		}})
	case carbon.Timer:
		var bins []float64
		if histogram >= 0 {
			bins = s.Histograms[histogram].Bins
			r.Match += " " + s.Histograms[histogram].Metric
		}
		r.asks, r.layout.set = r.asks|sideValues, r.layout.set|needs(colCount, colWeight) // whatever is told of it
		as := s.as("stats.timers", s.ForTimers)
		for _, f := range timerFunctions(s.Percentiles, bins) {
			if s.tells(f.name) {
				r.measured(as+"."+f.name, f)
			}
		}
	}
	r.layout = newLayout(r.layout.set)
	return r, nil
}

func (s *Statsd) counts(r *Rule) {
	rate := function{"rate", needs(colSum, colCount), 0, true, func(v *view) float64 { return v.of(colSum) / v.seconds }}
	count := function{"count", needs(colSum, colCount), 0, true, func(v *view) float64 { return v.of(colSum) }}
	rates, counts := "stats.{name}", "stats_counts.{name}"
	if !s.Legacy {
		as := s.as("", s.ForCounts)
		rates, counts = as+".rate", as+".count"
	}
	r.measured(rates, rate)
	if !s.RatesOnly {
		r.measured(counts, count)
	}
}

// tells says whether a figure of timers is wanted.
func (s *Statsd) tells(figure string) bool {
	if len(s.TimerMetrics) == 0 || slices.Contains(s.TimerMetrics, figure) {
		return true
	}
	if strings.HasPrefix(figure, "histogram.") {
		return slices.Contains(s.TimerMetrics, "histogram")
	}
	for _, p := range s.Percentiles {
		if of, ok := strings.CutSuffix(figure, "_"+figureText(p)); ok && slices.Contains(s.TimerMetrics, of+"_percent") {
			return true
		}
	}
	return false
}

// gaugeFunction gives a gauge; where idle ones are forgotten, not in a slice without samples.
func gaugeFunction(deleteIdle bool) function {
	return function{"last", needs(colCount, colLast), 0, false, func(v *view) float64 {
		if deleteIdle && v.of(colCount) == 0 {
			return math.NaN()
		}
		return v.of(colLast)
	}}
}

// as is what a series is called: of the legacy names what stands before it, of the others what the prefixes say.
func (s *Statsd) as(legacy, prefix string) string {
	if s.Legacy {
		return legacy + ".{name}"
	}
	as := "{name}"
	for _, p := range [...]string{prefix, s.Prefix} {
		if p != "" {
			as = p + "." + as
		}
	}
	return as
}

// measured adds a result to a rule that measures.
func (r *Rule) measured(as string, f function) {
	if r.statsd.suffix != "" {
		as += "." + r.statsd.suffix
	}
	o := &r.outputs[0]
	res := result{function: f, number: r.results, as: MarkPlaceholders(as), period: r.tiers[0].name()}
	if whole, ok := carbon.Clean([]byte(strings.Replace(as, "{name}", "a", 1))); ok {
		if head, tail, _ := strings.Cut(as, "{name}"); head+"a"+tail == string(whole) {
			res.head, res.tail = head, tail
		}
	}
	o.results = append(o.results, res)
	r.results++
	r.Functions = append(r.Functions, f.name)
	r.asks |= f.asks
	r.layout.set |= f.needs
}

// timerFunctions are all that statsd says of a timer.
func timerFunctions(percentiles, bins []float64) (all []function) {
	add := func(name string, whole bool, of func(v *view) float64) {
		all = append(all, function{name, needs(colCount, colWeight), sideValues, whole, of})
	}
	add("count", true, func(v *view) float64 { return v.of(colWeight) })
	add("count_ps", true, func(v *view) float64 { return v.of(colWeight) / v.seconds })
	for _, p := range percentiles {
		percentileFunctions(p, add)
	}
	some := func(f func(t *timing) float64) func(v *view) float64 {
		return func(v *view) float64 {
			t := v.timing()
			if t.n == 0 {
				return math.NaN()
			}
			return f(&t)
		}
	}
	add("lower", false, some(func(t *timing) float64 { return t.Nth(1) }))
	add("upper", false, some(func(t *timing) float64 { return t.Nth(t.n) }))
	add("mean", false, some(func(t *timing) float64 { return t.sum(t.n) / float64(t.n) }))
	add("median", false, some(func(t *timing) float64 {
		if t.n%2 == 1 {
			return t.Nth(t.n/2 + 1)
		}
		return (t.Nth(t.n/2) + t.Nth(t.n/2+1)) / 2
	}))
	add("std", true, some(func(t *timing) float64 { return t.Deviation() }))
	add("sum", true, some(func(t *timing) float64 { return t.sum(t.n) }))
	add("sum_squares", true, some(func(t *timing) float64 { return t.squares(t.n) }))
	for i, bound := range bins {
		add("histogram.bin_"+figureText(bound), true, some(func(t *timing) float64 {
			n := t.below(bound)
			if i > 0 {
				n -= t.below(bins[i-1])
			}
			return float64(n)
		}))
	}
	return all
}

// percentileFunctions adds what is said of the lowest p percent of the values, or, where p is negative, of the highest.
func percentileFunctions(p float64, add func(name string, whole bool, of func(v *view) float64)) {
	part := func(f func(t *timing, n uint64) float64) func(v *view) float64 {
		return func(v *view) float64 {
			t := v.timing()
			n := t.n
			if n > 1 {
				n = uint64(math.Round(math.Abs(p) / 100 * float64(n)))
			}
			if n == 0 {
				return math.NaN()
			}
			return f(&t, min(n, t.n))
		}
	}
	sum, squares := (*timing).sum, (*timing).squares
	name, bound := "upper_", func(t *timing, n uint64) float64 { return t.Nth(n) }
	if p < 0 {
		sum = func(t *timing, n uint64) float64 { return t.sum(t.n) - t.sum(t.n-n) }
		squares = func(t *timing, n uint64) float64 { return t.squares(t.n) - t.squares(t.n-n) }
		name, bound = "lower_", func(t *timing, n uint64) float64 { return t.Nth(t.n - n + 1) }
	}
	of := figureText(p)
	add("count_"+of, true, part(func(t *timing, n uint64) float64 { return float64(n) }))
	add("mean_"+of, false, part(func(t *timing, n uint64) float64 { return sum(t, n) / float64(n) }))
	add(name+of, false, part(bound))
	add("sum_"+of, true, part(sum))
	add("sum_squares_"+of, true, part(squares))
}

// figureText writes a number as the reference has it in names: 99_9 and top10.
func figureText(x float64) string {
	if math.IsInf(x, 1) {
		return "inf"
	}
	text := strconv.FormatFloat(x, 'f', -1, 64)
	return strings.Replace(strings.Replace(text, ".", "_", 1), "-", "top", 1)
}
