package pattern

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Template makes a new name of a matched one: $1, $2, ... or ${1} stand for the captures, $0 for the whole name and $$
// for a dollar sign.
type Template struct {
	text  string
	parts []insert
}

// An insert is a literal and the capture that follows it: 0 is the whole name, -1 none.
type insert struct {
	literal string
	capture int
}

// ParseTemplate parses a template for matches that have so many captures. Its errors name the place of the fault,
// counted in bytes from 1.
func ParseTemplate(text string, captures int) (*Template, error) {
	if text == "" {
		return nil, errors.New("the name is empty")
	}
	t := &Template{text: text}
	var before strings.Builder
	for at := 0; at < len(text); {
		if text[at] != '$' {
			before.WriteByte(text[at])
			at++
			continue
		}
		capture, size, err := reference(text[at:], captures)
		if err != nil {
			return nil, fmt.Errorf("the $ at byte %d of %q %w", at+1, text, err)
		}
		at += size
		if capture < 0 {
			before.WriteByte('$')
			continue
		}
		t.parts = append(t.parts, insert{before.String(), capture})
		before.Reset()
	}
	if before.Len() > 0 {
		t.parts = append(t.parts, insert{before.String(), -1})
	}
	return t, nil
}

// reference reads what begins with the $ at the start of text: a capture, or -1 for $$. The errors continue "the $ ...".
func reference(text string, captures int) (capture, size int, err error) {
	if strings.HasPrefix(text, "$$") {
		return -1, 2, nil
	}
	if strings.HasPrefix(text, "${") {
		end := strings.IndexByte(text, '}')
		if end < 0 {
			return 0, 0, errors.New("opens a brace that is not closed")
		}
		capture, err = number(text[2:end], captures)
		return capture, end + 1, err
	}
	size = 1
	for size < len(text) && text[size]-'0' <= 9 {
		size++
	}
	if size == 1 {
		return 0, 0, errors.New("is followed by no number (write $$ for the character)")
	}
	capture, err = number(text[1:size], captures)
	return capture, size, err
}

// number reads the number of a capture.
func number(text string, captures int) (int, error) {
	if text == "name" || strings.HasPrefix(text, "tag:") {
		return 0, fmt.Errorf("asks for ${%s}, which is not built yet", text)
	}
	n, err := strconv.ParseUint(text, 10, 31)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return 0, fmt.Errorf("asks for ${%s}, which is no number", text)
	case err != nil || n > uint64(captures):
		return 0, fmt.Errorf("asks for capture %s, but there are %d", text, captures)
	}
	return int(n), nil
}

// String returns the template as it was written.
func (t *Template) String() string { return t.text }

// Append appends to dst what t makes of name and the captures of its match.
func (t *Template) Append(dst []byte, name string, captures []string) []byte {
	for _, p := range t.parts {
		dst = append(dst, p.literal...)
		switch {
		case p.capture == 0:
			dst = append(dst, name...)
		case p.capture > 0:
			dst = append(dst, captures[p.capture-1]...)
		}
	}
	return dst
}
