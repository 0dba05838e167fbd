package bucket

import (
	"encoding/binary"

	"plumbago/aggregate/sketch"
	"plumbago/aggregate/state"
)

// A Unique counts different values, in each bucket for itself.
type Unique struct {
	ring
	created int64 // time of the first hit
	sets    []sketch.Distinct
}

// NewUnique returns a Unique over a number of buckets. An empty one takes a hundred bytes or so a bucket, one with a thousand values
// ten KB, and any number of them 16 KiB.
func NewUnique(buckets int) *Unique { return &Unique{sets: make([]sketch.Distinct, buckets)} }

// Add adds a value to the bucket of a Unix time, in seconds. It reports false if the window has passed that bucket, and then adds
// nothing. An interval, in seconds, other than before forgets everything. The interval must be at least 1.
func (u *Unique) Add(interval, at int64, value []byte) bool {
	if u.interval != interval {
		u.created = at
	}
	i, ok := u.hit(interval, at, len(u.sets), func(i int) { u.sets[i].Reset() })
	if ok {
		u.sets[i].AddBytes(value)
	}
	return ok
}

// Created returns the Unix time of the first hit.
func (u *Unique) Created() int64 { return u.created }

// Sum returns the sum of how many values each bucket has: one that is in three buckets counts three times.
func (u *Unique) Sum() (sum int64) {
	for i := range u.sets {
		sum += int64(u.sets[i].PFCount())
	}
	return sum
}

// At returns the sum over the window that ends with the bucket of a Unix time, in seconds.
func (u *Unique) At(at int64) (sum int64) {
	u.window(at, len(u.sets), func(i int) { sum += int64(u.sets[i].PFCount()) })
	return sum
}

// Union returns how many different values the window has that ends with the bucket of a Unix time, in seconds: each counts
// once.
func (u *Unique) Union(at int64) int64 { return Union(at, u) }

// Union returns how many different values several windows have that end then: each counts once.
func Union(at int64, windows ...*Unique) int64 {
	var all sketch.Distinct
	for _, u := range windows {
		u.window(at, len(u.sets), func(i int) { all.Merge(&u.sets[i]) })
	}
	return int64(all.PFCount())
}

// Span returns how long the window is, in seconds; 0 before the first Add.
func (u *Unique) Span() int64 { return u.span(len(u.sets)) }

// Gone says whether nothing of it is in the window that ends at a Unix time.
func (u *Unique) Gone(at int64) bool { return u.gone(at, len(u.sets)) }

// Append appends the contents to dst.
func (u *Unique) Append(dst []byte) []byte {
	dst = binary.AppendVarint(dst, u.interval)
	dst = binary.AppendVarint(dst, u.head)
	dst = binary.AppendVarint(dst, u.created)
	dst = binary.AppendUvarint(dst, uint64(len(u.sets)))
	for i := range u.sets {
		dst = u.sets[i].Append(dst)
	}
	return dst
}

// Decode reads what Append wrote. The number of buckets must be its own.
func (u *Unique) Decode(d *state.Decoder) error {
	r, created := ring{d.Int(), d.Int()}, d.Int()
	if n := d.Count(1); !d.Failed() && n != len(u.sets) {
		return ErrBuckets
	}
	sets := make([]sketch.Distinct, len(u.sets))
	for i := range sets {
		d.Skip(sets[i].Decode(d.Rest()))
	}
	if d.Failed() || r.interval < 0 {
		return errDamaged
	}
	u.ring, u.created, u.sets = r, created, sets
	return nil
}
