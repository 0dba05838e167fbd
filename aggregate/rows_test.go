package aggregate

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Rows are what a plain list would be, whatever is done to them, and a copy stays what it was.
func TestRows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var r rows[int]
	var want []int
	for range 2000 {
		switch n := random.IntN(3 << mostRows); {
		case n < 6<<leastRows:
			r.add(n)
			want = append(want, n)
		case n%7 == 0:
			r.grow(n)
			want = append(want, make([]int, max(0, n-len(want)))...)
		case n%7 == 1:
			r.cut(n)
			want = slices.Clone(want[:min(n, len(want))])
		case n%7 == 2:
			r.clear()
			clear(want)
		case n < len(want):
			*r.at(n) = n
			want[n] = n
		}
		if r.len() != len(want) {
			t.Fatalf("%d rows, want %d", r.len(), len(want))
		}
	}
	for i, x := range want {
		if *r.at(i) != x {
			t.Fatalf("row %d is %d, want %d", i, *r.at(i), x)
		}
	}
}

// Each row has a place of its own, in a chunk that is there.
func TestRowsPlaces(t *testing.T) {
	for n := range 5 << mostRows {
		var r rows[int32]
		if n%997 > 2 && n > 64 {
			continue
		}
		r.grow(n)
		for i := range n {
			if *r.at(i)++; *r.at(i) != 1 {
				t.Fatalf("of %d rows, row %d lies where another does", n, i)
			}
		}
	}
}
