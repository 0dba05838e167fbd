package bucket

import (
	"encoding/binary"
	"errors"
	"math"

	"plumbago/aggregate/state"
)

// A Count adds numbers up.
type Count struct {
	ring
	sums []int64
}

// NewCount returns a Count over a number of buckets.
func NewCount(buckets int) *Count { return &Count{sums: make([]int64, buckets)} }

// Add adds n to the bucket of a Unix time, in seconds. It reports false if the window has passed that bucket, and then adds
// nothing. An interval, in seconds, other than before forgets everything. The interval must be at least 1.
func (c *Count) Add(interval, at, n int64) bool {
	i, ok := c.hit(interval, at, len(c.sums), func(i int) { c.sums[i] = 0 })
	if ok {
		c.sums[i] = plus(c.sums[i], n)
	}
	return ok
}

// plus adds within the bounds of int64.
func plus(a, b int64) int64 {
	sum := a + b
	switch {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	}
	return sum
}

// Sum returns the sum of all buckets: of the window that ends with the newest.
func (c *Count) Sum() (sum int64) {
	for _, n := range c.sums {
		sum = plus(sum, n)
	}
	return sum
}

// At returns the sum over the window that ends with the bucket of a Unix time, in seconds.
func (c *Count) At(at int64) (sum int64) {
	c.window(at, len(c.sums), func(i int) { sum = plus(sum, c.sums[i]) })
	return sum
}

// Span returns how long the window is, in seconds; 0 before the first Add.
func (c *Count) Span() int64 { return c.span(len(c.sums)) }

// Gone says whether nothing of it is in the window that ends at a Unix time.
func (c *Count) Gone(at int64) bool { return c.gone(at, len(c.sums)) }

// Append appends the count's contents to dst.
func (c *Count) Append(dst []byte) []byte {
	dst = binary.AppendVarint(dst, c.interval)
	dst = binary.AppendVarint(dst, c.head)
	dst = binary.AppendUvarint(dst, uint64(len(c.sums)))
	for _, n := range c.sums {
		dst = binary.AppendVarint(dst, n)
	}
	return dst
}

// ErrBuckets is what Decode returns for figures over another number of buckets.
var ErrBuckets = errors.New("it has another number of buckets")

// errDamaged is what a Decode ends with that finds what no Append writes.
var errDamaged = errors.New("it cannot be read")

// Decode reads what Append wrote. The number of buckets must be the count's own.
func (c *Count) Decode(d *state.Decoder) error {
	r := ring{d.Int(), d.Int()}
	if n := d.Count(1); !d.Failed() && n != len(c.sums) {
		return ErrBuckets
	}
	sums := make([]int64, len(c.sums))
	for i := range sums {
		sums[i] = d.Int()
	}
	if d.Failed() || r.interval < 0 {
		return errDamaged
	}
	c.ring, c.sums = r, sums
	return nil
}
