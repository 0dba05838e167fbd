package sketch

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// Append appends q, encoded, to dst. The same values give the same bytes however they were added and merged.
//
//	version      1 byte
//	count        varint (unsigned, as all here)
//	count <= 64: the values, ascending, each 8 bytes (a float64, little end first)
//	otherwise:   the smallest and the largest value, 8 bytes each
//	             varint: how many values are zero
//	             varint: how many pages follow, in ascending order of their keys; of each
//	               varint: its key, less the one before; keys are exponent*2 + sign
//	               8 bytes, little end first: a bit for each of the 64 bins, set where it holds any
//	               varint for each bit set, from the lowest: the bin's count
//
// It may sort the values inside q, so only the owner may call it.
func (q *Quantiles) Append(dst []byte) []byte {
	dst = append(dst, version)
	dst = binary.AppendUvarint(dst, q.count)
	if q.count <= maxExact {
		slices.Sort(q.exact)
		for _, v := range q.exact {
			dst = appendFloat(dst, v)
		}
		return dst
	}
	dst = appendFloat(appendFloat(dst, q.min), q.max)
	dst = binary.AppendUvarint(dst, q.zeros)
	return q.bins.append(dst)
}

func appendFloat(dst []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

// append appends the pages.
func (b *bins) append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b.pages)))
	var counts [perPage]uint64
	before := 0
	for i, n := range b.dir {
		if n == 0 {
			continue
		}
		key := b.base + i
		b.counts(key, &counts)
		var used uint64
		for sub, n := range counts {
			if n != 0 {
				used |= 1 << sub
			}
		}
		dst = binary.AppendUvarint(dst, uint64(key-before))
		dst = binary.LittleEndian.AppendUint64(dst, used)
		for ; used != 0; used &= used - 1 {
			dst = binary.AppendUvarint(dst, counts[bits.TrailingZeros64(used)])
		}
		before = key
	}
	return dst
}

// Decode replaces q by the sketch at the front of src and returns what follows it. Where src is damaged it returns an error, and q is empty. It
// takes no more memory than some 60 times the bytes it has read and 32 KiB.
func (q *Quantiles) Decode(src []byte) (rest []byte, err error) {
	q.Reset()
	r := reader{rest: src}
	r.start()
	count := r.number()
	if count <= maxExact {
		q.decodeExact(&r, int(count))
	} else {
		q.decodeBins(&r, count)
	}
	if r.err != nil {
		q.Reset()
		return nil, damaged("quantiles", r.err)
	}
	return r.rest, nil
}

// float takes a value as a sketch can hold it.
func (r *reader) float() float64 {
	b := r.word()
	v := math.Float64frombits(b)
	if math.IsNaN(v) || math.IsInf(v, 0) || math.Float64bits(normal(v)) != b {
		r.fail(errRange)
	}
	return v
}

func (q *Quantiles) decodeExact(r *reader, count int) {
	if len(r.rest) < 8*count {
		r.fail(errShort)
		return
	}
	last := math.Inf(-1)
	for range count {
		v := r.float()
		if v < last {
			r.fail(errOrder)
		}
		q.add(v, 1)
		last = v
	}
}

func (q *Quantiles) decodeBins(r *reader, count uint64) {
	if count > 2*maxCount { // Add may have gone on a little beyond
		r.fail(errRange)
	}
	q.min, q.max = r.float(), r.float()
	if q.min > q.max {
		r.fail(errOrder)
	}
	q.zeros = r.number()
	left, over := bits.Sub64(count, q.zeros, 0)
	key := uint64(0)
	for pages := r.number(); pages > 0 && r.err == nil; pages-- {
		step, used := r.number(), r.word()
		key += min(step, keys)
		if step == 0 || key < firstKey || key >= endKey || used == 0 {
			r.fail(errRange)
		}
		for ; used != 0 && r.err == nil; used &= used - 1 {
			n := r.number()
			if n == 0 || over != 0 || n > left {
				r.fail(errSum)
				return
			}
			left -= n
			q.bins.add(int(key), bits.TrailingZeros64(used), n)
		}
	}
	if over != 0 || left != 0 {
		r.fail(errSum)
		return
	}
	q.count = count
	q.checkRange(r)
}

// checkRange wants the smallest and the largest value to lie in the outermost bins.
func (q *Quantiles) checkRange(r *reader) {
	if r.err != nil {
		return
	}
	low, high := q.min, q.max
	q.min, q.max = -math.MaxFloat64, math.MaxFloat64 // or All would move the bins into the range
	first, last := math.NaN(), 0.0
	for v := range q.binned {
		if first != first {
			first = v
		}
		last = v
	}
	q.min, q.max = low, high
	if !sameBin(first, low) || !sameBin(last, high) {
		r.fail(errRange)
	}
}

// sameBin says whether two values are in one bin.
func sameBin(a, b float64) bool {
	return a == 0 && b == 0 || math.Float64bits(a)>>shift == math.Float64bits(b)>>shift
}
