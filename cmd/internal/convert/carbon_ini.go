package convert

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
)

// An iniSection is a section of a file as Python's configparser reads it.
type iniSection struct {
	name string
	at   Place
	keys []iniKey
}

type iniKey struct {
	name, value string
	at          Place
}

// get returns the value of a key, the last one of several.
func (s *iniSection) get(name string) (value string, at Place, ok bool) {
	for _, k := range s.keys {
		if strings.EqualFold(k.name, name) {
			value, at, ok = k.value, k.at, true
		}
	}
	return value, at, ok
}

// parseINI reads sections and their keys. Indented lines continue the value above them.
func parseINI(f Source) (all []iniSection, err error) {
	indent := false
	for i, line := range strings.Split(f.Text, "\n") {
		at := Place{f.Name, i + 1}
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' || text[0] == ';' {
			continue
		}
		if text[0] == '[' {
			end := strings.IndexByte(text, ']')
			if end < 2 {
				return nil, &SyntaxError{at, strings.IndexByte(line, '[') + 1, "expected [NAME]"}
			}
			all, indent = append(all, iniSection{name: text[1:end], at: at}), false
			continue
		}
		if len(all) == 0 {
			return nil, &SyntaxError{at, 1, "expected a [section] before the first key"}
		}
		s := &all[len(all)-1]
		if indent && (line[0] == ' ' || line[0] == '\t') {
			s.keys[len(s.keys)-1].value += "\n" + text
			continue
		}
		cut := strings.IndexAny(text, "=:")
		if cut < 1 {
			return nil, &SyntaxError{at, len(line) - len(strings.TrimLeft(line, " \t")) + 1, fmt.Sprintf("expected KEY = VALUE, not %q", text)}
		}
		s.keys, indent = append(s.keys, iniKey{strings.TrimSpace(text[:cut]), strings.TrimSpace(text[cut+1:]), at}), true
	}
	return all, nil
}

// kindOf says which of carbon's files one is, by its name or else by what is in it.
func kindOf(f Source) string {
	base := strings.ToLower(filepath.Base(f.Name))
	for _, kind := range []string{"relay-rules", "aggregation-rules", "rewrite-rules", "blacklist", "whitelist", "storage-schemas", "storage-aggregation"} {
		if strings.Contains(base, kind) {
			return kind
		}
	}
	if strings.HasPrefix(base, "carbon") {
		return "carbon"
	}
	for _, k := range []struct{ kind, has string }{
		{"carbon", `(?m)^\s*\[(relay|aggregator|cache|aggregator-cache)(:[^\]]*)?\]`},
		{"rewrite-rules", `(?m)^\s*\[(pre|post)\]`},
		{"relay-rules", `(?m)^\s*destinations\s*[=:]`},
		{"aggregation-rules", `(?m)^[^#\n]+\(\d+\)\s*=`},
	} {
		if regexp.MustCompile(k.has).MatchString(f.Text) {
			return k.kind
		}
	}
	return ""
}

// A plainLine is a line of a file that has neither sections nor keys.
type plainLine struct {
	text string
	at   Place
}

// plainLines returns the lines that say something.
func plainLines(f Source) (all []plainLine) {
	for i, line := range strings.Split(f.Text, "\n") {
		if text := strings.TrimSpace(line); text != "" && text[0] != '#' {
			all = append(all, plainLine{text, Place{f.Name, i + 1}})
		}
	}
	return all
}
