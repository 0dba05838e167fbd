package carbon

import (
	"bytes"
	"errors"
	"math"
	"unicode"
	"unicode/utf8"

	"plumbago/carbon/stat"
)

// What a byte may mean to a name. The bits are or-ed over a whole name, so that one look at the sum proves it ordinary.
const (
	dotByte     = 1 << iota // ends a node
	tagByte                 // begins a tag
	awryByte                // must be replaced, refused, or looked at as UTF-8
	badByte                 // never part of a name: control bytes and blanks
	controlByte             // a control byte, never part of a line, where a tab may stand
)

var byteClasses = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c == ' ' || c == '\t':
			t[c] = awryByte | badByte
		case c < ' ' || c == 0x7F:
			t[c] = awryByte | badByte | controlByte
		case c == '/' || c >= utf8.RuneSelf:
			t[c] = awryByte
		case c == '.':
			t[c] = dotByte
		case c == ';':
			t[c] = tagByte
		}
	}
	return t
}()

// ordinary reports that name is in its clean form and can stay as it is; most names are. A name for which it reports
// false may still be clean. It has no branches within a word, since the places of the dots cannot be predicted.
func ordinary(name []byte) (flags Flags, ok bool) {
	var awry, tags, doubled uint64
	before := uint64(0x80) // a leading dot is a doubled one
	for at := 0; at < len(name); at += wordSize {
		wrong, tag, dots := marks(padded(name, at))
		awry, tags, doubled = awry|wrong, tags|tag, doubled|dots&(dots<<8|before)
		before = dots >> 56
	}
	if awry|doubled != 0 || len(name) == 0 || name[len(name)-1] == '.' {
		return 0, false
	}
	if tags != 0 {
		at := bytes.IndexByte(name, ';')
		if at == 0 || name[at-1] == '.' || !tagsInOrder(name[at:]) {
			return 0, false
		}
		flags = Tagged
	}
	return flags, true
}

// tagged returns the Tagged flag if name has tags.
func tagged(name []byte) Flags {
	if bytes.IndexByte(name, ';') >= 0 {
		return Tagged
	}
	return 0
}

// clean puts name into the form that l.Names asks for. It works in place and returns the part of name that is the clean
// name; that part ends where name ended. It reports whether anything was mended, or, with ok false, why the name is
// refused.
//
// The clean form has no leading, trailing or doubled dots before its tags, its tags are in canonical order (see
// mendTags), and "/", which would lead out of a store's directory, is "_". The length counts as it came.
func clean(name []byte, l *Limits) (cleaned []byte, mended bool, why stat.Reason, ok bool) {
	if len(name) > l.MaxName {
		return nil, false, stat.TooLong, false
	}
	if _, ok := ordinary(name); ok {
		return name, false, 0, true
	}
	if why, ok := speakable(name); !ok {
		return nil, false, why, false
	}
	path, tags := name, name[len(name):]
	if at := bytes.IndexByte(name, ';'); at >= 0 {
		path, tags = name[:at], name[at:]
	}
	slashes := bytes.IndexByte(name, '/') >= 0
	dots := !tidy(path)
	mended = slashes || l.Names != NamesVerbatim && (dots || !tagsInOrder(tags))
	switch {
	case len(bytes.Trim(path, ".")) == 0, mended && l.Names == NamesStrict:
		return nil, false, stat.BadName, false
	case slashes:
		replaceSlashes(name)
	}
	if l.Names == NamesVerbatim {
		return name, mended, 0, true
	}
	if !tagsInOrder(tags) {
		tags = mendTags(tags)
	}
	start, room := 0, name[:len(name)-len(tags)]
	if dots || len(room) > len(path) {
		start = tidyUp(room, path)
	}
	return name[start:], mended, 0, true
}

// speakable reports whether name is made of what a name may hold: UTF-8 without control characters, spaces, line
// separators, and marks that turn the direction of writing, which make a name look like another one.
func speakable(name []byte) (why stat.Reason, ok bool) {
	var all uint8
	for _, c := range name {
		all |= byteClasses[c]
	}
	switch {
	case len(name) == 0 || all&badByte != 0:
		return stat.BadName, false
	case !utf8.Valid(name):
		return stat.BadUTF8, false
	}
	for i := 0; i < len(name); {
		if name[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(name[i:])
		if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Bidi_Control, r) {
			return stat.BadName, false
		}
		i += size
	}
	return 0, true
}

// tidy reports whether path has no leading, trailing or doubled dots.
func tidy(path []byte) bool {
	before := byte('.')
	for _, c := range path {
		if c == '.' && before == '.' {
			return false
		}
		before = c
	}
	return before != '.'
}

// tidyUp writes path without its leading, trailing and doubled dots to the end of room, which path lies at the start of
// (or is), and returns where it begins. It goes from right to left, so it never overwrites what it has yet to read.
func tidyUp(room, path []byte) (start int) {
	start = len(room)
	before := byte('.')
	for i := len(path) - 1; i >= 0; i-- {
		c := path[i]
		if c == '.' && before == '.' {
			continue
		}
		before = c
		start--
		room[start] = c
	}
	if start < len(room) && room[start] == '.' {
		start++
	}
	return start
}

func replaceSlashes(name []byte) {
	for i, c := range name {
		if c == '/' {
			name[i] = '_'
		}
	}
}

// Mend puts a name into the form that l asks for, in place: the clean name ends where name ended. It reports whether
// anything was mended, or, with ok false, why the name is refused.
func Mend(name []byte, l *Limits) (cleaned []byte, mended bool, why stat.Reason, ok bool) {
	return clean(name, l)
}

// Clean puts a name that plumbago has made, of a template say, into its clean form, in place. It reports false if there
// is none, or if it is longer than a Point can tell.
func Clean(name []byte) (cleaned []byte, ok bool) {
	limits := Limits{MaxName: math.MaxUint16, Names: NamesClean}
	cleaned, _, _, ok = clean(name, &limits)
	return cleaned, ok
}

// CleanName puts a name that somebody typed into its clean form, as a listener with the default limits does.
func CleanName(name string) (string, error) {
	limits := DefaultLimits()
	cleaned, _, why, ok := clean([]byte(name), &limits)
	if !ok {
		return "", errors.New(why.String())
	}
	return string(cleaned), nil
}
