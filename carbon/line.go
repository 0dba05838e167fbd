package carbon

import (
	"bytes"
	"math"
	"strconv"
)

// A LineDecoder reads carbon's plaintext protocol, one sample a line:
//
//	name value [time] [N|D]
//	name:value|N or |D [|@rate] [|#tag:value,...]
//
// Fields are separated by runs of spaces and tabs, and blanks around them and a "\r" before the newline mean nothing. A
// blank line is no message at all. Each line is decoded by itself: none can touch another one.
//
// Most lines have one space between fields that need no mending. For those, sample proves that they are just so while
// it reads them; every other line, good or bad, goes to odd, which decides in small steps. Nearly all of most senders are of
// one form even; usual reads those, and says the same of them as sample does.
type LineDecoder struct {
	limits Limits

	// Foreign, if it is set, is shown each line b.Bytes[from:to] of one field, which is no carbon's; it reports whether it took
	// it: then it has added its points, or counted why there are none.
	Foreign func(b *Batch, from, to int) bool

	scratch []byte // a name whose line is refused
}

// NewLineDecoder returns a decoder of lines within l.
func NewLineDecoder(l Limits) *LineDecoder {
	l.MaxName = min(l.MaxName, math.MaxUint16) // what Point.size can say
	return &LineDecoder{limits: l}
}

// Decode implements Decoder; it never fails. The last line may lack its newline, as in a datagram. Points keep the text
// they came in, which Decode puts into the form "name value" or "name value time" where it is not so.
func (d *LineDecoder) Decode(b *Batch, now int64) error {
	size := len(b.Bytes) // lines with statsd's tags append to b.Bytes
	for at := 0; at < size; {
		if end, ok := d.usual(b, at, size); ok {
			at = end
			continue
		}
		stop, next := size, size
		if n := bytes.IndexByte(b.Bytes[at:size], '\n'); n >= 0 {
			stop, next = at+n, at+n+1
		}
		d.Line(b, at, stop, now)
		at = next
	}
	return nil
}

// Line decodes the one line b.Bytes[at:stop], as Decode does.
func (d *LineDecoder) Line(b *Batch, at, stop int, now int64) {
	if !d.sample(b, at, stop, now) {
		d.odd(b, at, stop, now)
	}
}

// usual reads the line that begins at b.Bytes[at] if it is "name value time" with a newline before size, where the name is
// ordinary and without tags and the time has ten digits. It returns where the next line begins. If not it reports false and has done
// nothing. It finds the fields' ends while it reads them, so each byte is looked at once.
func (d *LineDecoder) usual(b *Batch, at, size int) (next int, ok bool) {
	text := b.Bytes[at:size]
	name, ok := plainName(text)
	if !ok || name > d.limits.MaxName {
		return 0, false
	}
	rest := text[name+1:]
	value, n := shortNumber(rest)
	if n == 0 {
		var number decimal
		if number, n = scanDecimal(rest); n == 0 {
			return 0, false
		}
		if value, ok = number.float(rest[:n]); !ok {
			return 0, false
		}
	}
	s, ok := stamped(rest[n:])
	if !ok {
		return 0, false
	}
	end := name + 1 + n + stampSize
	newline := lineEnd(text[end:])
	if newline == 0 || end+newline-1 > d.limits.MaxLine {
		return 0, false
	}
	p := b.more()
	p.Hash, p.Value, p.Time, p.Kind, p.Flags = Hash(text[:name], Raw), value, s*1000, Raw, Stamped
	p.name, p.end, p.size = uint32(at), uint32(at+end), uint16(name)
	return at + end + newline, true
}

// sample reads the line b.Bytes[at:stop] if it is one of "name value", "name value time" and these with " N" or " D",
// with single spaces, an ordinary name and nothing wrong. If not it reports false and has done nothing.
func (d *LineDecoder) sample(b *Batch, at, stop int, now int64) bool {
	line := b.Bytes[at:stop]
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	kind := Raw
	if n := len(line); n > 2 && line[n-2] == ' ' {
		switch line[n-1] {
		case 'D':
			kind = Diff
			fallthrough
		case 'N':
			line = line[:n-2]
		}
	}
	size := bytes.IndexByte(line, ' ')
	if size < 0 || size > d.limits.MaxName || stop-at > d.limits.MaxLine {
		return false
	}
	name, rest := line[:size], line[size+1:]
	flags, ok := ordinary(name)
	if !ok {
		return false
	}
	number, n := scanDecimal(rest)
	if n == 0 {
		return false
	}
	value, ok := number.float(rest[:n])
	if !ok {
		return false
	}
	ms, end := now, at+size+1+n
	if n < len(rest) {
		var whole bool
		if ms, whole, ok = parseTime(rest[n+1:], now); !ok || rest[n] != ' ' {
			return false
		}
		if whole {
			end, flags = at+len(line), flags|Stamped
		}
	}
	b.Points = append(b.Points, Point{
		Hash: Hash(name, kind), Value: value, Time: ms, name: uint32(at), end: uint32(end), size: uint16(size), Kind: kind,
		Flags: flags,
	})
	return true
}

// A LineEncoder writes the plaintext protocol: "name value time", the value's text as it came, the time cut to whole
// seconds.
type LineEncoder struct {
	Limit int  // the most bytes of a frame; 0 means FrameSize
	Types bool // whether lines end with N or D, which only another plumbago understands
}

// The longest that a float64 and a time get, with a space before each: what must be free for them.
const (
	numberRoom = 1 + len("-0.0000012345678901234567")
	timeRoom   = 1 + len("-9223372036854775")
)

// Append implements Encoder.
func (e *LineEncoder) Append(f *Frame, b *Batch, p *Point) bool {
	text := b.Text(p)
	room := len("\n")
	switch {
	case text == nil:
		text = b.Name(p)
		room += numberRoom + timeRoom
	case p.Flags&Stamped == 0:
		room += timeRoom
	}
	if e.Types {
		room += len(" N")
	}
	limit := e.Limit
	if limit == 0 {
		limit = FrameSize
	}
	if len(f.Bytes) > 0 && len(f.Bytes)+len(text)+room > limit {
		return false
	}
	out := append(f.Bytes, text...)
	if p.end == 0 {
		out = AppendNumber(append(out, ' '), p.Value)
	}
	if p.end == 0 || p.Flags&Stamped == 0 {
		out = strconv.AppendInt(append(out, ' '), seconds(p.Time), 10)
	}
	if e.Types {
		out = append(out, ' ', p.Kind.String()[0])
	}
	f.Bytes = append(out, '\n')
	f.Points++
	return true
}

// AppendRun adds the first of points, at least one, to f as Append does each, and returns how many: 0 if f has no room for the
// first. Those whose texts can leave as they came, and lie one behind the other as they came, are copied at once.
func (e *LineEncoder) AppendRun(f *Frame, b *Batch, points []Point) (n int) {
	room := e.Limit
	if room == 0 {
		room = FrameSize
	}
	first := &points[0]
	from, to := first.name, first.end
	room -= len(f.Bytes)
	if e.Types || first.Flags&Stamped == 0 || int(to-from)+len("\n") > room {
		if e.Append(f, b, first) {
			return 1
		}
		return 0
	}
	for n = 1; n < len(points); n++ {
		p := &points[n]
		if p.name != to+1 || p.Flags&Stamped == 0 || int(p.end-from)+len("\n") > room || b.Bytes[to] != '\n' {
			break
		}
		to = p.end
	}
	f.Bytes = append(append(f.Bytes, b.Bytes[from:to]...), '\n')
	f.Points += n
	return n
}

// Finish implements Encoder; lines need no end.
func (e *LineEncoder) Finish(*Frame) {}

// seconds cuts Unix milliseconds to whole seconds, downwards also before 1970.
func seconds(ms int64) int64 {
	s := ms / 1000
	if ms%1000 < 0 {
		s--
	}
	return s
}
