//go:build invariants

package aggregate

import "math"

// poison makes a freed slice's columns useless, so that a use after the free shows in every result.
func poison(cells []float64) {
	for i := range cells {
		cells[i] = math.NaN()
	}
}

// mustBe panics where something does not hold that our own code is to see to.
func mustBe(holds bool, otherwise string) {
	if !holds {
		panic("bug: " + otherwise)
	}
}
