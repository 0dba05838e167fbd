package carbon

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"plumbago/carbon/stat"
)

// A piece is a part of Batch.Bytes, kept as offsets because the bytes may move.
type piece struct{ from, to int }

func (p piece) of(b *Batch) []byte { return b.Bytes[p.from:p.to] }

// A draft is a line in pieces, before it is known to be good.
type draft struct {
	name, value, time, tags piece // time and tags are empty if the line has none
	kind                    Kind
	rate                    piece // statsd's sample rate, without its "@"
}

// odd reads any line b.Bytes[at:stop], by steps in the order in which the reasons to refuse it are asked: the first one
// that holds is counted.
func (d *LineDecoder) odd(b *Batch, at, stop int, now int64) {
	if stop-at > d.limits.MaxLine {
		b.RefuseText(stat.TooLong, at, b.Bytes[at:stop])
		return
	}
	line := trim(b, piece{at, stop})
	if line.from == line.to {
		return // a blank line is not a message
	}
	if why, ok := legible(line.of(b)); !ok {
		b.RefuseText(why, at, line.of(b))
		return
	}
	if d.Foreign != nil && !slices.ContainsFunc(line.of(b), blank) && d.Foreign(b, line.from, line.to) {
		return
	}
	parts, ok := split(b, line)
	if !ok {
		b.RefuseText(stat.BadFields, at, line.of(b))
		return
	}
	size := len(b.Bytes)
	if why, ok := d.finish(b, &parts, now); !ok {
		b.Bytes = b.Bytes[:size] // without what a name with statsd's tags had appended
		b.RefuseText(why, at, line.of(b))
	}
}

// trim takes from line one "\r" at its end and then the blanks around it.
func trim(b *Batch, line piece) piece {
	if line.from < line.to && b.Bytes[line.to-1] == '\r' {
		line.to--
	}
	for line.from < line.to && blank(b.Bytes[line.from]) {
		line.from++
	}
	for line.from < line.to && blank(b.Bytes[line.to-1]) {
		line.to--
	}
	return line
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// legible reports whether line is UTF-8 without control bytes other than tabs.
func legible(line []byte) (why stat.Reason, ok bool) {
	var all uint8
	for _, c := range line {
		all |= byteClasses[c]
	}
	switch {
	case all&controlByte != 0:
		return stat.BadName, false
	case !utf8.Valid(line):
		return stat.BadUTF8, false
	}
	return 0, true
}

// split cuts line, which is trimmed and not empty, into the pieces of a draft, or reports that it has no form we know.
func split(b *Batch, line piece) (s draft, ok bool) {
	var fields [4]piece
	n := 0
	for text, at := b.Bytes[:line.to], line.from; at < len(text); n++ {
		if n == len(fields) {
			return s, false
		}
		from := at
		for at < len(text) && !blank(text[at]) {
			at++
		}
		fields[n] = piece{from, at}
		for at < len(text) && blank(text[at]) {
			at++
		}
	}
	s.name, s.value, s.time = fields[0], fields[1], fields[2]
	switch n {
	case 1:
		return splitStatsd(b, line)
	case 3:
		if kind, ok := kindOf(fields[2].of(b)); ok {
			s.kind, s.time = kind, piece{}
		}
	case 4:
		s.kind, ok = kindOf(fields[3].of(b))
		return s, ok
	}
	return s, true
}

// kindOf returns the kind that is written as letter.
func kindOf(letter []byte) (k Kind, ok bool) {
	switch string(letter) {
	case "N":
		return Raw, true
	case "D":
		return Diff, true
	}
	return Raw, false
}

// splitStatsd cuts a line without blanks into the pieces of a draft: "name:value|type", then "|@rate" and "|#tags" in
// any order, at most once each. Only N and D are types here.
func splitStatsd(b *Batch, line piece) (s draft, ok bool) {
	colon := bytes.IndexByte(line.of(b), ':')
	if colon < 0 {
		return s, false
	}
	s.name = piece{line.from, line.from + colon}
	rest := piece{s.name.to + 1, line.to}
	var more bool
	if s.value, rest, more = cut(b, rest, '|'); !more {
		return s, false
	}
	letter, rest, more := cut(b, rest, '|')
	if s.kind, ok = kindOf(letter.of(b)); !ok {
		return s, false
	}
	for more {
		var part piece
		part, rest, more = cut(b, rest, '|')
		if part.from == part.to {
			return s, false
		}
		to := &s.rate
		switch b.Bytes[part.from] {
		case '@':
		case '#':
			to = &s.tags
		default:
			return s, false
		}
		if to.to != 0 {
			return s, false
		}
		*to = piece{part.from + 1, part.to}
	}
	return s, true
}

// cut cuts rest at its first mark, and reports whether it has one.
func cut(b *Batch, rest piece, mark byte) (part, after piece, more bool) {
	if n := bytes.IndexByte(rest.of(b), mark); n >= 0 {
		return piece{rest.from, rest.from + n}, piece{rest.from + n + 1, rest.to}, true
	}
	return rest, piece{rest.to, rest.to}, false
}

// finish checks the pieces of s and appends its point, whose text it puts together where the name is.
func (d *LineDecoder) finish(b *Batch, s *draft, now int64) (why stat.Reason, ok bool) {
	if s.tags.from < s.tags.to {
		s.name = appendTagged(b, s.name, s.tags)
	}
	value, good := ParseNumber(s.value.of(b))
	if why = stat.BadValue; good && s.rate.to != 0 {
		good = isRate(s.rate.of(b))
	}
	ms, whole := now, false
	if good && s.time.to != 0 {
		why = stat.BadTime
		ms, whole, good = parseTime(s.time.of(b), now)
	}
	if !good { // a bad name comes first, but the line is shown as it came
		d.scratch = append(d.scratch[:0], s.name.of(b)...)
		if _, _, worse, ok := clean(d.scratch, &d.limits); !ok {
			why = worse
		}
		return why, false
	}
	name, mended, why, ok := clean(s.name.of(b), &d.limits)
	if !ok {
		return why, false
	}
	flags := tagged(name)
	if whole {
		flags |= Stamped
	}
	if mended {
		b.Cleaned++
	}
	hash := Hash(name, s.kind) // before the bytes move
	end := put(b, s.name.to, s.value)
	if flags&Stamped != 0 {
		end = put(b, end, s.time)
	}
	b.Points = append(b.Points, Point{
		Hash: hash, Value: value, Time: ms, name: uint32(s.name.to - len(name)), end: uint32(end), size: uint16(len(name)),
		Kind: s.kind, Flags: flags,
	})
	return 0, true
}

// isRate reports whether text is a sample rate: over 0 and at most 1. It has no effect on N and D, which do not count
// samples.
func isRate(text []byte) bool {
	rate, ok := ParseNumber(text)
	return ok && rate > 0 && rate <= 1
}

// put writes a space and the text of p at b.Bytes[at], which may be where they are already, and returns their end. At
// the end of b.Bytes it appends; elsewhere p lies at or behind at+1, so that nothing is overwritten.
func put(b *Batch, at int, p piece) (end int) {
	if at == len(b.Bytes) {
		b.Bytes = append(append(b.Bytes, ' '), p.of(b)...)
		return len(b.Bytes)
	}
	b.Bytes[at] = ' '
	return at + 1 + copy(b.Bytes[at+1:], p.of(b))
}

// appendTagged appends name with statsd's tags "k:v,k2:v2" as Graphite's ";k=v;k2=v2" to b.Bytes.
func appendTagged(b *Batch, name, tags piece) piece {
	from := len(b.Bytes)
	b.Bytes = append(b.Bytes, name.of(b)...)
	for more := true; more; {
		var tag piece
		tag, tags, more = cut(b, tags, ',')
		key := len(b.Bytes) + 1
		b.Bytes = append(append(b.Bytes, ';'), tag.of(b)...)
		if n := bytes.IndexByte(b.Bytes[key:], ':'); n >= 0 {
			b.Bytes[key+n] = '='
		}
	}
	return piece{from, len(b.Bytes)}
}
