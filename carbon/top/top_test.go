package top

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Whatever comes, the bounds of every weight hold, and who is heavy enough is there.
func TestRandom(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 1))
		size := r.IntN(20) + 1
		all := New[int, int64](size)
		exact, total := map[int]int64{}, int64(0)
		for range 2000 {
			k := int(r.ExpFloat64() * 10)
			w := int64(r.IntN(5))
			exact[k] += w
			total += w
			lightest, known := int64(math.MaxInt64), false
			all.Each(func(e *Entry[int, int64]) { lightest, known = min(lightest, e.Weight), known || e.Key == k })
			full := all.Full()
			e := all.Add(k, w)
			if full && !known && e.Over != lightest {
				t.Fatalf("seed %d: %d took the place of one that weighed %d, and the lightest weighs %d", seed, k, e.Over, lightest)
			}
			if e.Value += w; e.Key != k || e.Value > exact[k] {
				t.Fatalf("seed %d: the entry of %d is of %d and has seen %d of %d", seed, k, e.Key, e.Value, exact[k])
			}
		}
		kept := map[int]bool{}
		all.Each(func(e *Entry[int, int64]) {
			kept[e.Key] = true
			if e.Weight < exact[e.Key] || e.Weight-e.Over > exact[e.Key] {
				t.Errorf("seed %d: %d weighs %d, kept is %d, too much by up to %d", seed, e.Key, exact[e.Key], e.Weight, e.Over)
			}
		})
		if len(kept) != all.Len() || len(kept) > size || len(kept) < min(size, len(exact)) {
			t.Errorf("seed %d: %d of %d keys are kept, and there is room for %d", seed, len(kept), len(exact), size)
		}
		for k, w := range exact {
			if w > total/int64(size) && !kept[k] {
				t.Errorf("seed %d: %d weighs %d of %d and is not kept", seed, k, w, total)
			}
		}
	}
}

// The lightest goes first, and what it was told goes with it.
func TestReplace(t *testing.T) {
	all := New[string, int](2)
	all.Add("a", 5).Value = 1
	all.Add("b", 2).Value = 2
	if e := all.Add("c", 1); e.Weight != 3 || e.Over != 2 || e.Value != 0 {
		t.Errorf("c took the place of b as %+v", *e)
	}
	if e := all.Add("a", 0); e.Weight != 5 || e.Value != 1 {
		t.Errorf("a became %+v", *e)
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, keys := range []int{100, 100_000} {
		b.Run(map[int]string{100: "known", 100_000: "flood"}[keys], func(b *testing.B) {
			all := New[int, [10]int64](1024)
			for i := 0; b.Loop(); i++ {
				all.Add(i*7919%keys, 100)
			}
		})
	}
}
