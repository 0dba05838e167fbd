package aggregate

import (
	"bytes"
	"slices"

	"plumbago/carbon"
)

// A nameIndex numbers names from 0: an open-addressing table without pointers, so that a million names cost the
// collector nothing. Numbers of forgotten names are given again.
//
// To move a million names at once into a larger table would hold up everybody who has a new one. So they move a few at each add; those
// that have not are found in the table before.
type nameIndex struct {
	slots   []nameSlot // at a name's hash or after it
	before  []nameSlot // the smaller table, while names move out of it; what moved stays there too
	moved   int        // how many of its places are done with
	entries rows[nameEntry]
	bytes   carbon.Texts // all names; only ever added to
	n       int          // how many names there are
	dead    int          // how many of the bytes are of forgotten names
}

// A nameSlot leads to a name. It has a part of the hash, so that others that lie in the way are passed over without a look at
// their entries, which no cache holds. The part is the one that says where the slot is, in a table of any size, so that a name
// moves into a larger one without such a look either.
type nameSlot struct {
	tag  uint32
	name uint32 // the name's number + 1; 0 is free
}

func tagOf(hash uint64) uint32 { return uint32(hash) }

type nameEntry struct {
	hash uint64
	at   uint32 // of its bytes
	size uint32 // 0 once it is forgotten
}

// find returns the number of a name.
func (x *nameIndex) find(hash uint64, name []byte) (number uint32, found bool) {
	return x.findOne(hash, name, func(uint32) bool { return true })
}

// findOne is find where a name may have several numbers: it returns the one that is says so of.
func (x *nameIndex) findOne(hash uint64, name []byte, is func(number uint32) bool) (number uint32, found bool) {
	if number, found = x.search(x.slots, hash, name, is); !found {
		number, found = x.search(x.before, hash, name, is)
	}
	return number, found
}

func (x *nameIndex) search(slots []nameSlot, hash uint64, name []byte, is func(number uint32) bool) (number uint32, found bool) {
	if len(slots) == 0 {
		return 0, false
	}
	mask, tag := uint32(len(slots)-1), tagOf(hash)
	for at := tag & mask; slots[at].name != 0; at = (at + 1) & mask {
		if slots[at].tag != tag {
			continue
		}
		n := slots[at].name - 1
		if e := x.entries.at(int(n)); e.hash == hash && bytes.Equal(x.name(n), name) && is(n) {
			return n, true
		}
	}
	return 0, false
}

// movesPerAdd is how many places of the table before are seen to at each add; two would be enough to be done with it before the table
// is full again.
const movesPerAdd = 4

// move moves some names out of the table before.
func (x *nameIndex) move() {
	for range min(movesPerAdd, len(x.before)-x.moved) {
		if s := x.before[x.moved]; s.name != 0 {
			x.place(s)
		}
		x.moved++
	}
	if x.moved == len(x.before) {
		x.before, x.moved = nil, 0
	}
}

// add puts a name in that find did not find, under a number of the free ones if there are any.
func (x *nameIndex) add(hash uint64, name []byte, free *[]uint32) (number uint32) {
	if x.move(); 4*(x.n+1) > 3*len(x.slots) { // then nothing is left in the table before
		x.before, x.moved = x.slots, 0
		x.slots = carbon.Places[nameSlot](max(64, 2*len(x.slots)))
	}
	e := nameEntry{hash, x.bytes.Add(name), uint32(len(name))}
	if last := len(*free) - 1; last >= 0 {
		number, *free = (*free)[last], (*free)[:last]
		*x.entries.at(int(number)) = e
	} else {
		number = uint32(x.entries.len())
		x.entries.add(e)
	}
	x.n++
	x.place(nameSlot{tagOf(hash), number + 1})
	return number
}

// place puts a slot at the first free place from its tag on.
func (x *nameIndex) place(s nameSlot) {
	mask := uint32(len(x.slots) - 1)
	at := s.tag & mask
	for x.slots[at].name != 0 {
		at = (at + 1) & mask
	}
	x.slots[at] = s
}

// name returns the name of a number; its bytes never change.
func (x *nameIndex) name(n uint32) []byte {
	e := x.entries.at(int(n))
	if e.size == 0 {
		return nil
	}
	return x.bytes.At(e.at, int(e.size))
}

// text returns where the name of a number lies, no text if there is none, for others to share it.
func (x *nameIndex) text(n uint32) (kept carbon.Text) {
	if int(n) >= x.entries.len() {
		return kept
	}
	e := x.entries.at(int(n))
	if e.size == 0 {
		return kept
	}
	return x.bytes.Text(e.at, int(e.size))
}

// room says whether the bytes of another name can be told by a nameEntry.
func (x *nameIndex) room() bool { return x.bytes.Room() }

func (x *nameIndex) rehash(size int) {
	x.slots, x.before, x.moved = carbon.Places[nameSlot](size), nil, 0
	for n := range x.entries.len() {
		if e := x.entries.at(n); e.size > 0 {
			x.place(nameSlot{tagOf(e.hash), uint32(n) + 1})
		}
	}
}

// forget removes names. It builds the table anew, and the names too if most of their bytes are dead: whoever holds a copy
// of the old headers still sees what there was.
func (x *nameIndex) forget(numbers []uint32) {
	for _, n := range numbers {
		x.dead += int(x.entries.at(int(n)).size)
		*x.entries.at(int(n)) = nameEntry{}
	}
	x.n -= len(numbers)
	if x.dead > x.bytes.Size()/2 {
		old := *x
		x.entries = old.entries.clone()
		x.bytes, x.dead = carbon.Texts{}, 0
		for n := range x.entries.len() {
			if e := x.entries.at(n); e.size > 0 {
				e.at = x.bytes.Add(old.name(uint32(n)))
			}
		}
	}
	size := 64
	for 4*(x.n+1) > 3*size/2 { // not full again at once
		size *= 2
	}
	x.rehash(size)
}

// used returns the number after the largest in use.
func (x *nameIndex) used() int {
	n := x.entries.len()
	for n > 0 && x.entries.at(n-1).size == 0 {
		n--
	}
	return n
}

// shrink gives back the numbers from n on, which are not in use; free are the lists of those that may be given again.
func (x *nameIndex) shrink(n int, free ...*[]uint32) {
	x.entries.cut(n)
	for _, list := range free {
		*list = slices.Clone(slices.DeleteFunc(*list, func(number uint32) bool { return int(number) >= n }))
	}
}
