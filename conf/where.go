package conf

import (
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// A mark says where one key, table or list element stands. Its path is what messages call it, with 1-based indexes:
// rule[2].aggregate.send[1].
type mark struct {
	path string
	key  []string // the key's parts without indexes; nil for a list element, and for a table that is only implied
	line int      // from 1
	col  int      // in bytes, from 1
}

// An index knows where everything in one TOML text stands. The TOML library knows it for scalars outside of lists of
// tables only, which in our files is hardly anything.
type index struct {
	marks []mark
	first map[string]int // the place in marks of each path's first mention
}

// scan finds the marks of a text that the TOML library accepts. Of any other text it makes what it can.
func scan(text string) *index {
	s := &scanner{text: text, line: 1, lists: map[string]int{}, index: &index{first: map[string]int{}}}
	switch {
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"):
		s.pos = 2
	case strings.HasPrefix(text, "\xef\xbb\xbf"):
		s.pos = 3
	}
	s.document()
	return s.index
}

// line returns the line of path, or of the nearest thing around it that stands in the text; 1 if nothing does.
func (x *index) line(path string) int {
	for path != "" {
		if i, ok := x.first[path]; ok {
			return x.marks[i].line
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return 1
}

// has says whether path stands in the text.
func (x *index) has(path string) bool {
	_, ok := x.first[path]
	return ok
}

// twice finds the key on a line that stood in the text before, which TOML forbids.
func (x *index) twice(line int) (Fault, bool) {
	for i, m := range x.marks {
		first := x.first[m.path]
		if m.line == line && m.key != nil && first < i {
			hint := "it is first set on line " + strconv.Itoa(x.marks[first].line)
			return Fault{Line: line, Key: m.path, Msg: "is set twice", Hint: hint}, true
		}
	}
	return Fault{}, false
}

// A path is a key on its way from the top of the document.
type path struct {
	key  []string
	text string
}

func (p path) child(name string) path {
	return path{key: append(p.key[:len(p.key):len(p.key)], name), text: join(p.text, name)}
}

func (p path) item(n int) path { return path{key: p.key, text: item(p.text, n)} }

// join returns the path of the key name within the table parent.
func join(parent, name string) string {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		name = strconv.Quote(name)
	}
	if parent == "" {
		return name
	}
	return parent + "." + name
}

// item returns the path of a list's n-th element, counted from 1.
func item(list string, n int) string { return list + "[" + strconv.Itoa(n) + "]" }

// A scanner reads TOML for its keys and steps over the values.
type scanner struct {
	text    string
	pos     int
	line    int // of counted
	counted int // up to here newlines were counted
	lists   map[string]int
	index   *index
}

func (s *scanner) document() {
	var table path
	for s.blank(true); s.pos < len(s.text); s.blank(true) {
		before := s.pos
		if s.text[s.pos] == '[' {
			table = s.header()
		} else {
			s.pair(table)
		}
		if s.pos == before {
			s.pos++ // no TOML: what follows may be
		}
	}
}

// header reads [table] or [[list of tables]] and returns what the keys below it belong to.
func (s *scanner) header() path {
	at, list := s.pos, strings.HasPrefix(s.text[s.pos:], "[[")
	for s.pos < len(s.text) && s.text[s.pos] == '[' {
		s.pos++
	}
	var p path
	names := s.name()
	for i, name := range names {
		p = p.child(name)
		last := i == len(names)-1
		if last && list {
			s.imply(p, at)
			s.lists[p.text]++
		}
		if n := s.lists[p.text]; n > 0 {
			p = p.item(n)
		}
		if last {
			s.mark(p, at)
		} else {
			s.imply(p, at)
		}
	}
	for s.pos < len(s.text) && s.text[s.pos] == ']' {
		s.pos++
	}
	return p
}

// pair reads name = value in a table.
func (s *scanner) pair(p path) {
	at := s.pos
	names := s.name()
	for i, name := range names {
		p = p.child(name)
		if i == len(names)-1 {
			s.mark(p, at)
		} else {
			s.imply(p, at)
		}
	}
	if s.blank(false); s.next("=") {
		s.value(p)
	}
}

// value steps over the value of p and marks what is inside it.
func (s *scanner) value(p path) {
	s.blank(false)
	switch {
	case s.next("["):
		for n := 1; ; n++ {
			s.blank(true)
			if s.next("]") || s.pos >= len(s.text) {
				return
			}
			before := s.pos
			s.imply(p.item(n), before)
			s.value(p.item(n))
			if s.blank(true); !s.next(",") && s.pos == before {
				return
			}
		}
	case s.next("{"):
		for {
			s.blank(true)
			if s.next("}") || s.pos >= len(s.text) {
				return
			}
			before := s.pos
			s.pair(p)
			if s.blank(true); !s.next(",") && s.pos == before {
				return
			}
		}
	case s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\''):
		s.quoted()
	default:
		for s.pos < len(s.text) && !strings.ContainsRune(",]}#\n", rune(s.text[s.pos])) {
			s.pos++
		}
	}
}

// quoted steps over a string of any of TOML's four kinds and returns it, quotes included.
func (s *scanner) quoted() string {
	start, quote := s.pos, s.text[s.pos:s.pos+1]
	end, escapes := quote, quote == `"`
	if strings.HasPrefix(s.text[s.pos:], strings.Repeat(quote, 3)) {
		end = strings.Repeat(quote, 3)
	}
	for s.pos += len(end); s.pos < len(s.text); s.pos++ {
		switch {
		case escapes && s.text[s.pos] == '\\':
			s.pos++
		case len(end) == 1 && s.text[s.pos] == '\n':
			return s.text[start:s.pos] // no TOML: strings of one quote end with their line
		case s.next(end):
			for extra := 0; len(end) == 3 && extra < 2 && s.next(quote); extra++ {
			}
			return s.text[start:s.pos]
		}
	}
	s.pos = len(s.text)
	return s.text[start:]
}

// name reads the parts of a bare, quoted or dotted key.
func (s *scanner) name() (parts []string) {
	for {
		s.blank(false)
		start := s.pos
		switch {
		case s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\''):
			parts = append(parts, unquote(s.quoted()))
		default:
			for s.pos < len(s.text) && bare(s.text[s.pos]) {
				s.pos++
			}
			if s.pos == start {
				return parts
			}
			parts = append(parts, s.text[start:s.pos])
		}
		if s.blank(false); !s.next(".") {
			return parts
		}
	}
}

// unquote returns what a quoted key means. Such keys are rare: the library may do it.
func unquote(quoted string) string {
	var v struct{ K string }
	if _, err := toml.Decode("K = "+quoted, &v); err != nil {
		return quoted
	}
	return v.K
}

func bare(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// blank steps over blanks and, where lines may end, over newlines and comments.
func (s *scanner) blank(lines bool) {
	for ; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == ' ' || c == '\t':
		case lines && (c == '\n' || c == '\r'):
		case lines && c == '#':
			end := strings.IndexByte(s.text[s.pos:], '\n')
			if end < 0 {
				s.pos = len(s.text)
				return
			}
			s.pos += end
		default:
			return
		}
	}
}

// next steps over want if that is what follows.
func (s *scanner) next(want string) bool {
	if !strings.HasPrefix(s.text[min(s.pos, len(s.text)):], want) {
		return false
	}
	s.pos += len(want)
	return true
}

// mark notes that p stands at offset at.
func (s *scanner) mark(p path, at int) { s.note(p.text, p.key, at) }

// imply notes that p is first heard of at offset at, though it is no key there.
func (s *scanner) imply(p path, at int) {
	if _, ok := s.index.first[p.text]; !ok {
		s.note(p.text, nil, at)
	}
}

func (s *scanner) note(text string, key []string, at int) {
	s.line += strings.Count(s.text[s.counted:at], "\n")
	s.counted = at
	m := mark{path: text, key: key, line: s.line, col: at - strings.LastIndexByte(s.text[:at], '\n')}
	if i, ok := s.index.first[text]; !ok || s.index.marks[i].key == nil {
		s.index.first[text] = len(s.index.marks)
	}
	s.index.marks = append(s.index.marks, m)
}
