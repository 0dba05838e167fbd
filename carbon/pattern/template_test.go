package pattern

import (
	"strings"
	"testing"
)

func TestTemplate(t *testing.T) {
	captures := &Captures{parts: []string{"one", "two", "", "4", "5", "6", "7", "8", "9", "ten"}}
	f := func(t *testing.T, text, want string) {
		t.Helper()
		template, err := ParseTemplate(text, len(captures.parts), nil)
		if err != nil {
			t.Error(err)
			return
		}
		if got := string(template.Append([]byte("> "), "a.b", captures)); got != "> "+want || template.String() != text {
			t.Errorf("%q makes %q; want %q", text, got, want)
		}
	}
	f(t, "x.y", "x.y")
	f(t, "$0", "a.b")
	f(t, "$0.sum", "a.b.sum")
	f(t, "cpu.$1.$2", "cpu.one.two")
	f(t, "$2$1", "twoone")
	f(t, "${1}0", "one0")
	f(t, "$10", "ten")
	f(t, "${10}", "ten")
	f(t, "a$3b", "ab")
	f(t, "$$1", "$1")
	f(t, "$$$1$$", "$one$")
	f(t, "é.$1.é", "é.one.é")
}

func TestParseTemplateRefuses(t *testing.T) {
	f := func(t *testing.T, text, want string) {
		t.Helper()
		if _, err := ParseTemplate(text, 2, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseTemplate(%q): %v; want %q", text, err, want)
		}
	}
	f(t, "", "the name is empty")
	f(t, "a.$3", `the $ at byte 3 of "a.$3" asks for capture 3, but there are 2`)
	f(t, "${3}", "asks for capture 3, but there are 2")
	f(t, "$99999999999999999999", "asks for capture 99999999999999999999, but there are 2")
	f(t, "a$", "the $ at byte 2 of \"a$\" is followed by no number")
	f(t, "$a", "is followed by no number")
	f(t, "${1", "opens a brace that is not closed")
	f(t, "${}", "asks for ${}, which is no number")
	f(t, "${-1}", "asks for ${-1}, which is no number")
	f(t, "${other}", "asks for ${other}, which is no number")
	f(t, "${1", "opens a brace that is not closed")
	f(t, "${tag:}", "asks for ${tag:}: the key is empty")
	f(t, "${tag:a=b}", `the '=' at byte 2 cannot stand in the key of a tag`)
	f(t, "${1|title}", `asks for the filter "title" (there are lower, upper and flat)`)
	f(t, "${1|}", `asks for the filter ""`)
	f(t, "${|lower}", "asks for ${}, which is no number")
	f(t, ";a=b", "nothing is left of the name before the ; at byte 1")
	f(t, "x;", `the tag at byte 3 of "x;" is not KEY=VALUE`)
	f(t, "x;a", "is not KEY=VALUE")
	f(t, "x;a=b;$1=c", `the tag at byte 7 of "x;a=b;$1=c" is not KEY=VALUE`)
	f(t, "x;=b", "has no good key: the key is empty")
	f(t, "x;a!=b", "has no good key: the '!' at byte 2")
	f(t, "x;a=b;a=c", "the tag at byte 7 of \"x;a=b;a=c\" is set twice")
	f(t, "x;*=b", "gives all tags one value")
	f(t, "x;a=~b", "has a value that begins with ~")
	f(t, "x;a=$3", `the $ at byte 5 of "x;a=$3" asks for capture 3`)
}

func TestTemplateAllocates(t *testing.T) {
	template, err := ParseTemplate("cpu.$1.$0.$2", 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	room, captures := make([]byte, 0, 100), &Captures{parts: []string{"one", "two"}}
	if n := testing.AllocsPerRun(100, func() { template.Append(room, "a.b", captures) }); n > 0 {
		t.Errorf("Append allocates %v times", n)
	}
}

func BenchmarkTemplate(bench *testing.B) {
	template, err := ParseTemplate("cpu.$1.$2", 2, nil)
	if err != nil {
		bench.Fatal(err)
	}
	room, captures := make([]byte, 0, 100), &Captures{parts: []string{"web-0123", "percent-user"}}
	for bench.Loop() {
		template.Append(room, "servers.web-0123.cpu-3.percent-user", captures)
	}
}
