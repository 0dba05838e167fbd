package aggregate

import (
	"math"

	"plumbago/aggregate/sketch"
)

// A timing is the values of a timer's slice, and how many there are.
type timing struct {
	*sketch.Values
	n uint64
}

func (v *view) timing() timing {
	values := v.side.values[v.at]
	return timing{values, values.Count()}
}

// sum returns the sum of the n smallest values.
func (t *timing) sum(n uint64) float64 {
	sum, _ := t.Lowest(n)
	return sum
}

// squares returns the sum of the squares of the n smallest values.
func (t *timing) squares(n uint64) float64 {
	_, squares := t.Lowest(n)
	return squares
}

// below returns how many values are below a bound.
func (t *timing) below(bound float64) uint64 {
	if math.IsInf(bound, 1) {
		return t.n
	}
	return t.Below(bound)
}
