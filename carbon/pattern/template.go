package pattern

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Template makes a new name of a matched one.
//
//	$1 ${1}          the first capture, and so on
//	${x}             the capture of the group (?P<x>...)
//	$0 ${0} ${name}  the path of the name, which is the part before its tags
//	${tag:dc}        the value of the tag dc, or nothing if there is none
//	${1|lower}       lower or upper case, or flat: with _ for each dot; also several, as in ${1|lower|flat}
//	$$               a dollar sign
//
// What follows the first ";" of a template are tags: see Rename.
type Template struct {
	text  string
	path  []insert
	tags  []tagInsert
	bare  bool // "*=" was among the tags: those of the name are left behind
	whole bool // the path of the name is a part of the path
	full  []insert
}

// An insert is a literal and the reference that follows it.
type insert struct {
	literal string
	reference
}

// A tagInsert sets a tag.
type tagInsert struct {
	key   string
	value []insert // nil removes the tag
}

// The kinds of references.
const (
	nothing = iota
	whole   // the path of the name
	numbered
	grouped
	tagged
)

// A reference is what stands for a part of the name.
type reference struct {
	kind    int
	number  int    // of the capture, from 1
	name    string // of the group or tag
	filters []func(string) string
}

// ParseTemplate parses a template for matches that have so many captures, and groups of these names. Its errors name the
// place of the fault, counted in bytes from 1.
func ParseTemplate(text string, captures int, groups []string) (*Template, error) {
	if text == "" {
		return nil, errors.New("the name is empty")
	}
	p := templateParser{text: text, captures: captures, groups: groups}
	t := &Template{text: text}
	var err error
	if t.full, err = p.inserts(""); err != nil {
		return nil, err
	}
	p.at = 0
	if t.path, err = p.inserts(";"); err != nil {
		return nil, err
	}
	if len(t.path) == 0 {
		return nil, fmt.Errorf("nothing is left of the name before the ; at byte 1 of %q", text)
	}
	for p.at < len(text) {
		p.at++ // the ";"
		if err := p.tag(t); err != nil {
			return nil, err
		}
	}
	t.whole = slices.ContainsFunc(t.path, func(i insert) bool { return i.kind == whole })
	return t, nil
}

// String returns the template as it was written.
func (t *Template) String() string { return t.text }

// Literals returns the path that the text of a template makes, with an x for each reference, so that one can look at
// what is fixed. The text is one that ParseTemplate has accepted.
func Literals(text string) string {
	var out strings.Builder
	for at := 0; at < len(text) && text[at] != ';'; at++ {
		rest := text[at:]
		switch {
		case strings.HasPrefix(rest, "$$"):
			out.WriteByte('$')
			at++
		case strings.HasPrefix(rest, "${"):
			out.WriteByte('x')
			at += strings.IndexByte(rest, '}')
		case rest[0] == '$':
			out.WriteByte('x')
			at += len(rest[1:]) - len(strings.TrimLeft(rest[1:], "0123456789"))
		default:
			out.WriteByte(rest[0])
		}
	}
	return out.String()
}

// A templateParser reads one template.
type templateParser struct {
	text     string
	at       int
	captures int
	groups   []string
}

// inserts reads up to the first of the characters in stop, or the end.
func (p *templateParser) inserts(stop string) (is []insert, err error) {
	var before strings.Builder
	for p.at < len(p.text) && strings.IndexByte(stop, p.text[p.at]) < 0 {
		if p.text[p.at] != '$' {
			before.WriteByte(p.text[p.at])
			p.at++
			continue
		}
		if strings.HasPrefix(p.text[p.at:], "$$") {
			before.WriteByte('$')
			p.at += 2
			continue
		}
		r, size, err := p.reference(p.text[p.at:])
		if err != nil {
			return nil, fmt.Errorf("the $ at byte %d of %q %w", p.at+1, p.text, err)
		}
		p.at += size
		is = append(is, insert{before.String(), r})
		before.Reset()
	}
	if before.Len() > 0 {
		is = append(is, insert{literal: before.String()})
	}
	return is, nil
}

// tag reads one k=v behind a ";".
func (p *templateParser) tag(t *Template) error {
	start := p.at
	fault := func(msg string) error { return fmt.Errorf("the tag at byte %d of %q %s", start+1, p.text, msg) }
	end := strings.IndexAny(p.text[p.at:], "=;$")
	if end < 0 || p.text[p.at+end] != '=' {
		return fault("is not KEY=VALUE")
	}
	key := p.text[p.at : p.at+end]
	p.at += end + 1
	value, err := p.inserts(";")
	switch {
	case err != nil:
		return err
	case key == "*" && value != nil:
		return fault("gives all tags one value (*= removes them)")
	case key == "*":
		t.bare = true
		return nil
	}
	if err := checkTagKey(key); err != nil {
		return fault("has no good key: " + err.Error())
	}
	if slices.ContainsFunc(t.tags, func(i tagInsert) bool { return i.key == key }) {
		return fault("is set twice")
	}
	if len(value) > 0 && strings.HasPrefix(value[0].literal, "~") {
		return fault("has a value that begins with ~, which Graphite does not take")
	}
	t.tags = append(t.tags, tagInsert{key, value})
	return nil
}

// reference reads what begins with the $ at the start of text. The errors continue "the $ ...".
func (p *templateParser) reference(text string) (r reference, size int, err error) {
	if strings.HasPrefix(text, "${") {
		end := strings.IndexByte(text, '}')
		if end < 0 {
			return r, 0, errors.New("opens a brace that is not closed")
		}
		r, err = p.braced(text[2:end])
		return r, end + 1, err
	}
	size = 1
	for size < len(text) && text[size]-'0' <= 9 {
		size++
	}
	if size == 1 {
		return r, 0, errors.New("is followed by no number (write $$ for the character)")
	}
	r, err = p.number(text[1:size])
	return r, size, err
}

// braced reads what is between ${ and }.
func (p *templateParser) braced(text string) (r reference, err error) {
	name, filters, filtered := strings.Cut(text, "|")
	switch key, isTag := strings.CutPrefix(name, "tag:"); {
	case isTag:
		r = reference{kind: tagged, name: key}
		if err := checkTagKey(key); err != nil {
			return r, fmt.Errorf("asks for ${%s}: %w", name, err)
		}
	case slices.Contains(p.groups, name):
		r = reference{kind: grouped, name: name}
	case name == "name":
		r = reference{kind: whole}
	default:
		if r, err = p.number(name); err != nil {
			return r, err
		}
	}
	for filtered {
		var f string
		f, filters, filtered = strings.Cut(filters, "|")
		switch f {
		case "lower":
			r.filters = append(r.filters, strings.ToLower)
		case "upper":
			r.filters = append(r.filters, strings.ToUpper)
		case "flat":
			r.filters = append(r.filters, flat)
		default:
			return r, fmt.Errorf("asks for the filter %q (there are lower, upper and flat)", f)
		}
	}
	return r, nil
}

// flat makes one node of several.
func flat(text string) string { return strings.ReplaceAll(text, ".", "_") }

// number reads the number of a capture.
func (p *templateParser) number(text string) (r reference, err error) {
	n, err := strconv.ParseUint(text, 10, 31)
	switch {
	case errors.Is(err, strconv.ErrSyntax) && len(p.groups) > 0:
		return r, fmt.Errorf("asks for ${%s}, which is neither a number nor one of the groups: %s", text, strings.Join(p.groups, ", "))
	case errors.Is(err, strconv.ErrSyntax):
		return r, fmt.Errorf("asks for ${%s}, which is no number, and there are no named groups", text)
	case (err != nil || n > uint64(p.captures)) && p.captures == 1:
		return r, fmt.Errorf("asks for capture %s, but there is 1", text)
	case err != nil || n > uint64(p.captures):
		return r, fmt.Errorf("asks for capture %s, but there are %d", text, p.captures)
	case n == 0:
		return reference{kind: whole}, nil
	}
	return reference{kind: numbered, number: int(n)}, nil
}
