package aggregate

import (
	"math"
	"strconv"

	"plumbago/aggregate/sketch"
)

// A function computes one figure of a slice, or of a window over several.
type function struct {
	name  string
	needs columnSet // the columns it reads
	asks  sideSet   // what it needs beside them
	whole bool      // it says nothing true of a slice that was not seen whole
	of    func(v *view) float64
}

// A view is the slice or window that a function computes a figure of.
type view struct {
	layout  *layout
	cell    []float64
	side    *sides  // of the cell; nil if the rule asks for none
	at      uint32  // the cell's number, which is its place in side
	seconds float64 // its length
	diff    bool    // its samples are running totals
	empty   bool    // a window without slices
	ranks   sketch.Definition
	means   *means // of the slices of a window, where the rule wants these; else nil
}

func (v *view) of(c column) float64 { return v.cell[v.layout.at[c]] }

var functions = []function{
	{"avg", needs(colSum, colCount), 0, false, func(v *view) float64 { return v.of(colSum) / v.of(colCount) }},
	{"sum", needs(colSum), 0, true, func(v *view) float64 { return v.of(colSum) }},
	{"min", needs(colMin), 0, false, func(v *view) float64 { return v.lowest() }},
	{"max", needs(colMax), 0, false, func(v *view) float64 { return v.highest() }},
	{"count", needs(colCount), 0, true, func(v *view) float64 { return v.of(colCount) }},
	{"first", needs(colFirst, colFirstTime), 0, false, func(v *view) float64 { return v.of(colFirst) }},
	{"last", needs(colLast, colLastTime), 0, false, func(v *view) float64 { return v.of(colLast) }},
	{"range", needs(colMin, colMax), 0, false, func(v *view) float64 { return v.highest() - v.lowest() }},
	{"stddev", needs(colCount, colMean, colScatter), 0, true, (*view).deviation},
	{"variance", needs(colCount, colMean, colScatter), 0, true, func(v *view) float64 { return v.variance() }},
	{"rms", needs(colCount, colMean, colScatter), 0, false, func(v *view) float64 {
		return math.Sqrt(v.variance() + v.of(colMean)*v.of(colMean))
	}},
	{"rate", needs(colSum, colGrowth), 0, true, func(v *view) float64 {
		if v.diff {
			return v.of(colGrowth) / v.seconds
		}
		return v.of(colSum) / v.seconds
	}},
	{"delta", needs(colFirst, colFirstTime, colLast, colLastTime, colGrowth), 0, true, func(v *view) float64 {
		if v.diff {
			return v.of(colGrowth)
		}
		return v.of(colLast) - v.of(colFirst)
	}},
	{"median", 0, sideQuantiles, false, func(v *view) float64 { return v.percentile(50) }},
	{"unique", 0, sideUnique, true, func(v *view) float64 { return float64(v.side.unique[v.at].Estimate()) }},
	{"sources", 0, sideSources, true, func(v *view) float64 { return float64(v.side.sources[v.at].Estimate()) }},
	{"avg_positive", needs(colPositive, colPositives), 0, false, func(v *view) float64 {
		return v.of(colPositive) / v.of(colPositives)
	}},
}

// Functions returns the names of the functions that a rule may ask for, without the percentiles.
func Functions() []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = f.name
	}
	return names
}

// HasFunction says whether a rule may ask for the function.
func HasFunction(name string) bool {
	_, ok := functionNamed(name)
	return ok
}

func functionNamed(name string) (function, bool) {
	for _, f := range functions {
		if f.name == name {
			return f, true
		}
	}
	if p, ok := percentile(name); ok {
		return function{name, 0, sideQuantiles, false, func(v *view) float64 { return v.percentile(p) }}, true
	}
	return function{}, false
}

// percentile reads p50, p99, p999: a p and the decimals of a percentage, the first two before the point.
func percentile(name string) (p float64, ok bool) {
	if len(name) < 3 || len(name) > 5 || name[0] != 'p' {
		return 0, false
	}
	for _, c := range name[1:] {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	p, err := strconv.ParseFloat(name[1:3]+"."+name[3:]+"0", 64)
	return p, err == nil
}

func (v *view) percentile(p float64) float64 { return v.side.quantiles[v.at].By(v.ranks, p) }

// variance is the mean of the squared distances from the mean.
func (v *view) variance() float64 { return v.of(colScatter) / v.of(colCount) }

func (v *view) deviation() float64 {
	if v.means != nil && v.means.deviations {
		return v.means.deviation / v.means.slices
	}
	return math.Sqrt(v.variance())
}

func (v *view) lowest() float64 {
	if v.means != nil && v.means.extremes {
		return v.means.min / v.means.slices
	}
	return v.of(colMin)
}

func (v *view) highest() float64 {
	if v.means != nil && v.means.extremes {
		return v.means.max / v.means.slices
	}
	return v.of(colMax)
}
