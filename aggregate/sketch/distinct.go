package sketch

import (
	"math"
	"unsafe"
)

const (
	precision   = 14
	registers   = 1 << precision
	maxRank     = 64 - precision
	maxDistinct = 1024            // how many values are told apart exactly
	words       = registers / 8   // of the table when it holds registers
	known       = uint64(1) << 63 // set in every hash kept
)

// Distinct counts the different values added to it. Up to 1,024 of them it is exact: it keeps their 64-bit hashes, which are all different but once
// in 10^13 such sets. Beyond, it is a HyperLogLog of 16,384 registers with a standard error of 0.81 %. It takes 11 to 22 bytes a value while it is
// exact, and then 16 KiB.
//
// The zero value is empty and ready.
//
// Hashes and registers share one table, which at its largest has just the size of the registers; a sparse form between the two would save nothing.
type Distinct struct {
	table []uint64 // while n <= maxDistinct a hash set, a power of two long, 0 where free; then registers, a byte each
	n     int      // hashes in the set; maxDistinct + 1: registers
	guess uint64   // what PFCount found, plus one; 0 after a change
}

// AddString adds a value.
func (d *Distinct) AddString(value string) { d.AddHash(Hash([]byte(value))) } // the compiler copies nothing here

// AddBytes adds a value, the same one as a string of these bytes.
func (d *Distinct) AddBytes(value []byte) { d.AddHash(Hash(value)) }

// AddFloat adds a number: its eight bytes, little end first. Both zeros are one value, and so are all NaNs.
func (d *Distinct) AddFloat(value float64) {
	switch {
	case value == 0:
		value = 0
	case value != value:
		value = math.NaN()
	}
	d.AddHash(hashWord(math.Float64bits(value)))
}

// AddHash adds a value by its Hash.
func (d *Distinct) AddHash(h uint64) {
	if d.n > maxDistinct {
		d.raise(place(h))
	} else {
		d.keep(h | known) // which changes neither register nor rank
	}
}

// keep adds a hash to the set.
func (d *Distinct) keep(h uint64) {
	if len(d.table) == 0 {
		d.table = make([]uint64, 8)
	}
	mask := uint64(len(d.table) - 1)
	i := h & mask
	for d.table[i] != h {
		if d.table[i] != 0 {
			i = (i + 1) & mask
			continue
		}
		if d.n == d.most() {
			d.grow()
			d.AddHash(h)
			return
		}
		d.table[i] = h
		d.n++
		d.guess = 0
		return
	}
}

// most returns how many hashes the table takes before it grows: three in four places, so that a search ends soon.
func (d *Distinct) most() int { return min(len(d.table)/4*3, maxDistinct) }

// grow makes room for more hashes, or turns them into registers.
func (d *Distinct) grow() {
	if d.n == maxDistinct {
		d.condense()
		return
	}
	old := d.table
	d.table, d.n = make([]uint64, 2*len(old)), 0
	for _, h := range old {
		if h != 0 {
			d.keep(h)
		}
	}
}

// condense turns the set into registers.
func (d *Distinct) condense() {
	var scratch [maxDistinct]uint64
	hashes := d.hashes(scratch[:0])
	if len(d.table) == words {
		clear(d.table)
	} else {
		d.table = make([]uint64, words)
	}
	d.n, d.guess = maxDistinct+1, 0
	for _, h := range hashes {
		d.raise(place(h))
	}
}

// hashes appends the hashes of the set to list.
func (d *Distinct) hashes(list []uint64) []uint64 {
	for _, h := range d.table {
		if h != 0 {
			list = append(list, h)
		}
	}
	return list
}

// raise lifts a register to a rank.
func (d *Distinct) raise(register uint, rank uint8) {
	word, bit := &d.table[register/8], register%8*8
	if old := uint8(*word >> bit); old < rank {
		*word += uint64(rank-old) << bit
		d.guess = 0
	}
}

// Merge adds all values of o, which stays as it is.
func (d *Distinct) Merge(o *Distinct) {
	if o.n <= maxDistinct {
		for _, h := range o.table {
			if h != 0 {
				d.AddHash(h)
			}
		}
		return
	}
	if d.n <= maxDistinct {
		d.condense()
	}
	d.guess = 0
	for i, word := range o.table {
		d.table[i] = larger(d.table[i], word)
	}
}

// larger returns the larger of each pair of bytes, all below 128. BenchmarkDistinctMerge pays for it.
func larger(a, b uint64) uint64 {
	const high = 0x8080808080808080
	ge := ((a | high) - b) & high // the high bit of each byte where a >= b
	mask := ge<<1 - ge>>7         // all bits of these bytes
	return a&mask | b&^mask
}

// Estimate returns how many different values there are: exactly up to 1,024, then with a standard error of 0.81 % and no bias.
func (d *Distinct) Estimate() uint64 {
	if d.n <= maxDistinct {
		return uint64(d.n)
	}
	return uint64(math.Round(d.likely()))
}

// Exact says whether Estimate is exact.
func (d *Distinct) Exact() bool { return d.n <= maxDistinct }

// Reset forgets all values and keeps the memory for the next ones.
func (d *Distinct) Reset() {
	clear(d.table)
	d.n, d.guess = 0, 0
}

// Bytes returns the memory that d holds, itself included.
func (d *Distinct) Bytes() int { return int(unsafe.Sizeof(*d)) + 8*cap(d.table) }
