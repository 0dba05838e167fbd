package pattern

import (
	"regexp/syntax"
	"unicode"
)

// A need is a text that a path must have, or else a pattern cannot match it.
type need struct {
	text string
	at   place
}

// A place says where in a path a need must be.
type place uint8

const (
	anywhere place = 0
	begin    place = 1
	end      place = 2
	all      place = begin | end // the path is the text
)

// A piece is one of the parts that a regular expression's match is made of, one after the other.
type piece struct {
	kind     int
	text     string    // of a fixed piece
	branches [][]piece // of one that is either of these
}

// The kinds of pieces.
const (
	gap     = iota // may be anything, or nothing
	fixed          // is a text
	atBegin        // is nothing, at the beginning of the path
	atEnd          // is nothing, at its end
	either         // is one of several
)

// pieces appends the pieces of re to ps.
func pieces(ps []piece, re *syntax.Regexp) []piece {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			for _, r := range re.Rune {
				if unicode.SimpleFold(r) != r {
					return append(ps, piece{kind: gap})
				}
			}
		}
		return append(ps, piece{kind: fixed, text: string(re.Rune)})
	case syntax.OpBeginText:
		return append(ps, piece{kind: atBegin})
	case syntax.OpEndText:
		return append(ps, piece{kind: atEnd})
	case syntax.OpEmptyMatch:
		return ps
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			ps = pieces(ps, sub)
		}
		return ps
	case syntax.OpAlternate:
		p := piece{kind: either}
		for _, sub := range re.Sub {
			p.branches = append(p.branches, pieces(nil, sub))
		}
		return append(ps, p)
	case syntax.OpPlus, syntax.OpRepeat:
		if re.Op == syntax.OpRepeat && re.Min == 0 {
			break
		}
		ps = pieces(append(ps, piece{kind: gap}), re.Sub[0])
	}
	return append(ps, piece{kind: gap})
}

// choices returns what pieces need: of each choice one need at least is met by every path that they match.
func choices(ps []piece) (found [][]need) {
	run, from := "", anywhere
	flush := func(to place) {
		if run != "" {
			found = append(found, []need{{run, from | to}})
		}
		run, from = "", anywhere
	}
	for i, p := range ps {
		switch p.kind {
		case fixed:
			run += p.text
		case atBegin:
			flush(anywhere)
			from = begin
		case atEnd:
			flush(end)
		case gap:
			flush(anywhere)
		case either:
			flush(anywhere)
			if choice := branches(ps, i); choice != nil {
				found = append(found, choice)
			}
		}
	}
	flush(anywhere)
	return found
}

// branches returns what the branches of the i-th of some pieces need, or nil if one of them needs nothing.
func branches(ps []piece, i int) (choice []need) {
	const most = 100
	for _, branch := range ps[i].branches {
		var whole []piece
		if i > 0 && ps[i-1].kind == atBegin {
			whole = append(whole, ps[i-1])
		}
		whole = append(whole, branch...)
		if i+1 < len(ps) && ps[i+1].kind == atEnd {
			whole = append(whole, ps[i+1])
		}
		var best []need
		for _, c := range choices(whole) {
			if best == nil || shortest(c) > shortest(best) {
				best = c
			}
		}
		if best == nil || len(choice)+len(best) > most {
			return nil
		}
		choice = append(choice, best...)
	}
	return choice
}

// shortest returns the length of the shortest need of a choice.
func shortest(choice []need) int {
	n := len(choice[0].text)
	for _, need := range choice {
		n = min(n, len(need.text))
	}
	return n
}

// choices returns what e needs.
func (e *expr) choices() [][]need { return choices(e.pieces) }

// choices returns what g needs.
func (g *Glob) choices() (found [][]need) {
	if text, ok := g.Literal(); ok {
		return [][]need{{{text, all}}}
	}
	if g.prefix != "" {
		found = append(found, []need{{g.prefix, begin}})
	}
	if g.suffix != "" {
		found = append(found, []need{{g.suffix, end}})
	}
	for _, text := range runs(g.nodes) {
		found = append(found, []need{{text, anywhere}})
	}
	return found
}

// runs returns the texts between the wildcards of a glob with these nodes.
func runs(nodes []node) (texts []string) {
	run := ""
	flush := func() {
		if run != "" {
			texts = append(texts, run)
		}
		run = ""
	}
	for i, n := range nodes {
		if n.deep() {
			flush()
			continue
		}
		if i > 0 && !nodes[i-1].deep() {
			run += "."
		}
		for _, t := range n {
			if t.kind == literal {
				run += t.text
			} else {
				flush()
			}
		}
	}
	flush()
	return texts
}
