package convert

import (
	"strconv"
	"strings"
)

// A relayTemplate reads a replacement of carbon-c-relay as that program does, to the oddities: \1 is a group, and behind a
// backslash may stand _ or ^ for lower or upper case and then a dot for "dots become _". Directly behind a reference these are
// plain characters, and the next reference there is changed like the one before it. Any other backslash is left out.
type relayTemplate struct {
	all       []piece
	escaped   bool
	direct    bool // directly behind a reference
	caseOf    string
	flat      bool
	reference string // the digits so far
}

// relayPieces reads a replacement.
func relayPieces(text string) []piece {
	t := &relayTemplate{}
	for text != "" {
		if n, rest, ok := braced(text); ok && t.escaped && t.reference == "" {
			t.reference, text = n, rest // \g{1}, of newer versions
			t.end()
			t.escaped = false
			continue
		}
		t.next(text[0])
		text = text[1:]
	}
	t.end()
	return t.all
}

// braced reads g{N}.
func braced(text string) (n, rest string, ok bool) {
	inside, ok := strings.CutPrefix(text, "g{")
	if !ok {
		return "", text, false
	}
	n, rest, ok = strings.Cut(inside, "}")
	return n, rest, ok && n != "" && strings.Trim(n, "0123456789") == ""
}

func (t *relayTemplate) next(c byte) {
	switch {
	case c == '\\' && t.reference != "":
		t.end()
		t.direct = true
	case c == '\\' && t.escaped:
	case c == '\\':
		t.escaped, t.direct, t.caseOf, t.flat = true, false, "", false
	case !t.escaped:
		t.plain(c)
	case c >= '0' && c <= '9':
		t.reference += string(c)
	case t.reference != "":
		t.end()
		t.escaped = false
		t.plain(c)
	case !t.direct && (c == '_' || c == '^') && t.caseOf == "" && !t.flat:
		t.caseOf = map[byte]string{'_': "lower", '^': "upper"}[c]
	case !t.direct && c == '.':
		t.flat = true
	default:
		t.escaped = false
		t.plain(c)
	}
}

// end adds the reference that was read, if there is one.
func (t *relayTemplate) end() {
	if t.reference == "" {
		return
	}
	n, err := strconv.Atoi(t.reference)
	if err != nil || n == 0 {
		n = -1 // there is no such group
	}
	p := piece{group: n}
	if t.caseOf != "" {
		p.filters = append(p.filters, t.caseOf)
	}
	if t.flat {
		p.filters = append(p.filters, "flat")
	}
	t.all = append(t.all, p)
	t.reference = ""
}

func (t *relayTemplate) plain(c byte) {
	if n := len(t.all); n > 0 && t.all[n-1].group == 0 {
		t.all[n-1].text += string([]byte{c})
		return
	}
	t.all = append(t.all, piece{text: string([]byte{c})})
}
