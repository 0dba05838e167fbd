package sketch

import (
	"iter"
	"math"
	"slices"
)

// A Definition says which of n ascending values x1 to xn is the p-th percentile. On few values they differ visibly, and each has programs
// that users compare with. R. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50 (1996), number
// them; ranks below 1 mean x1 and ranks above n mean xn.
type Definition uint8

const (
	// NearestRank is x at ⌈pn/100⌉: the smallest value that at least p percent do not exceed (Hyndman and Fan's first).
	NearestRank Definition = iota
	// Rounded is x at pn/100 rounded to the nearest, halves up, as statsd has it.
	Rounded
	// CarbonCRelay is x at ⌊pn/100 + 0.9⌋, as carbon-c-relay has it: the nearest rank unless pn/100 is just above a whole number.
	CarbonCRelay
	// Weibull is x at p(n+1)/100, linear between neighbours, as carbon-relay-ng has it (the sixth).
	Weibull
	// Linear is x at 1 + p(n-1)/100, linear between neighbours, as carbon-aggregator, numpy and spreadsheets have it (the
	// seventh). Its 50th percentile is the usual median: the mean of the middle two of an even number of values.
	Linear
)

// rank returns the place of the p-th percentile among n values: the k-th, and how far from there to the next.
func (d Definition) rank(p float64, n uint64) (k uint64, part float64) {
	size := float64(n)
	// p*n/100 instead of p/100*n: 7 percent of 100 values is 7 of them, not 7.000000000000001. What is still beside a whole number by
	// less than the error of a float64 meant it, since p was written in decimal.
	h := p * size / 100
	switch d {
	case Weibull:
		h = p * (size + 1) / 100
	case Linear:
		h = 1 + p*(size-1)/100
	case CarbonCRelay:
		h += 0.9
	case Rounded:
		h += 0.5
	}
	if whole := math.Round(h); math.Abs(h-whole) <= whole*0x1p-50 {
		h = whole
	}
	if d == NearestRank {
		h = math.Ceil(h)
	}
	switch whole := math.Floor(h); {
	case !(h >= 1):
		return 1, 0
	case h >= size:
		return n, 0
	case d == Weibull || d == Linear:
		return uint64(whole), h - whole
	default:
		return uint64(whole), 0
	}
}

// At returns the p-th percentile, 0 <= p <= 100, by nearest rank: exact up to 64 values, then within 1/128 of itself, and never outside the
// range of the values. Without values it is NaN.
func (q *Quantiles) At(p float64) float64 { return q.By(NearestRank, p) }

// By is At by another definition. It may sort the values inside q, so only the owner may ask.
func (q *Quantiles) By(d Definition, p float64) float64 {
	if q.count == 0 || math.IsNaN(p) {
		return math.NaN()
	}
	k, part := d.rank(p, q.count)
	low := q.Nth(k)
	if part == 0 {
		return low
	}
	return low*(1-part) + q.Nth(k+1)*part // not by their difference, which can overflow
}

// Nth returns the k-th smallest value, counted from 1. Without values it is NaN.
func (q *Quantiles) Nth(k uint64) float64 {
	switch {
	case q.count == 0:
		return math.NaN()
	case k <= 1:
		return q.min
	case k >= q.count:
		return q.max
	case q.count <= maxExact:
		slices.Sort(q.exact)
		return q.exact[k-1]
	}
	return q.nth(k)
}

// nth is Nth among the bins: page by page, then bin by bin.
func (q *Quantiles) nth(k uint64) float64 {
	var counts [perPage]uint64
	n := len(q.bins.dir)
	for i := 0; i <= n; i++ {
		if i == n/2 {
			if k <= q.zeros {
				return 0
			}
			k -= q.zeros
		}
		key, flip := q.bins.ascending(i)
		sum := q.bins.counts(key, &counts)
		if k > sum {
			k -= sum
			continue
		}
		for j := range counts {
			if n := counts[j^flip]; k > n {
				k -= n
			} else {
				return q.within(middle(key, j^flip))
			}
		}
	}
	return q.max // not reached: the bins hold all values
}

// within holds the middle of an outermost bin to the range of the values.
func (q *Quantiles) within(v float64) float64 { return min(max(v, q.min), q.max) }

// Lowest returns the sum of the k smallest values and the sum of their squares.
func (q *Quantiles) Lowest(k uint64) (sum, squares float64) {
	for v, n := range q.All() {
		n = min(n, k)
		sum += v * float64(n)
		squares += v * v * float64(n)
		if k -= n; k == 0 {
			break
		}
	}
	return sum, squares
}

// All returns the values in ascending order, each with how often it came: the values themselves up to 64, then one value for each bin.
func (q *Quantiles) All() iter.Seq2[float64, uint64] {
	if q.count > maxExact {
		return q.binned
	}
	slices.Sort(q.exact)
	return func(yield func(float64, uint64) bool) {
		for _, v := range q.exact {
			if !yield(v, 1) {
				return
			}
		}
	}
}

// binned yields the bins that are not empty in ascending order.
func (q *Quantiles) binned(yield func(float64, uint64) bool) {
	var counts [perPage]uint64
	n := len(q.bins.dir)
	for i := 0; i <= n; i++ {
		if i == n/2 && q.zeros != 0 && !yield(0, q.zeros) {
			return
		}
		key, flip := q.bins.ascending(i)
		if q.bins.counts(key, &counts) == 0 {
			continue
		}
		for j := range counts {
			if n := counts[j^flip]; n != 0 && !yield(q.within(middle(key, j^flip)), n) {
				return
			}
		}
	}
}
