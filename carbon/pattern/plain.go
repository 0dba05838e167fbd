package pattern

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// A plain is a regular expression in which no choice is ever left open, as most are: texts, and sets of bytes that are repeated
// until something comes that is not among them, with which what follows begins. It is matched by going once along the path, which
// takes a tenth of the time, and of the memory, that the regular expression's own machine takes for it.
type plain struct {
	begin bool   // it matches at the beginning of the path only
	end   bool   // and at its end
	first string // what it begins with; not empty unless begin is set
	steps []step // what follows
}

// A step is a text, or so many bytes of a set.
type step struct {
	text        string
	set         byteSet
	least, most int // most is unlimited if it is not to be reached
}

const unlimited = 1 << 30

type byteSet [4]uint64

func (s *byteSet) has(c byte) bool { return s[c/64]>>(c%64)&1 != 0 }

func (s *byteSet) add(c byte) { s[c/64] |= 1 << (c % 64) }

// newPlain returns an expression in its plain form, nil if it has none.
func newPlain(tree *syntax.Regexp) *plain {
	list := []*syntax.Regexp{tree}
	if tree.Op == syntax.OpConcat {
		list = tree.Sub
	}
	p := new(plain)
	if p.begin = len(list) > 0 && list[0].Op == syntax.OpBeginText; p.begin {
		list = list[1:]
	}
	if p.end = len(list) > 0 && list[len(list)-1].Op == syntax.OpEndText; p.end {
		list = list[:len(list)-1]
	}
	for _, re := range list {
		s, ok := newStep(re)
		if !ok {
			return nil
		}
		p.steps = append(p.steps, s)
	}
	for i := range p.steps {
		if !p.steps[i].settled(p.steps[i+1:]) {
			return nil
		}
	}
	if len(p.steps) > 0 && p.steps[0].text != "" {
		p.first, p.steps = p.steps[0].text, p.steps[1:]
	}
	if !p.begin && p.first == "" {
		return nil
	}
	return p
}

// newStep returns what one part of a concatenation asks for.
func newStep(re *syntax.Regexp) (s step, ok bool) {
	if re.Op == syntax.OpLiteral {
		return step{text: string(re.Rune)}, exactly(re)
	}
	s.least, s.most = 1, 1
	switch re.Op {
	case syntax.OpStar:
		s.least, s.most = 0, unlimited
	case syntax.OpPlus:
		s.least, s.most = 1, unlimited
	case syntax.OpQuest:
		s.least, s.most = 0, 1
	case syntax.OpRepeat:
		if s.least, s.most = re.Min, re.Max; re.Max < 0 {
			s.most = unlimited
		}
	default:
		wide, ok := s.set.of(re)
		return s, ok && !wide
	}
	wide, ok := s.set.of(re.Sub[0])
	if wide && (s.least > 1 || s.most != unlimited) {
		ok = false // what is counted are characters, not bytes
	}
	return s, ok
}

// exactly says whether a literal is ASCII, and in no other case.
func exactly(re *syntax.Regexp) bool {
	for _, r := range re.Rune {
		if r >= utf8.RuneSelf {
			return false
		}
	}
	return re.Flags&syntax.FoldCase == 0
}

// of makes s the bytes of the characters that re stands for. wide says that all that are not ASCII are among them; if some are and some
// are not, or re is more than one character, it reports false.
func (s *byteSet) of(re *syntax.Regexp) (wide, ok bool) {
	var ranges []rune
	switch re.Op {
	case syntax.OpLiteral:
		if len(re.Rune) != 1 || !exactly(re) {
			return false, false
		}
		ranges = []rune{re.Rune[0], re.Rune[0]}
	case syntax.OpCharClass:
		ranges = re.Rune
	case syntax.OpAnyChar:
		ranges = []rune{0, utf8.MaxRune}
	case syntax.OpAnyCharNotNL:
		ranges = []rune{0, '\n' - 1, '\n' + 1, utf8.MaxRune}
	default:
		return false, false
	}
	for i := 0; i < len(ranges); i += 2 {
		low, high := ranges[i], ranges[i+1]
		for r := low; r <= high && r < utf8.RuneSelf; r++ {
			s.add(byte(r))
		}
		switch {
		case high < utf8.RuneSelf:
		case low <= utf8.RuneSelf && high == utf8.MaxRune:
			wide = true
		default:
			return false, false
		}
	}
	if wide {
		s[2], s[3] = ^uint64(0), ^uint64(0)
	}
	return wide, true
}

// settled says whether it is never open how many bytes a step takes: always as many, or what follows cannot begin with one of
// them. The last may take as few as it can.
func (s *step) settled(following []step) bool {
	if s.text != "" || s.least == s.most || len(following) == 0 {
		return true
	}
	switch next := &following[0]; {
	case next.text != "":
		return !s.set.has(next.text[0])
	case next.least == 0:
		return false
	default:
		for i := range s.set {
			if s.set[i]&next.set[i] != 0 {
				return false
			}
		}
		return true
	}
}

// mostStarts is at how many places of a path a plain expression is tried: else a path that is full of beginnings would take longer
// than in proportion to its length.
const mostStarts = 8

// match says whether the expression is found in path. It is not sure where there are too many places to look at.
func (p *plain) match(path string) (ok, sure bool) {
	if p.begin {
		return strings.HasPrefix(path, p.first) && p.follows(path[len(p.first):]), true
	}
	for range mostStarts {
		at := strings.Index(path, p.first)
		if at < 0 {
			return false, true
		}
		if p.follows(path[at+len(p.first):]) {
			return true, true
		}
		path = path[at+1:]
	}
	return false, false
}

// follows says whether rest begins with the steps.
func (p *plain) follows(rest string) bool {
	for i := range p.steps {
		s := &p.steps[i]
		if s.text != "" {
			if !strings.HasPrefix(rest, s.text) {
				return false
			}
			rest = rest[len(s.text):]
			continue
		}
		n := 0
		for n < len(rest) && n < s.most && s.set.has(rest[n]) {
			n++
		}
		if n < s.least {
			return false
		}
		rest = rest[n:]
	}
	return !p.end || rest == ""
}
