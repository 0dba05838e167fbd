package convert

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"

	"plumbago/carbon/pattern"
)

// An expr is a regular expression of the other program that ours reads, too. It is found anywhere in a name unless anchored.
type expr struct {
	text     string
	tree     *syntax.Regexp
	captures int
	empty    bool // the empty text meets it
}

// parseExpr reads an expression. Its error says why plumbago cannot.
func parseExpr(text string) (*expr, error) {
	re, err := regexp.Compile(text)
	if err == nil {
		_, err = pattern.New(pattern.Selection{Options: pattern.Options{Regex: []string{text}}})
	}
	if err != nil {
		var detail *syntax.Error
		if errors.As(err, &detail) {
			return nil, fmt.Errorf("the expression %q does not exist here: %s: %q", text, detail.Code, detail.Expr)
		}
		return nil, fmt.Errorf("the expression %q does not exist here: %v", text, err)
	}
	if _, err := regexp.Compile(text + "("); err == nil {
		text += `\E` // it ends within \Q, and what is written behind it would be quoted, too
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	return &expr{text, tree, re.NumSubexp(), re.MatchString("")}, nil
}

// whole returns e as a group of its own, for templates that refer to all of what met it: the others are one number further on.
func (e *expr) whole() (*expr, error) { return parseExpr("(" + e.text + ")") }

// parts are what an expression is a sequence of.
func (e *expr) parts() []*syntax.Regexp {
	if e.tree.Op == syntax.OpConcat {
		return e.tree.Sub
	}
	return []*syntax.Regexp{e.tree}
}

// starts and ends say whether it can only be met at the start of a name, and at its end.
func (e *expr) starts() bool { return e.parts()[0].Op == syntax.OpBeginText }

func (e *expr) ends() bool {
	ps := e.parts()
	last := ps[len(ps)-1]
	if last.Op == syntax.OpCapture {
		last = last.Sub[0]
	}
	switch last.Op {
	case syntax.OpEndText:
		return true
	case syntax.OpStar, syntax.OpPlus: // takes all that is left
		return last.Flags&syntax.NonGreedy == 0 && (last.Sub[0].Op == syntax.OpAnyCharNotNL || last.Sub[0].Op == syntax.OpAnyChar)
	}
	return false
}

// anchored says whether it asks for the end of the text.
func (e *expr) anchored() bool {
	ps := e.parts()
	return ps[len(ps)-1].Op == syntax.OpEndText
}

// once says whether it is certainly met at most once in a name.
func (e *expr) once() bool { return e.starts() || e.ends() && !e.empty }

// literal returns what a name that meets it begins with, as far as that is known.
func (e *expr) literal() string {
	ps := e.parts()
	if len(ps) > 1 && ps[0].Op == syntax.OpBeginText && ps[1].Op == syntax.OpLiteral && ps[1].Flags&syntax.FoldCase == 0 {
		return string(ps[1].Rune)
	}
	return ""
}

// A frame is an expression for the whole name, and what its groups then are.
type frame struct {
	regex         string
	shift         int    // by how much the numbers of the expression's own groups grew
	before, after string // references to what stands around the part that met the expression; empty if nothing can
}

// around makes an expression that meets the whole name where e meets a part of it, the same part: what comes first is as short
// as it can be. With all, both sides are groups even where nothing can stand there.
func (e *expr) around(all bool) frame {
	f, body := frame{}, e.text
	before, after := !e.starts() || all, !e.ends() || all
	if (before || after) && strings.ContainsAny(body, "|(") && (strings.Contains(body, "|") || strings.Contains(body, "(?")) {
		body = "(?:" + body + ")"
	}
	if before {
		body, f.shift, f.before = "^(.*?)"+body, 1, "${1}"
	}
	if after {
		body, f.after = body+"(.*)$", "${"+strconv.Itoa(e.captures+f.shift+1)+"}"
	}
	f.regex = body
	return f
}

// A piece is a part of a template: a text, or a reference to a group.
type piece struct {
	text    string
	group   int // from 1; 0 for a text, -1 for nothing
	filters []string
}

// template writes pieces in our form, for an expression with so many groups whose numbers are shifted. A group that is not
// there is nothing.
func template(pieces []piece, captures, shift int) (string, error) {
	var b strings.Builder
	for _, p := range pieces {
		switch {
		case p.group == 0:
			if at := strings.IndexFunc(p.text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == ';' || r == '\\' }); at >= 0 {
				return "", fmt.Errorf("the new name %q holds %q", p.text, p.text[at:at+1])
			}
			b.WriteString(strings.ReplaceAll(p.text, "$", "$$"))
		case p.group > 0 && p.group <= captures:
			fmt.Fprintf(&b, "${%d", p.group+shift)
			for _, f := range p.filters {
				b.WriteString("|" + f)
			}
			b.WriteString("}")
		}
	}
	return b.String(), nil
}

// fixed returns the text that a template begins with whatever is put into it.
func fixed(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		if p.group > 0 {
			break
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// rename writes the rule that replaces what meets e by a template.
func (s *script) rename(at Place, e *expr, pieces []piece) {
	f := e.around(false)
	text, err := template(pieces, e.captures, f.shift)
	if err != nil {
		s.gap(at, true, "rewrite of %q: %v, which no name can here", e.text, err)
		return
	}
	s.header("[[rule]]")
	s.raw("regex", f.regex)
	if text = f.before + text + f.after; text == "" {
		s.gap(at, true, "nothing is left of a name that meets %q: such samples are dropped", e.text)
		s.key("drop", true)
		return
	}
	s.raw("rewrite", text)
}
