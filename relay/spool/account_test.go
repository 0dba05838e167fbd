package spool

import (
	"math/rand/v2"
	"testing"
)

// TestSpan holds a span to a set of points.
func TestSpan(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, set := span{pos: 5, end: 5}, map[uint64]bool{}
		for range 60 {
			switch from := s.pos + uint64(r.IntN(12)); r.IntN(3) {
			case 0:
				for range r.IntN(8) {
					set[s.end] = true
					s.end++
				}
			case 1: // as Confirm does
				from = min(from, s.end)
				check(t, seed, s.remove(s.pos, from), cut(set, 0, from))
			case 2:
				to := from + uint64(r.IntN(6))
				check(t, seed, s.remove(from, to), cut(set, from, to))
			}
			check(t, seed, s.held(), int64(len(set)))
			for p := range s.end + 3 {
				if s.gone(p) == set[p] {
					t.Fatalf("seed %d: gone(%d) = %v in %v", seed, p, s.gone(p), s)
				}
			}
			for i, h := range s.holes {
				if h.from >= h.to || i > 0 && s.holes[i-1].to >= h.from {
					t.Fatalf("seed %d: %v has holes that are one", seed, s)
				}
			}
			if len(set) > 0 && s.gone(s.pos) || len(set) == 0 && s.pos != s.end {
				t.Fatalf("seed %d: %v is not at its first point", seed, s)
			}
		}
	}
}

func check(t *testing.T, seed uint64, got, want int64) {
	t.Helper()
	if got != want {
		t.Fatalf("seed %d: %d points, want %d", seed, got, want)
	}
}

func cut(set map[uint64]bool, from, to uint64) (n int64) {
	for p := range set {
		if from <= p && p < to {
			delete(set, p)
			n++
		}
	}
	return n
}
