package mmstats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

const (
	version = 1
	// single is the write buffer of a field with one value.
	single = 0xff
	// attempts is how often a value that changes while it is read is read again. A writer that does nothing else takes
	// some ten nanoseconds a value, and so does one attempt: of a thousand one succeeds.
	attempts = 1000
)

// A Field is one record of a file.
type Field struct {
	Label       string
	Type        string // as it is in the file, for example "Q"
	Value       any    // int64, uint64, float64, bool or string; nil if the type has no values
	Offset      int    // of the record in the file, in bytes
	LabelSize   int    // of the label in the file, in bytes; Label is shorter if some of them are no UTF-8
	WriteBuffer uint8  // 255: there is one value; else the one of two that is written next
	Torn        bool   // the value changed at each attempt to read it, so that it may be a mixture of two
}

// Number returns the field's value as a number; bool is 1 or 0. It reports false if it is none.
func (f *Field) Number() (v float64, ok bool) {
	switch v := f.Value.(type) {
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	}
	return 0, false
}

// Counter says whether the field may be a counter: an unsigned number of 64 bits with two values. The format has no other
// sign of one.
func (f *Field) Counter() bool { return f.Type == "Q" && f.WriteBuffer != single }

// ReadFile reads the fields of a file that its writer may be writing, in their order. If the file is damaged, those before the
// damage are returned with the error, which says where it is.
func ReadFile(path string) ([]Field, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no file")
	case info.Size() == 0:
		return Decode(nil)
	case info.Size() > 1<<30:
		return nil, fmt.Errorf("its %d bytes are too many", info.Size())
	}
	m, err := view(f, int(info.Size()))
	if err != nil {
		return nil, fmt.Errorf("mapping it: %w", err)
	}
	defer m.close()
	return readShared(m.bytes)
}

// readShared decodes what others change meanwhile, and may even cut short: then the rest of it is not there any more, which
// is an error and not the end of the process.
func readShared(b []byte) (fields []Field, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }:
			err = errors.New("it was cut short meanwhile")
		default:
			panic(r)
		}
	}()
	return Decode(b)
}

// Decode returns the fields of a file's bytes, in their order. If they are damaged, it returns the fields before the damage with
// the error. Labels that occur twice are returned twice.
func Decode(b []byte) (fields []Field, err error) {
	if len(b) == 0 {
		return nil, errors.New("bad version byte: empty file")
	}
	if b[0] != version {
		return nil, fmt.Errorf("bad version byte: %02x", b[0])
	}
	r := reader{b: b, at: 1}
	for r.next() {
		f, err := r.field()
		if err != nil {
			return fields, err
		}
		fields = append(fields, f)
	}
	return fields, r.err
}

// A reader goes over a file's bytes.
type reader struct {
	b   []byte
	at  int
	err error
}

// next says whether there is another record at r.at.
func (r *reader) next() bool {
	switch len(r.b) - r.at {
	case 0:
		return false
	case 1:
		if r.b[r.at] != 0 {
			r.err = fmt.Errorf("truncated label size at offset %d", r.at)
		}
		return false
	}
	return binary.NativeEndian.Uint16(r.b[r.at:]) != 0
}

// field reads the record at r.at and goes on to the next.
func (r *reader) field() (f Field, err error) {
	f.Offset = r.at
	cut := func(what string) error { return fmt.Errorf("truncated %s in field at offset %d", what, f.Offset) }
	label, ok := r.text()
	if !ok {
		return f, cut("label")
	}
	if len(r.b)-r.at < 2 {
		return f, cut("type size")
	}
	kind, ok := r.text()
	if !ok {
		return f, cut("type")
	}
	f.Label, f.LabelSize, f.Type = strings.ToValidUTF8(string(label), ""), len(label), string(kind)
	if r.at == len(r.b) {
		return f, cut("write_buffer")
	}
	l, err := parseLayout(f.Type)
	if err != nil {
		return f, fmt.Errorf("%w in field at offset %d", err, f.Offset)
	}
	area := r.b[r.at:]
	switch area[0] {
	case single:
		area = area[:min(len(area), 1+l.size)]
	case 0, 1:
		area = area[:min(len(area), 1+2*l.size)]
	default:
		return f, fmt.Errorf("bad write_buffer %d in field at offset %d", area[0], f.Offset)
	}
	if len(area) < 1+l.size || area[0] != single && len(area) < 1+2*l.size {
		return f, cut("value")
	}
	r.at += len(area)
	f.read(area, &l)
	return f, nil
}

// text takes a size and as many bytes, of which two are there.
func (r *reader) text() (text []byte, ok bool) {
	size := int(binary.NativeEndian.Uint16(r.b[r.at:]))
	if len(r.b)-r.at-2 < size {
		return nil, false
	}
	text = r.b[r.at+2 : r.at+2+size]
	r.at += 2 + size
	return text, true
}

// read takes the value out of area, the record from its write buffer on, until it has seen the same value twice and nothing
// has been written in between.
func (f *Field) read(area []byte, l *layout) {
	var one, two [16]byte
	a, b := one[:], two[:]
	if l.size > len(one) {
		a, b = make([]byte, l.size), make([]byte, l.size)
	}
	a, b = a[:l.size], b[:l.size]
	for range attempts {
		f.WriteBuffer = area[0]
		barrier()
		from := 1
		if f.WriteBuffer == 0 { // so the other one is the current one
			from += l.size
		}
		current := area[from : from+l.size]
		copy(a, current)
		barrier()
		copy(b, current)
		barrier()
		if f.Torn = area[0] != f.WriteBuffer || !bytes.Equal(a, b); !f.Torn {
			break
		}
	}
	f.Value = l.value(a)
}
