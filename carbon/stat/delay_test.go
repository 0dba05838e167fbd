package stat

import "testing"

// A histogram is cumulative, and its bounds belong to it.
func TestDelays(t *testing.T) {
	var d Delays
	d.Add(-3, 1)
	d.Add(5, 2)
	d.Add(6, 4)
	d.Add(400_000, 8)
	n, sum, upTo := d.Histogram()
	if n != 15 || sum != (10+24+3_200_000)/1000.0 || len(upTo) != len(delayBounds) {
		t.Errorf("%d points, %v seconds, %d bounds", n, sum, len(upTo))
	}
	if upTo[0.005] != 3 || upTo[0.01] != 7 || upTo[300] != 7 {
		t.Errorf("up to: %v", upTo)
	}
}
