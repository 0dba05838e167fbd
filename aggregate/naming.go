package aggregate

import (
	"bytes"
	"math"
	"slices"
	"strings"

	"plumbago/carbon"
)

// Marks stand for the placeholders of an `as` while captures are put into it, so that a capture that happens to hold
// "{fn}" stays what it is, and part what a series' key is made of. No name holds control bytes.
const (
	keyMark    = 0
	nameMark   = 1
	fnMark     = 2
	periodMark = 3
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

// captured says whether captures stand in a template.
func captured(template string) bool { return strings.Contains(template, "$") }

// Templates returns what captures are put into to make the key of a series: its name, and every `as` that holds some.
func (o *Options) Templates() []string {
	templates := []string{o.Name}
	add := func(as string) {
		if captured(as) {
			templates = append(templates, MarkPlaceholders(as))
		}
	}
	add(o.As)
	if len(o.Rollups) > 0 {
		add(o.AsRollup)
	}
	for i := range o.Output {
		add(o.ResultName(i))
	}
	return templates
}

// ResultName returns the `as` of the i-th output section: its own, or that of the slices it slides over.
func (o *Options) ResultName(i int) string {
	switch out := &o.Output[i]; {
	case out.As != "":
		return out.As
	case out.Period == 0 || out.Period == o.Period:
		return o.As
	}
	return o.AsRollup
}

// Key returns the key under which the series is kept that a sample of the given name is folded into: its name in the
// clean form, and each `as` that captures stand in, which so are a part of what makes the series. name is the first of
// Templates, filled, whose room the key takes, and filled are the others. It is empty if no series can be called so.
func (o *Options) Key(sample string, name []byte, filled []string) []byte {
	if len(o.By)+len(o.Without) > 0 {
		name = []byte(o.group(string(name), sample))
	}
	cleaned, ok := carbon.Clean(name)
	if !ok {
		return nil
	}
	for _, as := range filled {
		cleaned = append(append(cleaned, keyMark), as...)
	}
	return cleaned
}

// group returns the path of name with those tags of the sample that by and without leave.
func (o *Options) group(name, sample string) string {
	path, _, _ := strings.Cut(name, ";")
	_, tags, _ := strings.Cut(sample, ";")
	for tag := range strings.SplitSeq(tags, ";") {
		key, _, ok := strings.Cut(tag, "=")
		if ok && (len(o.By) == 0 || slices.Contains(o.By, key)) && !slices.Contains(o.Without, key) {
			path += ";" + tag
		}
	}
	return path
}

// A keyParts is a series' key taken apart: its name, the path and the tags of that, and what each `as` with captures makes.
type keyParts struct{ name, path, tags, rest []byte }

// split takes the key of a series of the rule apart.
func (r *Rule) split(key []byte) keyParts {
	k := keyParts{name: key, path: key}
	if r.tail == 0 { // else no `as` is a part of the key
		k.name, k.rest, _ = bytes.Cut(key, []byte{keyMark})
		k.path = k.name
	}
	name := k.name
	if at := bytes.IndexByte(name, ';'); at >= 0 {
		k.path, k.tags = name[:at], name[at:]
	}
	return k
}

// appendName appends the name of a result of the series with the given key: `as` filled, in the clean form, with the
// tags of a tagged series after the whole. It appends nothing if that is no name.
func (r *Rule) appendName(dst, key []byte, res *result) []byte {
	k := r.split(key)
	return r.appendResult(dst, &k, res)
}

// appendResult is appendName of a key that is taken apart once for several results.
func (r *Rule) appendResult(dst []byte, k *keyParts, res *result) []byte {
	if (res.tail != "" || res.head != "") && len(res.head)+len(k.name)+len(res.tail) <= math.MaxUint16 { // most
		if res.head != "" {
			dst = append(dst, res.head...)
		}
		dst = append(append(dst, k.path...), res.tail...)
		if len(k.tags) > 0 {
			dst = append(dst, k.tags...)
		}
		return dst
	}
	start := len(dst)
	if res.own > 0 {
		as, rest := []byte(nil), k.rest
		for range res.own {
			as, rest, _ = bytes.Cut(rest, []byte{keyMark})
		}
		dst = appendAs(dst, as, k.path, res)
	} else {
		dst = appendAs(dst, res.as, k.path, res)
	}
	dst = append(dst, k.tags...)
	cleaned, ok := carbon.Clean(dst[start:])
	if !ok {
		return dst[:start]
	}
	return append(dst[:start], cleaned...)
}

// tailed returns what follows the series' name in the name of a result, if nothing stands before it and what is there leaves
// nothing to clean.
func (r *result) tailed() string {
	if r.as == "" || r.as[0] != nameMark {
		return ""
	}
	const path = "a"
	whole := string(appendAs(nil, r.as, []byte(path), r))
	cleaned, ok := carbon.Clean([]byte(whole))
	if !ok || string(cleaned) != whole || strings.ContainsRune(r.as[1:], nameMark) || strings.ContainsRune(whole, ';') {
		return ""
	}
	return whole[len(path):]
}

// appendAs appends a marked `as`, filled.
func appendAs[T []byte | string](dst []byte, as T, path []byte, res *result) []byte {
	for i := 0; i < len(as); i++ {
		switch as[i] {
		case nameMark:
			dst = append(dst, path...)
		case fnMark:
			dst = append(dst, res.name...)
		case periodMark:
			dst = append(dst, res.period...)
		default:
			dst = append(dst, as[i])
		}
	}
	return dst
}

// nameable says whether every result of a series with the given key has a name that a point can carry.
func (r *Rule) nameable(key []byte) bool {
	if r.tail > 0 && len(key)+r.tail <= math.MaxUint16 { // most
		return len(key) > 0
	}
	var room [512]byte
	for i := range r.outputs {
		for j := range r.outputs[i].results {
			if len(r.appendName(room[:0], key, &r.outputs[i].results[j])) == 0 {
				return false
			}
		}
	}
	return len(key) > 0
}
