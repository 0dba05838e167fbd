package statsd

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// What a byte means to a name as the reference has it: white space, in runs, becomes "_", and "/" becomes "-"; of the others
// only letters, digits and -_.;= stay.
const (
	oddByte = 1 << iota // does not stay as it is
	tagByte             // begins a tag
	dotByte             // ends a node
)

var classes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '=':
		case c == '.':
			t[c] = dotByte
		case c == ';':
			t[c] = tagByte
		default:
			t[c] = oddByte
		}
	}
	return t
}()

// plain returns how many bytes text begins with that are a name which stays as it is, and has no tags; 0 if what begins it is none.
func plain(text []byte) int {
	var doubled, class uint8
	before, n := uint8(dotByte), 0 // a leading dot is a doubled one
	for ; n < len(text); n++ {
		if class = classes[text[n]]; class&(oddByte|tagByte) != 0 {
			break
		}
		doubled |= class & before
		before = class
	}
	if (doubled|before)&dotByte != 0 {
		return 0
	}
	return n
}

// sanitise writes a name as the reference would, in place, and returns what is left of it. It does not count as mended: that
// is how statsd's clients know it.
func sanitise(name []byte) []byte {
	var all uint8
	for _, c := range name {
		all |= classes[c]
	}
	if all&oddByte == 0 {
		return name
	}
	out, blank := name[:0], false
	for i := 0; i < len(name); {
		c, size := name[i], 1
		space := c == ' ' || '\t' <= c && c <= '\r'
		if c >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRune(name[i:])
			space = unicode.IsSpace(r) && r != 0x85 || r == 0xFEFF // JavaScript's white space
		}
		i += size
		switch {
		case space && !blank:
			out = append(out, '_')
		case c == '/':
			out = append(out, '-')
		case classes[c]&oddByte == 0:
			out = append(out, c)
		}
		blank = space
	}
	return out
}

// name makes the name of a line ready, where its values' points will have it: sanitised, with its tags, and clean.
func (d *Decoder) name(b *carbon.Batch, name, tags piece) (clean piece, why stat.Reason, ok bool) {
	hasTags := tags.from < tags.to
	if hasTags && d.tags != TagsDrop {
		name = appendTags(b, name, tags)
	}
	if name.to-name.from > d.limits.MaxName {
		return name, stat.TooLong, false
	}
	name.to = name.from + len(sanitise(name.of(b)))
	left, mended, why, ok := carbon.Mend(name.of(b), &d.limits)
	if !ok {
		return name, why, false
	}
	if mended {
		b.Cleaned++
	}
	switch {
	case hasTags && d.tags == TagsDrop:
		b.Cleaned++
	case hasTags && d.tags == TagsNodes:
		flatten(left)
	}
	return piece{name.to - len(left), name.to}, 0, true
}

// appendTags appends a name with tags "k:v,k2:v2" as Graphite's ";k=v;k2=v2" to b.Bytes, as the reference does it.
func appendTags(b *carbon.Batch, name, tags piece) piece {
	from := len(b.Bytes)
	b.Bytes = append(b.Bytes, name.of(b)...)
	for more := true; more; {
		end := bytes.IndexByte(tags.of(b), ',')
		tag := tags
		if more = end >= 0; more {
			tag.to = tags.from + end
			tags.from = tag.to + 1
		}
		at := len(b.Bytes) + 1
		b.Bytes = append(append(b.Bytes, ';'), tag.of(b)...)
		if n := bytes.IndexByte(b.Bytes[at:], ';'); n >= 0 {
			b.Bytes[at+n] = '_'
		}
		if n := bytes.IndexByte(b.Bytes[at:], ':'); n >= 0 {
			b.Bytes[at+n] = '='
		}
	}
	return piece{from, len(b.Bytes)}
}

// flatten makes nodes of the tags of a clean name, in place: "a;k=v" becomes "a.k.v". A dot, or another "=", in a tag
// becomes "_".
func flatten(name []byte) {
	at := bytes.IndexByte(name, ';')
	if at < 0 {
		return
	}
	key := false
	for i, c := range name[at:] {
		switch {
		case c == ';':
			name[at+i], key = '.', true
		case c == '=' && key:
			name[at+i], key = '.', false
		case c == '.' || c == '=':
			name[at+i] = '_'
		}
	}
}
