package carbon

import (
	"encoding/binary"
	"math"
	"slices"
)

// plain takes the pickle in b.Bytes[from:to] if it is a list of (name, (timestamp, value)) in the opcodes that Python and most
// relays write for that in protocol 2 and up, with nothing in it to refuse. If not it reports false and has done nothing: the
// machine then decides, and says what is wrong. So what this does must be what the machine would do, to which FuzzPicklePlain
// holds it.
//
// It needs no stack, since only few opcodes can come next: a point takes it a third of the machine's time
// (BenchmarkPickleDecode).
func (d *PickleDecoder) plain(b *Batch, from, to int, now int64) bool {
	points, bytes, cleaned := len(b.Points), len(b.Bytes), b.Cleaned
	r := plainReader{in: b.Bytes[from:to]}
	d.names.reset(to - from)
	if d.plainList(b, &r, from, now) && plainFits(len(b.Points)-points, to-from) {
		return true
	}
	b.Points, b.Bytes, b.Cleaned = b.Points[:points], b.Bytes[:bytes], cleaned
	return false
}

// plainFits reports whether so many points of a frame of size bytes are within the bounds of samples and of values, of which
// the machine needs nine a point and a few for the list.
func plainFits(points, size int) bool {
	return points <= pickleFreeSamples+size/pickleSampleBytes && 9*points+16 <= pickleFreeValues+size/pickleValueBytes
}

// plainList takes the whole list. Python puts up to a thousand items into it at a time, and a single one by itself.
func (d *PickleDecoder) plainList(b *Batch, r *plainReader, from int, now int64) bool {
	if !r.head() {
		return false
	}
	for {
		switch r.next() {
		case '.': // STOP
			return true
		case '(': // MARK
			for r.pos++; r.next() != 'e'; { // APPENDS
				if !d.plainItem(b, r, from, now) {
					return false
				}
			}
		default:
			if !d.plainItem(b, r, from, now) || r.next() != 'a' { // APPEND
				return false
			}
		}
		r.pos++
	}
}

// plainItem takes one item.
func (d *PickleDecoder) plainItem(b *Batch, r *plainReader, from int, now int64) bool {
	if len(b.Points) == cap(b.Points) {
		b.Points = slices.Grow(b.Points, r.items()+1)
	}
	at, size, seconds, value, ok := r.item()
	if !ok || size > min(d.limits.MaxName, pickleNameSize) || math.IsNaN(value) || math.IsInf(value, 0) {
		return false
	}
	ms, ok := pickledMillis(seconds, now)
	if !ok {
		return false
	}
	at += from
	p := Point{Value: value, Time: ms, name: uint32(at), size: uint16(size), Kind: Raw}
	name := b.Bytes[at : at+size]
	if p.Flags, ok = ordinary(name); ok {
		p.Hash = Hash(name, Raw)
	} else {
		odd := d.names.find(b, &pickleValue{kind: pickleText, bits: pickleBits(p.name, uint32(size))}, false, &d.limits)
		if !odd.ok {
			return false
		}
		if odd.mended {
			b.Cleaned++
		}
		p.Hash, p.name, p.size, p.Flags = odd.hash, odd.at, odd.size, odd.flags
	}
	b.Points = append(b.Points, p)
	return true
}

// A plainReader reads opcodes of which it is known what may come.
type plainReader struct {
	in   []byte
	pos  int
	puts uint32 // memo slots filled so far
}

// next returns the opcode that comes next, without going on; 0, which is none, at the end.
func (r *plainReader) next() byte {
	if r.pos >= len(r.in) {
		return 0
	}
	return r.in[r.pos]
}

// head reads what comes before the first item: the protocol, a frame around all that follows, an empty list.
func (r *plainReader) head() bool {
	if len(r.in) < 3 || r.in[0] != 0x80 || r.in[1] > 5 { // PROTO
		return false
	}
	if r.pos = 2; r.in[2] == 0x95 { // FRAME
		if len(r.in) < 12 || binary.LittleEndian.Uint64(r.in[3:]) > uint64(len(r.in)-11) {
			return false
		}
		r.pos = 11
	}
	if r.in[r.pos] != ']' { // EMPTY_LIST
		return false
	}
	r.pos++
	return r.memo()
}

// item reads (name, (timestamp, value)), the name being r.in[at:at+size].
func (r *plainReader) item() (at, size int, seconds, value float64, ok bool) {
	if at, size, ok = r.text(); !ok {
		return 0, 0, 0, 0, false
	}
	if seconds, ok = r.number(); !ok {
		return 0, 0, 0, 0, false
	}
	value, ok = r.number()
	return at, size, seconds, value, ok && r.tuple() && r.tuple()
}

// items counts the items from here on, so that room for the points of a large frame is made once and no more than is needed.
func (r plainReader) items() (n int) {
	for {
		switch r.next() {
		case '(', 'e', 'a':
			r.pos++
			continue
		}
		if _, _, _, _, ok := r.item(); !ok {
			return n
		}
		n++
	}
}

// text reads a text and where it lies.
func (r *plainReader) text() (at, size int, ok bool) {
	in := r.in[r.pos:]
	if len(in) < 5 {
		return 0, 0, false
	}
	switch in[0] {
	case 'X', 'T': // BINUNICODE BINSTRING
		size, at = int(binary.LittleEndian.Uint32(in[1:])), r.pos+5
	case 'U', 0x8c: // SHORT_BINSTRING SHORT_BINUNICODE
		size, at = int(in[1]), r.pos+2
	default:
		return 0, 0, false
	}
	if size > len(r.in)-at {
		return 0, 0, false
	}
	r.pos = at + size
	return at, size, r.memo()
}

// number reads a number.
func (r *plainReader) number() (v float64, ok bool) {
	in := r.in[r.pos:]
	switch op := r.next(); {
	case op == 'G' && len(in) >= 9: // BINFLOAT
		r.pos += 9
		return math.Float64frombits(binary.BigEndian.Uint64(in[1:])), true
	case op == 'J' && len(in) >= 5: // BININT
		r.pos += 5
		return float64(int32(binary.LittleEndian.Uint32(in[1:]))), true
	case op == 'M' && len(in) >= 3: // BININT2
		r.pos += 3
		return float64(binary.LittleEndian.Uint16(in[1:])), true
	case op == 'K' && len(in) >= 2: // BININT1
		r.pos += 2
		return float64(in[1]), true
	}
	return 0, false
}

// tuple reads that the two things before are a pair.
func (r *plainReader) tuple() bool {
	if r.next() != 0x86 { // TUPLE2
		return false
	}
	r.pos++
	return r.memo()
}

// memo reads that what was made last is put aside, if that comes next. It takes only what Python writes, which fills one slot
// after the other.
func (r *plainReader) memo() bool {
	slot, in := r.puts, r.in[r.pos:]
	switch op := r.next(); {
	case op == 'q' && len(in) >= 2: // BINPUT
		slot = uint32(in[1])
		r.pos += 2
	case op == 'r' && len(in) >= 5: // LONG_BINPUT
		slot = binary.LittleEndian.Uint32(in[1:])
		r.pos += 5
	case op == 0x94: // MEMOIZE
		r.pos++
	default:
		return true
	}
	r.puts++
	return slot == r.puts-1
}
