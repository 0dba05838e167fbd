package aggregate

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
