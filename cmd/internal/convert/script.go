package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A script is the configuration as it is written, section by section, with where each came from.
type script struct {
	lines   []string
	origins []origin
	gaps    []Gap
	first   Place
}

// An origin is where the lines from line on came from.
type origin struct {
	line int // from 1
	at   Place
}

func newScript(from string, sources []Source) *script {
	s := &script{first: Place{sources[0].Name, 1}}
	names := make([]string, len(sources))
	for i, f := range sources {
		names[i] = f.Name
	}
	s.comment("Made by plumbago convert --from %s of %s.", from, strings.Join(names, ", "))
	return s
}

func (s *script) text() string { return strings.Join(s.lines, "\n") + "\n" }

// origin returns where a line of the text came from.
func (s *script) origin(line int) Place {
	at := s.first
	for _, o := range s.origins {
		if o.line > line {
			break
		}
		at = o.at
	}
	return at
}

// comment writes a line of comment.
func (s *script) comment(format string, args ...any) {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, fmt.Sprintf(format, args...))
	s.lines = append(s.lines, "# "+text)
}

// blank writes an empty line, if the one before is not.
func (s *script) blank() {
	if n := len(s.lines); n > 0 && s.lines[n-1] != "" {
		s.lines = append(s.lines, "")
	}
}

// gap says what is left out. It stands where the next section begins, or within the one that is being written.
func (s *script) gap(at Place, matters bool, format string, args ...any) {
	g := Gap{At: at, Text: fmt.Sprintf(format, args...), Matters: matters}
	if slices.Contains(s.gaps, g) {
		return // once is enough
	}
	s.gaps = append(s.gaps, g)
	s.comment("NOT CONVERTED %s", g)
}

// from begins a part that comes from a place.
func (s *script) from(at Place, what string) {
	s.blank()
	s.origins = append(s.origins, origin{len(s.lines) + 1, at})
	s.comment("%s: %s", at, what)
}

// header writes the name of a section or table, in its brackets.
func (s *script) header(name string) { s.lines = append(s.lines, name) }

// key writes a key of the section. Texts are written so that nothing in them is taken for a variable of the environment; raw
// is for keys in which ${...} is a capture or does not stand for one.
func (s *script) key(name string, value any) { s.put(name, value, true) }
func (s *script) raw(name string, value any) { s.put(name, value, false) }

func (s *script) put(name string, value any, protect bool) {
	one := func(text string) string {
		if protect {
			text = strings.ReplaceAll(text, "${", "$${")
		}
		return quoted(text)
	}
	var text string
	switch v := value.(type) {
	case string:
		text = one(v)
	case []string:
		if len(v) == 1 {
			text = one(v[0])
			break
		}
		var parts []string
		for _, p := range v {
			parts = append(parts, one(p))
		}
		text = "[" + strings.Join(parts, ", ") + "]"
	case []float64:
		var parts []string
		for _, p := range v {
			parts = append(parts, number(p))
		}
		text = "[" + strings.Join(parts, ", ") + "]"
	case bool:
		text = strconv.FormatBool(v)
	case int:
		text = strconv.Itoa(v)
	case time.Duration:
		text = quoted(span(v))
	default:
		panic(fmt.Sprintf("bug: a value of type %T", value))
	}
	s.lines = append(s.lines, name+" = "+text)
}

// not writes the expressions of names that a rule is not for.
func (s *script) not(texts []string) {
	parts := make([]string, len(texts))
	for i, t := range texts {
		parts[i] = quoted(t)
	}
	s.lines = append(s.lines, "not = { regex = ["+strings.Join(parts, ", ")+"] }")
}

// number writes a number as TOML has it.
func number(f float64) string {
	text := strconv.FormatFloat(f, 'f', -1, 64)
	return strings.ToLower(strings.TrimPrefix(text, "+"))
}

// span writes a duration in whole units.
func span(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d%time.Second == 0:
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	case d%time.Millisecond == 0:
		return strconv.FormatInt(int64(d/time.Millisecond), 10) + "ms"
	}
	return strconv.FormatInt(int64(d/time.Microsecond), 10) + "us"
}

// quoted writes a text of TOML, in single quotes where there are backslashes and it can.
func quoted(text string) string {
	plain := utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
	switch {
	case plain && !strings.ContainsAny(text, `"\`):
		return `"` + text + `"`
	case plain && !strings.Contains(text, "'"):
		return "'" + text + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(text, "?") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
