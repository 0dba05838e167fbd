package transport

import (
	"encoding/binary"
	"math/bits"
)

const (
	prime1 uint32 = 2654435761
	prime2 uint32 = 2246822519
	prime3 uint32 = 3266489917
	prime4 uint32 = 668265263
	prime5 uint32 = 374761393
)

// xxh32 is the checksum of lz4 frames, with seed 0; reset it before its first use.
type xxh32 struct {
	lanes [4]uint32
	total uint64
	tail  [16]byte // what did not fill a stripe yet: total%16 bytes
}

func (x *xxh32) reset() {
	a, b := prime1, prime2
	*x = xxh32{lanes: [4]uint32{a + b, b, 0, -a}}
}

func (x *xxh32) write(b []byte) {
	have := int(x.total % 16)
	x.total += uint64(len(b))
	if have > 0 {
		n := copy(x.tail[have:], b)
		if b = b[n:]; have+n < 16 {
			return
		}
		x.stripe(x.tail[:])
	}
	for ; len(b) >= 16; b = b[16:] {
		x.stripe(b[:16])
	}
	copy(x.tail[:], b)
}

func (x *xxh32) stripe(b []byte) {
	for i := range x.lanes {
		x.lanes[i] = bits.RotateLeft32(x.lanes[i]+binary.LittleEndian.Uint32(b[4*i:])*prime2, 13) * prime1
	}
}

func (x *xxh32) sum() uint32 {
	h := prime5
	if x.total >= 16 {
		l := &x.lanes
		h = bits.RotateLeft32(l[0], 1) + bits.RotateLeft32(l[1], 7) + bits.RotateLeft32(l[2], 12) + bits.RotateLeft32(l[3], 18)
	}
	h += uint32(x.total)
	b := x.tail[:x.total%16]
	for ; len(b) >= 4; b = b[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(b)*prime3, 17) * prime4
	}
	for _, c := range b {
		h = bits.RotateLeft32(h+uint32(c)*prime5, 11) * prime1
	}
	h = (h ^ h>>15) * prime2
	h = (h ^ h>>13) * prime3
	return h ^ h>>16
}
