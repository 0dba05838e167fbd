package pattern

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The kinds of tokens.
const (
	literal = iota // text as it is
	star           // *
	deep           // **
	other          // ?, [...] and {...}
)

// A token is a wildcard, or the text between two. The text of a wildcard is its regular expression without captures.
type token struct {
	kind int
	text string
}

// maxNesting is how deep braces may lie in braces: enough for people, and little for the stack.
const maxNesting = 20

// parse returns the tokens of glob, which is not empty.
func parse(glob string) ([]token, error) {
	if glob == "" {
		return nil, errors.New("the glob is empty")
	}
	if !utf8.ValidString(glob) {
		return nil, fmt.Errorf("the glob %q is not UTF-8", glob)
	}
	return (&parser{text: glob}).all()
}

// parseValue returns the tokens of a glob over a text in which a dot is like any other character.
func parseValue(glob string) ([]token, error) {
	if !utf8.ValidString(glob) {
		return nil, fmt.Errorf("the glob %q is not UTF-8", glob)
	}
	return (&parser{text: glob, dots: true}).all()
}

// A parser reads one glob.
type parser struct {
	text string
	at   int
	dots bool // whether wildcards within a node match dots, too
}

func (p *parser) all() ([]token, error) {
	tokens, err := p.tokens(0)
	if err != nil {
		return nil, fmt.Errorf("the glob %q: %w", p.text, err)
	}
	return tokens, nil
}

// one returns the expression for one character of those that a wildcard matches.
func (p *parser) one() string {
	if p.dots {
		return `.`
	}
	return `[^.]`
}

// tokens reads tokens up to the end, or within braces to the "," or "}" that ends an alternative.
func (p *parser) tokens(nesting int) (tokens []token, err error) {
	for p.at < len(p.text) {
		var t token
		start := p.at
		switch c := p.text[p.at]; {
		case c == '*' && strings.HasPrefix(p.text[p.at:], "**"):
			t = token{deep, `.*`}
			p.at += 2
		case c == '*':
			t = token{star, p.one() + "*"}
			p.at++
		case c == '?':
			t = token{other, p.one()}
			p.at++
		case c == '[':
			t, err = p.class()
		case c == '{':
			t, err = p.braces(nesting + 1)
		case nesting > 0 && (c == ',' || c == '}'):
			return tokens, nil
		case c == '}':
			err = fmt.Errorf("the } at byte %d closes nothing (write \\} for the character)", start+1)
		default:
			t.text, err = p.character()
		}
		if err != nil {
			return nil, err
		}
		if n := len(tokens); t.kind == literal && n > 0 && tokens[n-1].kind == literal {
			tokens[n-1].text += t.text
		} else {
			tokens = append(tokens, t)
		}
	}
	return tokens, nil
}

// character reads one character that stands for itself, with or without a backslash.
func (p *parser) character() (string, error) {
	if p.text[p.at] == '\\' {
		p.at++
		if p.at == len(p.text) {
			return "", fmt.Errorf("the backslash at byte %d has nothing to escape", p.at)
		}
	}
	_, size := utf8.DecodeRuneInString(p.text[p.at:])
	p.at += size
	return p.text[p.at-size : p.at], nil
}

// braces reads {a,b}.
func (p *parser) braces(nesting int) (t token, err error) {
	start := p.at
	if nesting > maxNesting {
		return t, fmt.Errorf("the { at byte %d lies in more than %d others", start+1, maxNesting)
	}
	var out strings.Builder
	out.WriteString("(?:")
	for separator := ""; ; separator = "|" {
		p.at++ // the "{" or ","
		tokens, err := p.tokens(nesting)
		if err != nil {
			return t, err
		}
		if p.at == len(p.text) {
			return t, fmt.Errorf("the { at byte %d is not closed", start+1)
		}
		out.WriteString(separator)
		for _, t := range tokens {
			if t.kind == literal {
				t.text = regexp.QuoteMeta(t.text)
			}
			out.WriteString(t.text)
		}
		if p.text[p.at] == '}' {
			p.at++
			out.WriteString(")")
			return token{other, out.String()}, nil
		}
	}
}

// class reads [a-z] or [!a-z]. As in a shell, a "]" that comes first and a "-" at either end stand for themselves.
func (p *parser) class() (t token, err error) {
	start := p.at
	p.at++
	var out strings.Builder
	negated := false
	if p.at < len(p.text) && (p.text[p.at] == '!' || p.text[p.at] == '^') {
		p.at++
		negated = true
		if !p.dots {
			out.WriteByte('.') // is one of those it is not
		}
	}
	for first := p.at; ; {
		if p.at == len(p.text) {
			return t, fmt.Errorf("the [ at byte %d is not closed", start+1)
		}
		if p.text[p.at] == ']' && p.at > first {
			p.at++
			break
		}
		from, err := p.character()
		if err != nil {
			return t, err
		}
		to := from
		if rest := p.text[p.at:]; len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
			p.at++
			if to, err = p.character(); err != nil {
				return t, err
			}
		}
		if err := appendRange(&out, from, to, negated || p.dots); err != nil {
			return t, fmt.Errorf("the [ at byte %d: %w", start+1, err)
		}
	}
	if negated {
		return token{other, "[^" + out.String() + "]"}, nil
	}
	if out.Len() == 0 {
		return t, fmt.Errorf("the [ at byte %d stands for a dot only, which no wildcard within a node matches", start+1)
	}
	return token{other, "[" + out.String() + "]"}, nil
}

// appendRange appends the characters from..to to a class of a regular expression; without the dot, if a name's
// character must be among them.
func appendRange(out *strings.Builder, from, to string, dot bool) error {
	a, _ := utf8.DecodeRuneInString(from)
	z, _ := utf8.DecodeRuneInString(to)
	add := func(a, z rune) {
		if a <= z {
			fmt.Fprintf(out, `\x{%x}-\x{%x}`, a, z)
		}
	}
	switch {
	case a > z:
		return fmt.Errorf("the range %s-%s is the wrong way round", from, to)
	case dot || z < '.' || a > '.':
		add(a, z)
	default:
		add(a, '.'-1)
		add('.'+1, z)
	}
	return nil
}
