package main

import "math/bits"

// A series holds what is known of each name: an open addressing table by the names' hashes. Those have 64 bits and a seed
// of their own in each process: that two of a million names share one happens in one run of forty million, and shows. The zero value is an empty one.
type series struct {
	n     int
	table []one // its length is a power of two
	look  uint64
}

// A one is what is known of one name.
type one struct {
	name uint64 // its hash, never 0; 0 is a free place
	last float64
	time int64
	pass int8 // the last two digits of the value that was the latest in order
}

// touch brings into the caches what find will want for some lines: one after the other each would wait for memory alone.
func (s *series) touch(ahead []sample) {
	if len(s.table) == 0 {
		return
	}
	mask, sum := uint64(len(s.table)-1), uint64(0)
	for i := range ahead {
		sum += s.table[ahead[i].name&mask].name
	}
	s.look = sum // or the compiler would leave it out
}

// find returns what is known of a name; what was not known is added. It holds until the next call.
func (s *series) find(name uint64) (o *one, known bool) {
	if name == 0 {
		name = 1
	}
	if s.n >= len(s.table)/4*3 {
		s.grow()
	}
	o = s.place(name)
	if o.name == name {
		return o, true
	}
	o.name = name
	s.n++
	return o, false
}

// place returns where a name is, or would be.
func (s *series) place(name uint64) *one {
	mask := uint64(len(s.table) - 1)
	for at := name & mask; ; at = (at + 1) & mask {
		if o := &s.table[at]; o.name == name || o.name == 0 {
			return o
		}
	}
}

// grow doubles the table.
func (s *series) grow() {
	old := s.table
	s.table = make([]one, max(1<<10, 1<<bits.Len(uint(len(old)))))
	for i := range old {
		if old[i].name != 0 {
			*s.place(old[i].name) = old[i]
		}
	}
}
