package statsd

import (
	"bytes"
	"math"

	"plumbago/aggregate/sketch"
	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// Tags says what becomes of DogStatsD's tags.
type Tags string

// The ways of treating them.
const (
	TagsGraphite Tags = "graphite" // they are Graphite's: name;key=value
	TagsNodes    Tags = "nodes"    // they become nodes of the name: name.key.value
	TagsDrop     Tags = "drop"     // they are left out, and that is counted
)

// A Decoder reads lines of statsd. A line whose type is N or D is an ordinary sample, as on a line listener.
type Decoder struct {
	limits carbon.Limits
	tags   Tags
	salt   uint64
	lines  *carbon.LineDecoder // of samples
}

// NewDecoder returns a decoder for the listener with the given number.
func NewDecoder(l carbon.Limits, tags Tags, listener int) *Decoder {
	l.MaxName = min(l.MaxName, math.MaxUint16)
	return &Decoder{limits: l, tags: tags, salt: Salt(listener), lines: carbon.NewLineDecoder(l)}
}

// NewLineDecoder returns a decoder of carbon's lines that takes lines of statsd, too.
func NewLineDecoder(l carbon.Limits, tags Tags, listener int) *carbon.LineDecoder {
	d := NewDecoder(l, tags, listener)
	lines := carbon.NewLineDecoder(l)
	lines.Foreign = d.foreign
	return lines
}

// Salt parts the names of one listener from those of another: samples of one name are different series to each, as each
// may call them differently.
func Salt(listener int) uint64 { return uint64(listener) * 0xD6E8FEB86659FD93 }

// A piece is a part of Batch.Bytes, kept as offsets because the bytes may move.
type piece struct{ from, to int }

func (p piece) of(b *carbon.Batch) []byte { return b.Bytes[p.from:p.to] }

// Decode implements carbon.Decoder; it never fails. The last line may lack its newline, as in a datagram.
func (d *Decoder) Decode(b *carbon.Batch, now int64) error {
	size := len(b.Bytes) // names with tags are appended
	for at := 0; at < size; {
		if n := d.sample(b, at, size); n > 0 {
			at += n
			continue
		}
		stop, next := size, size
		if n := bytes.IndexByte(b.Bytes[at:size], '\n'); n >= 0 {
			stop, next = at+n, at+n+1
		}
		d.line(b, piece{at, stop}, now)
		at = next
	}
	return nil
}

// sample reads the line at the start of b.Bytes[at:size] if it is "name:value|type" and nothing else, with a name that stays as it
// is; most are. It returns how many bytes it took, with the newline. If the line is any other it returns 0 and has done nothing. It
// goes over each byte once, and does not know where the line ends before it is there. BenchmarkDecode says what it saves.
func (d *Decoder) sample(b *carbon.Batch, at, size int) int {
	line := b.Bytes[at:size]
	colon := plain(line)
	if colon <= 0 || colon > d.limits.MaxName || colon >= len(line) || line[colon] != ':' {
		return 0
	}
	v, bar := whole(line, colon+1)
	if bar == 0 {
		if v, bar = decimal(line, colon+1); bar == 0 {
			return 0
		}
	}
	k, extra, end := carbon.Count, uint64(0), bar+2
	switch letters := line[bar+1:]; {
	case len(letters) == 0:
		return 0
	case letters[0] == 'c':
	case letters[0] == 'g':
		k = carbon.Gauge
		if c := line[colon+1]; c == '+' || c == '-' {
			extra = 1
		}
	case len(letters) > 1 && letters[0] == 'm' && letters[1] == 's' && v >= 0:
		k, extra, end = carbon.Timer, once, bar+3
	default:
		return 0
	}
	if end > d.limits.MaxLine || end < len(line) && line[end] != '\n' {
		return 0
	}
	b.AddUntagged(at, at+colon, k, d.salt, v, extra)
	return min(end+1, len(line))
}

// once is Point.Extra of a timer's value that stands for itself.
var once = math.Float64bits(1)

// whole reads the digits at line[at:] up to the bar, and returns where that is; 0 if it is no whole number that a float64 surely holds.
func whole(line []byte, at int) (v float64, bar int) {
	n := uint64(0)
	for i := at; i < len(line) && i <= at+15; i++ {
		c := line[i] - '0'
		if c > 9 {
			if line[i] == '|' && i > at {
				return float64(n), i
			}
			break
		}
		n = n*10 + uint64(c)
	}
	return 0, 0
}

// decimal does so for any number.
func decimal(line []byte, at int) (v float64, bar int) {
	for i := at; i < len(line) && line[i] != '\n'; i++ {
		if line[i] == '|' {
			if v, ok := carbon.ParseNumber(line[at:i]); ok {
				return v, i
			}
			break
		}
	}
	return 0, 0
}

// line reads one line.
func (d *Decoder) line(b *carbon.Batch, line piece, now int64) {
	if n := line.to - line.from; n > 0 && b.Bytes[line.to-1] == '\r' {
		line.to--
	}
	switch {
	case line.to-line.from > d.limits.MaxLine:
		b.RefuseText(stat.TooLong, line.from, line.of(b))
		return
	case len(bytes.TrimSpace(line.of(b))) == 0:
		return
	}
	colon := bytes.IndexByte(line.of(b), ':')
	if colon < 0 {
		b.RefuseText(stat.BadFields, line.from, line.of(b))
		return
	}
	p := parser{b: b, name: piece{line.from, line.from + colon}, at: line.from + colon + 1, to: line.to, end: line.to}
	if k, ok := p.first(); ok && !k.Statsd() {
		d.lines.Line(b, line.from, line.to, now)
		return
	}
	d.values(&p)
}

// foreign reads a line of one field for a decoder of carbon's lines, which has one trimmed that is legible, if it is one of
// statsd's own types, or might be meant so.
func (d *Decoder) foreign(b *carbon.Batch, from, to int) bool {
	colon := bytes.IndexByte(b.Bytes[from:to], ':')
	if colon < 0 {
		return false
	}
	p := parser{b: b, name: piece{from, from + colon}, at: from + colon + 1, to: to, end: to}
	if k, ok := p.first(); !ok || !k.Statsd() {
		return false
	}
	d.values(&p)
	return true
}

// values adds the points of a line.
func (d *Decoder) values(p *parser) {
	if !p.cutTags() {
		p.refuse(stat.BadFields)
		return
	}
	var name piece // made ready with the first value that is good
	why, named := stat.Reason(0), true
	for more := true; more; {
		var g group
		var ok bool
		if g, more, ok = p.group(); !ok {
			p.refuse(stat.BadFields)
			return // what follows cannot be told apart
		}
		weight, rated := 1.0, true
		if g.rate.to != 0 {
			weight, rated = weigh(g.rate.of(p.b))
		}
		for values := g.values; ; {
			value, rest, several := cutValue(p.b, values, g.kind)
			v, extra, good := read(value.of(p.b), &g, weight)
			switch {
			case !good || !rated:
				p.refuse(stat.BadValue)
			case !named:
				p.refuse(why)
			default:
				if name.to == 0 {
					if name, why, named = d.name(p.b, p.name, p.tags); !named {
						p.refuse(why)
						break
					}
				}
				p.b.AddStatsd(name.from, name.to, g.kind, d.salt, v, extra)
			}
			if !several {
				break
			}
			values = rest
		}
	}
	p.b.Cleaned += p.skipped
}

// refuse counts a value that is none; what is shown is its whole line.
func (p *parser) refuse(why stat.Reason) {
	p.b.RefuseText(why, p.name.from, p.b.Bytes[p.name.from:p.end])
}

// weigh returns for how many samples one stands that was taken at a rate.
func weigh(rate []byte) (weight float64, ok bool) {
	r, ok := carbon.ParseNumber(rate)
	return 1 / r, ok && r > 0 && r <= 1 && r >= leastRate
}

// leastRate is the smallest rate: what is sent of a million million samples is no sample of them.
const leastRate = 1e-12

// cutValue returns the first of several values of one type. A set's member may have colons in it.
func cutValue(b *carbon.Batch, values piece, k carbon.Kind) (value, rest piece, more bool) {
	if k != carbon.Set {
		if n := bytes.IndexByte(values.of(b), ':'); n >= 0 {
			return piece{values.from, values.from + n}, piece{values.from + n + 1, values.to}, true
		}
	}
	return values, piece{}, false
}

// read reads one value.
func read(text []byte, g *group, weight float64) (v float64, extra uint64, ok bool) {
	if g.kind == carbon.Set {
		if len(text) == 0 {
			text = []byte{'0'} // as the reference has it
		}
		return 0, sketch.Hash(text), true
	}
	if v, ok = carbon.ParseNumber(text); !ok {
		text = bytes.TrimSpace(text)
		if v, ok = carbon.ParseNumber(text); !ok {
			return 0, 0, false
		}
	}
	switch g.kind {
	case carbon.Count:
		v *= weight
		return v, 0, !math.IsInf(v, 0)
	case carbon.Timer:
		return v, math.Float64bits(weight), v >= 0 || g.signed
	}
	if text[0] == '+' || text[0] == '-' {
		extra = 1
	}
	return v, extra, true
}
