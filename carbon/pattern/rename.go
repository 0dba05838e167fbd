package pattern

import (
	"slices"
	"strings"
)

// Append appends the name of the series that a sample is folded into. The name's tags stay if its path is a part of
// the result: "$0" is each series by itself, and "$0.total" has the tags last. Where captures make a group, only the
// tags that the template sets are there, or the tags would part what belongs together.
func (t *Template) Append(dst []byte, name string, c *Captures) []byte {
	return t.rename(dst, name, c, t.whole && !t.bare)
}

// Rename appends the name that a sample goes on with. Its tags stay, but for what the template says of them behind its
// first ";": "k=v" sets the tag k, "k=" removes it, and "*=" removes all that came. The tags are in canonical order if
// those of name are; the path may have dots too many, where a capture is empty.
func (t *Template) Rename(dst []byte, name string, c *Captures) []byte {
	return t.rename(dst, name, c, !t.bare)
}

// Fill appends the text of the template with its references filled in, and knows nothing of tags.
func (t *Template) Fill(dst []byte, name string, c *Captures) []byte {
	path, tags := cut(name)
	return fill(dst, t.full, path, tags, c)
}

// rename appends the new path, and the tags: those of the name, if they are kept, and those that t sets.
func (t *Template) rename(dst []byte, name string, c *Captures, keep bool) []byte {
	path, tags := cut(name)
	dst = fill(dst, t.path, path, tags, c)
	if len(t.tags) == 0 {
		if keep {
			dst = append(dst, tags...)
		}
		return dst
	}
	type tag struct{ key, text string }
	var list []tag
	for text := range eachTag(tags) {
		key, _, _ := strings.Cut(text, "=")
		set := slices.ContainsFunc(t.tags, func(i tagInsert) bool { return i.key == key })
		if keep && !set {
			list = append(list, tag{key, text})
		}
	}
	for _, i := range t.tags {
		if value := fill(nil, i.value, path, tags, c); len(value) > 0 {
			list = append(list, tag{i.key, i.key + "=" + string(value)})
		}
	}
	slices.SortStableFunc(list, func(a, b tag) int { return strings.Compare(a.key, b.key) })
	for _, tag := range list {
		dst = append(append(dst, ';'), tag.text...)
	}
	return dst
}

// fill appends inserts with their references filled in.
func fill(dst []byte, inserts []insert, path, tags string, c *Captures) []byte {
	for i := range inserts {
		in := &inserts[i]
		dst = append(dst, in.literal...)
		part := ""
		switch in.kind {
		case whole:
			part = path
		case numbered:
			part = c.number(in.number)
		case grouped:
			part = c.group(in.name)
		case tagged:
			part, _ = tagValue(tags, in.name)
		}
		for _, filter := range in.filters {
			part = filter(part)
		}
		dst = append(dst, part...)
	}
	return dst
}
