package dest

import (
	"encoding/binary"
	"math"

	"plumbago/carbon"
)

// A recordEncoder writes points in the form of the logs whose lines are made when they are written: they depend on the
// point's time to the millisecond, on the points beside it, or on when the log was opened. A record is the time in
// Unix milliseconds and the value in 8 bytes each, the length of the name in 2, and the name.
type recordEncoder struct{ limit int }

// recordSize is the size of a record without its name.
const recordSize = 8 + 8 + 2

// Append adds p as a record.
func (e *recordEncoder) Append(f *carbon.Frame, b *carbon.Batch, p *carbon.Point) bool {
	name := b.Name(p)
	if len(f.Bytes) > 0 && len(f.Bytes)+recordSize+len(name) > e.limit {
		return false
	}
	f.Bytes = binary.LittleEndian.AppendUint64(f.Bytes, uint64(p.Time))
	f.Bytes = binary.LittleEndian.AppendUint64(f.Bytes, math.Float64bits(p.Value))
	f.Bytes = binary.LittleEndian.AppendUint16(f.Bytes, uint16(len(name)))
	f.Bytes = append(f.Bytes, name...)
	f.Points++
	return true
}

// Finish has nothing to complete.
func (e *recordEncoder) Finish(*carbon.Frame) {}

// A record is one point as a recordEncoder wrote it.
type record struct {
	ms    int64
	value float64
	name  []byte
	size  int // of the record in the frame
}

// readRecord returns the first record of b, which holds at least one.
func readRecord(b []byte) record {
	size := recordSize + int(binary.LittleEndian.Uint16(b[16:]))
	return record{
		ms:    int64(binary.LittleEndian.Uint64(b)),
		value: math.Float64frombits(binary.LittleEndian.Uint64(b[8:])),
		name:  b[recordSize:size],
		size:  size,
	}
}
