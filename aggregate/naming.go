package aggregate

import (
	"bytes"
	"strings"

	"plumbago/carbon"
)

// Marks stand for the placeholders of an `as` while captures are put into it, so that a capture that happens to hold
// "{fn}" stays what it is, and part a series' own `as` from its name. No name holds control bytes.
const (
	asMark     = 0
	nameMark   = 1
	fnMark     = 2
	periodMark = 3
	marks      = "\x01\x02\x03"
)

// MarkPlaceholders returns as with its placeholders replaced by marks: what a rule's captures may be put into. A ${1} or
// ${name} is a capture and stays.
func MarkPlaceholders(as string) string {
	var b strings.Builder
	for i := 0; i < len(as); {
		rest := as[i:]
		size := 1
		switch {
		case strings.HasPrefix(rest, "$$"):
			size = 2
		case strings.HasPrefix(rest, "${"):
			size = max(strings.IndexByte(rest, '}'), 0) + 1
		case strings.HasPrefix(rest, "{name}"):
			rest, size = string(rune(nameMark)), len("{name}")
		case strings.HasPrefix(rest, "{fn}"):
			rest, size = string(rune(fnMark)), len("{fn}")
		case strings.HasPrefix(rest, "{period}"):
			rest, size = string(rune(periodMark)), len("{period}")
		}
		b.WriteString(rest[:min(size, len(rest))])
		i += size
	}
	return b.String()
}

// SeriesName returns the key under which a series is kept: its name in the clean form, and the filled `as` if captures
// stand in that, which so are a part of what makes the series. It is empty if the name cannot be one.
func SeriesName(name, as string) string {
	cleaned, ok := carbon.Clean([]byte(name))
	switch {
	case !ok:
		return ""
	case as == "":
		return string(cleaned)
	}
	return string(cleaned) + string(rune(asMark)) + as
}

// appendName appends the name of an output's result of the series with the given key: `as` filled, in the clean form,
// with the tags of a tagged series after the whole. It appends nothing if that is no name.
func (r *Rule) appendName(dst, key []byte, o *output) []byte {
	name, as, own := bytes.Cut(key, []byte{asMark})
	path, tags := name, []byte(nil)
	if at := bytes.IndexByte(name, ';'); at >= 0 {
		path, tags = name[:at], name[at:]
	}
	start := len(dst)
	if own {
		dst = appendAs(dst, as, path, o.name, o.period)
	} else {
		dst = appendAs(dst, o.as, path, o.name, o.period)
	}
	dst = append(dst, tags...)
	cleaned, ok := carbon.Clean(dst[start:])
	if !ok {
		return dst[:start]
	}
	return append(dst[:start], cleaned...)
}

// appendAs appends a marked `as`, filled.
func appendAs[T []byte | string](dst []byte, as T, path []byte, fn, period string) []byte {
	for i := 0; i < len(as); i++ {
		switch as[i] {
		case nameMark:
			dst = append(dst, path...)
		case fnMark:
			dst = append(dst, fn...)
		case periodMark:
			dst = append(dst, period...)
		default:
			dst = append(dst, as[i])
		}
	}
	return dst
}

// nameable says whether every result of a series with the given key has a name that a point can carry.
func (r *Rule) nameable(key []byte) bool {
	var room [512]byte
	for i := range r.outputs {
		if len(r.appendName(room[:0], key, &r.outputs[i])) == 0 {
			return false
		}
	}
	return len(key) > 0
}
