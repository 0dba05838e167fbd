package aggregate

import (
	"bytes"
	"math"
)

// A nameIndex numbers names from 0 in the order in which they come: an open-addressing table without pointers, so that a
// million names cost the collector nothing.
type nameIndex struct {
	slots   []uint32 // number + 1 of a name, at its hash or after it; 0 is free
	entries []nameEntry
	bytes   []byte // all names, one after the other; only ever appended to
}

type nameEntry struct {
	hash uint64
	at   uint32 // of its bytes
	size uint32
}

// find returns the number of name, adding it if it is new.
func (x *nameIndex) find(hash uint64, name []byte, add bool) (number uint32, found bool) {
	if len(x.slots) == 0 {
		x.grow(64)
	}
	mask := uint64(len(x.slots) - 1)
	at := hash & mask
	for ; x.slots[at] != 0; at = (at + 1) & mask {
		n := x.slots[at] - 1
		if e := &x.entries[n]; e.hash == hash && bytes.Equal(x.name(n), name) {
			return n, true
		}
	}
	if !add {
		return 0, false
	}
	n := uint32(len(x.entries))
	x.entries = append(x.entries, nameEntry{hash, uint32(len(x.bytes)), uint32(len(name))})
	x.bytes = append(x.bytes, name...)
	x.slots[at] = n + 1
	if len(x.entries)*4 > len(x.slots)*3 {
		x.grow(2 * len(x.slots))
	}
	return n, false
}

// name returns the name of a number; its bytes never change.
func (x *nameIndex) name(n uint32) []byte {
	e := &x.entries[n]
	return x.bytes[e.at : e.at+e.size]
}

// room says whether the bytes of another name can be told by a nameEntry.
func (x *nameIndex) room(name []byte) bool { return len(x.bytes)+len(name) <= math.MaxUint32 }

func (x *nameIndex) grow(size int) {
	x.slots = make([]uint32, size)
	mask := uint64(size - 1)
	for n := range x.entries {
		at := x.entries[n].hash & mask
		for x.slots[at] != 0 {
			at = (at + 1) & mask
		}
		x.slots[at] = uint32(n) + 1
	}
}
