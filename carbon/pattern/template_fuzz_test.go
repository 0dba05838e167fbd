package pattern

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// tagsOf returns the tags of a name and whether their keys are in order, each once.
func tagsOf(name string) (tags map[string]string, ordered bool) {
	_, text := cut(name)
	tags = map[string]string{}
	var keys []string
	for tag := range eachTag(text) {
		k, v, _ := strings.Cut(tag, "=")
		tags[k], keys = v, append(keys, k)
	}
	return tags, slices.IsSorted(keys) && len(keys) == len(tags)
}

// Whatever a template is, it breaks no tags: those that it sets nothing of stay as they were, and all are in order. Its
// path is what strings.NewReplacer makes of it where it asks for nothing but numbers in braces.
func FuzzTemplate(f *testing.F) {
	f.Add("x.${1}.$2;dc=${1};k=;*=", "a.b;dc=ams;k=v")
	f.Add("${name|lower|flat}.$$.${tag:k};a=~", "A.b")
	f.Add("$0;=;", "a;b=c")
	f.Fuzz(func(t *testing.T, text, name string) {
		before, canonical := tagsOf(name)
		if !canonical || len(text) > 200 || len(name) > 200 {
			return
		}
		m := selecting(t, Selection{Options: Options{Regex: []string{`(?s)^([^.]*)(.*)$`}}})
		template, err := ParseTemplate(text, m.Captures(), m.Groups())
		var c Captures
		if err != nil || !m.Match(name, &c) {
			return
		}
		made := string(template.Rename(nil, name, &c))
		after, ordered := tagsOf(made)
		if !ordered {
			t.Errorf("%q makes %q of %q, whose tags are not in order", text, made, name)
		}
		path, sets, _ := strings.Cut(text, ";")
		if sets == "" && !maps.Equal(before, after) {
			t.Errorf("%q makes %q of %q, and sets no tags", text, made, name)
		}
		for k, v := range before {
			if got, ok := after[k]; !strings.Contains(text, "*=") && !strings.Contains(";"+sets, ";"+k+"=") && (!ok || got != v) {
				t.Errorf("%q makes %q of %q, without the tag %s", text, made, name, k)
			}
		}
		want := strings.NewReplacer("${1}", c.number(1), "${2}", c.number(2)).Replace(path)
		if got, _ := cut(made); strings.Count(path, "$") == strings.Count(path, "${1}")+strings.Count(path, "${2}") && got != want {
			t.Errorf("%q makes %q of %q, want %q", text, made, name, want)
		}
	})
}
