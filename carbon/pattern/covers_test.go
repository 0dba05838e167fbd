package pattern

import (
	"testing"
	"unicode/utf8"
)

// Whenever a matcher is said to cover another one, it does.
func TestCoversIsCertain(t *testing.T) {
	covered := 0
	for seed := range uint64(400) {
		r := newMaker(seed)
		var ms []*Matcher
		for range 12 {
			ms = append(ms, r.matcher())
		}
		names := r.some(60, r.name)
		for _, m := range ms {
			for _, o := range ms {
				if m != o && m.Covers(o) {
					covered++
					coversAll(t, m, o, names)
				}
			}
		}
	}
	if covered < 300 {
		t.Errorf("only %d pairs cover one another: this tests little", covered)
	}
}

func coversAll(t *testing.T, m, o *Matcher, names []string) {
	t.Helper()
	for _, name := range names {
		if o.Match(name, nil) && !m.Match(name, nil) {
			t.Errorf("%q matches %s, but not %s", name, o, m)
		}
	}
}

func FuzzCovers(f *testing.F) {
	f.Add("servers.**", "servers.*.cpu", "servers.a.cpu")
	f.Add("**.b", "a.{b,c}.b", "a.b.b")
	f.Add("a*b.**", "a[x]b.c", "axb.c")
	f.Add("^a", "^ab|c", "c.b")
	f.Fuzz(func(t *testing.T, a, b, name string) {
		if len(a) > 40 || len(b) > 40 || len(name) > 60 || !utf8.ValidString(name) {
			return
		}
		var ms []*Matcher
		for _, text := range []string{a, b} {
			for _, o := range []Options{{Match: []string{text}}, {Regex: []string{text}}, {Prefix: []string{text}}, {Suffix: []string{text}}, {Contains: []string{text}}} {
				if m, err := New(Selection{Options: o}); err == nil {
					ms = append(ms, m)
				}
				if m, err := New(Selection{Options: Options{Match: []string{"**"}}, Not: &o}); err == nil {
					ms = append(ms, m)
				}
			}
		}
		for _, m := range ms {
			for _, o := range ms {
				if m.Covers(o) {
					coversAll(t, m, o, []string{name, a, b})
				}
			}
		}
	})
}

func TestCovers(t *testing.T) {
	pair := func(t *testing.T, a, b Selection, want bool) {
		t.Helper()
		m, o := selecting(t, a), selecting(t, b)
		if got := m.Covers(o); got != want {
			t.Errorf("%s covers %s: %v", m, o, got)
		}
	}
	is := func(o Options) Selection { return Selection{Options: o} }
	glob := func(texts ...string) Selection { return is(Options{Match: texts}) }
	regex := func(texts ...string) Selection { return is(Options{Regex: texts}) }
	prefix := func(texts ...string) Selection { return is(Options{Prefix: texts}) }
	suffix := func(texts ...string) Selection { return is(Options{Suffix: texts}) }
	contains := func(texts ...string) Selection { return is(Options{Contains: texts}) }
	tags := func(key string, values ...string) Selection {
		return is(Options{Tag: map[string][]string{key: values}})
	}
	yes := func(a, b Selection) { t.Helper(); pair(t, a, b, true) }
	no := func(a, b Selection) { t.Helper(); pair(t, a, b, false) }

	yes(glob("**"), glob("a.*"))
	yes(glob("**"), regex("x"))
	yes(glob("**"), tags("dc", "x"))
	yes(glob("a.*"), glob("a.*"))
	yes(glob("a.*"), glob("a.b"))
	yes(glob("a.*"), glob("a.b", "a.c*"))
	no(glob("a.*"), glob("a.b", "b"))
	yes(glob("x", "a.*"), glob("a.b", "x"))
	yes(glob("servers.**"), glob("servers.*.cpu"))
	yes(glob("servers.**"), glob("servers"))
	no(glob("servers.*"), glob("servers.**"))
	yes(glob("**.cpu"), glob("a.*.cpu"))
	yes(glob("a.**.c.*"), glob("a.*.b.c.x?"))
	yes(glob("**.b.**"), glob("*.b.c"))
	no(glob("**.b.**"), glob("*.c"))
	yes(glob("web-*.x"), glob("web-??.x"))
	yes(glob("web-*"), glob("web-1*"))
	no(glob("web-1*"), glob("web-*"))
	yes(glob("*z"), glob("a*z"))
	no(glob("a*a"), glob("a"))
	no(glob("*"), glob("{a.b,c}"))
	yes(glob("**"), glob("{a.b,c}"))
	yes(glob("a.**"), regex(`^a\.b`))
	no(glob("a.**"), regex(`^a`))
	no(glob("a.**"), regex(`a\.b`))
	yes(glob("a.**"), prefix("a."))
	no(glob("a.**"), prefix("a"))
	yes(glob("a**"), prefix("ab"))
	yes(glob("**b"), suffix("ab"))
	yes(glob("**.b"), suffix(".b"))
	no(glob("**.b"), suffix("b"))
	yes(regex("^a.*b$"), regex("^a.*b$"))
	yes(regex(`^a\.`), regex(`^a\.b+`))
	yes(regex(`^a\.`), prefix("a.b"))
	yes(regex(`b$`), glob("*.b"))
	yes(regex(`b`), glob("*.b.*"))
	yes(regex(`^b$`), glob("b"))
	no(regex(`^b$`), glob("b*"))
	yes(regex(`(a|b)c`), glob("xac"))
	no(regex(`(?i)ab`), contains("ab")) // uncertain
	yes(prefix("a"), prefix("ab", "ac"))
	no(prefix("ab"), prefix("a"))
	yes(prefix("a"), glob("ab.*"))
	yes(prefix("a"), is(Options{Suffix: []string{"x"}, Prefix: []string{"ab"}}))
	no(is(Options{Suffix: []string{"x"}, Prefix: []string{"ab"}}), prefix("ab"))
	yes(suffix("a"), suffix("ba"))
	yes(contains("a"), prefix("bab"))
	yes(contains("cpu.user"), glob("*.cpu.user.*"))
	no(contains("cpu.user"), glob("*.cpu.*.user"))
	yes(tags("dc", "*"), tags("dc", "ams*"))
	yes(tags("dc", "a*", "x"), tags("dc", "ams", "x"))
	no(tags("dc", "a*"), tags("dc", "a*s")) // uncertain
	no(tags("dc", "ams"), glob("a"))
	no(tags("dc", "ams"), tags("k", "ams"))
	yes(prefix("a"), Selection{Options: Options{Prefix: []string{"a"}}, Not: &Options{Suffix: []string{"x"}}})

	not := func(o Options, not Options) Selection { return Selection{Options: o, Not: &not} }
	a, ab, x := Options{Prefix: []string{"a"}}, Options{Prefix: []string{"ab"}}, Options{Prefix: []string{"x"}}
	no(not(a, Options{Suffix: []string{"x"}}), is(a))
	yes(not(a, ab), not(a, ab))
	yes(not(a, ab), not(a, a))
	no(not(a, a), not(a, ab))
	yes(not(a, x), is(ab))
	yes(not(Options{Match: []string{"**"}}, Options{Match: []string{"b"}}), glob("a", "c"))
	yes(Selection{Not: &x}, is(ab))
	no(Selection{Not: &x}, suffix("b"))
}

func BenchmarkCovers(bench *testing.B) {
	ms := newMaker(1).estate(1000)
	for i := 0; bench.Loop(); i++ {
		ms[i%len(ms)].Covers(ms[i*7%len(ms)])
	}
}
