package aggregate

import (
	"bytes"
	"slices"

	"plumbago/carbon"
)

// A nameIndex numbers names from 0: an open-addressing table without pointers, so that a million names cost the
// collector nothing. Numbers of forgotten names are given again.
//
// A spot has a part of the hash, so that others that lie in the way are passed over without a look at their entries, which no cache holds.
type nameIndex struct {
	spots   carbon.Spots
	entries rows[nameEntry]
	bytes   carbon.Texts // all names; only ever added to
	n       int          // how many names there are
	dead    int          // how many of the bytes are of forgotten names
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
	spots, tag := x.spots.Part(tagOf(hash)), tagOf(hash)
	if len(spots) == 0 {
		return 0, false
	}
	mask := uint32(len(spots) - 1)
	for at := tag & mask; spots[at].At != 0; at = (at + 1) & mask {
		if spots[at].Tag != tag {
			continue
		}
		n := spots[at].At - 1
		if e := x.entries.at(int(n)); e.hash == hash && bytes.Equal(x.name(n), name) && is(n) {
			return n, true
		}
	}
	return 0, false
}

// add puts a name in that find did not find, under a number of the free ones if there are any.
func (x *nameIndex) add(hash uint64, name []byte, free *[]uint32) (number uint32) {
	e := nameEntry{hash, x.bytes.Add(name), uint32(len(name))}
	if last := len(*free) - 1; last >= 0 {
		number, *free = (*free)[last], (*free)[:last]
		*x.entries.at(int(number)) = e
	} else {
		number = uint32(x.entries.len())
		x.entries.add(e)
	}
	x.n++
	x.spots.Put(carbon.Spot{Tag: tagOf(hash), At: number + 1})
	return number
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

// forget removes names. It builds the names anew if most of their bytes are dead: whoever holds a copy of the old headers still sees
// what there was.
func (x *nameIndex) forget(numbers []uint32) {
	for _, n := range numbers {
		e := x.entries.at(int(n))
		x.spots.Remove(carbon.Spot{Tag: tagOf(e.hash), At: n + 1})
		x.dead += int(e.size)
		*e = nameEntry{}
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
