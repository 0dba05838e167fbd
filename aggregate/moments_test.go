package aggregate

import "testing"

// A slice of one huge value deviates by nothing, also after it was merged into an empty one.
func TestHugeValue(t *testing.T) {
	l := newLayout(needs(colCount, colMean, colScatter))
	src, dst := make([]float64, l.width), make([]float64, l.width)
	l.clear(src)
	l.clear(dst)
	l.fold(src, &value{v: 1.7e308})
	l.merge(dst, src)
	if v := (&view{layout: &l, cell: dst}).deviation(); v != 0 {
		t.Errorf("deviation %v, want 0", v)
	}
}
