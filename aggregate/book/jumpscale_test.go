package book

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// jumpscale are the options of a Book that stands in for the JumpScale StatAggregator: four rules, for what its flags
// were, and a slice a second.
func jumpscale() Options {
	o := DefaultOptions()
	for _, percent := range []bool{false, true} {
		for _, memonly := range []bool{false, true} {
			r := DefaultRule()
			r.Match = nil
			r.Period, r.Compat, r.Percent, r.MemOnly = time.Second, "jumpscale", percent, memonly
			r.Functions = []string{"last", "avg", "max"}
			r.Name = fmt.Sprintf("percent=%t memonly=%t", percent, memonly)
			if !percent && !memonly {
				r.Match = []string{"**"}
			}
			o.Rules = append(o.Rules, r)
		}
	}
	return o
}

func flags(percent, memonly bool) string {
	return fmt.Sprintf("percent=%t memonly=%t", percent, memonly)
}

// The series vectors of the original: what each set gives, and (avg, max) over the retained hour. A result that is not
// there is a "-", and the Book answers with the one before.
func TestJumpscaleSeries(t *testing.T) {
	f := func(k Kind, percent bool, samples, results, want string) {
		t.Helper()
		inBook(t, jumpscale(), func(b *bench) {
			if err := b.Register("a.b", k, flags(percent, false)); err != nil {
				t.Fatal(err)
			}
			start, before := time.Now(), 0.0
			answers := strings.Fields(results)
			for i, sample := range strings.Fields(samples) {
				var seconds, v float64
				if _, err := fmt.Sscanf(sample, "%g:%g", &seconds, &v); err != nil {
					t.Fatal(err)
				}
				at := start.Add(time.Duration(seconds * float64(time.Second)))
				time.Sleep(time.Until(at))
				b.set("a.b", v, at)
				if answers[i] != "-" {
					fmt.Sscan(answers[i], &before)
				}
				if got := b.get("a.b", "last"); got != before {
					t.Errorf("%s: %s gives %v, want %s", samples, sample, got, answers[i])
				}
			}
			for range 3 { // as it is set, when it is emitted, when it is only remembered
				if got := b.avgMax("a.b"); got != want {
					t.Errorf("%s: got %s, want %s", samples, got, want)
				}
				time.Sleep(time.Minute)
			}
		})
	}
	f(Raw, false, "0:1 10:2", "1 2", "2,2")
	f(Raw, false, "0:1 10:2 20:4", "1 2 4", "2,4")
	f(Raw, false, "0:-5 10:-7", "-5 -7", "-6,0")
	f(Raw, false, "0:0 10:3", "0 3", "2,3")
	f(Raw, true, "0:1.5 10:2.25", "1.5 2.25", "1.88,2.25")
	f(Raw, false, "0:10.4 0:12.6", "10 13", "13,13")
	f(Diff, false, "0:100 10:200 20:230 30:230 40:130 50:1130", "0 10 3 0 -10 100", "38,100")
	f(Diff, false, "0:100 10:105 20:115 30:140", "0 1 1 3", "2,3")
	f(Diff, true, "0:0 3:1 6:3", "0 0.33 0.67", "0.5,0.67")
	f(Diff, false, "0:0 7200:7200", "0 1", "1,1")
	f(Diff, false, "0:0 7200.001:7200 7300:7300", "0 - 1", "1,1") // the original never recovers from a gap
	f(Diff, false, "0:1000 60:1000 120:1000", "0 0 0", "0,0")
}

// A session with the original, but for its bugs.
func TestJumpscaleSession(t *testing.T) {
	inBook(t, jumpscale(), func(b *bench) {
		result := func(name string, v, want float64) {
			t.Helper()
			b.set(name, v, time.Now())
			if got := b.get(name, "last"); got != want {
				t.Errorf("setting %s to %v gives %v, want %v", name, v, got, want)
			}
		}
		register := func(name string, k Kind, percent, memonly bool) {
			t.Helper()
			if err := b.Register(name, k, flags(percent, memonly)); err != nil {
				t.Error(err)
			}
		}
		list := func(prefix, want string) {
			t.Helper()
			if got := b.list(prefix); got != want {
				t.Errorf("listing %q gives\n\t%s, want\n\t%s", prefix, got, want)
			}
		}
		register("a.b.net", Diff, false, false)
		register("a.b.mem", Raw, false, true)
		register("z.x.y", Diff, false, false)
		result("a.b.cpu", 1.4, 1)
		result("a.b.net", 1000, 0)
		result("z.x.y", 5, 0)
		time.Sleep(10 * time.Second)
		result("a.b.cpu", 2.5, 3)
		result("a.b.net", 1600, 60)
		result("a.b.mem", 77, 77)
		if _, err := b.Get("nope"); !errors.Is(err, ErrUnknown) {
			t.Errorf("getting what there is not: %v", err)
		}
		if _, _, err := b.AvgMax("nope"); !errors.Is(err, ErrUnknown) {
			t.Errorf("getting the figures of what there is not: %v", err)
		}
		list("", "a.b.cpu N 3 2 3; a.b.mem N 77 77 77 memonly; a.b.net D 60 60 60; z.x.y D 0 0 0")
		list("a.b.n", "a.b.net D 60 60 60")
		register("q.w.e", Diff, true, true)
		list("q", "q.w.e D 0 0 0 memonly")
		register("a.b.net", Diff, false, false) // again the same: nothing is lost
		list("a.b.n", "a.b.net D 60 60 60")
		register("a.b.net", Raw, true, false)
		list("a.b.n", "a.b.net N 0 0 0")
		result("a.b.net", 3.14159, 3.14159)
		for _, n := range []string{"p.a.1", "p.a.2", "p.b.1"} {
			b.set(n, 1, time.Now())
		}
		if n, err := b.Delete("p.a"); n != 2 || err != nil {
			t.Errorf("deleting deletes %d, %v", n, err)
		}
		list("p", "p.b.1 N 1 1 1")
		if slices.ContainsFunc(b.emitted(), func(r Result) bool { return strings.HasPrefix(r.Name, "a.b.mem") }) {
			t.Error("what is only kept was emitted")
		}
		if n, err := b.Delete(""); n != 5 || err != nil {
			t.Errorf("deleting all deletes %d, %v", n, err)
		}
		list("", "")
	})
}

// Of the past an hour is kept, by the clock: what is exactly as old stays. A series is gone an hour after its last value.
func TestJumpscaleClean(t *testing.T) {
	inBook(t, jumpscale(), func(b *bench) {
		clean := func(forgets int, list string) {
			t.Helper()
			if n, err := b.Clean(); n != forgets || err != nil {
				t.Errorf("cleaning forgets %d, %v", n, err)
			}
			if got := b.list(""); got != list {
				t.Errorf("after cleaning there are %q, want %q", got, list)
			}
		}
		if err := b.Register("d", Diff); err != nil {
			t.Fatal(err)
		}
		b.set("a", 1, time.Now())
		time.Sleep(10 * time.Second)
		b.set("a", 3, time.Now())
		time.Sleep(time.Hour - 10*time.Second)
		clean(0, "a N 3 2 3; d D 0 0 0")
		time.Sleep(time.Millisecond)
		clean(0, "a N 3 3 3; d D 0 0 0")
		time.Sleep(10 * time.Second)
		clean(1, "d D 0 0 0")
		b.set("d", 7, time.Now())
		if got := b.list("d"); got != "d D 0 0 0" {
			t.Errorf("what was registered is %q", got)
		}
		b.set("a", 5, time.Now())
		if got := b.list("a"); got != "a N 5 5 5" {
			t.Errorf("what is back is %q", got)
		}
		synctest.Wait()
	})
}
