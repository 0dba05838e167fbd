package ring

import (
	"fmt"
	"slices"
	"testing"
)

// A member is told that gets more or less than an even share and what may be tolerated.
func TestUneven(t *testing.T) {
	f := func(shares []float64, want ...int) {
		t.Helper()
		if got := Uneven(shares); !slices.Equal(got, want) {
			t.Errorf("%v: %v are off, want %v", shares, got, want)
		}
	}
	f([]float64{1})
	f([]float64{.5, .5})
	f([]float64{.57, .43})
	f([]float64{.58, .42}, 0, 1)
	f([]float64{.34, .38, .28}, 2)
	f([]float64{.34, .39, .27}, 1, 2)
	if got := fmt.Sprintf("%.2f %.2f", Deviation([]float64{.6, .4}, 0), Deviation([]float64{.6, .4}, 1)); got != "0.20 -0.20" {
		t.Errorf("deviations %s", got)
	}
}
