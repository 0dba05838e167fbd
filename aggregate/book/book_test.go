package book

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A bench is a Book in a bubble, and what it has emitted.
type bench struct {
	*Book
	t       *testing.T
	mu      sync.Mutex
	results []Result
}

// inBook runs f with an open Book in a bubble.
func inBook(t *testing.T, o Options, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t}
		o.Emit = b.emit
		var err error
		if b.Book, err = Open(o); err != nil {
			t.Fatal(err)
		}
		f(b)
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func (b *bench) emit(r Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.results = append(b.results, r)
}

func (b *bench) set(name string, v float64, at time.Time) {
	b.t.Helper()
	if err := b.Set(name, v, at); err != nil {
		b.t.Error(err)
	}
}

func (b *bench) get(name, fn string) float64 {
	b.t.Helper()
	s, err := b.Get(name)
	v, ok := s.Values[fn]
	if err != nil || !ok {
		b.t.Errorf("getting %s: %+v, %v", name, s, err)
	}
	return v
}

func (b *bench) avgMax(name string) string {
	b.t.Helper()
	avg, top, err := b.AvgMax(name)
	if err != nil {
		b.t.Error(err)
	}
	return fmt.Sprintf("%v,%v", avg, top)
}

func (b *bench) list(prefix string) string {
	b.t.Helper()
	all, err := b.List(prefix)
	if err != nil {
		b.t.Error(err)
	}
	var lines []string
	for _, s := range all {
		line := fmt.Sprintf("%s %v %v %v %v", s.Name, s.Kind, s.Last, s.Avg, s.Max)
		if s.MemOnly {
			line += " memonly"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func (b *bench) emitted() []Result {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.results
}

// What the daemon's check would refuse, and what a Book has no use for.
func TestOpenRefuses(t *testing.T) {
	f := func(want string, change func(o *Options, r *Rule)) {
		t.Helper()
		o, r := DefaultOptions(), DefaultRule()
		change(&o, &r)
		o.Rules = append(o.Rules, r)
		if b, err := Open(o); err == nil {
			b.Close(context.Background())
			t.Errorf("want %q", want)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q", err, want)
		}
	}
	f("type must be one of auto|raw|diff, not \"N\"", func(_ *Options, r *Rule) { r.Type = "N" })
	f(`there is no function "mean"`, func(_ *Options, r *Rule) { r.Functions = []string{"mean"} })
	f("there is no function", func(_ *Options, r *Rule) { r.Functions = nil })
	f("period", func(_ *Options, r *Rule) { r.Period = time.Millisecond })
	f("grace 1s is less than wait, which is 2s", func(_ *Options, r *Rule) { r.Grace = time.Second })
	f("max_gap must be more than 0", func(_ *Options, r *Rule) { r.MaxGap = 0 })
	f("no clusters", func(_ *Options, r *Rule) { r.Send = []string{"graphite"} })
	f("no clusters", func(_ *Options, r *Rule) { r.Output = []Output{{Send: []string{"graphite"}}} })
	f("without captures", func(_ *Options, r *Rule) { r.As = "$1.{fn}" })
	f("without captures", func(_ *Options, r *Rule) { r.Output = []Output{{As: "$1.{fn}"}} })
	f("aggregate name", func(_ *Options, r *Rule) { r.Options.Name = "$2" })
	f("aggregate name", func(_ *Options, r *Rule) { r.Match, r.Options.Name = nil, "$1" })
	f("[", func(_ *Options, r *Rule) { r.Match = []string{"a[b"} })
	f(`rule "a" is there twice`, func(o *Options, r *Rule) {
		r.Name = "a"
		o.Rules = []Rule{*r}
	})
	f("shards", func(o *Options, _ *Rule) { o.Shards = 0 })
	f("series", func(o *Options, _ *Rule) { o.Series = 0 })
}

func TestSetRefuses(t *testing.T) {
	o, r := DefaultOptions(), DefaultRule()
	r.Match = []string{"a.*", "c.*"}
	o.Rules, o.Series = []Rule{r}, 2
	inBook(t, o, func(b *bench) {
		f := func(want error, got error) {
			t.Helper()
			if !errors.Is(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		now := time.Now()
		f(nil, b.Set("a.b", 1, now))
		f(nil, b.Set("..a...b.", 3, now)) // the same in its clean form
		if got := b.get("a.b", "avg"); got != 2 {
			t.Errorf("the average is %v", got)
		}
		f(ErrValue, b.Set("a.b", math.NaN(), now))
		f(ErrValue, b.Set("a.b", math.Inf(-1), now))
		f(ErrTime, b.Set("a.b", 1, time.Unix(-1, 0)))
		f(ErrTime, b.Set("a.b", 1, time.Unix(1<<32, 0)))
		f(ErrTime, b.Enter("a.b", Entry{N: 1}, time.Time{}))
		f(ErrNoRule, b.Set("b.a", 1, now))
		f(ErrNoRule, b.Register("b.a", Raw))
		f(nil, b.Register("c.d", Diff)) // a series and its input
		f(ErrLimit, b.Set("c.d", 1, now))
		f(nil, b.Set("a.c", 1, now))
		f(ErrLimit, b.Set("a.d", 1, now))
		if _, err := b.Delete("a.c"); err != nil {
			t.Error(err)
		}
		if n, err := b.Clean(); n != 1 || err != nil {
			t.Errorf("cleaning forgets %d, %v", n, err)
		}
		f(nil, b.Set("a.d", 1, now)) // there is room again
		if n, err := b.Delete("a.d"); n != 1 || err != nil {
			t.Errorf("deleting deletes %d, %v", n, err)
		}
		for _, e := range []Entry{{}, {N: 1, Mean: 1}, {N: 1, Min: 1}, {N: 1, Dev: -1}, {N: 1, Mean: math.NaN()}} {
			if err := b.Enter("a.b", e, now); err == nil {
				t.Errorf("%+v is taken", e)
			}
		}
		for _, name := range []string{"", "a b", "\xff", "..."} {
			if b.Set(name, 1, now) == nil || b.Register(name, Raw) == nil {
				t.Errorf("%q is taken", name)
			}
		}
		if err := b.Register("a.b", Raw, "none"); err == nil {
			t.Error("a rule that is not there is taken")
		}
		for range 2 {
			f(nil, b.Close(context.Background()))
			f(ErrClosed, b.Set("a.b", 1, now))
			f(ErrClosed, b.Set("a.new", 1, now))
			f(ErrClosed, b.Register("a.new", Raw))
		}
		if got := b.avgMax("a.b"); got != "2,3" {
			t.Errorf("after the end the figures are %s", got)
		}
	})
}

// A series of running totals takes no entries, by whichever rule it is one.
func TestEnterTotals(t *testing.T) {
	o, r := DefaultOptions(), DefaultRule()
	r.Type, r.Match = "diff", []string{"d"}
	o.Rules = []Rule{DefaultRule(), r}
	inBook(t, o, func(b *bench) {
		if err := b.Register("c", Diff); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"c", "d"} {
			if err := b.Enter(name, Entry{N: 1}, time.Now()); !errors.Is(err, ErrTotals) {
				t.Errorf("entering into %s: %v", name, err)
			}
		}
	})
}

// A late value is counted, and results are emitted again when a slice is corrected.
func TestLate(t *testing.T) {
	inBook(t, DefaultOptions(), func(b *bench) {
		start := time.Now()
		b.set("a", 1, start)
		time.Sleep(15 * time.Second)
		b.set("a", 3, start)
		if got := b.avgMax("a"); got != "2,3" {
			t.Errorf("before it is corrected it is %s", got)
		}
		time.Sleep(15 * time.Second)
		var got []float64
		for _, r := range b.emitted() {
			if r.Name == "a.avg" {
				got = append(got, r.Value)
			}
		}
		if !slices.Equal(got, []float64{1, 2}) {
			t.Errorf("emitted were %v", got)
		}
		time.Sleep(time.Hour)
		b.set("a", 5, start)
		if f, err := b.Figures(); err != nil || f[0].Late != 1 || f[0].Amended != 2 {
			t.Errorf("figures %+v, %v", f, err)
		}
		if got := b.avgMax("a"); got != "2,3" {
			t.Errorf("at last it is %s", got)
		}
	})
}

// Many goroutines at once, while others ask and clean: no value is lost.
func TestConcurrency(t *testing.T) {
	o := DefaultOptions()
	r := DefaultRule()
	r.Functions, r.Period, r.Partial, r.Rollups = []string{"sum", "count"}, time.Hour, "emit", []time.Duration{2 * time.Hour}
	o.Rules, o.Shards = []Rule{r}, 3
	var mu sync.Mutex
	sum := map[string]float64{}
	o.Emit = func(r Result) {
		mu.Lock()
		defer mu.Unlock()
		sum[r.Name] = r.Value
	}
	b, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	const names, each = 50, 4000
	at := time.Unix(1416744000, 0)
	var wg, asking sync.WaitGroup
	done := make(chan struct{})
	for g := range 4 {
		wg.Go(func() {
			for i := range each {
				name := fmt.Sprint("s.", (i*7+g)%names)
				if i%10 == 0 {
					if err := b.Enter(name, Entry{N: 2, Mean: 1, Min: 0, Max: 2, Dev: 1}, at); err != nil {
						t.Error(err)
					}
				} else if err := b.Set(name, 1, at); err != nil {
					t.Error(err)
				}
			}
		})
	}
	asking.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			list, err := b.List("s.")
			_, failed := b.Clean()
			if err := errors.Join(err, failed); err != nil || len(list) > names {
				t.Errorf("%d series, %v", len(list), err)
			}
			if _, err := b.Get("s.1"); err != nil && !errors.Is(err, ErrUnknown) {
				t.Error(err)
			}
			if err := b.Register("s.2", Raw); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	close(done)
	asking.Wait()
	total := 0.0
	for i := range names {
		s, err := b.Get(fmt.Sprint("s.", i))
		if err != nil {
			t.Fatal(err)
		}
		total += s.Values["count"]
	}
	want := 4*each + 4*each/10
	if total != float64(want) {
		t.Errorf("of %d values %v are there", want, total)
	}
	if err := b.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	total = 0
	for name, v := range sum {
		if strings.HasSuffix(name, ".2h.sum") {
			total += v
		}
	}
	if total != float64(want) {
		t.Errorf("of %d values %v were emitted", want, total)
	}
}

// Setting a value of a name that is known allocates nothing.
func TestSetAllocations(t *testing.T) {
	b, err := Open(DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.Background())
	now := time.Now()
	if n := testing.AllocsPerRun(10_000, func() { b.Set("web.requests", 1, now) }); n >= 0.5 {
		t.Errorf("%v allocations a value", n)
	}
}

func BenchmarkSet(b *testing.B) {
	book, err := Open(DefaultOptions())
	if err != nil {
		b.Fatal(err)
	}
	defer book.Close(context.Background())
	now := time.Now()
	for b.Loop() {
		book.Set("web.requests", 1, now)
	}
}

// What was forgotten leaves its place to others: a name that is registered finds its own series again, not theirs.
func TestForgottenAreNotMixedUp(t *testing.T) {
	o := DefaultOptions()
	o.Series = 1
	inBook(t, o, func(b *bench) {
		if err := b.Register("d", Raw); err != nil {
			t.Fatal(err)
		}
		b.set("d", 1, time.Now())
		for _, name := range []string{"e", "d", "e"} {
			time.Sleep(2 * time.Hour)
			if n, err := b.Clean(); n != 1 || err != nil {
				t.Errorf("cleaning forgets %d, %v", n, err)
			}
			b.set(name, 7, time.Now())
			if got := b.list(""); !strings.Contains(got, name+" N 7 7 7") {
				t.Errorf("there are %s, not %s", got, name)
			}
		}
	})
}
