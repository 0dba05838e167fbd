package query

import (
	"errors"
	"fmt"
	"strings"

	"plumbago/carbon/pattern"
)

// An Error says what is wrong with the text of an expression, and where.
type Error struct {
	At  int // in bytes from 1
	Msg string
}

func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %s", e.At, e.Msg) }

// The ways in which the points of several series are taken together.
const (
	pool   = "pool"   // all of them at once
	series = "series" // each series by itself
	mean   = "mean"   // the mean of what each series gives
)

// An Expr is a parsed expression. It never changes.
type Expr struct {
	function *function
	glob     string
	quote    byte
	matcher  *pattern.Matcher
	interval int64 // seconds; 0 if it is left to the series
	across   string
}

// String writes the expression in its plainest form, which Parse reads as the same.
func (e *Expr) String() string {
	text := e.function.name + "(" + string(e.quote) + e.glob + string(e.quote)
	if e.interval > 0 {
		text += `, "` + interval(e.interval) + `"`
	}
	if e.across != e.function.across() {
		text += `, "` + e.across + `"`
	}
	return text + ")"
}

// across is how a function takes series together unless it is told otherwise.
func (f *function) across() string {
	if f.each {
		return series
	}
	return pool
}

// An argument is a quoted text of an expression and the place of its first byte, counted from 1.
type argument struct {
	text  string
	quote byte
	at    int
}

// Parse reads an expression. Its errors are of type *Error.
func Parse(text string) (*Expr, error) {
	p := &parser{text: text}
	e, err := p.expression()
	if err != nil {
		return nil, err
	}
	return e, nil
}

// A parser reads one expression.
type parser struct {
	text string
	pos  int
}

func (p *parser) expression() (*Expr, *Error) {
	p.blank()
	start := p.pos
	for p.pos < len(p.text) && (p.text[p.pos] == '_' || p.text[p.pos]|0x20 >= 'a' && p.text[p.pos]|0x20 <= 'z') {
		p.pos++
	}
	name := p.text[start:p.pos]
	if name == "" {
		return nil, p.wants("a function")
	}
	f := functionNamed(name)
	if f == nil {
		return nil, fault(start, "there is no function %s; there are %s", name, strings.Join(Functions(), ", "))
	}
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	if p.blank(); p.pos < len(p.text) {
		return nil, p.wants("the end")
	}
	return f.with(args, p)
}

// arguments reads ("text", "text", ...).
func (p *parser) arguments() (args []argument, err *Error) {
	if !p.next('(') {
		return nil, p.wants("(")
	}
	for {
		a, err := p.quoted()
		if err != nil {
			return nil, err
		}
		args = append(args, a)
		switch {
		case p.next(')'):
			return args, nil
		case !p.next(','):
			return nil, p.wants(", or )")
		}
	}
}

// quoted reads a text in quotes of either kind, in which every character is what it is.
func (p *parser) quoted() (a argument, err *Error) {
	p.blank()
	if p.pos == len(p.text) || p.text[p.pos] != '"' && p.text[p.pos] != '\'' {
		return a, p.wants("a text in quotes")
	}
	a.quote = p.text[p.pos]
	end := strings.IndexByte(p.text[p.pos+1:], a.quote)
	if end < 0 {
		return a, fault(p.pos, "the text that begins here does not end")
	}
	a.at = p.pos + 2
	a.text = p.text[p.pos+1 : p.pos+1+end]
	p.pos += end + 2
	return a, nil
}

// with makes an expression of a function and its arguments: a glob, an interval, and how series are taken together.
func (f *function) with(args []argument, p *parser) (*Expr, *Error) {
	e := &Expr{function: f, glob: args[0].text, quote: args[0].quote, across: f.across()}
	if i := strings.IndexByte(e.glob, ';'); i >= 0 {
		return nil, fault(args[0].at-1+i, "a ; never matches: a glob is about the part of a name before its tags")
	}
	var err error
	if e.matcher, err = pattern.New(pattern.Selection{Options: pattern.Options{Match: []string{e.glob}}}); err != nil {
		return nil, fault(args[0].at-1, "%v", errors.Unwrap(err)) // it is about a key named match
	}
	rest := args[1:]
	switch {
	case len(rest) == 0 && !f.newest:
		return nil, fault(p.pos-1, `%s needs an interval, like "5 minutes"`, f.name)
	case len(rest) > 0:
		var ok bool
		if e.interval, ok = ParseInterval(rest[0].text); !ok {
			return nil, fault(rest[0].at-1, `%q is no interval (write "5 minutes", "1 hour" or "60s")`, rest[0].text)
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		a := rest[0]
		switch {
		case f.newest:
			return nil, fault(a.at-2, "%s takes a glob and an interval, no more", f.name)
		case a.text != pool && a.text != series && a.text != mean:
			return nil, fault(a.at-1, "%q is not one of pool, series, mean", a.text)
		case a.text == pool && f.each:
			return nil, fault(a.at-1, "%s is of one series: it cannot be pooled", f.name)
		}
		e.across = a.text
		rest = rest[1:]
	}
	if len(rest) > 0 {
		return nil, fault(rest[0].at-2, "%s takes a glob, an interval and how series are taken together, no more", f.name)
	}
	return e, nil
}

// next steps over c if it is what follows, after blanks.
func (p *parser) next(c byte) bool {
	p.blank()
	if p.pos == len(p.text) || p.text[p.pos] != c {
		return false
	}
	p.pos++
	return true
}

func (p *parser) blank() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// wants says what should stand at the place that was reached.
func (p *parser) wants(what string) *Error {
	if p.pos == len(p.text) {
		return fault(p.pos, "the expression ends where %s should be", what)
	}
	r := []rune(p.text[p.pos:min(len(p.text), p.pos+4)])[0]
	return fault(p.pos, "there is %q where %s should be", r, what)
}

// fault makes an Error of the place at, counted from 0.
func fault(at int, format string, args ...any) *Error {
	return &Error{At: at + 1, Msg: fmt.Sprintf(format, args...)}
}
