package sketch

import (
	"encoding/binary"
	"slices"
)

// packed is how many bytes the registers take at six bits each.
const packed = registers * 6 / 8

// highest is eight registers of the highest rank.
const highest = maxRank * 0x0101010101010101

// Append appends d, encoded, to dst. The same values give the same bytes however they were added and merged.
//
//	version    1 byte
//	n          varint: how many values; 1,025 stands for any larger number
//	n <= 1,024: their hashes, ascending, each 8 bytes, little end first; bit 63 is set
//	otherwise: 12,288 bytes: the registers, six bits each, four to three bytes, little end first
func (d *Distinct) Append(dst []byte) []byte {
	dst = append(dst, version)
	dst = binary.AppendUvarint(dst, uint64(d.n))
	if d.Exact() {
		var scratch [maxDistinct]uint64
		hashes := d.hashes(scratch[:0])
		slices.Sort(hashes)
		for _, h := range hashes {
			dst = binary.LittleEndian.AppendUint64(dst, h)
		}
		return dst
	}
	for _, word := range d.table {
		for range 2 {
			four := word&0x3f | word>>2&0xfc0 | word>>4&0x3f000 | word>>6&0xfc0000
			dst = append(dst, byte(four), byte(four>>8), byte(four>>16))
			word >>= 32
		}
	}
	return dst
}

// Decode replaces d by the sketch at the front of src and returns what follows it. Where src is damaged it returns an error, and d is empty.
// It takes no more memory than four times the bytes it has read, or 16 KiB.
func (d *Distinct) Decode(src []byte) (rest []byte, err error) {
	d.Reset()
	r := reader{rest: src}
	r.start()
	switch n := r.number(); {
	case n > maxDistinct+1:
		r.fail(errRange)
	case n <= maxDistinct:
		d.decodeSet(&r, int(n))
	default:
		d.decodeRegisters(&r)
	}
	if r.err != nil {
		d.Reset()
		return nil, damaged("distinct values", r.err)
	}
	return r.rest, nil
}

func (d *Distinct) decodeSet(r *reader, n int) {
	last := known - 1
	for range n {
		h := r.word()
		if h <= last {
			r.fail(errOrder)
			return
		}
		d.AddHash(h)
		last = h
	}
}

func (d *Distinct) decodeRegisters(r *reader) {
	text := r.bytes(packed)
	if text == nil {
		return
	}
	d.condense()
	for i := range d.table {
		for half := range 2 {
			three := text[6*i+3*half:]
			four := uint64(three[0]) | uint64(three[1])<<8 | uint64(three[2])<<16
			four = four&0x3f | four&0xfc0<<2 | four&0x3f000<<4 | four&0xfc0000<<6
			d.table[i] |= four << (32 * half)
		}
		if larger(d.table[i], highest) != highest {
			r.fail(errRange)
			return
		}
	}
}
