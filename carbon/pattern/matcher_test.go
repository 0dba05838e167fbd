package pattern

import (
	"slices"
	"strings"
	"testing"
)

func selecting(t testing.TB, s Selection) *Matcher {
	t.Helper()
	m, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMatcher(t *testing.T) {
	f := func(t *testing.T, s Selection, yes, no string) {
		t.Helper()
		m := selecting(t, s)
		var c Captures
		for _, name := range strings.Fields(yes) {
			if !m.Match(name, &c) || !m.Match(name, nil) {
				t.Errorf("%s does not match %q", m, name)
			}
		}
		for _, name := range strings.Fields(no) {
			if m.Match(name, &c) || m.Match(name, nil) {
				t.Errorf("%s matches %q", m, name)
			}
		}
	}
	is := func(o Options) Selection { return Selection{Options: o} }
	tag := func(key string, values ...string) map[string][]string { return map[string][]string{key: values} }
	f(t, is(Options{Match: []string{"a.*", "b.*"}}), "a.x b.x a.x;dc=ams", "c.x a a.x.y a;x=y.z")
	f(t, is(Options{Regex: []string{`cpu\d`, `^x$`}}), "a.cpu1.b x x;cpu=cpu1", "a.cpu xx a;b=cpu1")
	f(t, is(Options{Regex: []string{`x$`}}), "a.x a.x;dc=ams", "a.xy")
	f(t, is(Options{Prefix: []string{"a.", "b"}}), "a.x b bc.d", "ab xa.x c;b=b")
	f(t, is(Options{Suffix: []string{".x", "y"}}), "a.x y a.y;dc=ams", "x a;k=y a.xz")
	f(t, is(Options{Contains: []string{".x.", "yy"}}), "a.x.b ayyb yy;dc=ams", "x.a a.xy a;b=yy")
	f(t, is(Options{Tag: tag("dc", "ams*", "fra")}), "a;dc=ams a;b=c;dc=ams-1.x;e=f a;dc=fra", "a a;dc=fr a;dc=xams a;edc=ams a;dc=fran")
	f(t, is(Options{Tag: tag("host", "*.example.???", "w[a-z.]b")}), "a;host=w.b.example.com a;host=w.b", "a;host=example.com a;host=w1b")
	f(t, is(Options{Tag: tag("dc", "*")}), "a;dc=x a;a=b;dc=.", "a a;dcx=y dc=x")
	f(t, is(Options{Tag: map[string][]string{"a": {"1"}, "b": {"2", "3"}}}), "x;a=1;b=2 x;a=1;b=3;c=4", "x;a=1 x;b=2 x;a=2;b=2 x;a=1;b=1")
	// All keys must be met.
	f(t, is(Options{Match: []string{"a.**"}, Regex: []string{"b"}, Prefix: []string{"a.x"}, Suffix: []string{"z"}, Contains: []string{"y"}, Tag: tag("k", "v")}),
		"a.xybz;k=v", "a.xybz a.xyz;k=v a.xbz;k=v a.ybz;k=v a.xyb;k=v b.xybz;k=v")
	// And all keys of not.
	f(t, Selection{Options: Options{Match: []string{"**"}}, Not: &Options{Prefix: []string{"a"}, Suffix: []string{"z"}}}, "a z ab bz", "az abz az;k=v")
	f(t, Selection{Not: &Options{Tag: tag("dc", "*")}}, "a a;k=v", "a;dc=x")
	f(t, Selection{Not: &Options{Regex: []string{"b"}}}, "a;x=b", "b abc")
}

func TestCaptures(t *testing.T) {
	f := func(t *testing.T, o Options, name, template, want string) {
		t.Helper()
		m := selecting(t, Selection{Options: o, Not: &Options{Regex: []string{"(never)"}}})
		tpl, err := ParseTemplate(template, m.Captures(), m.Groups())
		if err != nil {
			t.Error(err)
			return
		}
		var c Captures
		m.Match("a.left.over", &c)
		if !m.Match(name, &c) {
			t.Errorf("%s does not match %q", m, name)
		} else if got := string(tpl.Fill(nil, name, &c)); got != want {
			t.Errorf("%s on %q: %q makes %q, want %q", m, name, template, got, want)
		}
	}
	globs := func(globs ...string) Options { return Options{Match: globs} }
	regex := func(texts ...string) Options { return Options{Regex: texts} }
	f(t, globs("a.*.{b,c}"), "a.x.c", "$2.$1", "c.x")
	f(t, globs("a.*.*", "b.*"), "b.x", "$1", "x")
	f(t, regex(`^(?P<host>[^.]+)\.(\d+)$`), "web.17", "${host}.$2.$1", "web.17.web")
	f(t, regex(`a(x)?b`), "ab", "<$1>", "<>")
	f(t, regex(`a(?P<n>x)?`, `b(?P<n>y)(?P<m>z)`), "byz", "${n}$1", "yy")
	f(t, regex(`a(?<name>x)`), "ax", "${name}$0", "xax")
	f(t, regex(`ax`), "ax", "${name}", "ax")
	f(t, Options{Match: []string{"*.*"}, Regex: []string{`(?P<last>.)$`}}, "ab.cd", "$3$1$2${last}", "dabcdd")
	f(t, Options{Match: []string{"*.*", "*"}, Regex: []string{`(?P<last>.)$`}}, "ab", "$1${last}", "abb")
	f(t, Options{Prefix: []string{"a"}}, "ab", "$0", "ab")
}

func TestCapturesAllocate(t *testing.T) {
	var c Captures
	for _, s := range []Selection{{Options: Options{Match: []string{"x", "*.*"}, Prefix: []string{"a"}}}, {Options: Options{Regex: []string{"b$"}}}} {
		m := selecting(t, s)
		m.Match("a.b;k=v", &c)
		if n := testing.AllocsPerRun(100, func() { m.Match("a.b;k=v", &c) }); n > 0 {
			t.Errorf("%s allocates %v times", m, n)
		}
	}
}

func TestMatcherSays(t *testing.T) {
	f := func(t *testing.T, s Selection, want string, captures int, groups ...string) {
		t.Helper()
		m := selecting(t, s)
		if m.String() != want || m.Captures() != captures || !slices.Equal(m.Groups(), groups) {
			t.Errorf("got %q, %d captures, groups %q; want %q, %d, %q", m, m.Captures(), m.Groups(), want, captures, groups)
		}
	}
	f(t, Selection{Options: Options{Match: []string{"servers.*.cpu"}}}, "servers.*.cpu", 1)
	f(t, Selection{Options: Options{Match: []string{"a.*.*", "b.*"}}}, "a.*.* or b.*", 1)
	f(t, Selection{Options: Options{Regex: []string{`^a\.(.*)$`}}, Not: &Options{Prefix: []string{"x."}}}, `regex ^a\.(.*)$ and not prefix x.`, 1)
	f(t, Selection{Options: Options{Match: []string{"a", "b"}, Suffix: []string{"c"}}}, "(a or b) and suffix c", 0)
	f(t, Selection{Not: &Options{Match: []string{"a"}, Contains: []string{"c"}}}, "not (a and contains c)", 0)
	f(t, Selection{Not: &Options{Match: []string{"a", "b"}}}, "not (a or b)", 0)
	f(t, Selection{Options: Options{Tag: map[string][]string{"b": {"1"}, "a": {"2", "3"}}}}, "(tag a=2 or tag a=3) and tag b=1", 0)
	f(t, Selection{Options: Options{Regex: []string{`(?P<x>a)(?P<y>b)(c)`, `(?P<y>a)(?P<x>b)`}}}, "regex (?P<x>a)(?P<y>b)(c) or regex (?P<y>a)(?P<x>b)", 2, "x", "y")
	f(t, Selection{Options: Options{Regex: []string{`(?P<x>a)`, `(?P<y>a)`}}}, "regex (?P<x>a) or regex (?P<y>a)", 1)
	f(t, Selection{Options: Options{Match: []string{"*", "a"}, Regex: []string{`(?P<x>a)`}}}, "(* or a) and regex (?P<x>a)", 0, "x")
}

func TestNewRefuses(t *testing.T) {
	f := func(t *testing.T, s Selection, want string) {
		t.Helper()
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %q", s, err, want)
		}
	}
	regex := func(text, want string) {
		t.Helper()
		f(t, Selection{Options: Options{Regex: []string{"a", text}}}, want)
	}
	f(t, Selection{}, "there is nothing to match")
	f(t, Selection{Not: &Options{}}, "not: there is nothing to match")
	f(t, Selection{Not: &Options{Prefix: []string{""}}}, `not: prefix "": the text is empty`)
	f(t, Selection{Options: Options{Match: []string{"a", "b{"}}}, `match "b{": the glob "b{": the { at byte 2 is not closed`)
	f(t, Selection{Options: Options{Match: []string{"a;dc=*"}}}, "the ; at byte 2 never matches: tags are no part of what is matched")
	f(t, Selection{Options: Options{Suffix: []string{";dc=x"}}}, `suffix ";dc=x": the ; at byte 1 never matches`)
	f(t, Selection{Options: Options{Contains: []string{"a", ""}}}, `contains "": the text is empty`)
	f(t, Selection{Options: Options{Tag: map[string][]string{"": {"a"}}}}, `tag "": the key is empty`)
	f(t, Selection{Options: Options{Tag: map[string][]string{"a=b": {"a"}}}}, `tag "a=b": the '=' at byte 2 cannot stand in the key of a tag`)
	f(t, Selection{Options: Options{Tag: map[string][]string{"a": {""}}}}, `tag a = "": the value is empty, which no tag's is`)
	f(t, Selection{Options: Options{Tag: map[string][]string{"a": nil}}}, `tag "a": there are no values`)
	f(t, Selection{Options: Options{Tag: map[string][]string{"a": {"b;c=d"}}}}, "the ; at byte 2 never matches: it ends a tag")
	f(t, Selection{Options: Options{Tag: map[string][]string{"a": {"[b"}}}}, "the [ at byte 1 is not closed")
	regex("", `regex "": the regular expression is empty`)
	regex("a\xff", "is not UTF-8")
	regex(`^a(?!b)`, `the look-ahead at byte 3 is not supported, so that no name can make a match slow; not = { regex = '...' } leaves names out`)
	regex(`^a(?=b)`, "the look-ahead at byte 3 is not supported")
	regex(`[(?=](?<=b)`, "the look-behind at byte 6 is not supported")
	regex(`\Q(?=\E(?<!b)`, "the look-behind at byte 8 is not supported")
	regex(`(?>b)`, "the atomic group at byte 1 is not supported")
	regex(`(a)[\1[:alpha:](?!]\1`, "the back-reference at byte 20 is not supported, so that no name can make a match slow")
	regex(`(a)\1`, "the back-reference at byte 4 is not supported, so that no name can make a match slow")
	regex(`(?P<a>a)\k<a>`, "the back-reference at byte 9 is not supported")
	regex(`a(b(c)`, "the ( at byte 2 is not closed")
	regex(`a)b`, `the ) at byte 2 closes nothing (write \) for the character)`)
	regex(`ab[c`, "at byte 3: missing closing ]: [c")
	regex(`ab**`, "at byte 3: invalid nested repetition operator: **")
	regex(`*a`, "at byte 1: missing argument to repetition operator: *")
	regex(`a\`, "trailing backslash at end of expression")
	regex(`a{2000}`, "at byte 2: invalid repeat count: {2000}")
	regex(`[z-a]`, "at byte 2: invalid character class range: z-a")
}
