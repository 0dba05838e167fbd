package aggregate

import (
	"bytes"
	"strings"
)

// A function computes one figure of a slice from its columns.
type function struct {
	name  string
	needs columnSet // the columns it reads
	whole bool      // it says nothing true of a slice that was not seen whole
	of    func(l *layout, cells []float64) float64
}

var functions = []function{
	{"avg", needs(colSum, colCount), false, func(l *layout, c []float64) float64 { return c[l.at[colSum]] / c[l.at[colCount]] }},
	{"max", needs(colMax), false, func(l *layout, c []float64) float64 { return c[l.at[colMax]] }},
	{"min", needs(colMin), false, func(l *layout, c []float64) float64 { return c[l.at[colMin]] }},
	{"sum", needs(colSum), true, func(l *layout, c []float64) float64 { return c[l.at[colSum]] }},
	{"count", needs(colCount), true, func(l *layout, c []float64) float64 { return c[l.at[colCount]] }},
	{"last", needs(colLast, colLastTime), false, func(l *layout, c []float64) float64 { return c[l.at[colLast]] }},
}

// Functions returns the names of the functions that a rule may ask for.
func Functions() []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = f.name
	}
	return names
}

func functionNamed(name string) (function, bool) {
	for _, f := range functions {
		if f.name == name {
			return f, true
		}
	}
	return function{}, false
}

// resultName is a compiled `as` of one function of a rule: what stands around {name}.
type resultName struct {
	before, after string
	named         bool // {name} stands in it
}

// newResultName fills the placeholders of as but {name}, which is left to append.
func newResultName(as, fn, period string) resultName {
	as = strings.NewReplacer("{fn}", fn, "{period}", period).Replace(as)
	before, after, named := strings.Cut(as, "{name}")
	return resultName{before, after, named}
}

// append writes the name of a result of series: the tags of a tagged series follow the whole result.
func (r resultName) append(dst, series []byte) []byte {
	path, tags := series, []byte(nil)
	if at := bytes.IndexByte(series, ';'); at >= 0 {
		path, tags = series[:at], series[at:]
	}
	dst = append(dst, r.before...)
	if r.named {
		dst = append(dst, path...)
	}
	dst = append(dst, r.after...)
	return append(dst, tags...)
}

// asMark parts the name of a series from an `as` of its own, which a rule's captures have made. No name holds it.
const asMark = 0

// SeriesName returns the name under which a series is kept whose results are called as: the captures of a match may
// stand in `as`, and then they are a part of what makes the series.
func SeriesName(name, as string) string { return name + string(rune(asMark)) + as }

// appendName writes the name of an output's result of a series.
func (r *Rule) appendName(dst, series []byte, o *output) []byte {
	name, as, own := bytes.Cut(series, []byte{asMark})
	if !own {
		return o.as.append(dst, series)
	}
	return newResultName(string(as), o.name, ShortDuration(r.Period)).append(dst, name)
}
