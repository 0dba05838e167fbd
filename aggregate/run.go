package aggregate

// A slice is one period of one series: 16 bytes beside its columns, which lie in a cell. Its times are lags behind its
// end, so that what live slices have in common takes no room (see lag).
type slice struct {
	k     uint32 // it spans [k*period, (k+1)*period)
	cell  uint32 // of its columns; the state is in the two bits above
	first uint32 // open: when its first sample arrived; else: when it was emitted first, or see lift
	last  uint32 // open: when its last sample arrived; amended: when its first correction did; in higher tiers see lift
}

// A sliceState is where in its life a slice is.
type sliceState uint8

const (
	open    sliceState = iota // gathering, not emitted yet
	kept                      // emitted, and could still be amended
	amended                   // emitted, amended since, to be emitted again
	past                      // it can be amended no more, but windows still look at it
)

const (
	stateShift = 30
	cellMask   = 1<<stateShift - 1
)

func (s *slice) state() sliceState { return sliceState(s.cell >> stateShift) }
func (s *slice) set(to sliceState) { s.cell = s.cell&cellMask | uint32(to)<<stateShift }
func (s *slice) columns() uint32   { return s.cell & cellMask }
func (s *slice) closed() bool      { return s.state() != open }

// A lag is a time in milliseconds as 32 bits hold it: up to 24 days exactly, beyond that rounded up to a second.
func lag(ms int64) uint32 {
	const exact = 1 << 31
	switch {
	case ms <= 0:
		return 0
	case ms < exact:
		return uint32(ms)
	}
	return uint32(min((ms+999)/1000, exact-1)) | exact
}

// lagTime is the inverse of lag.
func lagTime(l uint32) int64 {
	const exact = 1 << 31
	if l < exact {
		return int64(l)
	}
	return int64(l&^exact) * 1000
}

// A track is the slices of one tier of one series, the oldest first: a part of a block that runs allots.
type track struct {
	horizon uint32 // slices below it are over: samples for them are late
	block   uint32 // its number; the class is in the bits above
	off, n  uint32 // which part of the block is in use
}

const (
	classShift = 27
	blockMask  = 1<<classShift - 1
)

// class says how large the block is: it has room for 1<<class slices.
func (t *track) class() uint8 { return uint8(t.block >> classShift) }

// move has a track lie in another block.
func (t *track) move(class uint8, block uint32) {
	mustBe(block <= blockMask, "more blocks of slices than can be told apart")
	t.block, t.off = uint32(class)<<classShift|block, 0
}

// runs allots blocks of slices, each a power of two of them. The zero value is not usable; see newRuns.
type runs struct{ blocks [28]slab[slice] }

func newRuns() *runs {
	r := &runs{}
	for class := range r.blocks {
		r.blocks[class] = newSlab[slice](1 << class)
	}
	return r
}

// block returns the block that a track lies in.
func (r *runs) block(t *track) []slice { return r.blocks[t.class()].at(t.block & blockMask) }

// give frees it.
func (r *runs) give(t *track) { r.blocks[t.class()].give(t.block & blockMask) }

// view returns the slices of a track. It holds until the track gets or loses one.
func (r *runs) view(t *track) []slice {
	if t.n == 0 {
		return nil
	}
	return r.block(t)[t.off : t.off+t.n]
}

// newest returns the newest slice of a track that has some.
func (r *runs) newest(t *track) *slice { return &r.block(t)[t.off+t.n-1] }

// find returns where slice k is, or would be.
func (r *runs) find(t *track, k uint32) (i int, ok bool) {
	s := r.view(t)
	if n := len(s); n == 0 || s[n-1].k < k {
		return n, false
	} else if s[n-1].k == k { // by far the most
		return n - 1, true
	}
	return search(s, k)
}

// search returns where slice k is in s, or would be.
func search(s []slice, k uint32) (i int, ok bool) {
	low, high := 0, len(s)
	for low < high {
		if middle := int(uint(low+high) >> 1); s[middle].k < k {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < len(s) && s[low].k == k
}

// insert puts a slice in at i. The shorter side makes room, and a side that has none gets all of it, so that slices in
// either order of time cost the same.
func (r *runs) insert(t *track, i int, s slice) *slice {
	if t.n == 0 {
		t.move(0, r.blocks[0].take())
	} else if int(t.n) == 1<<t.class() {
		r.resize(t, t.class()+1)
	}
	block := r.block(t)
	room, n := uint32(len(block)), t.n
	if front := 2*i < int(n); front && t.off == 0 {
		copy(block[room-n:], block[:n])
		t.off = room - n
	} else if !front && t.off+n == room {
		copy(block, block[t.off:])
		t.off = 0
	}
	at := t.off + uint32(i)
	if 2*i < int(n) {
		t.off--
		at--
		copy(block[t.off:at], block[t.off+1:])
	} else {
		copy(block[at+1:t.off+n+1], block[at:])
	}
	t.n++
	block[at] = s
	return &block[at]
}

// resize moves a track into a block of another class.
func (r *runs) resize(t *track, class uint8) {
	block := r.blocks[class].take()
	copy(r.blocks[class].at(block), r.view(t))
	r.give(t)
	t.move(class, block)
}

// keep removes the slices for which keep reports false.
func (r *runs) keep(t *track, keep func(s *slice) bool) {
	s := r.view(t)
	if len(s) == 0 {
		return // its block was given back with its last slice
	}
	skip := 0
	for skip < len(s) && !keep(&s[skip]) { // mostly the oldest go
		skip++
	}
	n := skip
	for i := skip; i < len(s); i++ {
		if i == skip || keep(&s[i]) {
			s[n] = s[i]
			n++
		}
	}
	t.off, t.n = t.off+uint32(skip), uint32(n-skip)
	switch {
	case t.n == 0:
		r.give(t)
	case t.class() > 3 && t.n < 1<<(t.class()-2):
		r.resize(t, t.class()-1)
	}
}
