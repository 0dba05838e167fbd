package pattern

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A naive matcher walks the text of a glob and tries every choice, which takes exponential time; it shares nothing with
// the parser or the matchers that it is held against. It takes globs that Compile has accepted.
type naive struct {
	steps int // it gives up at 0
}

// match calls done with the captures of each way in which glob[i:] can match name[j:], until done returns true. nesting
// is how many braces glob[i] lies in; first says that only "**" nodes were before it.
func (m *naive) match(glob, name string, caught []string, first bool, done func(rest string, caught []string) bool) bool {
	if m.steps--; m.steps < 0 {
		return false
	}
	if glob == "" {
		return done(name, caught)
	}
	whole := func(at int) bool {
		return strings.HasPrefix(glob[at:], "**") && (len(glob) == at+2 || glob[at+2] == '.')
	}
	then := func(glob, capture, rest string) bool {
		return m.match(glob, rest, append(slices.Clone(caught), capture), false, done)
	}
	switch {
	case first && glob == "**":
		return then("", name, "")
	case first && whole(0): // some nodes and a dot, or nothing
		for n := len(name) - 1; n >= 0; n-- {
			if name[n] == '.' && m.match(glob[3:], name[n+1:], append(slices.Clone(caught), name[:n]), true, done) {
				return true
			}
		}
		return m.match(glob[3:], name, append(slices.Clone(caught), ""), true, done)
	case glob[0] == '.' && whole(1): // a dot and some nodes, or nothing
		for n := len(name); n >= 1; n-- {
			if name[0] == '.' && then(glob[3:], name[1:n], name[n:]) {
				return true
			}
		}
		return then(glob[3:], "", name)
	}
	return m.item(glob, name, true, func(glob, rest, capture string, captured bool) bool {
		if captured {
			return then(glob, capture, rest)
		}
		return m.match(glob, rest, caught, false, done)
	})
}

// item matches the first character or wildcard of glob in every way, and calls done with what is left of both.
func (m *naive) item(glob, name string, capture bool, done func(glob, rest, capture string, captured bool) bool) bool {
	if m.steps--; m.steps < 0 {
		return false
	}
	_, size := utf8.DecodeRuneInString(name)
	switch {
	case glob[0] == '*':
		next := strings.TrimPrefix(glob[1:], "*")
		if len(glob)-len(next) > 2 {
			next = glob[2:]
		}
		for n := len(name); n >= 0; n-- {
			inNode := len(glob)-len(next) == 2 || !strings.Contains(name[:n], ".")
			if n < len(name) && !utf8.RuneStart(name[n]) {
				continue
			}
			if inNode && done(next, name[n:], name[:n], true) {
				return true
			}
		}
		return false
	case glob[0] == '?':
		return size > 0 && name[0] != '.' && done(glob[1:], name[size:], name[:size], true)
	case glob[0] == '[':
		end := classEnd(glob)
		return size > 0 && name[0] != '.' && inClass(glob[1:end-1], name[:size]) && done(glob[end:], name[size:], name[:size], true)
	case glob[0] == '{':
		alternatives, after := bracesOf(glob)
		for _, a := range alternatives {
			if m.all(a, name, func(rest string) bool { return done(after, rest, name[:len(name)-len(rest)], true) }) {
				return true
			}
		}
		return false
	}
	escaped := 0
	if glob[0] == '\\' {
		escaped = 1
	}
	_, n := utf8.DecodeRuneInString(glob[escaped:])
	character := glob[escaped : escaped+n]
	return strings.HasPrefix(name, character) && done(glob[escaped+n:], name[n:], "", false)
}

// all matches all of an alternative, without captures.
func (m *naive) all(glob, name string, done func(rest string) bool) bool {
	if glob == "" {
		return done(name)
	}
	return m.item(glob, name, false, func(glob, rest, _ string, _ bool) bool { return m.all(glob, rest, done) })
}

// classEnd returns the length of the class at the start of glob.
func classEnd(glob string) int {
	at := 1
	if glob[at] == '!' || glob[at] == '^' {
		at++
	}
	for start := at; glob[at] != ']' || at == start; at++ {
		if glob[at] == '\\' {
			at++
		}
	}
	return at + 1
}

// inClass reports whether character is in the class with the text inside, from "[" to "]".
func inClass(inside, character string) bool {
	negated := inside[0] == '!' || inside[0] == '^'
	if negated {
		inside = inside[1:]
	}
	var runes []rune
	var escaped []bool
	for i, rs := 0, []rune(inside); i < len(rs); i++ {
		escaped = append(escaped, rs[i] == '\\')
		if rs[i] == '\\' {
			i++
		}
		runes = append(runes, rs[i])
	}
	c := []rune(character)[0]
	for i := 0; i < len(runes); i++ {
		from, to := runes[i], runes[i]
		if i+2 < len(runes) && runes[i+1] == '-' && !escaped[i+1] {
			to = runes[i+2]
			i += 2
		}
		if from <= c && c <= to {
			return !negated
		}
	}
	return negated
}

// bracesOf returns the alternatives of the braces at the start of glob and what follows them.
func bracesOf(glob string) (alternatives []string, after string) {
	start, nesting := 1, 0
	for at := 0; ; at++ {
		switch c := glob[at]; {
		case c == '\\':
			at++
		case c == '[':
			at += classEnd(glob[at:]) - 1
		case c == '{':
			nesting++
		case c == ',' && nesting == 1, c == '}' && nesting == 1:
			alternatives = append(alternatives, glob[start:at])
			start = at + 1
			if c == '}' {
				return alternatives, glob[at+1:]
			}
		case c == '}':
			nesting--
		}
	}
}

func FuzzGlob(f *testing.F) {
	for _, glob := range []string{
		"a.b", "a.*", "**", "a.**", "**.a", "a.**.b", "**.**.a", "a.**.**.b", "a**b", "*a*.b*", "{a,b*}.{c.d,**}?", "[a-c]x[!b].*",
		"{{a,b}c,}d", `\*.a`, "[]-a]", "a..b", "***.a", "*.**.*", "a*.**.*b.c", "**.*", "a.**b", "é*.?", "a.**.b.**", "*.**.?.**",
	} {
		for _, name := range []string{"a.b", "ab.cd.eb.c", "x.y.z.a", "..a", "é.éa", "a.b.x.b.y"} {
			f.Add(glob, name)
		}
	}
	f.Fuzz(func(t *testing.T, glob, name string) {
		g, err := Compile(glob)
		if err != nil || !utf8.ValidString(name) || len(glob) > 40 || len(name) > 40 || strings.Contains(glob, `\.`) {
			return // whether a dot with a backslash ends a node is said in TestMatch
		}
		m := naive{steps: 100_000}
		var want []string
		ok := m.match(glob, name, nil, true, func(rest string, caught []string) bool {
			want = caught
			return rest == ""
		})
		if m.steps < 0 {
			return
		}
		if !ok {
			want = nil
		}
		same := func(how string, got []string, gotOK bool) {
			if gotOK != ok || !slices.Equal(got, want) {
				t.Errorf("%s: Compile(%q).Match(%q) = %q, %v; want %q, %v", how, glob, name, got, gotOK, want, ok)
			}
		}
		got, gotOK := g.Match(name, nil)
		same("as it is", got, gotOK)
		if ok && len(got) != g.Captures() {
			t.Errorf("Compile(%q) has %d captures and catches %q", glob, g.Captures(), got)
		}
		if g.simple != nil {
			tokens, _ := parse(glob)
			g.simple, g.full = nil, regexp.MustCompile(expression(split(tokens)))
			got, gotOK = g.Match(name, nil)
			same("by its regular expression", got, gotOK)
		}
	})
}
