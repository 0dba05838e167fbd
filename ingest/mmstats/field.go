package mmstats

import (
	"encoding/binary"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// A Number is what a field may hold.
type Number interface {
	int8 | int16 | int32 | int64 | uint16 | uint32 | uint64 | float32 | float64 | bool
}

// typeOf returns the code and the size of a number.
func typeOf[T Number]() (code string, size int) {
	switch any(*new(T)).(type) {
	case int8:
		return "b", 1
	case bool:
		return "?", 1
	case int16:
		return "h", 2
	case uint16:
		return "H", 2
	case int32:
		return "i", 4
	case uint32:
		return "I", 4
	case float32:
		return "f", 4
	case int64:
		return "q", 8
	case uint64:
		return "Q", 8
	}
	return "d", 8
}

// bits returns v as the bytes of a file hold it.
func bits[T Number](v T) uint64 {
	switch v := any(v).(type) {
	case int8:
		return uint64(uint8(v))
	case bool:
		if v {
			return 1
		}
		return 0
	case int16:
		return uint64(uint16(v))
	case uint16:
		return uint64(v)
	case int32:
		return uint64(uint32(v))
	case uint32:
		return uint64(v)
	case float32:
		return uint64(math.Float32bits(v))
	case int64:
		return uint64(v)
	case uint64:
		return v
	case float64:
		return math.Float64bits(v)
	}
	panic("bug: a number of no type")
}

// number undoes bits.
func number[T Number](b uint64) (v T) {
	switch p := any(&v).(type) {
	case *int8:
		*p = int8(b)
	case *bool:
		*p = b != 0
	case *int16:
		*p = int16(b)
	case *uint16:
		*p = uint16(b)
	case *int32:
		*p = int32(b)
	case *uint32:
		*p = uint32(b)
	case *float32:
		*p = math.Float32frombits(uint32(b))
	case *int64:
		*p = int64(b)
	case *uint64:
		*p = b
	case *float64:
		*p = math.Float64frombits(b)
	}
	return v
}

// store writes the size low bytes of v.
func store(b []byte, size int, v uint64) {
	switch size {
	case 1:
		b[0] = byte(v)
	case 2:
		binary.NativeEndian.PutUint16(b, uint16(v))
	case 4:
		binary.NativeEndian.PutUint32(b, uint32(v))
	default:
		binary.NativeEndian.PutUint64(b, v)
	}
}

// A place is where a field lies in its file. One goroutine at a time may write there.
type place struct {
	file *File
	area []byte // the write buffer, and the value or two
	size int    // of a value
}

// newPlace adds a field of numbers: with two values, so that a reader always finds a whole one, if they are of several bytes.
func newPlace(f *File, label, code string, size int) place {
	buffers := 2
	if size == 1 {
		buffers = 1
	}
	return place{f, f.add(label, code, buffers, size, func([]byte) {}), size}
}

// write stores v. Of two values it is the one that is to be written next, which then becomes the current one.
func (p *place) write(v uint64) {
	next := p.area[0]
	if next == single {
		p.area[1] = byte(v)
		return
	}
	next &= 1
	store(p.area[1+int(next)*p.size:], p.size, v)
	barrier()
	p.area[0] = next ^ 1
	barrier()
	runtime.KeepAlive(p.file) // its mapping
}

// A turn lets one goroutine at a time write, and nobody wait: who comes while another writes leaves it to that one.
type turn struct{ due atomic.Int32 }

// publish calls write, and again as long as others have called publish meanwhile.
func (t *turn) publish(write func()) {
	if t.due.Add(1) != 1 {
		return
	}
	for n := int32(1); n > 0; {
		write()
		n = t.due.Add(-n)
	}
}

// A Counter counts up, as a rule; it wraps around at 2^64.
type Counter struct {
	n     atomic.Uint64
	place place
	turn  turn
}

// NewCounter adds a counter to f.
func NewCounter(f *File, label string) *Counter {
	return &Counter{place: newPlace(f, label, "Q", 8)}
}

// Inc adds one.
func (c *Counter) Inc() { c.Add(1) }

// Add adds n, which may be negative.
func (c *Counter) Add(n int64) {
	c.n.Add(uint64(n))
	c.turn.publish(c.write)
}

// Set makes it v.
func (c *Counter) Set(v uint64) {
	c.n.Store(v)
	c.turn.publish(c.write)
}

func (c *Counter) write() { c.place.write(c.n.Load()) }

// Value returns it.
func (c *Counter) Value() uint64 { return c.n.Load() }

// A Gauge is a number that is set. Its type in the file is that of T.
type Gauge[T Number] struct {
	v     atomic.Uint64
	place place
	turn  turn
}

// NewGauge adds a number to f, 0 or false at first.
func NewGauge[T Number](f *File, label string) *Gauge[T] {
	code, size := typeOf[T]()
	return &Gauge[T]{place: newPlace(f, label, code, size)}
}

// Set makes it v.
func (g *Gauge[T]) Set(v T) {
	g.v.Store(bits(v))
	g.turn.publish(g.write)
}

func (g *Gauge[T]) write() { g.place.write(g.v.Load()) }

// Value returns it.
func (g *Gauge[T]) Value() T { return number[T](g.v.Load()) }

// A Text is a text that is set. The format has one value for it, so a reader may see it half written.
type Text struct {
	v     atomic.Pointer[string]
	place place
	turn  turn
}

// NewText adds a text to f, empty at first, of at most size bytes (255 if it is 0).
func NewText(f *File, label string, size int) *Text {
	if size <= 0 {
		size = 255
	}
	area := f.add(label, strconv.Itoa(size)+"s", 1, size, func([]byte) {})
	t := &Text{place: place{f, area, size}}
	t.v.Store(new(string))
	return t
}

// Set makes it text, cut to the field's size between two characters.
func (t *Text) Set(text string) {
	text = fit(text, t.place.size)
	t.v.Store(&text)
	t.turn.publish(t.write)
}

func (t *Text) write() {
	b := t.place.area[1:]
	if n := copy(b, *t.v.Load()); n < len(b) {
		b[n] = 0
	}
	runtime.KeepAlive(t.place.file)
}

// Value returns it.
func (t *Text) Value() string { return *t.v.Load() }

// NewStatic adds a number to f that never changes.
func NewStatic[T Number](f *File, label string, v T) {
	code, size := typeOf[T]()
	f.add(label, code, 1, size, func(area []byte) { store(area, size, bits(v)) })
}

// staticText is the length of texts that never change.
const staticText = 256

// NewStaticText adds a text to f that never changes, cut to 256 bytes between two characters.
func NewStaticText(f *File, label, text string) {
	f.add(label, "256s", 1, staticText, func(area []byte) { copy(area, fit(strings.ReplaceAll(text, "\n", " "), staticText)) })
}

// fit cuts text to size bytes, between two characters.
func fit(text string, size int) string {
	if len(text) <= size {
		return text
	}
	for size > 0 && !utf8.RuneStart(text[size]) {
		size--
	}
	return text[:size]
}
