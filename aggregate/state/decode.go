package state

import (
	"encoding/binary"
	"math"
)

// AppendFloat appends a float64.
func AppendFloat(dst []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

// AppendText appends bytes behind their length.
func AppendText[T []byte | string](dst []byte, text T) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}

// A Decoder reads what Append functions wrote. After something that cannot be read everything is zero, and Failed reports
// it.
type Decoder struct {
	text   []byte
	failed bool
}

// NewDecoder returns a Decoder of a record.
func NewDecoder(record []byte) *Decoder { return &Decoder{text: record} }

// Failed says whether anything could not be read.
func (d *Decoder) Failed() bool { return d.failed }

// Rest returns what was not read yet.
func (d *Decoder) Rest() []byte { return d.text }

// Skip goes on at rest, which is a part of Rest that another decoder has left; err says that it could not read it.
func (d *Decoder) Skip(rest []byte, err error) {
	if err != nil {
		d.fail()
	} else {
		d.text = rest
	}
}

func (d *Decoder) fail() { d.text, d.failed = nil, true }

// Uint reads a number as binary.AppendUvarint writes it.
func (d *Decoder) Uint() uint64 {
	v, n := binary.Uvarint(d.text)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.text = d.text[n:]
	return v
}

// Uint32 reads such a number that fits into 32 bits.
func (d *Decoder) Uint32() uint32 {
	v := d.Uint()
	if v > math.MaxUint32 {
		d.fail()
		return 0
	}
	return uint32(v)
}

// Count reads how many of something follow, each of at least so many bytes.
func (d *Decoder) Count(size int) int {
	v := d.Uint()
	if v > uint64(len(d.text)/max(size, 1)) {
		d.fail()
		return 0
	}
	return int(v)
}

// Int reads a number as binary.AppendVarint writes it.
func (d *Decoder) Int() int64 {
	v, n := binary.Varint(d.text)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.text = d.text[n:]
	return v
}

// Float reads what AppendFloat wrote.
func (d *Decoder) Float() float64 {
	if len(d.text) < 8 {
		d.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(d.text))
	d.text = d.text[8:]
	return v
}

// Word reads eight bytes, little end first.
func (d *Decoder) Word() uint64 { return math.Float64bits(d.Float()) }

// Text reads what AppendText wrote; it is a part of the record.
func (d *Decoder) Text() []byte {
	n := d.Count(1)
	text := d.text[:n]
	d.text = d.text[n:]
	return text
}
