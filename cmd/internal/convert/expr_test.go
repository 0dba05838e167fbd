package convert

import (
	"regexp"
	"strings"
	"testing"

	"plumbago/carbon/pattern"
)

// replaced is what a program makes of a name that replaces the first part of it that meets an expression.
func replaced(text, name string, pieces []piece) (string, bool) {
	m := regexp.MustCompile(text).FindStringSubmatch(name)
	if m == nil {
		return "", false
	}
	at := regexp.MustCompile(text).FindStringIndex(name)
	var b strings.Builder
	for _, p := range pieces {
		switch {
		case p.group == 0:
			b.WriteString(p.text)
		case p.group > 0 && p.group < len(m):
			b.WriteString(m[p.group])
		}
	}
	return name[:at[0]] + b.String() + name[at[1]:], true
}

// renamed is what our rule makes of it.
func renamed(t *testing.T, e *expr, name string, pieces []piece) (string, bool) {
	s := newScript("test", []Source{{"in", ""}})
	s.rename(Place{"in", 1}, e, pieces)
	f := valid(t, "[[listen]]\naddress = \"tcp://127.0.0.1:65000\"\n"+s.text())
	if len(f.Rule) == 0 || f.Rule[0].Drop {
		t.Fatalf("no rule renames: %s", s.text())
	}
	m, err := pattern.New(f.Rule[0].Selection)
	if err != nil {
		t.Fatal(err)
	}
	re := regexp.MustCompile(f.Rule[0].Regex[0])
	at := re.FindStringSubmatchIndex(name)
	if at == nil {
		return "", false
	}
	if _, err := pattern.ParseTemplate(f.Rule[0].Rewrite, m.Captures(), m.Groups()); err != nil {
		t.Fatal(err)
	}
	return string(re.ExpandString(nil, f.Rule[0].Rewrite, name, at)), true
}

// TestAround compares our rules, which name the whole name, with a replacement of the part that met the expression.
func TestAround(t *testing.T) {
	f := func(text, name, want string) {
		t.Helper()
		e, err := parseExpr(text)
		if err != nil {
			t.Fatal(err)
		}
		pieces := []piece{{text: "<"}, {group: 1}, {text: "|"}, {group: 2}, {text: ">"}}
		got, _ := renamed(t, e, name, pieces)
		if theirs, _ := replaced(text, name, pieces); got != theirs || got != want {
			t.Errorf("%s of %s: %s, want %s, the other way %s", text, name, got, want, theirs)
		}
	}
	f(`b`, "abc", "a<|>c")
	f(`^a(b)`, "abc", "<b|>c")
	f(`(b)c$`, "abc", "a<b|>")
	f(`^(a)(.*)`, "abc", "<a|bc>")
	f(`^a|c`, "xc.a", "x<|>.a")
	f(`(a)|(b)`, "xb", "x<|b>")
	f(`a*`, "baa", "<|>baa")
	f(`(?i)^A(.)`, "abc", "<b|>c")
	f(`a(.*?)c`, "xabcc", "x<b|>c")
	f(`(ab|a)(c|bcd)`, "xabcd", "x<ab|c>d")
	f(`(a)\Q.(`, "xa.(b", "x<a|>b")
}

// FuzzAround compares them for any expression and name.
func FuzzAround(f *testing.F) {
	f.Add(`(ab|a)(c|bcd)`, "xabcd")
	f.Add(`^(?P<x>a)|b(.*?)$`, "a.b.c")
	f.Add(`\bq{1,3}(?i:Z)`, "a.qqz")
	f.Fuzz(func(t *testing.T, text, name string) {
		e, err := parseExpr(text)
		if err != nil || len(text) > 100 || strings.ContainsAny(name, "\n\r") || strings.ContainsAny(text, "\n") {
			t.Skip()
		}
		pieces := []piece{{text: "<"}, {group: 1}, {text: "|"}, {group: 2}, {text: ">"}}
		got, ok := renamed(t, e, name, pieces)
		want, is := replaced(text, name, pieces)
		if got != want || ok != is {
			t.Errorf("%q of %q: %q, want %q", text, name, got, want)
		}
	})
}
