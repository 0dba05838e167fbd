package pattern

import "strings"

// A node is the tokens of a glob between two dots.
type node []token

// deep reports whether n is "**", which stands for any number of nodes.
func (n node) deep() bool { return len(n) == 1 && n[0].kind == deep }

// literal reports whether n has no wildcards.
func (n node) literal() bool { return len(n) == 0 || len(n) == 1 && n[0].kind == literal }

// split splits tokens at the dots in their literals. Dots in braces are no ends of nodes.
func split(tokens []token) []node {
	nodes := []node{nil}
	for _, t := range tokens {
		if t.kind != literal {
			nodes[len(nodes)-1] = append(nodes[len(nodes)-1], t)
			continue
		}
		for i, text := range strings.Split(t.text, ".") {
			if i > 0 {
				nodes = append(nodes, nil)
			}
			if text != "" {
				nodes[len(nodes)-1] = append(nodes[len(nodes)-1], token{literal, text})
			}
		}
	}
	return nodes
}

// A simple is a glob of literals, at most one "*" in a node, and at most one "**", as nearly all are. Each wildcard can
// stand for one thing only, so a match takes no search: a tenth of the time of the regular expression.
type simple struct {
	head []part // the nodes before "**", or all
	tail []part // the nodes after it
	deep bool
}

// A part is a node of a simple glob: before, or before*after.
type part struct {
	before, after string
	star          bool
}

// newSimple returns nodes as a simple glob, or nil if they make none.
func newSimple(nodes []node) *simple {
	s := new(simple)
	to := &s.head
	for _, n := range nodes {
		if n.deep() {
			if s.deep {
				return nil
			}
			s.deep = true
			to = &s.tail
			continue
		}
		var p part
		for _, t := range n {
			switch {
			case t.kind == literal && p.star:
				p.after = t.text
			case t.kind == literal:
				p.before = t.text
			case t.kind == star && !p.star:
				p.star = true
			default:
				return nil
			}
		}
		*to = append(*to, p)
	}
	return s
}

// match is Glob.Match.
func (s *simple) match(name string, captures []string) ([]string, bool) {
	was := len(captures)
	rest, more := name, true // more: rest holds nodes, if only an empty one
	for i := range s.head {
		if !more {
			return captures[:was], false
		}
		var text string
		var ok bool
		text, rest, more = strings.Cut(rest, ".")
		if captures, ok = s.head[i].match(text, captures); !ok {
			return captures[:was], false
		}
	}
	if !s.deep && more {
		return captures[:was], false
	}
	if !s.deep {
		return captures, true
	}
	return s.matchTail(rest, more, was, captures)
}

// matchTail matches what follows the head: first the end, whose captures come last, then what is between.
func (s *simple) matchTail(rest string, more bool, was int, captures []string) ([]string, bool) {
	end := len(rest)
	for range s.tail { // finds where the tail begins
		if !more {
			return captures[:was], false
		}
		end = strings.LastIndexByte(rest[:end], '.')
		more = end >= 0
	}
	tail := rest
	between := rest
	if len(s.tail) > 0 {
		tail, between = rest[end+1:], rest[:max(end, 0)]
	}
	captures = append(captures, between)
	for i := range s.tail {
		var text string
		var ok bool
		text, tail, _ = strings.Cut(tail, ".")
		if captures, ok = s.tail[i].match(text, captures); !ok {
			return captures[:was], false
		}
	}
	return captures, true
}

// match matches one node of a name.
func (p *part) match(text string, captures []string) ([]string, bool) {
	if !p.star {
		return captures, text == p.before
	}
	if len(text) < len(p.before)+len(p.after) || !strings.HasPrefix(text, p.before) || !strings.HasSuffix(text, p.after) {
		return captures, false
	}
	return append(captures, text[len(p.before):len(text)-len(p.after)]), true
}
