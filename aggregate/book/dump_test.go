package book

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbago/aggregate/state"
)

// reload closes the Book into a dump and goes on with what loads it.
func (b *bench) reload(o Options) {
	b.t.Helper()
	o.Emit = b.emit
	var dump bytes.Buffer
	if err := b.CloseInto(context.Background(), &dump); err != nil {
		b.t.Fatal(err)
	}
	var err error
	if b.Book, err = Load(&dump, o); err != nil {
		b.t.Fatal(err)
	}
}

// However often it is dumped and loaded, a Book emits and answers what one does that runs on.
func TestLoadGoesOn(t *testing.T) {
	o := jumpscale()
	r := DefaultRule()
	r.Name, r.Match, r.Options.Name, r.As = "all", []string{"n.*.cpu"}, "n.all.cpu", "of.{name}.{fn}"
	r.Functions, r.Rollups = []string{"count", "p90", "stddev", "unique"}, []time.Duration{time.Minute}
	r.Output = []Output{{Window: Window{Slices: 4}, As: "w.{name}.{fn}"}}
	o.Rules = append(o.Rules, r)
	run := func(every int) (answers []string) {
		inBook(t, o, func(b *bench) {
			if err := b.Register("n.rx", Diff, flags(true, false)); err != nil {
				t.Fatal(err)
			}
			if err := b.Register("never.set", Diff, flags(false, true)); err != nil {
				t.Fatal(err)
			}
			for i := range 300 {
				now := time.Now()
				b.set(fmt.Sprintf("n.%d.cpu", i%3), float64(i*37%101), now)
				b.set("n.rx", float64(i*i), now.Add(-time.Second))
				if i%4 == 0 {
					if err := b.Enter("n.x.cpu", Entry{N: 5, Mean: 3, Dev: 1, Min: 1, Max: 4}, now.Add(-3*time.Second)); err != nil {
						t.Fatal(err)
					}
				}
				if i%50 == 49 {
					answers = append(answers, b.list(""), fmt.Sprint(b.get("n.rx", "last"), b.avgMax("n.1.cpu")))
				}
				time.Sleep(2300 * time.Millisecond)
				if every > 0 && i%every == 0 {
					b.reload(o)
				}
			}
			time.Sleep(5 * time.Minute)
			emitted := map[string]bool{}
			for _, r := range b.emitted() {
				emitted[fmt.Sprintf("%s %.9g %d", r.Name, r.Value, r.Time.Unix())] = true // lanes come in any order
			}
			answers = append(answers, slices.Sorted(maps.Keys(emitted))...)
		})
		return answers
	}
	want := run(0)
	if len(want) < 1000 || !strings.Contains(want[0], "never.set D 0 0 0 memonly") {
		t.Fatalf("%d answers, the first %q", len(want), want[0])
	}
	for _, every := range []int{100, 7} {
		got := run(every)
		wrong := 0
		for i := range min(len(got), len(want)) {
			if got[i] != want[i] && wrong < 5 {
				wrong++
				t.Errorf("loaded every %d: got %q, want %q", every, got[i], want[i])
			}
		}
		if len(got) != len(want) {
			t.Errorf("loaded every %d: %d answers, want %d", every, len(got), len(want))
		}
	}
}

// A dump changes nothing. Of other rules nothing is loaded.
func TestLoadOtherRules(t *testing.T) {
	o := jumpscale()
	inBook(t, o, func(b *bench) {
		for _, percent := range []bool{false, true} {
			if err := b.Register(fmt.Sprint("p.", percent), Raw, flags(percent, false)); err != nil {
				t.Fatal(err)
			}
			b.set(fmt.Sprint("p.", percent), 1.5, time.Now())
		}
		var dump bytes.Buffer
		if err := b.Dump(&dump); err != nil {
			t.Fatal(err)
		}
		f := func(change func(o *Options), want string) {
			t.Helper()
			o := jumpscale()
			change(&o)
			other, err := Load(bytes.NewReader(dump.Bytes()), o)
			if err != nil {
				t.Fatal(err)
			}
			got := &bench{Book: other, t: t}
			if got := got.list(""); got != want {
				t.Errorf("loaded %q, want %q", got, want)
			}
			if err := other.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
		f(func(*Options) {}, "p.false N 2 2 2; p.true N 1.5 1.5 1.5")
		f(func(o *Options) { slices.Reverse(o.Rules) }, "p.false N 2 2 2; p.true N 1.5 1.5 1.5")
		f(func(o *Options) { o.Rules = o.Rules[:1] }, "p.false N 2 2 2")
		f(func(o *Options) { o.Rules[0].Period = time.Minute }, "p.false N 0 0 0; p.true N 1.5 1.5 1.5")
		f(func(o *Options) { o.Rules[2].Name = "renamed" }, "p.false N 2 2 2")
		f(func(o *Options) { o.Shards, o.History.Keep = 3, 0 }, "p.false N 2 2 2; p.true N 1.5 1.5 1.5")
		if got := b.list(""); got != "p.false N 2 2 2; p.true N 1.5 1.5 1.5" {
			t.Errorf("after the dump there are %s", got)
		}
	})
}

// A dump that was cut or changed is no dump, wherever it was.
func TestLoadDamaged(t *testing.T) {
	inBook(t, DefaultOptions(), func(b *bench) {
		if err := b.Register("a", Diff); err != nil {
			t.Fatal(err)
		}
		b.set("a", 1, time.Now())
		b.set("b", 1, time.Now())
		time.Sleep(time.Minute)
		var dump bytes.Buffer
		if err := b.Dump(&dump); err != nil {
			t.Fatal(err)
		}
		f := func(what string, text []byte, want error) {
			t.Helper()
			if _, err := Load(bytes.NewReader(text), DefaultOptions()); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		whole := dump.Bytes()
		f("nothing", nil, state.ErrForeign)
		f("something else", []byte("{}"), state.ErrForeign)
		for n := 1; n < len(whole); n += 7 {
			f(fmt.Sprint("a cut at ", n), whole[:n], state.ErrDamaged)
		}
		f("more", append(bytes.Clone(whole), 0), state.ErrDamaged)
		for i := 40; i < len(whole); i += 5 {
			text := bytes.Clone(whole)
			text[i] ^= 4
			f(fmt.Sprint("another byte at ", i), text, state.ErrDamaged)
		}
		var other bytes.Buffer
		w := state.NewWriter(&other, dumpVersion&0xffff, time.Now()) // as a daemon's snapshot
		if err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		f("another version", other.Bytes(), state.ErrVersion)
		if err := b.Dump(broken{}); !errors.Is(err, errBroken) {
			t.Errorf("a dump to nowhere: %v", err)
		}
	})
}

var errBroken = errors.New("nothing can be written")

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

// Whatever a record of registrations says, it is taken over and written the same again, or refused.
func FuzzPages(f *testing.F) {
	fresh := func(tb testing.TB) *Book {
		b, err := newBook(jumpscale())
		if err != nil {
			tb.Fatal(err)
		}
		return b
	}
	known := func(b *Book) string {
		all := []string{}
		for _, l := range b.lanes {
			for name, p := range l.pages {
				all = append(all, fmt.Sprint(name, p.kind, p.rules, p.registered))
			}
		}
		slices.Sort(all)
		return strings.Join(all, "\n")
	}
	seed := fresh(f)
	l := seed.lanes[0]
	l.pages["a.b"] = &page{kind: Diff, registered: true, rules: []int{0, 3}}
	l.pages["c"] = &page{kind: Raw, registered: true}
	f.Add(l.appendPages([]byte{recordPages}))
	f.Add([]byte{recordPages, 1, 'x', 0, 0})
	f.Add([]byte{recordPages, 3, 'x', 0, 0})
	f.Fuzz(func(t *testing.T, record []byte) {
		if len(record) == 0 {
			return
		}
		b := fresh(t)
		if b.takePages(record) != nil {
			return
		}
		again := fresh(t)
		for _, l := range b.lanes {
			if err := again.takePages(l.appendPages([]byte{recordPages})); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := known(again), known(b); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
