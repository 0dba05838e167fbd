package sketch

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A spread is a distribution to test with.
type spread struct {
	name string
	draw func(*rand.Rand) float64
}

func spreads() []spread {
	return []spread{
		{"uniform", func(r *rand.Rand) float64 { return 1000 * r.Float64() }},
		{"lognormal", func(r *rand.Rand) float64 { return math.Exp(2 * r.NormFloat64()) }},
		{"bimodal", func(r *rand.Rand) float64 { return []float64{10, 5000}[r.IntN(2)] * (1 + 0.1*r.NormFloat64()) }},
		{"normal", func(r *rand.Rand) float64 { return 100 * r.NormFloat64() }},
		{"milliseconds", func(r *rand.Rand) float64 { return math.Floor(20 * r.ExpFloat64()) }},
		{"negative", func(r *rand.Rand) float64 { return -1e-9 * r.ExpFloat64() }},
	}
}

// values returns n values of s, always the same.
func (s spread) values(n int) []float64 {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	list := make([]float64, n)
	for i := range list {
		list[i] = s.draw(r)
	}
	return list
}

// TestAccuracy holds percentiles to the sorted values.
func TestAccuracy(t *testing.T) {
	for _, s := range spreads() {
		for _, n := range []int{1, 2, 63, 64, 65, 1000, many} {
			values := s.values(n)
			q := of(values...)
			slices.Sort(values)
			for _, p := range []float64{0, 0.1, 1, 5, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100} {
				k, _ := NearestRank.rank(p, uint64(n))
				got, want := q.At(p), values[k-1]
				if off := math.Abs(got - want); off > math.Abs(want)/128 || n <= maxExact && off != 0 {
					t.Errorf("%s: percentile %v of %d is %v, want %v", s.name, p, n, got, want)
				}
			}
			if q.Nth(1) != values[0] || q.Nth(uint64(n)) != values[n-1] || q.Count() != uint64(n) {
				t.Errorf("%s: %d values from %v to %v, want %d from %v to %v", s.name, q.Count(), q.Nth(1), q.Nth(uint64(n)), n, values[0], values[n-1])
			}
		}
	}
}

// TestMerge fills eight parts apart and wants every way to merge them to give the very bytes of the whole.
func TestMerge(t *testing.T) {
	for _, s := range spreads() {
		for _, n := range []int{8, 64, 65, 300, many / 4} {
			var whole Quantiles
			var parts [8]Quantiles
			for i, v := range s.values(n) {
				weight := uint64(1)
				if n > 1000 && i%1000 == 0 {
					weight = 1 << (i / 1000 % 50) // through every digit of a count
				}
				whole.Add(v, weight)
				parts[i*i%7].Add(v, weight)
			}
			want := whole.Append(nil)
			for _, order := range [][]int{{0, 1, 2, 3, 4, 5, 6, 7}, {7, 6, 5, 4, 3, 2, 1, 0}, {3, 1, 4, 0, 5, 2, 6, 7}} {
				var all Quantiles
				for _, i := range order {
					all.Merge(&parts[i])
				}
				if !bytes.Equal(all.Append(nil), want) {
					t.Errorf("%s: %d values merged in the order %v differ from the whole", s.name, n, order)
				}
			}
			var left, right Quantiles
			for i := range parts {
				[]*Quantiles{&left, &right}[i/4].Merge(&parts[i])
			}
			right.Merge(&left)
			if !bytes.Equal(right.Append(nil), want) {
				t.Errorf("%s: %d values merged as a tree differ from the whole", s.name, n)
			}
		}
	}
}

// TestWeights wants n copies to be n additions, across the switch to bins and across the digits of a count.
func TestWeights(t *testing.T) {
	for _, n := range []uint64{1, 2, 63, 64, 65, 65535, 65536, 65537, 200_000} {
		var once, often Quantiles
		for _, v := range []float64{3, -3, 0, 1e300, 5e-324, math.Copysign(0, -1)} {
			once.Add(v, n)
			for range n {
				often.Add(v, 1)
			}
		}
		if !bytes.Equal(once.Append(nil), often.Append(nil)) {
			t.Errorf("weight %d differs from %d additions", n, n)
		}
		if once.Count() != 6*n || once.Nth(n) != -3 || once.Nth(n+1) != 0 || once.Nth(4*n) != 0 || once.Nth(6*n) != 1e300 {
			t.Errorf("weight %d: %v, %v, %v, %v", n, once.Nth(n), once.Nth(n+1), once.Nth(4*n), once.Nth(6*n))
		}
	}
}

// TestEveryExponent puts a value of every power of two and sign into one sketch.
func TestEveryExponent(t *testing.T) {
	var q Quantiles
	var values []float64
	for exp := -1022; exp <= 1023; exp++ {
		values = append(values, math.Ldexp(1.2, exp), -math.Ldexp(1.9, exp))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	for _, v := range values {
		q.Add(v, 70_000)
	}
	slices.Sort(values)
	i := 0
	for got, n := range q.All() {
		if math.Abs(got/values[i]-1) > 1.0/128 || n != 70_000 {
			t.Fatalf("value %d is %v, %d times, want %v", i, got, n, values[i])
		}
		i++
	}
	if i != len(values) || q.Nth(35_000+70_000*2048) <= 0 || q.Nth(70_000*2046) >= 0 {
		t.Errorf("%d values of %d", i, len(values))
	}
	if got := q.Bytes(); got > 2<<20 {
		t.Errorf("%d bytes", got)
	}
	q.Reset()
	if got := q.Bytes(); got > 4096 {
		t.Errorf("%d bytes after Reset", got)
	}
}

// TestBytes bounds the memory of what is common.
func TestBytes(t *testing.T) {
	f := func(n int, most int, draw func(*rand.Rand) float64) {
		t.Helper()
		q := of(spread{draw: draw}.values(n)...)
		if got := q.Bytes(); got > most {
			t.Errorf("%d values take %d bytes, more than %d", n, got, most)
		}
	}
	narrow := func(r *rand.Rand) float64 { return 40 + 20*r.Float64() }
	f(0, 128, narrow)
	f(4, 160, narrow)
	f(16, 256, narrow)
	f(64, 640, narrow)
	f(1000, 1000, narrow)
	f(1000, 4000, func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) })
	f(1000, 1500, func(r *rand.Rand) float64 { return float64(r.IntN(2)) * 1e9 })
	f(many, 8000, func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) })
}

// TestReset wants a used sketch to be as good as a new one, and to need no memory for the same again.
func TestReset(t *testing.T) {
	for _, s := range spreads() {
		values := s.values(5000)
		want := of(values...).Append(nil)
		q := of(s.values(100_000)...)
		refill := func() {
			q.Reset()
			for _, v := range values {
				q.Add(v, 1)
			}
		}
		refill()
		if !bytes.Equal(q.Append(nil), want) {
			t.Errorf("%s: a sketch that was reset differs from a new one", s.name)
		}
		if n := testing.AllocsPerRun(5, refill); n != 0 && !raceEnabled {
			t.Errorf("%s: refilling a sketch allocates %v times", s.name, n)
		}
		q.Reset()
		if q.Count() != 0 || !math.IsNaN(q.At(50)) {
			t.Errorf("%s: not empty after Reset", s.name)
		}
	}
}
