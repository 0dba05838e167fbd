//go:build invariants

package aggregate

import "math"

// poison makes a freed slice's columns useless, so that a use after the free shows in every result.
func poison(cells []float64) {
	for i := range cells {
		cells[i] = math.NaN()
	}
}
