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
	bytes   [2]carbon.Texts // all names, in the one that into says but while they move to it; only ever added to
	into    uint32
	tidied  int // how many of the entries are known to lie there, while others may not; 0 if all do
	n       int // how many names there are
	dead    int // how many of the bytes are of forgotten names
}

func tagOf(hash uint64) uint32 { return uint32(hash) }

type nameEntry struct {
	hash uint64
	at   uint32 // of its bytes
	size uint32 // their number, 0 once it is forgotten; the highest bit says in which of nameIndex.bytes
}

const sideShift = 31

func (e nameEntry) side() uint32 { return e.size >> sideShift }
func (e nameEntry) length() int  { return int(e.size &^ (1 << sideShift)) }

// size returns how many bytes the names take, with those of forgotten ones that are not given back yet.
func (x *nameIndex) size() int { return x.bytes[0].Size() + x.bytes[1].Size() }

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
	e := nameEntry{hash: hash}
	x.write(&e, name)
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

// write has an entry be of a name.
func (x *nameIndex) write(e *nameEntry, name []byte) {
	e.at, e.size = x.bytes[x.into].Add(name), uint32(len(name))|x.into<<sideShift
}

// name returns the name of a number; its bytes never change.
func (x *nameIndex) name(n uint32) []byte {
	e := *x.entries.at(int(n))
	if e.length() == 0 {
		return nil
	}
	return x.bytes[e.side()].At(e.at, e.length())
}

// text returns where the name of a number lies, no text if there is none, for others to share it.
func (x *nameIndex) text(n uint32) (kept carbon.Text) {
	if int(n) >= x.entries.len() {
		return kept
	}
	e := *x.entries.at(int(n))
	if e.length() == 0 {
		return kept
	}
	return x.bytes[e.side()].Text(e.at, e.length())
}

// room says whether the bytes of another name can be told by a nameEntry.
func (x *nameIndex) room() bool { return x.bytes[x.into].Room() }

// forget removes names.
func (x *nameIndex) forget(numbers []uint32) {
	for _, n := range numbers {
		e := x.entries.at(int(n))
		x.spots.Remove(carbon.Spot{Tag: tagOf(e.hash), At: n + 1})
		x.dead += e.length()
		*e = nameEntry{}
	}
	x.n -= len(numbers)
}

// tidy gives back the memory of forgotten names, once it is most: it writes the others elsewhere, looks at n entries at most for that, and says
// whether there are more. An entry whose name moves is one that a copy of the old headers has too, so only the goroutine that has one may call it.
func (x *nameIndex) tidy(n int) (more bool) {
	if x.tidied == 0 {
		if x.dead <= x.bytes[x.into].Size()/2 {
			return false
		}
		x.into, x.dead = 1-x.into, 0
	}
	end := min(x.tidied+n, x.entries.len())
	for ; x.tidied < end; x.tidied++ {
		if e := x.entries.at(x.tidied); e.length() > 0 && e.side() != x.into {
			x.write(e, x.name(uint32(x.tidied)))
		}
	}
	if x.tidied < x.entries.len() {
		return true
	}
	x.bytes[1-x.into], x.tidied = carbon.Texts{}, 0
	return false
}

// used returns the number after the largest in use.
func (x *nameIndex) used() int {
	n := x.entries.len()
	for n > 0 && x.entries.at(n-1).length() == 0 {
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
