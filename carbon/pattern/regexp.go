package pattern

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// An expr is a compiled regular expression. Go's take time linear in the name, whatever they hold.
type expr struct {
	*regexp.Regexp
	groups []string // the names of its groups
	pieces []piece
	needs  []need // what every match has and is cheap to look for
	simple *plain // nil if it has groups or no plain form
}

// compileRegexp compiles a regular expression. Its errors name the place of the fault, counted in bytes from 1.
func compileRegexp(text string) (*expr, error) {
	if text == "" {
		return nil, errors.New(`the regular expression is empty (match = "**" is every name)`)
	}
	if !utf8.ValidString(text) {
		return nil, errors.New("the regular expression is not UTF-8")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, explainSyntax(text, err)
	}
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	e := &expr{Regexp: re, groups: re.SubexpNames()[1:], pieces: pieces(nil, tree)}
	if len(e.groups) == 0 {
		e.simple = newPlain(tree)
	}
	for _, choice := range e.choices() {
		if len(choice) == 1 {
			e.needs = append(e.needs, choice[0])
		}
	}
	return e, nil
}

// match says whether e is found in path, and appends what its groups stood for to c.
func (e *expr) match(path string, c *Captures) bool {
	if e.simple != nil {
		if ok, sure := e.simple.match(path); sure {
			return ok
		}
	}
	for i := range e.needs {
		if !e.needs[i].in(path) {
			return false
		}
	}
	if len(e.groups) == 0 {
		return e.MatchString(path)
	}
	at := e.FindStringSubmatchIndex(path)
	if at == nil {
		return false
	}
	c.groups = e.groups
	for i := 2; i < len(at); i += 2 {
		part := "" // a group that took no part
		if at[i] >= 0 {
			part = path[at[i]:at[i+1]]
		}
		c.parts = append(c.parts, part)
	}
	return true
}

// explainSyntax says where a regular expression is wrong. What other engines have and Go's has not is told from mistakes.
func explainSyntax(text string, err error) error {
	odd := scanRegexp(text)
	var e *syntax.Error
	switch {
	case odd.foreign != "":
		hint := ""
		if strings.HasPrefix(odd.foreign, "look-") {
			hint = "; not = { regex = '...' } leaves names out"
		}
		return fmt.Errorf("the %s at byte %d is not supported, so that no name can make a match slow%s", odd.foreign, odd.at, hint)
	case !errors.As(err, &e):
		return err
	case e.Code == syntax.ErrMissingParen && odd.open > 0:
		return fmt.Errorf("the ( at byte %d is not closed", odd.open)
	case e.Code == syntax.ErrUnexpectedParen && odd.closed > 0:
		return fmt.Errorf(`the ) at byte %d closes nothing (write \) for the character)`, odd.closed)
	}
	return fmt.Errorf("at byte %d: %s: %s", strings.Index(text, e.Expr)+1, e.Code, e.Expr)
}

// oddities are what scanRegexp finds, with places counted in bytes from 1.
type oddities struct {
	foreign string // what Go has not: look-ahead, look-behind, back-reference or atomic group
	at      int    // where
	open    int    // the outermost parenthesis that is not closed, 0 if none
	closed  int    // the first that closes nothing
}

// scanRegexp looks for what is commonly wrong in a regular expression that Go does not accept.
func scanRegexp(text string) (o oddities) {
	var open []int
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
			rest := text[min(i, len(text)):]
			switch {
			case strings.HasPrefix(rest, "Q"):
				end := strings.Index(rest, `\E`)
				if end < 0 {
					return o
				}
				i += end + 1
			case rest != "" && rest[0] >= '1' && rest[0] <= '9', strings.HasPrefix(rest, "k<"), strings.HasPrefix(rest, "k{"):
				o.foreign, o.at = "back-reference", i
				return o
			}
		case '[':
			i = endOfClass(text, i)
		case '(':
			open = append(open, i+1)
			if o.foreign = foreignGroup(text[i:]); o.foreign != "" {
				o.at = i + 1
				return o
			}
		case ')':
			switch {
			case len(open) > 0:
				open = open[:len(open)-1]
			case o.closed == 0:
				o.closed = i + 1
			}
		}
	}
	if len(open) > 0 {
		o.open = open[0]
	}
	return o
}

// foreignGroup names the kind of the group that text begins with if Go has none of it.
func foreignGroup(text string) string {
	for _, kind := range []struct{ start, name string }{
		{"(?=", "look-ahead"}, {"(?!", "look-ahead"}, {"(?<=", "look-behind"}, {"(?<!", "look-behind"}, {"(?>", "atomic group"},
	} {
		if strings.HasPrefix(text, kind.start) {
			return kind.name
		}
	}
	return ""
}

// endOfClass returns the place of the "]" that ends the class whose "[" is at start, or of the end of text.
func endOfClass(text string, start int) int {
	i := start + 1
	if i < len(text) && text[i] == '^' {
		i++
	}
	for first := i; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
		case text[i] == ']' && i > first:
			return i
		case strings.HasPrefix(text[i:], "[:"):
			if end := strings.Index(text[i:], ":]"); end > 0 {
				i += end + 1
			}
		}
	}
	return len(text)
}
