package carbon

import (
	"encoding/binary"
	"math"
)

// A PickleEncoder writes frames of carbon's pickle protocol: a 4-byte length and a list of (name, (timestamp, value))
// tuples in protocol 2, in the opcodes that Python's own carbon sends, so that every carbon reads it, on Python 2 and 3.
type PickleEncoder struct {
	Limit     int // most bytes of a frame, its length included; FrameSize if 0. Stay well below the receiver's limit, 1 MiB by default
	MaxPoints int // most points of a frame; 500 if 0, as carbon itself sends
}

// DefaultPicklePoints is carbon's own MAX_DATAPOINTS_PER_MESSAGE.
const DefaultPicklePoints = 500

// What stands before and after the points: PROTO 2, an empty list, MARK; APPENDS, STOP.
const (
	pickleHead = "\x00\x00\x00\x00\x80\x02]("
	pickleTail = "e."
)

// picklePointSize is the most that a point takes beside its name: BINUNICODE and its length, LONG1 with 8 bytes,
// BINFLOAT, and two TUPLE2.
const picklePointSize = 5 + 10 + 9 + 2

// Append adds p of b to f. It reports false if f has no room for it; an empty frame takes any point.
func (e *PickleEncoder) Append(f *Frame, b *Batch, p *Point) bool {
	limit, points := e.Limit, e.MaxPoints
	if limit == 0 {
		limit = FrameSize
	}
	if points == 0 {
		points = DefaultPicklePoints
	}
	if f.Points == 0 {
		f.Bytes = append(f.Bytes[:0], pickleHead...)
	} else if f.Points >= points || len(f.Bytes)+int(p.size)+picklePointSize+len(pickleTail) > limit {
		return false
	}
	dst := append(f.Bytes, 'X', byte(p.size), byte(p.size>>8), 0, 0)
	dst = append(dst, b.Name(p)...)
	dst = appendPickledTime(dst, p.Time/1000)
	dst = append(dst, 'G')
	dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(p.Value))
	f.Bytes = append(dst, 0x86, 0x86)
	f.Points++
	return true
}

// appendPickledTime appends seconds as Python writes an int. BININT is signed, so that a time from 2038 on in it would
// be read as one before 1970: from there on it is a LONG1.
func appendPickledTime(dst []byte, seconds int64) []byte {
	switch {
	case seconds >= 0 && seconds <= math.MaxUint8:
		return append(dst, 'K', byte(seconds))
	case seconds >= 0 && seconds <= math.MaxUint16:
		return append(dst, 'M', byte(seconds), byte(seconds>>8))
	case seconds >= math.MinInt32 && seconds <= math.MaxInt32:
		return binary.LittleEndian.AppendUint32(append(dst, 'J'), uint32(seconds))
	case seconds > 0 && seconds <= math.MaxUint32:
		return append(binary.LittleEndian.AppendUint32(append(dst, 0x8a, 5), uint32(seconds)), 0)
	}
	return binary.LittleEndian.AppendUint64(append(dst, 0x8a, 8), uint64(seconds))
}

// Finish ends the list and writes the frame's length into its place.
func (e *PickleEncoder) Finish(f *Frame) {
	if f.Points == 0 {
		return
	}
	f.Bytes = append(f.Bytes, pickleTail...)
	binary.BigEndian.PutUint32(f.Bytes, uint32(len(f.Bytes)-4))
}
