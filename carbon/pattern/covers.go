package pattern

import (
	"regexp"
	"slices"
	"strings"
)

// Covers reports whether m certainly matches every name that o matches. If it is false, m may still do so.
func (m *Matcher) Covers(o *Matcher) bool {
	if m.not != nil && !(o.not != nil && m.not.within(o.not)) && !m.not.apart(&o.is) {
		return false
	}
	return o.is.within(&m.is)
}

// within reports whether all names that t matches are certainly matched by u: each key of u is met by what some key of
// t asks for.
func (t *terms) within(u *terms) bool {
	for _, theirs := range u.fits {
		if !slices.ContainsFunc(theirs, (*fit).every) && !slices.ContainsFunc(t.fits, func(k []*fit) bool { return eachWithin(k, theirs) }) {
			return false
		}
	}
	for i := range u.tags {
		if !slices.ContainsFunc(t.tags, func(tag tagTerm) bool { return tag.within(&u.tags[i]) }) {
			return false
		}
	}
	return true
}

// eachWithin reports whether each value of a key is covered by one of another key.
func eachWithin(ours, theirs []*fit) bool {
	return !slices.ContainsFunc(ours, func(o *fit) bool {
		return !slices.ContainsFunc(theirs, func(t *fit) bool { return t.covers(o) })
	})
}

// apart reports whether no name certainly meets both t and u: a key of the one and a key of the other can never be met
// together.
func (t *terms) apart(u *terms) bool {
	return slices.ContainsFunc(t.fits, func(a []*fit) bool {
		return slices.ContainsFunc(u.fits, func(b []*fit) bool {
			return !slices.ContainsFunc(a, func(x *fit) bool {
				return slices.ContainsFunc(b, func(y *fit) bool { return !x.apart(y) })
			})
		})
	})
}

// within reports whether every tag that t asks for is certainly one that u asks for.
func (t *tagTerm) within(u *tagTerm) bool {
	if t.key != u.key {
		return false
	}
	for i := range t.values {
		ok := false
		for j := range u.values {
			ok = ok || u.texts[j] == "*" || u.texts[j] == t.texts[i] || t.values[i].glob == nil && u.values[j].match(t.values[i].literal)
		}
		if !ok {
			return false
		}
	}
	return true
}

// A fit is one value of a key, and what is known of the paths that fit it.
type fit struct {
	glob           *Glob
	regexp         *expr
	plain          *need    // the path meets this; nothing else is asked for
	prefix, suffix string   // they begin and end with these
	parts          []string // and have these
	only           string   // the only path there is, if not empty
}

// values returns the values of each key but the tags.
func (t *terms) values() (keys [][]*fit) {
	var globs, regexps []*fit
	for _, g := range t.globs {
		f := &fit{glob: g, plain: g.plain()}
		f.learn(g.choices())
		globs = append(globs, f)
	}
	for _, e := range t.regexps {
		f := &fit{regexp: e, plain: e.plain()}
		f.learn(e.choices())
		regexps = append(regexps, f)
	}
	plain := func(texts []string, at place) (fits []*fit) {
		for _, text := range texts {
			f := &fit{plain: &need{text, at}}
			f.learn([][]need{{*f.plain}})
			fits = append(fits, f)
		}
		return fits
	}
	for _, k := range [][]*fit{globs, regexps, plain(t.prefix, begin), plain(t.suffix, end), plain(t.contains, anywhere)} {
		if len(k) > 0 {
			keys = append(keys, k)
		}
	}
	return keys
}

// learn notes what the needs of a value say of its paths.
func (f *fit) learn(choices [][]need) {
	for _, c := range choices {
		if len(c) > 1 {
			continue
		}
		n := c[0]
		f.parts = append(f.parts, n.text)
		if n.at&begin != 0 && len(n.text) > len(f.prefix) {
			f.prefix = n.text
		}
		if n.at&end != 0 && len(n.text) > len(f.suffix) {
			f.suffix = n.text
		}
		if n.at == all {
			f.only = n.text
		}
	}
}

// plain returns the only need of g, or nil if there is more to it.
func (g *Glob) plain() *need {
	text, only := g.Literal()
	switch n := len(g.nodes); {
	case only:
		return &need{text, all}
	case n == 1 && g.nodes[0].deep():
		return &need{}
	case n == 1 && len(g.nodes[0]) == 2 && g.nodes[0][1].kind == deep && g.nodes[0][0].kind == literal: // a**
		return &need{g.nodes[0][0].text, begin}
	case n == 1 && len(g.nodes[0]) == 2 && g.nodes[0][0].kind == deep && g.nodes[0][1].kind == literal: // **a
		return &need{g.nodes[0][1].text, end}
	}
	return nil
}

// plain returns the only need of e, or nil if there is more to it.
func (e *expr) plain() *need {
	ps, n := e.pieces, need{}
	if len(ps) > 0 && ps[0].kind == atBegin {
		n.at, ps = begin, ps[1:]
	}
	if len(ps) > 0 && ps[0].kind == fixed {
		n.text, ps = ps[0].text, ps[1:]
	}
	if len(ps) > 0 && ps[0].kind == atEnd {
		n.at, ps = n.at|end, ps[1:]
	}
	if len(ps) > 0 || n.text == "" {
		return nil
	}
	return &n
}

// every reports whether every path fits f.
func (f *fit) every() bool { return f.plain != nil && *f.plain == need{} }

// covers reports whether every path that o matches is certainly matched by f.
func (f *fit) covers(o *fit) bool {
	switch {
	case f.every():
		return true
	case f.glob != nil && o.glob != nil && f.glob.text == o.glob.text, f.regexp != nil && o.regexp != nil && f.regexp.String() == o.regexp.String():
		return true
	case o.only != "":
		return f.match(o.only)
	case f.plain != nil:
		return o.ensures(f.plain)
	case f.glob == nil:
		return false
	}
	if o.glob != nil && coversNodes(f.glob.nodes, o.glob.nodes) {
		return true
	}
	// a.** and **.b also cover what is no glob.
	if nodes := f.glob.nodes; nodes[len(nodes)-1].deep() && literals(nodes[:len(nodes)-1]) {
		return strings.HasPrefix(o.prefix, f.glob.prefix+".")
	} else if nodes[0].deep() && literals(nodes[1:]) {
		return strings.HasSuffix(o.suffix, "."+f.glob.suffix)
	}
	return false
}

// match says whether path fits f.
func (f *fit) match(path string) (ok bool) {
	switch {
	case f.glob != nil:
		_, ok = f.glob.Match(path, nil)
		return ok
	case f.regexp != nil:
		return f.regexp.MatchString(path)
	}
	return f.plain.in(path)
}

// ensures reports whether every path that fits f certainly meets n.
func (f *fit) ensures(n *need) bool {
	switch n.at {
	case begin:
		return strings.HasPrefix(f.prefix, n.text)
	case end:
		return strings.HasSuffix(f.suffix, n.text)
	case anywhere:
		return slices.ContainsFunc(f.parts, func(part string) bool { return strings.Contains(part, n.text) })
	}
	return false
}

// apart reports whether no path certainly fits both f and o.
func (f *fit) apart(o *fit) bool {
	switch {
	case f.only != "":
		return !o.match(f.only)
	case o.only != "":
		return !f.match(o.only)
	}
	p, s := min(len(f.prefix), len(o.prefix)), min(len(f.suffix), len(o.suffix))
	return f.prefix[:p] != o.prefix[:p] || f.suffix[len(f.suffix)-s:] != o.suffix[len(o.suffix)-s:]
}

// literals reports whether no node has a wildcard.
func literals(nodes []node) bool {
	return !slices.ContainsFunc(nodes, func(n node) bool { return !n.literal() })
}

// coversNodes reports whether every name that a glob of the nodes b matches is certainly matched by one of a: node for
// node, where a "**" of a stands for any of b, which is found by trying.
func coversNodes(a, b []node) bool {
	reach := make([]bool, len(b)+1) // reach[j]: a up to here can cover the first j nodes of b
	reach[0] = true
	for _, n := range a {
		if n.deep() {
			for j := range b {
				reach[j+1] = reach[j+1] || reach[j]
			}
			continue
		}
		for j := len(b); j > 0; j-- {
			reach[j] = reach[j-1] && n.covers(b[j-1])
		}
		reach[0] = false
	}
	return reach[len(b)]
}

// covers reports whether every text of a node that o matches is certainly matched by n, which is not "**".
func (n node) covers(o node) bool {
	if slices.Equal(n, o) && !o.deep() {
		return true
	}
	if o.literal() {
		text := ""
		if len(o) > 0 {
			text = o[0].text
		}
		if n.literal() {
			return false // it is another one
		}
		if s := newSimple([]node{n}); s != nil {
			_, ok := s.head[0].match(text, nil)
			return ok
		}
		return regexp.MustCompile(expression([]node{n})).MatchString(text)
	}
	stars, before, after := 0, "", ""
	for _, t := range n {
		switch {
		case t.kind == star:
			stars++
		case t.kind == literal && stars == 0:
			before = t.text
		case t.kind == literal && stars == 1:
			after = t.text
		default:
			return false
		}
	}
	dotless := !slices.ContainsFunc(o, func(t token) bool {
		return t.kind == deep || t.kind == other && strings.HasPrefix(t.text, "(")
	})
	return stars == 1 && dotless && (before == "" || o[0].kind == literal && strings.HasPrefix(o[0].text, before)) &&
		(after == "" || o[len(o)-1].kind == literal && strings.HasSuffix(o[len(o)-1].text, after))
}
