package pattern

import (
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"
)

// A tagTerm asks for a tag with one of some values.
type tagTerm struct {
	key    string
	texts  []string // as they were written
	values []value
}

// A value is a compiled glob over the whole of a tag's value, where no dot ends anything.
type value struct {
	literal string
	glob    *regexp.Regexp // nil if it has no wildcards
}

// compileValue compiles a glob over a tag's value.
func compileValue(text string) (v value, err error) {
	if text == "" {
		return v, errors.New(`the value is empty, which no tag's is ("*" is every value; not = {tag = ...} is for names without the tag)`)
	}
	if at := strings.IndexByte(text, ';'); at >= 0 {
		return v, fmt.Errorf("the ; at byte %d never matches: it ends a tag", at+1)
	}
	tokens, err := parseValue(text)
	if err != nil {
		return v, err
	}
	if len(tokens) == 1 && tokens[0].kind == literal {
		return value{literal: tokens[0].text}, nil
	}
	var out strings.Builder
	out.WriteString(`(?s)\A(?:`)
	for _, t := range tokens {
		if t.kind == literal {
			t.text = regexp.QuoteMeta(t.text)
		}
		out.WriteString(t.text)
	}
	out.WriteString(`)\z`)
	v.glob, err = regexp.Compile(out.String())
	return v, err
}

// match says whether v matches the value of a tag.
func (v *value) match(text string) bool {
	if v.glob == nil {
		return text == v.literal
	}
	return v.glob.MatchString(text)
}

// matchTags says whether a name with these tags has all that the terms ask for.
func matchTags(terms []tagTerm, tags string) bool {
	for i := range terms {
		t := &terms[i]
		text, ok := tagValue(tags, t.key)
		if !ok || !slices.ContainsFunc(t.values, func(v value) bool { return v.match(text) }) {
			return false
		}
	}
	return true
}

// tagValue finds the value of a tag. Where a name that came in verbatim repeats one, the last counts, as everywhere.
func tagValue(tags, key string) (found string, ok bool) {
	for tag := range eachTag(tags) {
		if k, v, _ := strings.Cut(tag, "="); k == key {
			found, ok = v, true
		}
	}
	return found, ok
}

// eachTag goes through tags, which begin with their ";" or are empty.
func eachTag(tags string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for more := tags != ""; more; {
			var tag string
			tag, tags, more = strings.Cut(tags[min(1, len(tags)):], ";")
			if more {
				tags = ";" + tags
			}
			if !yield(tag) {
				return
			}
		}
	}
}

// checkTagKey refuses what cannot be the key of a tag.
func checkTagKey(key string) error {
	if key == "" {
		return errors.New("the key is empty")
	}
	if at := strings.IndexAny(key, ";=!^ \t"); at >= 0 {
		return fmt.Errorf("the %q at byte %d cannot stand in the key of a tag", key[at], at+1)
	}
	return nil
}
