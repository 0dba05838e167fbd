package sketch

import (
	"math"
	"unsafe"
)

// A float64 is a sign, 11 bits of exponent and 52 of mantissa. The first six bits of the mantissa cut a power of two into 64 bins of equal
// width, so the bin of a value is found by shifting its bits: no logarithm, no table. The middle of a bin is at most 1/128 of the
// value away from any value in it.
const (
	subBits    = 6
	perPage    = 1 << subBits
	shift      = 52 - subBits    // from a float's bits to its bin
	keys       = 2 << 11         // how many powers of two there are, with sign
	firstKey   = 2               // of the smallest normal number; below are zero and its neighbours
	endKey     = keys - 2        // the first of infinity and NaN
	smallest   = 0x1p-1022       // the smallest normal number
	slackPages = 64              // pages beyond these are given back by reset
	pageSize   = 2 * perPage     // in bytes
	digitBits  = 16              // of a count, that one page holds
	carryUnit  = 1 << digitBits  // what one count of a carry stands for
	maxCount   = uint64(1) << 62 // the most values that a sketch may hold
)

// A page counts the values of one power of two and sign.
type page [perPage]uint16

// bins counts values other than zero by bin. A power of two has a page only if a value fell into it, so a spread of values costs what it
// fills, not what it spans. Counts have as many 16-bit digits as they need: the digits above the first are in bins of their own.
type bins struct {
	pages []page
	dir   []uint16 // by key-base: the number of the key's page plus one, or 0
	base  int
	carry *bins // the next digit; nil while none is needed
}

// binOf returns the page's key and the place in it of a finite v that is not zero. Keys grow with the magnitude; the odd ones are for
// negative values, so that values of both signs and like magnitude lie near each other.
func binOf(v float64) (key, sub int) {
	b := math.Float64bits(v)
	return int(b>>51&(keys-2) | b>>63), int(b >> shift % perPage)
}

// middle returns the value that stands for a bin.
func middle(key, sub int) float64 {
	k := uint64(key)
	return math.Float64frombits(k&1<<63 | k>>1<<52 | uint64(sub)<<shift | 1<<(shift-1))
}

// find returns the page of key, or nil.
func (b *bins) find(key int) *page {
	if i := uint(key - b.base); i < uint(len(b.dir)) {
		if n := uint(b.dir[i]) - 1; n < uint(len(b.pages)) {
			return &b.pages[n]
		}
	}
	return nil
}

// page returns the page of key, which it makes if need be.
func (b *bins) page(key int) *page {
	if p := b.find(key); p != nil {
		return p
	}
	b.reach(key)
	if n := len(b.pages); n < cap(b.pages) {
		b.pages = b.pages[:n+1]
		b.pages[n] = page{}
	} else {
		b.pages = append(b.pages, page{})
	}
	b.dir[key-b.base] = uint16(len(b.pages))
	return &b.pages[len(b.pages)-1]
}

// reach makes dir reach to key, in steps of eight keys.
func (b *bins) reach(key int) {
	const step = 8
	from, to := key&^(step-1), key&^(step-1)+step
	if len(b.dir) > 0 {
		from, to = min(from, b.base), max(to, b.base+len(b.dir))
	}
	if to-from == len(b.dir) {
		return
	}
	old, at := b.dir, b.base
	if cap(b.dir) >= to-from {
		b.dir = b.dir[:to-from]
	} else {
		b.dir = make([]uint16, to-from)
	}
	b.base = from
	if len(old) == 0 {
		clear(b.dir)
		return
	}
	copy(b.dir[at-from:], old)
	clear(b.dir[:at-from])
	clear(b.dir[at-from+len(old):])
}

// add counts n values in a bin.
func (b *bins) add(key, sub int, n uint64) {
	for ; n != 0; b = b.next() {
		digit := &b.page(key)[sub]
		n += uint64(*digit)
		*digit = uint16(n)
		if n /= carryUnit; n == 0 {
			return
		}
	}
}

// next returns the bins of the next digit, which it makes if need be.
func (b *bins) next() *bins {
	if b.carry == nil {
		b.carry = &bins{}
	}
	return b.carry
}

// merge adds the counts of o.
func (b *bins) merge(o *bins) {
	for i, n := range o.dir {
		if n == 0 {
			continue
		}
		key := o.base + i
		from, to := &o.pages[n-1], b.page(key)
		for sub := range from {
			sum := uint32(to[sub]) + uint32(from[sub])
			to[sub] = uint16(sum)
			if sum >= carryUnit {
				b.next().add(key, sub, 1)
			}
		}
	}
	if o.carry != nil {
		b.next().merge(o.carry)
	}
}

// ascending returns the i-th key of dir in the order of the values: the first half of them are negative, from the largest magnitude down. A bin's
// place in its page has to be flipped (^) for the same order.
func (b *bins) ascending(i int) (key, flip int) {
	if n := len(b.dir); i < n/2 {
		return b.base + n - 1 - 2*i, perPage - 1
	} else {
		return b.base + 2*i - n, 0
	}
}

// counts fills into with the counts of a key's page and returns their sum. Where there is no page it returns 0 and leaves into alone.
func (b *bins) counts(key int, into *[perPage]uint64) (sum uint64) {
	p := b.find(key)
	if p == nil {
		return 0
	}
	for i, n := range p {
		into[i] = uint64(n)
		sum += uint64(n)
	}
	for digit := digitBits; b.carry != nil; digit += digitBits {
		b = b.carry
		if p := b.find(key); p != nil {
			for i, n := range p {
				into[i] += uint64(n) << digit
				sum += uint64(n) << digit
			}
		}
	}
	return sum
}

// reset forgets all counts and keeps the memory, unless it is unusually much.
func (b *bins) reset() {
	if cap(b.pages) > slackPages {
		*b = bins{}
		return
	}
	b.pages, b.dir = b.pages[:0], b.dir[:0]
	if b.carry != nil {
		b.carry.reset()
	}
}

// bytes returns the memory that b holds, itself not included.
func (b *bins) bytes() int {
	n := pageSize*cap(b.pages) + 2*cap(b.dir)
	if b.carry != nil {
		n += int(unsafe.Sizeof(*b)) + b.carry.bytes()
	}
	return n
}
