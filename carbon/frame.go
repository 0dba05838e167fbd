package carbon

import (
	"sync"
	"sync/atomic"
)

// FrameSize is the most bytes that a pooled frame holds, and the usual limit of an Encoder.
const FrameSize = 64 << 10

// A Frame is a run of points encoded for one destination or several alike: the unit of queueing, sending and loss. Its
// bytes do not change once it was pushed. Who holds a reference frees it.
type Frame struct {
	Bytes  []byte
	Points int   // how many points Bytes holds
	Oldest int64 // Unix milliseconds when its first point was put in: the age of what waits
	refs   atomic.Int32
}

var frames = sync.Pool{New: func() any { return &Frame{Bytes: make([]byte, 0, FrameSize)} }}

// NewFrame returns an empty frame with one reference.
func NewFrame() *Frame {
	f := frames.Get().(*Frame)
	f.refs.Store(1)
	return f
}

// Retain adds n references: one for each further holder.
func (f *Frame) Retain(n int) { f.refs.Add(int32(n)) }

// Free drops one reference; the last one gives the frame back.
func (f *Frame) Free() {
	switch n := f.refs.Add(-1); {
	case n > 0:
		return
	case n < 0:
		panic("bug: a frame was freed twice")
	}
	f.poison()
	if cap(f.Bytes) > FrameSize {
		return
	}
	f.Bytes, f.Points, f.Oldest = f.Bytes[:0], 0, 0
	frames.Put(f)
}

// An Encoder writes points into frames, one format each.
type Encoder interface {
	// Append adds p of b to f. It reports false, and leaves f as it was, if f has no room for it; an empty frame takes
	// any point.
	Append(f *Frame, b *Batch, p *Point) bool
	// Finish completes f before it is pushed (a pickle's length and end).
	Finish(f *Frame)
}
