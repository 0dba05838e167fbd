package carbon

import (
	"math/bits"
	"slices"
)

// Spots lead from the hashes of names to their numbers, by open addressing in parts of a bounded size. A part that is full is divided in
// two by one more bit of its tags, so whoever adds a name never waits for more than one part to move: a table of a million names that
// grew as one, or only took its memory at once, kept lines waiting for up to 100 ms, and all such tables grow at the same time. The zero value is empty and ready.
type Spots struct {
	parts  [][]Spot // by the bits of a tag above those that say where in a part; one that goes by fewer bits is there several times
	depths []uint8  // of each of parts: by how many bits it goes
	fills  []uint32 // of the first of each that are one part: how many of its spots are taken
	n      int      // spots that are taken
	spare  []Spot   // an empty part, for the next that is divided
	size   int      // spots in all parts
}

// A Spot is where a name is found by its hash.
type Spot struct {
	Tag uint32 // the lower half of the name's hash, whose bits say where the spot is
	At  uint32 // one more than the name's number; 0 is a free spot
}

// A part has leastSpots at first, and doubles up to mostSpots. Those are the largest size that Go's allocator hands out without a lock. Each
// page of a part is written to as it is filled by halves: a page that is read first is given by the system as one that all share,
// and the first write to it stops every processor that runs the process.
const (
	leastSpots = 64
	spotBits   = 12
	mostSpots  = 1 << spotBits
)

// Part returns the spots among which those of a tag are, at tag&(len-1) or after it, round the end, up to a free one. It is of length 0 if
// there are none at all.
func (s *Spots) Part(tag uint32) []Spot {
	if len(s.parts) == 0 {
		return nil
	}
	return s.parts[s.index(tag)]
}

func (s *Spots) index(tag uint32) uint32 { return tag >> spotBits & uint32(len(s.parts)-1) }

// first returns the first index of the part that is at i.
func (s *Spots) first(i uint32) uint32 { return i & (1<<s.depths[i] - 1) }

// Len returns how many spots are taken.
func (s *Spots) Len() int { return s.n }

// Size returns how many spots there are, free or not.
func (s *Spots) Size() int { return s.size + len(s.spare) }

// Put adds a spot.
func (s *Spots) Put(x Spot) {
	if len(s.parts) == 0 {
		s.parts, s.depths, s.fills = [][]Spot{make([]Spot, leastSpots)}, []uint8{0}, []uint32{0}
		s.size = leastSpots
	}
	i := s.index(x.Tag)
	for 4*int(s.fills[s.first(i)]+1) > 3*len(s.parts[i]) {
		s.widen(i)
		i = s.index(x.Tag)
	}
	set(s.parts[i], x)
	s.fills[s.first(i)]++
	s.n++
}

// set sets the first free spot.
func set(part []Spot, x Spot) {
	mask := uint32(len(part) - 1)
	at := x.Tag & mask
	for part[at].At != 0 {
		at = (at + 1) & mask
	}
	part[at] = x
}

// widen makes room in a part: it is divided if it is as long as a part may be. One whose tags are too much alike for that grows on:
// there are far fewer names then than a table of so many parts is for.
func (s *Spots) widen(i uint32) {
	if len(s.parts[i]) == mostSpots && s.n >= mostSpots/16<<s.depths[i] {
		s.divide(i)
		return
	}
	s.resize(i, 2*len(s.parts[i]))
}

// resize has a part be of another length.
func (s *Spots) resize(i uint32, size int) {
	part := make([]Spot, size)
	move(part, s.parts[i])
	s.size += size - len(s.parts[i])
	s.assign(s.first(i), s.depths[i], part)
}

func move(to, from []Spot) {
	for _, x := range from {
		if x.At != 0 {
			set(to, x)
		}
	}
}

// assign has part go by the lower bits of first, as many as depth says.
func (s *Spots) assign(first uint32, depth uint8, part []Spot) {
	for i := int(first); i < len(s.parts); i += 1 << depth {
		s.parts[i], s.depths[i] = part, depth
	}
}

// divide moves what a part holds into two.
func (s *Spots) divide(i uint32) {
	old, depth, low := s.parts[i], s.depths[i], s.first(i)
	if 1<<depth == len(s.parts) {
		s.parts, s.depths, s.fills = append(s.parts, s.parts...), append(s.depths, s.depths...), append(s.fills, s.fills...)
	}
	high := low + 1<<depth
	halves, taken := [2][]Spot{s.empty(), s.empty()}, [2]uint32{}
	for _, x := range old {
		if x.At != 0 {
			half := x.Tag >> (spotBits + depth) & 1
			set(halves[half], x)
			taken[half]++
		}
	}
	s.assign(low, depth+1, halves[0])
	s.assign(high, depth+1, halves[1])
	s.fills[low], s.fills[high] = taken[0], taken[1]
	s.size += mostSpots
	s.retire(old)
}

// empty returns a part of mostSpots that are free.
func (s *Spots) empty() (part []Spot) {
	if part, s.spare = s.spare, nil; part == nil {
		part = make([]Spot, mostSpots)
	}
	return part
}

// retire keeps a part of mostSpots that is not in use any more for the next one.
func (s *Spots) retire(part []Spot) {
	clear(part)
	s.spare = part
}

// Remove takes out a spot that Put added.
func (s *Spots) Remove(x Spot) {
	i := s.index(x.Tag)
	part := s.parts[i]
	mask := uint32(len(part) - 1)
	at := x.Tag & mask
	for part[at] != x {
		if part[at].At == 0 {
			panic("bug: a spot is taken out that is not there")
		}
		at = (at + 1) & mask
	}
	// Others that had to go on beyond it come back, each to the gap that the one before left, unless it lies before where they belong.
	for next := (at + 1) & mask; part[next].At != 0; next = (next + 1) & mask {
		if home := part[next].Tag & mask; (next-home)&mask >= (next-at)&mask {
			part[at] = part[next]
			at = next
		}
	}
	part[at] = Spot{}
	s.n--
	s.fills[s.first(i)]--
	s.narrow(i)
}

// narrow gives memory back where little of a part is taken: it becomes shorter, or one with its neighbour.
func (s *Spots) narrow(i uint32) {
	first, depth, length := s.first(i), s.depths[i], len(s.parts[i])
	fill := s.fills[first]
	switch {
	case 8*int(fill) >= length || length == leastSpots:
		return
	case depth == 0 || length > mostSpots:
		s.resize(i, length/2)
		return
	}
	low := first &^ (1 << (depth - 1))
	high := low | 1<<(depth-1)
	if other := first ^ 1<<(depth-1); s.depths[other] != depth || len(s.parts[other]) != length || 4*int(fill+s.fills[other]) > length {
		return
	}
	both, fill := s.parts[low], s.fills[low]+s.fills[high]
	gone := s.parts[high]
	move(both, gone)
	s.assign(low, depth-1, both)
	s.fills[low] = fill
	s.size -= length
	s.retire(gone)
	if half := len(s.parts) / 2; bits.Len(uint(half)) > int(slices.Max(s.depths)) {
		s.parts, s.depths, s.fills = slices.Clone(s.parts[:half]), slices.Clone(s.depths[:half]), slices.Clone(s.fills[:half])
	}
}
