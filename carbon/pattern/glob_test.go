package pattern

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func compiled(t testing.TB, glob string) *Glob {
	t.Helper()
	g, err := Compile(glob)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestMatch(t *testing.T) {
	f := func(t *testing.T, glob, name string, want ...string) {
		t.Helper()
		g := compiled(t, glob)
		got, ok := g.Match(name, []string{"before"})
		if !ok || got[0] != "before" || !slices.Equal(got[1:], want) || g.Captures() != len(want) || g.String() != glob {
			t.Errorf("%q on %q: %v, captures %q; want %q (of %d)", glob, name, ok, got, want, g.Captures())
		}
	}
	f(t, "a.b", "a.b")
	f(t, "a.*", "a.b", "b")
	f(t, "a.*.c", "a.b.c", "b")
	f(t, "*.*", "a.b", "a", "b")
	f(t, "web-*.hits", "web-17.hits", "17")
	f(t, "*a*", "banana", "banan", "")
	f(t, "web-??.hits", "web-17.hits", "1", "7")
	f(t, "?", "é", "é")
	f(t, "**", "a.b.c", "a.b.c")
	f(t, "a.**", "a", "")
	f(t, "a.**", "a.b", "b")
	f(t, "a.**", "a.b.c", "b.c")
	f(t, "**.c", "c", "")
	f(t, "**.c", "a.b.c", "a.b")
	f(t, "a.**.b", "a.b", "")
	f(t, "a.**.b", "a.x.b", "x")
	f(t, "a.**.b", "a.x.y.b", "x.y")
	f(t, "a.**.b", "a.b.b", "b")
	f(t, "collectd.*.df.**", "collectd.web.df.root.used", "web", "root.used")
	f(t, "a.**.*.c", "a.b.c", "", "b")
	f(t, "a.**.*.c", "a.x.y.b.c", "x.y", "b")
	f(t, "**.x.**", "a.x.b.x.c", "a.x.b", "c")
	f(t, "**.x.**", "x", "", "")
	f(t, "a.**.x.**", "a.x.b.x.c", "x.b", "c")
	f(t, "a.**.x.**", "a.x.b", "", "b")
	f(t, "**.x.**.{y,z}", "x.x.y.z", "x", "y", "z")
	f(t, "**.**", "a.b.c", "a.b", "c")
	f(t, "a**", "a.b.c", ".b.c")
	f(t, "a**c", "ac", "")
	f(t, "a**.c", "ax.y.c", "x.y")
	f(t, "{a,b}.c", "b.c", "b")
	f(t, "{a,b}", "a", "a")
	f(t, "x{a,}y", "xy", "")
	f(t, "{a*,b?}.c", "b7.c", "b7")
	f(t, "{a,{b,c}d}.*", "cd.x", "cd", "x")
	f(t, "{a.b,c}.d", "a.b.d", "a.b")
	f(t, "{a,**}.d", "x.y.d", "x.y")
	f(t, "{[a-c],x}y", "by", "b")
	f(t, "{[,}],x}", ",", ",")
	f(t, "web[0-9][0-9]", "web17", "1", "7")
	f(t, "[!a-c]x", "dx", "d")
	f(t, "[^a-c]x", "dx", "d")
	f(t, "[]a]", "]", "]")
	f(t, "[a-]", "-", "-")
	f(t, `[\]\-]`, "-", "-")
	f(t, "[+-9]", "/", "/")
	f(t, `a\*b`, "a*b")
	f(t, `a\*b*`, "a*bc", "c")
	f(t, `\{a,b\}`, "{a,b}")
	f(t, "a]", "a]")
	f(t, "a,b.*", "a,b.c", "c")
	f(t, `a\.**\.b`, "a.b", "") // a dot is a dot
	f(t, "a.b+c.(d).*", "a.b+c.(d).e", "e")
}

func TestMatchNot(t *testing.T) {
	f := func(t *testing.T, glob, name string) {
		t.Helper()
		was := []string{"before"}
		if got, ok := compiled(t, glob).Match(name, was); ok || len(got) != 1 {
			t.Errorf("%q matches %q with %q", glob, name, got)
		}
	}
	f(t, "a.b", "a.b.c")
	f(t, "a.b", "aab")
	f(t, "a.*", "a")
	f(t, "a.*", "a.b.c")
	f(t, "*", "a.b")
	f(t, "*.b", "a.c")
	f(t, "ab*ba", "aba")
	f(t, "a.?", "a..")
	f(t, "a?b", "a.b")
	f(t, "a[!x]b", "a.b")
	f(t, "a[+-9]b", "a.b")
	f(t, "a.**", "ab")
	f(t, "a.**", "b.a")
	f(t, "**.a", "ba")
	f(t, "a.**.b", "ab")
	f(t, "a.**.a", "a")
	f(t, "a.*.**.b", "a.b")
	f(t, "*x.**.y*", "ax.by")
	f(t, "a**c", "ab")
	f(t, "{a,b}.c", "c.c")
	f(t, "{a*,b}.c", "a.b.c")
	f(t, "[a-c]", "d")
	f(t, "[a-c]", "ab")
	f(t, "**.x.**", "a.b.c")
}

func TestLiteral(t *testing.T) {
	f := func(t *testing.T, glob, want string, wantOK bool) {
		t.Helper()
		if got, ok := compiled(t, glob).Literal(); got != want || ok != wantOK {
			t.Errorf("%q is the literal %q, %v; want %q, %v", glob, got, ok, want, wantOK)
		}
	}
	f(t, "a.b", "a.b", true)
	f(t, `a.\*`, "a.*", true)
	f(t, "a.*", "", false)
	f(t, "{a}", "", false)
}

func TestCompileRefuses(t *testing.T) {
	f := func(t *testing.T, glob, want string) {
		t.Helper()
		if _, err := Compile(glob); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Compile(%q): %v; want %q", glob, err, want)
		}
	}
	f(t, "", "the glob is empty")
	f(t, "a.{b,c", "the { at byte 3 is not closed")
	f(t, "a.{b,{c}", "the { at byte 3 is not closed")
	f(t, "a.{", "the { at byte 3 is not closed")
	f(t, "a.b}", "the } at byte 4 closes nothing")
	f(t, "a.[bc", "the [ at byte 3 is not closed")
	f(t, "a.[]", "the [ at byte 3 is not closed")
	f(t, "a.[!", "the [ at byte 3 is not closed")
	f(t, "{a,[b}", "the [ at byte 4 is not closed")
	f(t, "[.]", "the [ at byte 1 stands for a dot only")
	f(t, "[z-a]", "the range z-a is the wrong way round")
	f(t, `a.b\`, "the backslash at byte 4 has nothing to escape")
	f(t, `[a\`, "the backslash at byte 3 has nothing to escape")
	f(t, "a\xff", "is not UTF-8")
	f(t, strings.Repeat("{", 30), "lies in more than 20 others")
}

// No glob and name take time out of proportion: each of these would take a backtracking matcher longer than the age of
// the universe.
func TestMatchIsBounded(t *testing.T) {
	name := strings.Repeat("a", 4096)
	nodes := strings.Repeat("a.", 2048) + "b"
	start := time.Now()
	for _, glob := range []string{
		strings.Repeat("a*", 100) + "b?",
		strings.Repeat("**a", 100) + "b?",
		strings.Repeat("{a,aa,*}", 50) + "[b]",
		strings.Repeat("**.a.", 50) + "x?",
		strings.Repeat("*.", 100) + "**.x?",
	} {
		g := compiled(t, glob)
		for _, name := range []string{name, nodes} {
			if got, ok := g.Match(name, nil); ok {
				t.Errorf("%q matches, with %q", glob, got)
			}
		}
	}
	if took := time.Since(start); took > 3*time.Minute {
		t.Errorf("it took %v", took)
	}
}

func TestMatchAllocates(t *testing.T) {
	room := make([]string, 0, 8)
	for _, glob := range []string{"servers.web-17.cpu.user", "**", "servers.**", "servers.*.cpu.*", "*.web-*.**", "**.user", "other.{a,b}.**"} {
		g := compiled(t, glob)
		if n := testing.AllocsPerRun(100, func() { g.Match("servers.web-17.cpu.user", room) }); n > 0 {
			t.Errorf("%q allocates %v times", glob, n)
		}
	}
}

func BenchmarkMatch(bench *testing.B) {
	const name = "servers.web-0123.cpu-3.percent-user"
	room := make([]string, 0, 8)
	for _, glob := range []string{
		"servers.web-0123.cpu-3.percent-user", "**", "servers.**", "servers.*.cpu-*.*", "**.percent-user", "other.*.x", "*.*.memory.*",
		"servers.{web,db}-*.cpu-?.percent-*", "**cpu**",
	} {
		bench.Run(glob, func(bench *testing.B) {
			g := compiled(bench, glob)
			for bench.Loop() {
				g.Match(name, room)
			}
		})
	}
}
