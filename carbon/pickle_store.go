package carbon

// A pickleKind is the type of a value on the pickle machine.
type pickleKind uint8

const (
	pickleNone   pickleKind = iota // Python's None, and an empty slot of the memo
	pickleNumber                   // int, long or float: all that is asked of them is their nearest float64
	pickleBool                     // True or False, as 1 or 0
	pickleText                     // str, unicode or bytes: a span of Batch.Bytes
	pickleTuple
	pickleList
	pickleDict // legal data, but nothing in it is of use: its contents are not kept
)

// A pickleValue is 16 bytes without pointers, so that a frame's worth of them costs the garbage collector nothing. It
// has four fields and no more, because the compiler keeps such a struct in registers: a fifth cost 40 ns a point.
type pickleValue struct {
	bits  uint64 // number: its float64; text: offset<<32 | length; tuple: first cell<<32 | count; list: its header's cell
	next  uint32 // in a container's cell: the cell after it
	kind  pickleKind
	depth uint8 // of a container: 1 more than the deepest thing in it; and the flag pickleShared
}

// pickleShared is set in the depth of a value that was fetched from the memo or doubled, so that it may be met again.
const pickleShared = 0x80

// shared reports whether v may be met again.
func (v *pickleValue) shared() bool { return v.depth&pickleShared != 0 }

// pickleBits packs two numbers into the bits of a value.
func pickleBits(hi, lo uint32) uint64 { return uint64(hi)<<32 | uint64(lo) }

// pair unpacks them.
func (v *pickleValue) pair() (hi, lo uint32) { return uint32(v.bits >> 32), uint32(v.bits) }

const pickleChunk = 1024

// A pickleRun is a sequence of values in chunks: it grows without moving or wasting what is there, so that the memory
// for a hostile frame is as bounded as the number of its chunks.
type pickleRun struct {
	chunks []*[pickleChunk]pickleValue
	n      uint32
}

// at returns the value i, which must be less than n.
func (r *pickleRun) at(i uint32) *pickleValue { return &r.chunks[i/pickleChunk][i%pickleChunk] }

// A pickleStore is the memory of the pickle machine: three runs that share one budget.
type pickleStore struct {
	stack pickleRun // the values being worked on
	cells pickleRun // what is in the containers; cell 0 is not used
	memo  pickleRun // what was put aside, by index
	free  []*[pickleChunk]pickleValue
	open  int // chunks in use
	limit int // most of them
}

// The budget of values is a third of the frame's bytes: a point costs some six values, or nine with Python's memo, and
// its text alone has 20 bytes and more. Small frames may always have 32,768.
const (
	pickleFreeValues = 32 << 10
	pickleValueBytes = 3
)

// reset empties the store for a frame of size bytes.
func (s *pickleStore) reset(size int) {
	for _, r := range []*pickleRun{&s.stack, &s.cells, &s.memo} {
		s.free = append(s.free, r.chunks...)
		r.chunks, r.n = r.chunks[:0], 0
	}
	s.open, s.limit = 0, 3+(pickleFreeValues+size/pickleValueBytes)/pickleChunk
}

// push appends v to r; it reports false if the budget is spent.
func (s *pickleStore) push(r *pickleRun, v pickleValue) bool {
	if int(r.n/pickleChunk) == len(r.chunks) && !s.extend(r) {
		return false
	}
	r.chunks[r.n/pickleChunk][r.n%pickleChunk] = v
	r.n++
	return true
}

// extend gives r one chunk more.
func (s *pickleStore) extend(r *pickleRun) bool {
	if s.open == s.limit {
		return false
	}
	s.open++
	if n := len(s.free); n > 0 {
		r.chunks = append(r.chunks, s.free[n-1])
		s.free = s.free[:n-1]
		return true
	}
	r.chunks = append(r.chunks, new([pickleChunk]pickleValue))
	return true
}

// release lets go of all memory if there are more than keep chunks of it.
func (s *pickleStore) release(keep int) {
	if s.open+len(s.free) > keep {
		*s = pickleStore{}
	}
}
