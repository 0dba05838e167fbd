package pattern

import (
	"strings"
	"testing"
	"time"
)

// What has gone wrong in other relays, and must not here. want is the new name, or "" if the rule must not match.
func TestWhatWentWrongElsewhere(t *testing.T) {
	var c Captures // one for all, as a walk down the rules has it
	f := func(what string, s Selection, template, name, want string) {
		t.Helper()
		m := selecting(t, s)
		tpl, err := ParseTemplate(template, m.Captures(), m.Groups())
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		got := ""
		if m.Match(name, &c) {
			got = string(tpl.Rename(nil, name, &c))
		}
		if got != want {
			t.Errorf("%s: %q became %q, want %q", what, name, got, want)
		}
	}
	regex := func(texts ...string) Selection { return Selection{Options: Options{Regex: texts}} }
	plain := func(o Options) Selection { return Selection{Options: o} }

	f("a first match, whose captures the next must not see", regex(`(a)\.(foo)\.(bar)`), "$3.$2.$1", "a.foo.bar.c", "bar.foo.a")
	f("an expression without groups took the places of an earlier match", regex(`foo\.b[aA]r`), "LIT.$0.z", "a.foo.bar.c", "LIT.a.foo.bar.c.z")
	f("a group that took no part kept an earlier text", regex(`^(x)?(.)`), "<$1>.$2", "a", "<>.a")
	f("the number of a group ran on into the digits behind it", regex(`(.*)`), "${1}100", "a", "a100")
	f("more than nine groups", regex(strings.Repeat("(.)", 11)), "$11.$10.${1}0", "abcdefghijk", "k.j.a0")
	f("what was captured was looked at again", regex(`^(.*)$`), "x.$1", "${1}.$1.{fn}", "x.${1}.$1.{fn}")
	f("an expression could not hold =", regex(`^a=(.*)$`), "b.$1", "a=b=c", "b.b=c")
	f("an expression ended at a blank, a quote or a #", regex(`^[ "'#]*(.*)$`), "x.$1", `"#a`, "x.a")
	f("expressions took no account of case", regex(`^cpu`), "x", "CPU.a", "")
	f("nor could be told to", regex(`(?i)^cpu`), "x", "CPU.a", "x")
	f("the expression was held against the whole line", regex(`\d$`), "x", "a.b", "")
	f("and against the tags", regex(`ams$`), "x", "a.b;dc=ams", "")
	f("so the end of a tagged name was never found", regex(`b$`), "x", "a.b;dc=ams", "x;dc=ams")
	f("a match at the start was one anywhere", regex(`^b`), "x", "a.b", "")
	f("the dots of a prefix were any character", plain(Options{Prefix: []string{"a.b"}}), "x", "axb.c", "")
	f("the dots of a glob were any character", plain(Options{Match: []string{"a.*.c"}}), "x", "a.bxc", "")
	f("a * went past dots", plain(Options{Match: []string{"a.*"}}), "x", "a.b.c", "")
	f("an exception was ignored", Selection{Options: Options{Prefix: []string{"a"}}, Not: &Options{Regex: []string{"b$"}}}, "x", "a.b", "")
	f("or held against what was captured", Selection{Options: Options{Regex: []string{"^a.(.*)"}}, Not: &Options{Regex: []string{"^b"}}}, "$1", "a.b", "b")
	f("dots in the values of tags were tidied", regex(`^a\.(.*)$`), "x..$1", "a.b;url=..c..;v=1.0.", "x..b;url=..c..;v=1.0.")
	f("a tagged name was never rewritten", plain(Options{Match: []string{"a.*"}}), "b.$1", "a.c;dc=ams", "b.c;dc=ams")
	f("what stood before and behind the match was kept", regex(`b`), "x", "a.b.c", "x")
	f("a group's name that is a reference of its own", regex(`(?P<name>b)`), "x.${name}", "a.b.c", "x.b")
}

// What an expression has not got is refused when it is read, and not left out of a name later.
func TestCapturesThatAreNotThere(t *testing.T) {
	f := func(regex, template string) {
		t.Helper()
		m := selecting(t, Selection{Options: Options{Regex: []string{regex}}})
		if _, err := ParseTemplate(template, m.Captures(), m.Groups()); err == nil {
			t.Errorf("%q has all of %q", regex, template)
		}
	}
	f("abc", "$1")
	f("(a)", "$2")
	f("(a)", "$10") // not $1 and a 0
	f("(?P<x>a)", "${y}")
	f("(?:a)", "$1")
}

// Two patterns of a rule that match one name are one match.
func TestOneMatchOfTwoPatterns(t *testing.T) {
	m := selecting(t, Selection{Options: Options{Match: []string{"a.*", "*.b"}, Regex: []string{"(.)$", "(a)"}}})
	var c Captures
	if !m.Match("a.b", &c) || len(c.parts) != 2 || c.parts[0] != "b" || c.parts[1] != "b" {
		t.Errorf("captures %q", c.parts)
	}
}

// No expression and name take time out of proportion, as they do where engines go back and try again.
func TestRegexpIsBounded(t *testing.T) {
	name := strings.Repeat("a", 4096) + "!"
	start := time.Now()
	for _, text := range []string{`^(a+)+$`, `^(a|aa)+$`, `(.*)(.*)(.*)(.*)b$`, `^(([a-z])+.)+[A-Z]$`, `^(a?){50}a{50}b`} {
		if selecting(t, Selection{Options: Options{Regex: []string{text}}}).Match(name, nil) {
			t.Errorf("%s matches", text)
		}
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}
