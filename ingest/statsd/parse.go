package statsd

import (
	"bytes"

	"plumbago/carbon"
)

// A parser takes one line apart, from its first value on.
type parser struct {
	b       *carbon.Batch
	name    piece
	end     int // of the line
	tags    piece
	last    piece // the fields behind the tags, which belong to the last group
	at, to  int   // what is left, without tags and what follows them
	skipped uint32
}

// A group is values of one type: "1:2|c|@0.1".
type group struct {
	values piece
	kind   carbon.Kind
	signed bool  // a timer's values may be negative
	rate   piece // without its "@"; zero if there is none
}

// first returns the type of the first value; ok is false if there is none that we know.
func (p *parser) first() (k carbon.Kind, ok bool) {
	bar := bytes.IndexByte(p.b.Bytes[p.at:p.to], '|')
	if bar < 0 {
		return 0, false
	}
	from := p.at + bar + 1
	k, _, ok = kindOf(p.b.Bytes[from:p.stop(from)])
	return k, ok
}

// stop returns where the token ends that begins at from.
func (p *parser) stop(from int) int {
	for i := from; i < p.to; i++ {
		if c := p.b.Bytes[i]; c == '|' || c == ':' {
			return i
		}
	}
	return p.to
}

// kindOf returns the kind of what is written as letters; signed says whether a timer's value may be negative.
func kindOf(letters []byte) (k carbon.Kind, signed, ok bool) {
	if len(letters) == 1 {
		switch letters[0] {
		case 'c':
			return carbon.Count, false, true
		case 'g':
			return carbon.Gauge, false, true
		case 's':
			return carbon.Set, false, true
		case 'h', 'd':
			return carbon.Timer, true, true
		case 'N':
			return carbon.Raw, false, true
		case 'D':
			return carbon.Diff, false, true
		}
	}
	if string(letters) == "ms" {
		return carbon.Timer, false, true
	}
	if trimmed := bytes.TrimSpace(letters); len(trimmed) < len(letters) {
		return kindOf(trimmed)
	}
	return 0, false, false
}

// cutTags takes tags, and what follows them, off the line. It reports false if there are tags twice.
func (p *parser) cutTags() bool {
	if bytes.IndexByte(p.b.Bytes[p.at:p.to], '#') < 0 {
		return true
	}
	n := bytes.Index(p.b.Bytes[p.at:p.to], []byte("|#"))
	if n < 0 {
		return true
	}
	p.tags = piece{p.at + n + 2, p.to}
	p.to = p.at + n
	if n := bytes.IndexByte(p.tags.of(p.b), '|'); n >= 0 {
		p.last = piece{p.tags.from + n, p.tags.to}
		p.tags.to = p.last.from
	}
	return !bytes.Contains(p.last.of(p.b), []byte("|#"))
}

// group reads the next values and their type; more says that others follow. ok is false if the rest of the line has no
// form that we know.
func (p *parser) group() (g group, more, ok bool) {
	bar := bytes.IndexByte(p.b.Bytes[p.at:p.to], '|')
	if bar < 0 {
		return g, false, false
	}
	g.values = piece{p.at, p.at + bar}
	from := p.at + bar + 1
	p.at = p.stop(from)
	if g.kind, g.signed, ok = kindOf(p.b.Bytes[from:p.at]); !ok || !g.kind.Statsd() {
		return g, false, false
	}
	for p.at < p.to && p.b.Bytes[p.at] == '|' {
		if !p.field(&g) {
			return g, false, false
		}
	}
	if more = p.at < p.to; more { // at a colon
		p.at++
		return g, true, true
	}
	for p.at, p.to = p.last.from, p.last.to; p.at < p.to; {
		if p.b.Bytes[p.at] != '|' || !p.field(&g) {
			return g, false, false
		}
	}
	return g, false, true
}

// field reads the field behind the bar that p is at: a rate, or an extension of DogStatsD's, which is skipped and counted.
func (p *parser) field(g *group) bool {
	from := p.at + 1
	p.at = p.stop(from)
	switch {
	case from == p.at:
		return false
	case p.b.Bytes[from] == '@':
		if g.rate.to != 0 {
			return false
		}
		g.rate = piece{from + 1, p.at}
		return true
	case !letter(p.b.Bytes[from]):
		return false
	}
	p.skipped++
	// What follows "c:" and the like is its own, not another value.
	if p.at < p.to && p.b.Bytes[p.at] == ':' && letters(p.b.Bytes[from:p.at]) {
		if n := bytes.IndexByte(p.b.Bytes[p.at:p.to], '|'); n >= 0 {
			p.at += n
		} else {
			p.at = p.to
		}
	}
	return true
}

func letter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func letters(text []byte) bool {
	for _, c := range text {
		if !letter(c) {
			return false
		}
	}
	return true
}
