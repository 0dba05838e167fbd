package sketch

import (
	"math"
	"math/big"
	"strconv"
	"testing"
)

// of returns a sketch of values.
func of(values ...float64) *Quantiles {
	q := &Quantiles{}
	for _, v := range values {
		q.Add(v, 1)
	}
	return q
}

// TestDefinitions holds every definition to worked examples. Those of statsd, carbon-c-relay (where it does not read before its array),
// carbon-relay-ng and carbon-aggregator are what these programs answer.
func TestDefinitions(t *testing.T) {
	squares := func(n int) (list []float64) {
		for i := n; i >= 1; i-- {
			list = append(list, float64(i*i))
		}
		return list
	}
	f := func(values []float64, p float64, nearest, rounded, relay, weibull, linear float64) {
		t.Helper()
		for d, want := range []float64{nearest, rounded, relay, weibull, linear} {
			if got := of(values...).By(Definition(d), p); math.Abs(got-want) > 1e-9 {
				t.Errorf("definition %d: percentile %v of %v is %v, want %v", d, p, values, got, want)
			}
		}
	}
	f(squares(1), 0, 1, 1, 1, 1, 1)
	f(squares(1), 50, 1, 1, 1, 1, 1)
	f(squares(1), 99.9, 1, 1, 1, 1, 1)
	f(squares(2), 50, 1, 1, 1, 2.5, 2.5)
	f(squares(2), 90, 4, 4, 4, 4, 3.7)
	f(squares(3), 50, 4, 4, 4, 4, 4)
	f(squares(3), 90, 9, 9, 9, 9, 8)
	f(squares(4), 25, 1, 1, 1, 1.75, 3.25)
	f(squares(4), 50, 4, 4, 4, 6.5, 6.5)
	f(squares(4), 99, 16, 16, 16, 16, 15.79)
	f(squares(5), 50, 9, 9, 9, 9, 9)
	f(squares(5), 90, 25, 25, 25, 25, 21.4)
	f(squares(6), 75, 25, 25, 25, 27.75, 22.75)
	f(squares(7), 10, 1, 1, 1, 1, 2.8)
	f(squares(7), 90, 49, 36, 49, 49, 41.2)
	f(squares(8), 90, 64, 49, 64, 64, 53.5)
	f(squares(9), 95, 81, 81, 81, 81, 74.2)
	f(squares(10), 0, 1, 1, 1, 1, 1)
	f(squares(10), 1, 1, 1, 1, 1, 1.27)
	f(squares(10), 20.5, 9, 4, 4, 5.275, 8.225)
	f(squares(10), 25, 9, 9, 9, 7.75, 10.75)
	f(squares(10), 50, 25, 25, 25, 30.5, 30.5)
	f(squares(10), 90, 81, 81, 81, 98.1, 82.9)
	f(squares(10), 99, 100, 100, 100, 100, 98.29)
	f(squares(10), 100, 100, 100, 100, 100, 100)

	f([]float64{1, 2, 3, 10}, 25, 1, 1, 1, 1.25, 1.75)
	f([]float64{1, 2, 3, 10}, 75, 3, 3, 3, 8.25, 4.75)
	f([]float64{-5, 0, 5}, -1, -5, -5, -5, -5, -5)
	f([]float64{-5, 0, 5}, 101, 5, 5, 5, 5, 5)
	f([]float64{-math.MaxFloat64, math.MaxFloat64}, 50, -math.MaxFloat64, -math.MaxFloat64, -math.MaxFloat64, 0, 0)
}

// TestRankIsDecimal holds the ranks to exact arithmetic on the decimal number that the percentile was written as.
func TestRankIsDecimal(t *testing.T) {
	for _, text := range []string{"0.1", "0.7", "1", "7", "14", "28", "29", "33.3", "55", "56", "57", "58", "70", "90", "95", "99", "99.9", "99.99"} {
		p, _ := strconv.ParseFloat(text, 64)
		exact, _ := new(big.Rat).SetString(text)
		for n := int64(1); n <= 3000; n++ {
			h := new(big.Rat).Mul(exact, big.NewRat(n, 100))
			want := new(big.Int).Div(new(big.Int).Add(h.Num(), new(big.Int).Sub(h.Denom(), big.NewInt(1))), h.Denom()).Uint64()
			if got, _ := NearestRank.rank(p, uint64(n)); got != max(want, 1) {
				t.Errorf("nearest rank of %s%% of %d is %d, want %d", text, n, got, want)
			}
			half := h.Add(h, big.NewRat(1, 2))
			want = new(big.Int).Div(half.Num(), half.Denom()).Uint64()
			if got, _ := Rounded.rank(p, uint64(n)); got != max(want, 1) {
				t.Errorf("rounded rank of %s%% of %d is %d, want %d", text, n, got, want)
			}
		}
	}
}

func TestLowest(t *testing.T) {
	f := func(q *Quantiles, k uint64, sum, squares float64) {
		t.Helper()
		if s, s2 := q.Lowest(k); s != sum || s2 != squares {
			t.Errorf("the lowest %d of %d sum to %v, squared %v, want %v, %v", k, q.Count(), s, s2, sum, squares)
		}
	}
	f(&Quantiles{}, 3, 0, 0)
	f(of(3, 1, 2), 0, 0, 0)
	f(of(3, 1, 2), 2, 3, 5)
	f(of(3, 1, 2), 9, 6, 14)
	q := of(2, 0)
	q.Add(-1, 100)
	f(q, 0, 0, 0)
	f(q, 99, -99, 99)
	f(q, 101, -100, 100)
}

func TestNoValues(t *testing.T) {
	q := of(math.NaN(), math.Inf(1), math.Inf(-1))
	q.Add(1, 0)
	if q.Count() != 0 || !math.IsNaN(q.At(50)) || !math.IsNaN(q.Nth(1)) {
		t.Errorf("a sketch of nothing has %d values and the median %v", q.Count(), q.At(50))
	}
	q.Add(5, 100)
	q.Add(math.NaN(), 1)
	q.Add(math.Inf(1), 1)
	q.Add(9, 0)
	if q.Count() != 100 || q.At(100) != 5 || !math.IsNaN(q.At(math.NaN())) {
		t.Errorf("100 values became %d up to %v", q.Count(), q.At(100))
	}
}

// TestTooMany wants numbers that no process can reach to do no harm.
func TestTooMany(t *testing.T) {
	for _, have := range []uint64{0, 1, 64, 100, maxCount, 2 * maxCount} {
		var q, all Quantiles
		if have > maxCount {
			text := coded("\x01\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 3.0, 3.0, 0, 1, 1024*2, uint64(1)<<32, "\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
			have = math.MaxInt64
			if _, err := q.Decode(text); err != nil {
				t.Fatal(err)
			}
		} else {
			q.Add(3, have)
		}
		for _, n := range []uint64{math.MaxUint64, math.MaxUint64 - 63, math.MaxUint64 - have, math.MaxUint64 - have + 1, 2 * maxCount, maxCount + 1} {
			q.Add(3, n)
			q.Add(7, n)
		}
		for range 5 {
			all.Merge(&q)
		}
		if q.Count() != have || all.Count() > maxCount || have > 0 && (q.At(50) != 3 || q.At(100) != 3) {
			t.Errorf("%d values became %d, and %d when merged", have, q.Count(), all.Count())
		}
	}
}
