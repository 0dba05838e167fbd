package convert

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A jsValue is a value of an object as JavaScript writes it: a text, number, truth, nothing (null), list or object.
type jsValue struct {
	at   Place
	kind rune // 's' text, 'n' number, 'b' truth, '0' nothing, '[' list, '{' object
	text string
	num  float64
	yes  bool
	list []jsValue // of an object its values, in the order of keys
	keys []string
}

// get returns the value of a key of an object; the last of several, nothing if there is none.
func (v jsValue) get(key string) (value jsValue, ok bool) {
	for i, k := range v.keys {
		if k == key {
			value, ok = v.list[i], true
		}
	}
	return value, ok && value.kind != '0'
}

// A jsReader reads objects. Nothing is evaluated: an expression is a mistake.
type jsReader struct {
	name  string
	text  string
	at    int
	line  int
	start int // of the line
	depth int
}

// parseJS reads a file that holds one object.
func parseJS(f Source) (jsValue, error) {
	r := &jsReader{name: f.Name, text: f.Text, line: 1}
	if err := r.space(); err != nil {
		return jsValue{}, err
	}
	if r.peek() != '{' {
		return jsValue{}, r.wrong("{ and an object's keys")
	}
	v, err := r.value()
	if err != nil {
		return v, err
	}
	if err := r.space(); err != nil {
		return v, err
	}
	if r.peek() == ';' {
		r.at++
		if err := r.space(); err != nil {
			return v, err
		}
	}
	if r.at < len(r.text) {
		return v, r.wrong("the end of the file")
	}
	return v, nil
}

func (r *jsReader) place() Place { return Place{r.name, r.line} }

func (r *jsReader) wrong(want string) error {
	found := "the end of the file"
	if r.at < len(r.text) {
		c, _ := utf8.DecodeRuneInString(r.text[r.at:])
		found = strconv.QuoteRune(c)
	}
	return &SyntaxError{r.place(), r.at - r.start + 1, fmt.Sprintf("expected %s, not %s", want, found)}
}

func (r *jsReader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

// space skips blanks and comments.
func (r *jsReader) space() error {
	for r.at < len(r.text) {
		rest := r.text[r.at:]
		switch {
		case rest[0] == '\n':
			r.at++
			r.line, r.start = r.line+1, r.at
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r':
			r.at++
		case strings.HasPrefix(rest, "//"):
			r.at = lineEnd(r.text, r.at)
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return r.wrong("a comment that ends with */")
			}
			for _, c := range []byte(rest[:n+4]) {
				r.at++
				if c == '\n' {
					r.line, r.start = r.line+1, r.at
				}
			}
		default:
			return nil
		}
	}
	return nil
}

func (r *jsReader) value() (v jsValue, err error) {
	v.at = r.place()
	switch c := r.peek(); {
	case c == '{' || c == '[':
		return r.list(c)
	case c == '"' || c == '\'' || c == '`':
		v.kind = 's'
		v.text, err = r.quoted(c)
		return v, err
	case c == '-' || c == '+' || c == '.' || c >= '0' && c <= '9':
		n := len(r.text[r.at:]) - len(strings.TrimLeft(r.text[r.at:], "0123456789+-.eExabcdfABCDF_"))
		text := r.text[r.at : r.at+n]
		f, err := strconv.ParseFloat(strings.TrimPrefix(text, "+"), 64)
		if err != nil {
			return v, r.wrong("a number")
		}
		v.kind, v.num = 'n', f
		r.at += n
		return v, nil
	}
	before := *r
	switch word := r.word(); word {
	case "true", "false":
		v.kind, v.yes = 'b', word == "true"
	case "null", "undefined":
		v.kind = '0'
	case "Infinity":
		v.kind, v.num = 'n', inf()
	default:
		*r = before
		return v, r.wrong("a value (JavaScript is not evaluated)")
	}
	return v, nil
}

// word reads a name.
func (r *jsReader) word() string {
	n := strings.IndexFunc(r.text[r.at:], func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != '_' && c != '$' })
	if n < 0 {
		n = len(r.text) - r.at
	}
	r.at += n
	return r.text[r.at-n : r.at]
}

// list reads an object or a list.
func (r *jsReader) list(open byte) (v jsValue, err error) {
	v = jsValue{at: r.place(), kind: rune(open)}
	if r.depth++; r.depth > 50 {
		return v, r.wrong("less depth")
	}
	defer func() { r.depth-- }()
	shut := map[byte]byte{'{': '}', '[': ']'}[open]
	r.at++
	for first := true; ; first = false {
		if err := r.space(); err != nil {
			return v, err
		}
		if !first && r.peek() == ',' {
			r.at++
			if err := r.space(); err != nil {
				return v, err
			}
		} else if !first && r.peek() != shut {
			return v, r.wrong(fmt.Sprintf("a comma or %c", shut))
		}
		if r.peek() == shut {
			r.at++
			return v, nil
		}
		if open == '{' {
			if err := r.key(&v); err != nil {
				return v, err
			}
		}
		item, err := r.value()
		if err != nil {
			return v, err
		}
		v.list = append(v.list, item)
	}
}

// key reads a key, and the colon behind it.
func (r *jsReader) key(v *jsValue) (err error) {
	var key string
	if c := r.peek(); c == '"' || c == '\'' {
		if key, err = r.quoted(c); err != nil {
			return err
		}
	} else if key = r.word(); key == "" {
		return r.wrong("a key")
	}
	v.keys = append(v.keys, key)
	if err := r.space(); err != nil {
		return err
	}
	if r.peek() != ':' {
		return r.wrong(": behind the key")
	}
	r.at++
	return r.space()
}

func (r *jsReader) quoted(quote byte) (string, error) {
	var b strings.Builder
	from := r.at
	for i := from + 1; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == quote:
			r.at = i + 1
			return b.String(), nil
		case c == '\n' || quote == '`' && strings.HasPrefix(r.text[i:], "${"):
			i = len(r.text)
		case c == '\\' && i+1 < len(r.text):
			i++
			if n, ok := map[byte]byte{'n': '\n', 't': '\t', 'r': '\r'}[r.text[i]]; ok {
				b.WriteByte(n)
			} else {
				b.WriteByte(r.text[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", r.wrong("a text that ends on its line")
}
