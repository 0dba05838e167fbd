package conf

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"plumbago/carbon/pattern"
	"plumbago/relay"
)

// A promise is what the match of a rule has for templates.
type promise struct {
	captures int
	groups   []string
}

// template returns what is wrong with a template, or nothing.
func (m promise) template(text string) (msg string) {
	_, err := pattern.ParseTemplate(text, m.captures, m.groups)
	if err != nil {
		return err.Error()
	}
	at := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	if at >= 0 {
		r, _ := utf8.DecodeRuneInString(text[at:])
		return fmt.Sprintf("in %s: no name can hold the %q at byte %d", quote(text), r, at+1)
	}
	return ""
}

// match checks which names a rule is for and returns what its templates can count on. Of a match that is itself at fault
// it promises all that there could be.
func (c *checker) match(p Place, o *relay.RuleOptions) promise {
	before := len(c.faults)
	m := promise{captures: math.MaxInt32}
	m.groups = c.terms(p, "", &o.Options)
	if o.Not != nil {
		if len(lists(o.Not))+len(o.Not.Tag) == 0 {
			c.fault(p, "not", "leaves nothing out", `write not = {match = "..."}, or another key of a match`)
		}
		c.terms(p, "not.", o.Not)
	}
	if o.Not == nil && len(lists(&o.Options))+len(o.Tag) == 0 {
		c.missing(p, "match", "has no match", `match = "**" is every name`)
	}
	if len(c.faults) > before {
		return m
	}
	if compiled, err := pattern.New(o.Selection); err == nil {
		return promise{compiled.Captures(), compiled.Groups()}
	}
	return m // decoding had something to say about it
}

// Values are a key of a match and what each of its values is to be.
type values struct {
	key, what string
	texts     []string
	one       func(text string) pattern.Options // a match for one value alone
}

// lists returns the lists of o that hold something, or should.
func lists(o *pattern.Options) []values {
	all := []values{
		{"match", "is no glob", o.Match, func(t string) pattern.Options { return pattern.Options{Match: []string{t}} }},
		{"regex", "is no regular expression", o.Regex, func(t string) pattern.Options { return pattern.Options{Regex: []string{t}} }},
		{"prefix", "is no prefix", o.Prefix, func(t string) pattern.Options { return pattern.Options{Prefix: []string{t}} }},
		{"suffix", "is no suffix", o.Suffix, func(t string) pattern.Options { return pattern.Options{Suffix: []string{t}} }},
		{"contains", "is no part", o.Contains, func(t string) pattern.Options { return pattern.Options{Contains: []string{t}} }},
	}
	return slices.DeleteFunc(all, func(l values) bool { return len(l.texts) == 0 })
}

// terms checks the values of o, whose keys stand behind prefix, and returns the names of all groups in it.
func (c *checker) terms(p Place, prefix string, o *pattern.Options) (groups []string) {
	for _, l := range lists(o) {
		for i, text := range l.texts {
			m, err := pattern.New(pattern.Selection{Options: l.one(text)})
			if err != nil {
				c.faultAt(p, prefix+l.key, i, quote(text)+" "+l.what+": "+errors.Unwrap(err).Error(), "")
				continue
			}
			groups = append(groups, m.Groups()...)
		}
	}
	for _, key := range []string{"match", "regex", "prefix", "suffix", "contains", "tag"} {
		full := prefix + key
		if empty := c.given(p, full) && !slices.ContainsFunc(lists(o), func(l values) bool { return l.key == key }); empty &&
			(key != "tag" || len(o.Tag) == 0) && len(lists(o))+len(o.Tag) > 0 {
			c.fault(p, full, "must not be empty", "leave it out")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(o.Tag)) {
		c.tag(p, join(prefix+"tag", key), key, o.Tag[key])
	}
	return groups
}

// tag checks what is asked of one tag.
func (c *checker) tag(p Place, path, key string, globs []string) {
	check := func(globs ...string) string {
		_, err := pattern.New(pattern.Selection{Options: pattern.Options{Tag: map[string][]string{key: globs}}})
		if err == nil {
			return ""
		}
		return errors.Unwrap(err).Error()
	}
	if msg := check("*"); msg != "" {
		c.fault(p, path, msg, "")
		return
	}
	if len(globs) == 0 {
		c.fault(p, path, "must not be empty", `"*" is every value`)
	}
	for i, glob := range globs {
		if msg := check(glob); msg != "" {
			c.faultAt(p, path, i, msg, "")
		}
	}
}
