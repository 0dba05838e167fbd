package aggregate

import (
	"math"
	"strconv"
)

// compatJumpscale is the arithmetic of the JumpScale StatAggregator: it rounds what comes in, so that its averages are
// those of rounded values.
const compatJumpscale = "jumpscale"

// input applies the rule's compat to a value as it comes: a raw one is an integer, or as it is with percent; a rate is
// an integer or has two decimals.
func (r *Rule) input(v float64, diff bool) float64 {
	switch {
	case r.Compat == "":
		return v
	case !r.Percent:
		return math.Round(v)
	case diff:
		return twoDecimals(v)
	}
	return v
}

// compat applies the rule's compat to a function: averages are rounded like values, those of rates are over the positive
// ones, and a maximum is not below 0.
func (r *Rule) compat(f function) function {
	if r.Compat == "" {
		return f
	}
	plain := f.of
	switch f.name {
	case "avg":
		f.needs |= needs(colPositive, colPositives)
		f.of = func(v *view) float64 {
			return r.average(v.diff, plain(v), v.of(colPositive), v.of(colPositives))
		}
	case "max":
		f.of = func(v *view) float64 { return max(0, plain(v)) }
	}
	return f
}

// average applies the rule's compat to an average: of values, or, of rates, of the positive ones, which add up to positive.
func (r *Rule) average(diff bool, average, positive, positives float64) float64 {
	switch {
	case r.Compat == "":
		return average
	case diff && positives == 0:
		return 0
	case diff:
		average = positive / positives
	}
	if r.Percent {
		return twoDecimals(average)
	}
	return math.Round(average)
}

// twoDecimals rounds v as Python 2 does: to the nearest, by its exact binary value, and a tie away from zero. A tie is
// possible only where eight times v is an odd whole number.
func twoDecimals(v float64) float64 {
	if eighths := 8 * v; eighths == math.Trunc(eighths) && math.Mod(eighths, 2) != 0 {
		v = math.Copysign(math.Ceil(math.Abs(v)*100), v) / 100
		return v
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 2, 64), 64)
	return rounded
}
