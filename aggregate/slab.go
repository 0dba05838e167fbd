package aggregate

import "math/bits"

// A slab keeps records of one width, each a run of so many Ts, in chunks that never move. Freed records are used again
// from the lowest chunk up, so that after a burst the chunks at the top become empty, and those are given back to the
// collector. There are no pointers in it beyond one a chunk.
type slab[T any] struct {
	width  int
	shift  uint // a chunk holds 1<<shift records
	chunks []chunk[T]
	low    int // no chunk below it has a free record
}

type chunk[T any] struct {
	data []T // nil while it is given back
	free []uint16
}

// chunkSize is about how many Ts a chunk holds.
const chunkSize = 4096

func newSlab[T any](width int) slab[T] {
	records := chunkSize
	if width > 0 {
		records = max(1, chunkSize/width)
	}
	return slab[T]{width: width, shift: uint(bits.Len(uint(records)) - 1)}
}

// take returns the number of a free record. What is in it is left over from its last use.
func (s *slab[T]) take() uint32 {
	for s.low < len(s.chunks) && s.chunks[s.low].data != nil && len(s.chunks[s.low].free) == 0 {
		s.low++
	}
	if s.low == len(s.chunks) {
		s.chunks = append(s.chunks, chunk[T]{})
	}
	c := &s.chunks[s.low]
	if c.data == nil {
		c.data = make([]T, s.width<<s.shift)
		c.free = make([]uint16, 0, 1<<s.shift)
		for i := range 1 << s.shift {
			c.free = append(c.free, uint16(1<<s.shift-1-i))
		}
	}
	last := len(c.free) - 1
	record := c.free[last]
	c.free = c.free[:last]
	return uint32(s.low)<<s.shift | uint32(record)
}

// at returns a record.
func (s *slab[T]) at(n uint32) []T {
	from := int(n&(1<<s.shift-1)) * s.width
	return s.chunks[n>>s.shift].data[from : from+s.width : from+s.width]
}

// give frees a record.
func (s *slab[T]) give(n uint32) {
	at := int(n >> s.shift)
	c := &s.chunks[at]
	c.free = append(c.free, uint16(n&(1<<s.shift-1)))
	s.low = min(s.low, at)
	if len(c.free) == 1<<s.shift && at > s.low {
		*c = chunk[T]{}
	}
}

// size returns how many Ts are held, used or not.
func (s *slab[T]) size() (n int) {
	for i := range s.chunks {
		n += len(s.chunks[i].data)
	}
	return n
}

// top returns the number after the largest that a record can have without another chunk, and forgets the chunks above that
// were given back.
func (s *slab[T]) top() int {
	n := len(s.chunks)
	for n > 0 && s.chunks[n-1].data == nil {
		n--
	}
	s.chunks = s.chunks[:n]
	s.low = min(s.low, n)
	return n << s.shift
}
