package query

// A function makes one value of what a window holds.
type function struct {
	name    string
	newest  bool // it looks at the newest point of each series, not at all of them
	each    bool // it says something of one series only
	serves  string
	combine func(t *tally) (v float64, ok bool)
}

// functions are what an expression may call.
var functions = []function{
	{"count_over_time", false, false, "", func(t *tally) (float64, bool) { return float64(t.count), true }},
	{"sum_over_time", false, false, "sum", func(t *tally) (float64, bool) { return t.sum, t.count > 0 }},
	{"min_over_time", false, false, "min", func(t *tally) (float64, bool) { return t.min, t.count > 0 }},
	{"max_over_time", false, false, "max", func(t *tally) (float64, bool) { return t.max, t.count > 0 }},
	{"avg_over_time", false, false, "avg", func(t *tally) (float64, bool) { return t.sum / float64(t.count), t.count > 0 }},
	{"rate", false, true, "", func(t *tally) (float64, bool) { return t.increase / float64(t.last-t.first), t.last > t.first }},
	{"count", true, false, "", func(t *tally) (float64, bool) { return float64(t.count), true }},
	{"sum", true, false, "sum", func(t *tally) (float64, bool) { return t.sum, t.count > 0 }},
	{"min", true, false, "min", func(t *tally) (float64, bool) { return t.min, t.count > 0 }},
	{"max", true, false, "max", func(t *tally) (float64, bool) { return t.max, t.count > 0 }},
	{"avg", true, false, "avg", func(t *tally) (float64, bool) { return t.sum / float64(t.count), t.count > 0 }},
}

// Functions returns the names of the functions.
func Functions() []string {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = f.name
	}
	return names
}

// functionNamed returns nil if there is none.
func functionNamed(name string) *function {
	for i := range functions {
		if functions[i].name == name {
			return &functions[i]
		}
	}
	return nil
}
