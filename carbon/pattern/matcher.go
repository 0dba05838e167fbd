package pattern

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Matcher is a compiled Selection. It never changes, and may be used by many goroutines at once.
type Matcher struct {
	is       terms
	not      *terms // nil if there are no exceptions
	text     string
	captures int
	groups   []string
}

// New compiles a selection. Its errors name the key and the value at fault.
func New(s Selection) (*Matcher, error) {
	if !s.given() && s.Not == nil {
		return nil, errors.New(`there is nothing to match (match = "**" is every name)`)
	}
	m := new(Matcher)
	if err := m.is.compile(&s.Options); err != nil {
		return nil, err
	}
	m.captures, m.groups = m.is.captures(), m.is.groups()
	m.text = m.is.String()
	if s.Not == nil {
		return m, nil
	}
	if !s.Not.given() {
		return nil, errors.New("not: there is nothing to match")
	}
	m.not = new(terms)
	if err := m.not.compile(s.Not); err != nil {
		return nil, fmt.Errorf("not: %w", err)
	}
	except := m.not.String()
	if strings.Contains(except, " and ") || strings.Contains(except, " or ") {
		except = "(" + except + ")"
	}
	m.text = strings.TrimPrefix(m.text+" and not "+except, " and ")
	return m, nil
}

// String says in words what m matches.
func (m *Matcher) String() string { return m.text }

// Captures returns how many captures a template can count on, whichever of its globs and regular expressions matched.
func (m *Matcher) Captures() int { return m.captures }

// Groups returns the names of the groups that a template can count on.
func (m *Matcher) Groups() []string { return m.groups }

// Match reports whether m matches name, which has its tags in canonical order, and puts what the wildcards and groups
// stood for into c, if c is not nil.
func (m *Matcher) Match(name string, c *Captures) bool {
	if c == nil {
		c = new(Captures)
	}
	path, tags := cut(name)
	if m.not != nil && m.not.match(path, tags, c) {
		return false
	}
	return m.is.match(path, tags, c)
}

// cut parts a name from its tags, which begin with their ";".
func cut(name string) (path, tags string) {
	if at := strings.IndexByte(name, ';'); at >= 0 {
		return name[:at], name[at:]
	}
	return name, ""
}

// terms are compiled Options.
type terms struct {
	prefix, suffix, contains []string
	tags                     []tagTerm
	globs                    []*Glob
	regexps                  []*expr
	fits                     [][]*fit // what is known of the values of each key, for Covers
}

func (t *terms) compile(o *Options) (err error) {
	for _, text := range o.Match {
		g, err := Compile(text)
		if err == nil {
			err = pathOnly(text)
		}
		if err != nil {
			return fmt.Errorf("match %q: %w", text, err)
		}
		t.globs = append(t.globs, g)
	}
	for _, text := range o.Regex {
		e, err := compileRegexp(text)
		if err != nil {
			return fmt.Errorf("regex %q: %w", text, err)
		}
		t.regexps = append(t.regexps, e)
	}
	for _, l := range []struct {
		key         string
		texts, into *[]string
	}{{"prefix", &o.Prefix, &t.prefix}, {"suffix", &o.Suffix, &t.suffix}, {"contains", &o.Contains, &t.contains}} {
		for _, text := range *l.texts {
			if err := CheckLiteral(text); err != nil {
				return fmt.Errorf("%s %q: %w", l.key, text, err)
			}
		}
		*l.into = *l.texts
	}
	t.fits = t.values()
	t.tags, err = compileTags(o.Tag)
	return err
}

// CheckLiteral says what is wrong with a text of prefix, suffix or contains.
func CheckLiteral(text string) error {
	if text == "" {
		return errors.New("the text is empty")
	}
	return pathOnly(text)
}

// pathOnly refuses what looks for tags in a path.
func pathOnly(text string) error {
	if at := strings.IndexByte(text, ';'); at >= 0 {
		return fmt.Errorf(`the ; at byte %d never matches: tags are no part of what is matched (write tag = {key = "value"})`, at+1)
	}
	return nil
}

// match says whether a name meets all terms. The cheap ones come first.
func (t *terms) match(path, tags string, c *Captures) bool {
	c.reset()
	return (len(t.prefix) == 0 || slices.ContainsFunc(t.prefix, func(p string) bool { return strings.HasPrefix(path, p) })) &&
		(len(t.suffix) == 0 || slices.ContainsFunc(t.suffix, func(s string) bool { return strings.HasSuffix(path, s) })) &&
		(len(t.contains) == 0 || slices.ContainsFunc(t.contains, func(s string) bool { return strings.Contains(path, s) })) &&
		matchTags(t.tags, tags) && t.matchGlobs(path, c) && t.matchRegexps(path, c)
}

// matchGlobs says whether one of the globs matches, if there are any; c holds nothing yet.
func (t *terms) matchGlobs(path string, c *Captures) (ok bool) {
	for _, g := range t.globs {
		if c.parts, ok = g.Match(path, c.parts); ok {
			break
		}
	}
	c.first = len(c.parts)
	return ok || len(t.globs) == 0
}

// matchRegexps says the same of the regular expressions.
func (t *terms) matchRegexps(path string, c *Captures) bool {
	for _, e := range t.regexps {
		if e.match(path, c) {
			return true
		}
	}
	return len(t.regexps) == 0
}

// captures returns how many captures every match has. Where the globs differ in theirs, the numbers of the groups that
// follow depend on which of them matched, so none can be counted on.
func (t *terms) captures() int {
	if len(t.globs)+len(t.regexps) == 0 {
		return 0
	}
	least, most := 0, 0
	for i, g := range t.globs {
		if i == 0 {
			least = g.Captures()
		}
		least, most = min(least, g.Captures()), max(most, g.Captures())
	}
	if least < most || len(t.regexps) == 0 {
		return least
	}
	groups := t.regexps[0].NumSubexp()
	for _, e := range t.regexps {
		groups = min(groups, e.NumSubexp())
	}
	return least + groups
}

// groups returns the names of the groups that every match has.
func (t *terms) groups() (names []string) {
	for i, e := range t.regexps {
		if i == 0 {
			names = slices.DeleteFunc(slices.Clone(e.groups), func(name string) bool { return name == "" })
		}
		names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(e.groups, name) })
	}
	return names
}

// String says in words what the terms are. A list of globs and nothing else looks as it always did: "a or b".
func (t *terms) String() string {
	var keys []string
	add := func(key string, texts []string) {
		if len(texts) == 0 {
			return
		}
		words := make([]string, len(texts))
		for i, text := range texts {
			words[i] = key + text
		}
		keys = append(keys, strings.Join(words, " or "))
	}
	var globs, regexps []string
	for _, g := range t.globs {
		globs = append(globs, g.String())
	}
	for _, e := range t.regexps {
		regexps = append(regexps, e.String())
	}
	add("", globs)
	add("regex ", regexps)
	add("prefix ", t.prefix)
	add("suffix ", t.suffix)
	add("contains ", t.contains)
	for _, tag := range t.tags {
		add("tag "+tag.key+"=", tag.texts)
	}
	for i, key := range keys {
		if len(keys) > 1 && strings.Contains(key, " or ") {
			keys[i] = "(" + key + ")"
		}
	}
	return strings.Join(keys, " and ")
}

// compileTags compiles the tag key, in the order of the tags.
func compileTags(tags map[string][]string) (terms []tagTerm, err error) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if err := checkTagKey(key); err != nil {
			return nil, fmt.Errorf("tag %q: %w", key, err)
		}
		if len(tags[key]) == 0 {
			return nil, fmt.Errorf(`tag %q: there are no values ("*" is every one)`, key)
		}
		term := tagTerm{key: key, texts: tags[key]}
		for _, text := range tags[key] {
			v, err := compileValue(text)
			if err != nil {
				return nil, fmt.Errorf("tag %s = %q: %w", key, text, err)
			}
			term.values = append(term.values, v)
		}
		terms = append(terms, term)
	}
	return terms, nil
}
