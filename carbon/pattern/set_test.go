package pattern

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"
	"unicode/utf8"
)

// What a set leaves out does not match, whatever the matchers and names.
func TestSetLeavesOutNoMatch(t *testing.T) {
	for seed := range uint64(100) {
		r := newMaker(seed)
		var ms []*Matcher
		for range 1 + r.IntN(150) {
			ms = append(ms, r.matcher())
		}
		leavesOutNoMatch(t, ms, r.some(50, r.name))
	}
}

func leavesOutNoMatch(t *testing.T, ms []*Matcher, names []string) {
	t.Helper()
	s := NewSet(ms)
	var room []uint64
	var c Captures
	for _, name := range names {
		room = s.Candidates(name, room)
		path, _ := cut(name)
		for _, m := range ms {
			for _, e := range m.is.regexps { // what an expression needs is looked for before it is asked itself
				if c.reset(); e.match(path, &c) != e.MatchString(path) {
					t.Errorf("the expression %s on %q: %v", e, path, !e.MatchString(path))
				}
			}
		}
		for i, m := range ms {
			if room[i/64]>>(i%64)&1 == 0 && m.Match(name, nil) {
				t.Errorf("the set leaves out %s, which matches %q", m, name)
			}
		}
	}
}

// The automaton finds what strings finds, with rows for all states and for few.
func TestAutomaton(t *testing.T) {
	for seed := range uint64(200) {
		r := newMaker(seed)
		var needs []need
		begins := ""
		if seed%2 == 1 { // as the texts that are within names mostly do
			begins = "."
		}
		for range 1 + r.IntN(60) {
			needs = append(needs, need{begins + r.path(), place(r.IntN(4))})
		}
		a := newAutomaton(needs)
		for _, rows := range []int{len(a.rows), a.width, 5 * a.width} {
			few := a
			few.rows = a.rows[:min(rows, len(a.rows))]
			for range 30 {
				path := r.path()
				found := make([]bool, len(needs))
				few.walk(path, func(n int32) { found[n] = true })
				for i, n := range needs {
					if found[i] != n.in(path) {
						t.Fatalf("%q in %q at place %d: %v", n.text, path, n.at, found[i])
					}
				}
			}
		}
	}
}

// The tree finds what strings finds, at the beginning.
func TestHeads(t *testing.T) {
	for seed := range uint64(200) {
		r := newMaker(seed)
		var needs []need
		for range r.IntN(60) {
			needs = append(needs, need{r.path(), begin | place(r.IntN(2))*end})
		}
		h := newHeads(needs)
		for range 30 {
			path := r.path()
			found := make([]int, len(needs))
			h.walk(path, func(n int32) { found[n]++ })
			for i, n := range needs {
				if found[i] != 0 != n.in(path) || found[i] > 1 {
					t.Fatalf("%q in %q at place %d: %d times", n.text, path, n.at, found[i])
				}
			}
		}
	}
}

func FuzzSet(f *testing.F) {
	f.Add("a.*.b\n^a(b|c)\\.x$\na.b", "a.b.c")
	f.Add("**.x.**\n(?i)ab[c-d]+e\nxx", "a.x.abce")
	f.Add("{a,b}**c\n\\bfoo\\b|bar\n\xff", "bfooc")
	f.Fuzz(func(t *testing.T, texts, name string) {
		var ms []*Matcher
		for _, text := range strings.Split(texts, "\n") {
			for _, o := range []Options{{Match: []string{text}}, {Regex: []string{text, "ab"}}, {Contains: []string{text}}, {Suffix: []string{text}, Prefix: []string{"a"}}} {
				if m, err := New(Selection{Options: o}); err == nil {
					ms = append(ms, m)
				}
			}
		}
		if len(ms) > 0 && len(name) < 1000 && utf8.ValidString(name) {
			leavesOutNoMatch(t, ms, []string{name})
		}
	})
}

// Of the rules of a large installation hardly any but those that match are candidates.
func TestSetIsNarrow(t *testing.T) {
	ms := newMaker(1).estate(1000)
	s := NewSet(ms)
	var room []uint64
	f := func(name string, want int) {
		t.Helper()
		room = s.Candidates(name, room)
		got := 0
		for _, word := range room {
			got += bits.OnesCount64(word)
		}
		if got != want {
			t.Errorf("%q has %d candidates, want %d", name, got, want)
		}
	}
	f("collectd.web-17.cpu.user", 0)
	f("collectd.web-17.plugin9.x", 1)
	f("team16.app11.x.latency10", 3)
	f("servers.web-6-b.disk4.used", 2)
	f("a.cache13.hits;app11.=x", 1)
	f("stats.timers.x.endpoint-15.p99", 1)
}

// Nobody looks through each name for the dots of a pattern that matches nearly all of them.
func TestSetNeedsNoDot(t *testing.T) {
	s := NewSet([]*Matcher{
		selecting(t, Selection{Options: Options{Match: []string{"*.*.**"}}}),
		selecting(t, Selection{Options: Options{Match: []string{"*.*", "a.*"}}}),
	})
	if got := s.Candidates("x.y.z", nil)[0]; len(s.textUsers)+len(s.headUsers) > 0 || got != 0b11 {
		t.Errorf("%d texts are looked for, and candidates are %02b", len(s.textUsers)+len(s.headUsers), got)
	}
}

// A matcher of tags alone is no candidate for a name without them.
func TestSetKnowsTags(t *testing.T) {
	tags := map[string][]string{"dc": {"*"}}
	s := NewSet([]*Matcher{
		selecting(t, Selection{Options: Options{Tag: tags}}),
		selecting(t, Selection{Options: Options{Tag: tags, Prefix: []string{"a"}}}),
		selecting(t, Selection{Not: &Options{Tag: tags}}),
		selecting(t, Selection{Options: Options{Match: []string{"*"}}}),
		selecting(t, Selection{Options: Options{Prefix: []string{"a", "b"}, Regex: []string{"."}}}),
	})
	f := func(name string, want uint64) {
		t.Helper()
		if got := s.Candidates(name, nil)[0]; got != want {
			t.Errorf("%q: got %05b, want %05b", name, got, want)
		}
	}
	f("a", 0b11100)
	f("c", 0b01100)
	f("c;dc=x", 0b01101)
	f("ba;dc=x", 0b11101)
	f("a;dc=x", 0b11111)
}

// The memory of a set is in proportion to the texts in it.
func TestSetIsBounded(t *testing.T) {
	ms := newMaker(1).estate(10_000)
	s := NewSet(ms)
	texts := 0
	for _, n := range s.texts.needs {
		texts += len(n.text)
	}
	for _, n := range s.heads.needs {
		texts += len(n.text)
	}
	heads := len(s.heads.text) + len(s.heads.first) + 12*len(s.heads.nodes) + 4*len(s.heads.found)
	if got := heads + 4*len(s.texts.rows) + 20*len(s.texts.states) + 8*len(s.texts.edges); got > 4*maxRows+30*texts {
		t.Errorf("%d bytes for %d of text", got, texts)
	}
}

func TestCandidatesAllocate(t *testing.T) {
	s := NewSet(newMaker(1).estate(100))
	room := s.Candidates("a.b.c", nil)
	if n := testing.AllocsPerRun(100, func() { room = s.Candidates("collectd.web-17.plugin9.latency10;a=b", room) }); n > 0 {
		t.Errorf("Candidates allocates %v times", n)
	}
}

func BenchmarkSet(bench *testing.B) {
	names := []string{
		"servers.web-0123.cpu-3.percent-user.now.and.then.and.again", "collectd.web-17.plugin9.cache13.hits",
		"stats.timers.api.endpoint-15.p99;dc=ams;host=web17", "team16.app11.requests.latency10",
	}
	for _, n := range []int{1, 100, 1000, 10_000} {
		bench.Run(fmt.Sprint(n), func(bench *testing.B) {
			ms := newMaker(1).estate(n)
			s := NewSet(ms)
			var room []uint64
			var c Captures
			for i := 0; bench.Loop(); i++ {
				name := names[i%len(names)]
				room = s.Candidates(name, room)
				for w, word := range room {
					for ; word != 0; word &= word - 1 {
						ms[w*64+bits.TrailingZeros64(word)].Match(name, &c)
					}
				}
			}
		})
	}
}

func BenchmarkNewSet(bench *testing.B) {
	ms := newMaker(1).estate(10_000)
	for bench.Loop() {
		NewSet(ms)
	}
}
