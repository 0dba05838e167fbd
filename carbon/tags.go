package carbon

import (
	"bytes"
	"slices"
)

// tagsInOrder reports whether tags (";key=value;...", or nothing) is in canonical order: every tag can stay, and each
// key is greater than the one before it.
func tagsInOrder(tags []byte) bool {
	var last []byte
	for len(tags) > 0 {
		tag, rest := nextTag(tags)
		key, ok := tagKey(tag)
		if !ok || last != nil && bytes.Compare(last, key) >= 0 {
			return false
		}
		last, tags = key, rest
	}
	return true
}

// nextTag returns the first tag of tags, which begins with ";", and what follows it.
func nextTag(tags []byte) (tag, rest []byte) {
	tag = tags[1:]
	if at := bytes.IndexByte(tag, ';'); at >= 0 {
		return tag[:at], tag[at:]
	}
	return tag, nil
}

// tagKey returns the key of tag, or false if Graphite could not take the tag: one without a key, a "=" or a value, with
// "!" or "^" in its key (they stand for conditions in queries), or with a value that begins with "~".
func tagKey(tag []byte) (key []byte, ok bool) {
	at := bytes.IndexByte(tag, '=')
	if at <= 0 || at == len(tag)-1 || tag[at+1] == '~' {
		return nil, false
	}
	key = tag[:at]
	return key, bytes.IndexByte(key, '!') < 0 && bytes.IndexByte(key, '^') < 0
}

// mendTags puts tags into canonical order, sorted by key, without those that Graphite could not take; of a repeated key
// the last one stays. It works in place and returns the end of tags, where the result lies.
func mendTags(tags []byte) []byte {
	type span struct{ from, to, key int }
	var room [1024]byte // both are on the stack and enough for all but the oddest names; append moves to the heap if not
	var spans [64]span
	was, list := append(room[:0], tags...), spans[:0]
	for rest := was; len(rest) > 0; {
		tag, after := nextTag(rest)
		if key, ok := tagKey(tag); ok {
			from := len(was) - len(rest) + 1
			list = append(list, span{from, from + len(tag), from + len(key)})
		}
		rest = after
	}
	slices.SortStableFunc(list, func(a, b span) int {
		return bytes.Compare(was[a.from:a.key], was[b.from:b.key])
	})
	start := len(tags)
	for i := len(list) - 1; i >= 0; i-- {
		s := list[i]
		if i+1 < len(list) && bytes.Equal(was[s.from:s.key], was[list[i+1].from:list[i+1].key]) {
			continue
		}
		start -= 1 + s.to - s.from
		tags[start] = ';'
		copy(tags[start+1:], was[s.from:s.to])
	}
	return tags[start:]
}
