package sketch

import (
	"math"
	"unsafe"
)

// maxExact is how many values Quantiles keeps as they are. More of them are counted in bins.
const maxExact = 64

// Quantiles answers percentiles of the values added to it. Up to 64 values it knows them all; of more it knows how many fell into each of the
// bins into which every power of two is cut 64 times, which tells each value to within 1/128 (0.78 %) of itself. The smallest and the
// largest value are always exact. It takes 8 bytes a value while it is exact, and then about 130 bytes for each power of two among
// the values, 260 where a bin counts past 65,535.
//
// The zero value is empty and ready. Values nearer to zero than 2^-1022 count as zero. NaN and infinities are ignored, and so
// is what would make more than 2^62 values.
type Quantiles struct {
	count    uint64
	zeros    uint64 // of the binned values
	min, max float64
	exact    []float64 // all values while count <= maxExact, in any order; otherwise empty
	bins     bins      // all values but zeros while count > maxExact; otherwise empty
}

// Add adds the value v n times. A sample taken at a rate of 1/n stands for n values.
func (q *Quantiles) Add(v float64, n uint64) {
	if q.count > maxExact {
		key, sub := binOf(v)
		if p := q.bins.find(key); p != nil {
			if n-1 < math.MaxUint16-uint64(p[sub]) { // n is not 0, and fits
				p[sub] += uint16(n)
				q.count += n
				if v < q.min {
					q.min = v
				}
				if v > q.max {
					q.max = v
				}
				return
			}
		}
	}
	q.add(v, n)
}

// add is Add for every case.
func (q *Quantiles) add(v float64, n uint64) {
	if n == 0 || q.full(n) || math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	v = normal(v)
	if total := q.count + n; total > maxExact {
		q.spill()
		q.bin(v, n)
	} else {
		q.room(int(total))
		for range n {
			q.exact = append(q.exact, v)
		}
	}
	q.widen(v, v)
	q.count += n
}

// full says whether n more values would be more than a sketch may hold. The sum does not overflow.
func (q *Quantiles) full(n uint64) bool { return n > maxCount || q.count+n > maxCount }

// normal returns v, with one zero for all that is nearer to zero than the smallest normal number.
func normal(v float64) float64 {
	if math.Abs(v) < smallest {
		return 0
	}
	return v
}

// widen takes a range of new values, before they are counted.
func (q *Quantiles) widen(low, high float64) {
	if q.count == 0 {
		q.min, q.max = low, high
		return
	}
	q.min, q.max = min(q.min, low), max(q.max, high)
}

// room makes room for so many exact values, growing in few steps: 4, 16, 64.
func (q *Quantiles) room(total int) {
	size := 4
	for size < total {
		size *= 4
	}
	if cap(q.exact) < size {
		q.exact = append(make([]float64, 0, size), q.exact...)
	}
}

// spill moves the exact values into bins.
func (q *Quantiles) spill() {
	for _, v := range q.exact {
		q.bin(v, 1)
	}
	q.exact = q.exact[:0]
}

// bin counts v in its bin.
func (q *Quantiles) bin(v float64, n uint64) {
	if v == 0 {
		q.zeros += n
		return
	}
	key, sub := binOf(v)
	q.bins.add(key, sub, n)
}

// Merge adds all values of o, which is another sketch and stays as it is.
func (q *Quantiles) Merge(o *Quantiles) {
	if o.count == 0 || q.full(o.count) {
		return
	}
	switch total := q.count + o.count; {
	case total <= maxExact:
		q.room(int(total))
		q.exact = append(q.exact, o.exact...)
	case o.count <= maxExact:
		q.spill()
		for _, v := range o.exact {
			q.bin(v, 1)
		}
	default:
		q.spill()
		q.zeros += o.zeros
		q.bins.merge(&o.bins)
	}
	q.widen(o.min, o.max)
	q.count += o.count
}

// Count returns how many values there are.
func (q *Quantiles) Count() uint64 { return q.count }

// Reset forgets all values and keeps the memory for the next ones.
func (q *Quantiles) Reset() {
	q.bins.reset()
	*q = Quantiles{exact: q.exact[:0], bins: q.bins}
}

// Bytes returns the memory that q holds, itself included.
func (q *Quantiles) Bytes() int {
	return int(unsafe.Sizeof(*q)) + 8*cap(q.exact) + q.bins.bytes()
}
