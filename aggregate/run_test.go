package aggregate

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A track holds what a plain sorted list would, whatever comes and goes in whatever order.
func TestTrack(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	r := newRuns()
	f := func(t *testing.T, rounds int, next func(i int) uint32) {
		t.Helper()
		var tr track
		var want []uint32
		check := func() {
			t.Helper()
			var got []uint32
			for _, s := range r.view(&tr) {
				if got = append(got, s.k); s.cell != s.k*2 {
					t.Fatalf("slice %d has the columns of another", s.k)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
		}
		for i := range rounds {
			k := next(i)
			at, found := r.find(&tr, k)
			if where, ok := slices.BinarySearch(want, k); where != at || ok != found {
				t.Fatalf("%d is found %t at %d, want %t at %d", k, found, at, ok, where)
			}
			if !found {
				r.insert(&tr, at, slice{k: k, cell: k * 2})
				want = slices.Insert(want, at, k)
			}
			if rng.IntN(50) == 0 {
				least, odd := k-uint32(rng.IntN(100)), uint32(rng.IntN(9))+2
				stay := func(k uint32) bool { return k >= least && k%odd != 0 }
				r.keep(&tr, func(s *slice) bool { return stay(s.k) })
				want = slices.DeleteFunc(want, func(k uint32) bool { return !stay(k) })
			}
			check()
		}
		r.keep(&tr, func(*slice) bool { return false })
		want = nil
		check()
	}
	f(t, 3000, func(i int) uint32 { return uint32(1000 + i) })
	f(t, 3000, func(i int) uint32 { return uint32(9000 - i) })
	f(t, 3000, func(i int) uint32 { return uint32(1000 + rng.IntN(2000)) })
	f(t, 3000, func(i int) uint32 { return uint32(5000 + i*(i%2*2-1)) })
	for class := range r.blocks {
		for _, c := range r.blocks[class].chunks {
			if c.data != nil && len(c.free) != 1<<r.blocks[class].shift {
				t.Errorf("blocks of class %d leaked", class)
			}
		}
	}
}

// A track that has lost its last slice has no block any more, whatever is done with it.
func TestEmptyTrack(t *testing.T) {
	r := newRuns()
	fill := func(tr *track) {
		for k := range uint32(40) {
			r.insert(tr, int(k), slice{k: k})
		}
	}
	var gone, one, two track
	fill(&gone)
	for range 3 {
		r.keep(&gone, func(*slice) bool { return false })
	}
	fill(&one)
	fill(&two)
	if one.class() != two.class() || one.block == two.block {
		t.Fatalf("two tracks lie in one block: %+v and %+v", one, two)
	}
}

// A track of a long replay that runs backwards costs no more than one that runs forwards.
func BenchmarkTrack(b *testing.B) {
	const n = 1 << 16
	f := func(name string, k func(i int) uint32) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, tr := newRuns(), track{}
				for i := range n {
					if at, ok := r.find(&tr, k(i)); !ok {
						r.insert(&tr, at, slice{k: k(i)})
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/slice")
		})
	}
	f("forwards", func(i int) uint32 { return uint32(i) })
	f("backwards", func(i int) uint32 { return uint32(n - i) })
	f("shuffled", func(i int) uint32 { return uint32(i * 40503 % n) })
}

// Records are never given twice, and chunks that are empty are given back.
func TestSlab(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, width := range []int{0, 1, 3, 5000} {
		s := newSlab[float64](width)
		held := map[uint32]float64{}
		most := 20_000 / max(width, 1)
		for range 4 {
			for len(held) < most {
				n := s.take()
				if _, twice := held[n]; twice {
					t.Fatalf("width %d: record %d was given twice", width, n)
				}
				held[n] = rng.Float64()
				for i := range s.at(n) {
					s.at(n)[i] = held[n]
				}
			}
			for n, v := range held {
				for _, got := range s.at(n) {
					if got != v {
						t.Fatalf("width %d: record %d was overwritten", width, n)
					}
				}
				if n > 10 {
					s.give(n)
					delete(held, n)
				}
			}
			if size := s.size(); size > max(width, 1)*11+2*max(chunkSize, width) {
				t.Errorf("width %d: %d numbers are held for %d records", width, size, len(held))
			}
		}
	}
}

func TestLag(t *testing.T) {
	f := func(ms, want int64) {
		t.Helper()
		if got := lagTime(lag(ms)); got != want {
			t.Errorf("%d ms becomes %d, want %d", ms, got, want)
		}
	}
	f(-5, 0)
	f(0, 0)
	f(1, 1)
	f(1<<31-1, 1<<31-1)
	f(1<<31, (1<<31/1000+1)*1000)
	f(4294967295_000, (1<<31-1)*1000)
	f(1_700_000_000_000, 1_700_000_000_000)
}
