package pattern

import (
	"fmt"
	"regexp"
	"strings"
)

// A Glob is a compiled glob.
type Glob struct {
	text     string
	captures int
	nodes    []node
	literal  string // the only name it matches, if there are no captures
	// Every match begins and ends with these, so most names are refused without a look at the rest.
	prefix, suffix string
	simple         *simple        // nil if the glob is not simple
	full           *regexp.Regexp // nil if it is
}

// Compile compiles a glob. Its errors name the place of the fault, counted in bytes from 1.
func Compile(glob string) (*Glob, error) {
	tokens, err := parse(glob)
	if err != nil {
		return nil, err
	}
	g := &Glob{text: glob}
	for _, t := range tokens {
		if t.kind != literal {
			g.captures++
		}
	}
	if g.captures == 0 {
		g.literal = tokens[0].text // neighbouring characters are one token
		return g, nil
	}
	nodes := split(tokens)
	g.nodes = nodes
	g.prefix, g.suffix = ends(nodes)
	if g.simple = newSimple(nodes); g.simple != nil {
		return g, nil
	}
	if g.full, err = regexp.Compile(expression(nodes)); err != nil {
		return nil, fmt.Errorf("compiling the glob %q: %w", glob, err)
	}
	return g, nil
}

// String returns the glob as it was written.
func (g *Glob) String() string { return g.text }

// Captures returns how many captures a match has.
func (g *Glob) Captures() int { return g.captures }

// Literal returns the only name that g matches, or false if g has wildcards.
func (g *Glob) Literal() (string, bool) { return g.literal, g.captures == 0 }

// Match reports whether g matches the whole of name, and appends what its wildcards stood for, parts of name, to
// captures. Where there is a choice, an earlier wildcard takes as much as it can, and braces their first alternative.
func (g *Glob) Match(name string, captures []string) ([]string, bool) {
	if g.captures == 0 {
		return captures, name == g.literal
	}
	if !strings.HasPrefix(name, g.prefix) || !strings.HasSuffix(name, g.suffix) {
		return captures, false
	}
	if g.simple != nil {
		return g.simple.match(name, captures)
	}
	at := g.full.FindStringSubmatchIndex(name)
	if at == nil {
		return captures, false
	}
	for i := 2; i < len(at); i += 2 {
		if at[i] < 0 {
			captures = append(captures, "") // ** that stood for no node at all
			continue
		}
		captures = append(captures, name[at[i]:at[i+1]])
	}
	return captures, true
}

// ends returns the texts that every match of nodes begins and ends with.
func ends(nodes []node) (prefix, suffix string) {
	for i, n := range nodes {
		if n.deep() {
			break // the dot before it is only there if it stands for a node
		}
		if i > 0 {
			prefix += "."
		}
		if len(n) > 0 && n[0].kind == literal {
			prefix += n[0].text
		}
		if !n.literal() {
			break
		}
	}
	for i := len(nodes) - 1; i >= 0; i-- {
		n := nodes[i]
		if n.deep() {
			break
		}
		if i < len(nodes)-1 {
			suffix = "." + suffix
		}
		if len(n) > 0 && n[len(n)-1].kind == literal {
			suffix = n[len(n)-1].text + suffix
		}
		if !n.literal() {
			break
		}
	}
	return prefix, suffix
}

// expression returns the regular expression that says the same as nodes. Go's take time linear in the name.
func expression(nodes []node) string {
	var out strings.Builder
	out.WriteString(`(?s)\A`)
	first := true // no node was written yet, so none needs a dot before it
	for i, n := range nodes {
		switch {
		case n.deep() && first && i == len(nodes)-1:
			out.WriteString(`(.*)`)
			continue
		case n.deep() && first:
			out.WriteString(`(?:(.*)\.)?`)
			continue
		case n.deep():
			out.WriteString(`(?:\.(.*))?`)
			continue
		case !first:
			out.WriteString(`\.`)
		}
		first = false
		for _, t := range n {
			if t.kind == literal {
				out.WriteString(regexp.QuoteMeta(t.text))
			} else {
				out.WriteString("(" + t.text + ")")
			}
		}
	}
	out.WriteString(`\z`)
	return out.String()
}
