package aggregate

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// A forgetful is what a lane is to Forget: it remembers references, and drops those that it is told to.
type forgetful struct {
	sync.Mutex
	refs    map[string]Ref
	scatter *Scatter
}

func (f *forgetful) drop(gone *Forgotten) {
	f.Lock()
	defer f.Unlock()
	for name, ref := range f.refs {
		if gone.Has(ref) {
			delete(f.refs, name)
		}
	}
	f.scatter.Flush()
}

// While names come and go, and silent ones are forgotten under the hands of those who send, no sample is ever credited to
// another name's series.
func TestForgetNeverMixesSeries(t *testing.T) { forgetUnderLoad(t, func(*bench) {}) }

// Nor while series are deleted that are still sent.
func TestDeleteNeverMixesSeries(t *testing.T) {
	round := 0
	forgetUnderLoad(t, func(b *bench) {
		round++
		is := func(name []byte) bool { return int(name[len(name)-1])%4 == round%4 }
		if _, err := b.Delete(context.Background(), is); err != nil {
			t.Error(err)
		}
	})
}

// forgetUnderLoad lets names come and go for half an hour, and forgets silent series every 10 s, after between was called.
func forgetUnderLoad(t *testing.T, between func(*bench)) {
	o := options(func(o *Options) {
		o.Functions, o.Keep, o.MaxGap, o.Grace = []string{"min", "max", "sources"}, 2*time.Minute, time.Minute, 5*time.Second
		o.Rollups = []time.Duration{30 * time.Second}
		o.Output = []OutputOptions{{Window: Window{Slices: 3}, As: "{name}.w.{fn}"}}
	})
	inBubble(t, o, func(b *bench) {
		var lanes []*forgetful
		var wg sync.WaitGroup
		for i := range 3 {
			f := &forgetful{refs: map[string]Ref{}, scatter: NewScatter(2, func(shard int, s *Samples) { b.In(shard) <- s })}
			lanes = append(lanes, f)
			wg.Go(func() { comeAndGo(b, f, uint64(i)) })
		}
		for range 200 {
			time.Sleep(10 * time.Second)
			between(b)
			if _, err := b.Forget(context.Background(), func(gone *Forgotten) error {
				for _, f := range lanes {
					f.drop(gone)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
		for range 20 {
			time.Sleep(time.Minute)
			b.Forget(context.Background(), func(gone *Forgotten) error {
				for _, f := range lanes {
					f.drop(gone)
				}
				return nil
			})
		}
		synctest.Wait()
		for _, p := range b.points {
			words := strings.Fields(p)
			name, rest, _ := strings.Cut(words[1], ".")
			if want := name[1:]; !strings.HasSuffix(rest, "sources") && words[2] != want || strings.HasSuffix(rest, "sources") && words[2] != "1" {
				t.Fatalf("%s holds another's samples", p)
			}
		}
		if len(b.points) < 1000 {
			t.Errorf("only %d points were emitted", len(b.points))
		}
		b.points = nil
		if f, err := b.Figures(context.Background()); err != nil || f[0].Series != 0 || b.made.Load() != 0 || b.Seats()[0].room.used.Load() != 0 {
			t.Errorf("%+v %v, %d made: something is left of silent series", f, err, b.made.Load())
		}
		for _, s := range b.shards {
			if x := s.tables[0]; x.series.len() > 0 || x.inputs.len() > 0 || len(x.late) > 0 || x.registry.series.size() > 0 {
				t.Errorf("%d slots are left, %d of inputs, %d bytes of names", x.series.len(), x.inputs.len(), x.registry.series.size())
			}
		}
	})
}

// comeAndGo sends samples of names that come and go: the value of each is its name's number.
func comeAndGo(b *bench, f *forgetful, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for round := range 1500 {
		time.Sleep(time.Duration(rng.IntN(2000)) * time.Millisecond)
		f.Lock()
		for range rng.IntN(4) {
			n := rng.IntN(30) + round/100%5*25
			name := fmt.Sprintf("s%d", n)
			ref, known := f.refs[name]
			if !known {
				ref = b.Bind(0, carbon.Raw, []byte(name), []byte(name), Origin{})
				f.refs[name] = ref
			}
			now := time.Now().UnixMilli()
			b.mu.Lock()
			b.lanes.Received++
			b.lanes.Accepted++
			b.lanes.Aggregated++
			b.mu.Unlock()
			f.scatter.Fold([]Ref{ref}, float64(n), now-rng.Int64N(4000), now, false)
		}
		if rng.IntN(3) == 0 {
			f.scatter.Flush()
		}
		f.Unlock()
	}
	f.Lock()
	f.scatter.Flush()
	f.Unlock()
}

// A silent series makes room for another; a counter's baseline outlives keep for as long as max_gap.
func TestKeep(t *testing.T) {
	o := options(func(o *Options) { o.Functions, o.Keep, o.MaxGap = []string{"max"}, time.Minute, 10*time.Minute })
	inBubble(t, o, func(b *bench) {
		forget := func() {
			t.Helper()
			if _, err := b.Forget(context.Background(), func(*Forgotten) error { b.scatter.Flush(); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		series := func(want int64) {
			t.Helper()
			if f, _ := b.Figures(context.Background()); f[0].Series != want {
				t.Errorf("%s: %d series, want %d", clockOf(time.Now()), f[0].Series, want)
			}
		}
		b.send(carbon.Raw, "raw", 1, "12:00:00")
		b.send(carbon.Diff, "total", 100, "12:00:00")
		b.at("12:01:10") // its slice can still be amended
		forget()
		series(2)
		b.at("12:02:00")
		forget()
		series(1)
		b.at("12:09:00")
		forget()
		b.send(carbon.Diff, "total", 640, "12:09:00")
		b.send(carbon.Raw, "raw", 2, "12:09:00")
		series(2)
		b.at("12:18:00")
		forget()
		series(1)
		b.at("12:19:01")
		forget()
		series(0)
		b.expect("12:00:12: raw.max 1 12:00:00", "12:09:12: total.max 1 12:09:00", "12:09:12: raw.max 2 12:09:00")
	})
}

// An input is never left without its series, whose place another may take, though blocks arrive in another order than they
// were read in, or the clock is set back.
func TestForgetInputsFirst(t *testing.T) {
	o := options(func(o *Options) {
		o.Functions, o.Keep, o.Grace, o.Dedup = []string{"sum"}, time.Minute, time.Second, "last"
	})
	inBubble(t, o, func(b *bench) {
		fold := func(ref Ref, value float64, clock string, ago time.Duration) {
			b.lanes.Received++
			b.lanes.Accepted++
			b.lanes.Aggregated++
			b.scatter.Fold([]Ref{ref}, value, moment(t, clock).UnixMilli(), time.Now().Add(-ago).UnixMilli(), false)
			b.scatter.Flush()
		}
		one := b.Bind(0, carbon.Raw, []byte("one"), []byte("all"), Origin{})
		two := b.Bind(0, carbon.Raw, []byte("two"), []byte("all"), Origin{})
		b.at("12:00:10")
		fold(one, 1, "12:00:10", 0)
		fold(two, 2, "12:00:10", 5*time.Second)
		b.at("12:01:07")
		b.points = nil
		b.forget()
		var want []string
		for _, name := range []string{"v", "w", "x", "y", "z"} {
			b.send(carbon.Raw, name, 100, "12:01:07")
			want = append(want, "12:01:11: "+name+".sum 100 12:01:00")
		}
		fold(one, 1, "12:01:07", 0)
		b.at("12:01:30")
		b.expect(append(want, "12:01:11: all.sum 1 12:01:00")...)
	})
}

// A rule's own limit; what was refused is told by prefix and source, and room that comes free is given again.
func TestRuleLimit(t *testing.T) {
	o := options(func(o *Options) { o.Series, o.Keep = 2, time.Minute })
	o = append(o, DefaultOptions())
	inBubble(t, o, func(b *bench) {
		peer := netip.MustParseAddr("10.0.0.1")
		bind := func(name string, source uint16) {
			from := Origin{Listener: source}
			if source != Results {
				from.Peer, peer = peer, peer.Next()
			}
			b.Bind(0, carbon.Raw, []byte(name), []byte(name), from)
		}
		for _, name := range []string{"a.b.c;x=1", "a.b.d", "a.b.e", "a.b.f;x=1", "q", "a.b.e"} {
			bind(name, 3)
		}
		bind("a.b.g", Results)
		if ref := b.Bind(1, carbon.Raw, []byte("a.b.e"), []byte("a.b.e"), Origin{}); ref.Slot == noSlot {
			t.Error("the limit of one rule is that of another")
		}
		got, others := b.Refused()
		sent := func(address string) Sender { return Sender{netip.MustParseAddr(address), 1} }
		want := []Refusal{
			{0, 3, "a.b", 3, "a.b.e", []Sender{sent("10.0.0.3"), sent("10.0.0.4"), sent("10.0.0.6")}},
			{0, -1, "a.b", 1, "a.b.g", nil}, {0, 3, "q", 1, "q", []Sender{sent("10.0.0.5")}},
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || others != 0 {
			t.Errorf("got %+v and %d, want %+v", got, others, want)
		}
		for i := range 2 * mostRefusals {
			bind(fmt.Sprintf("n%d", i), 3)
		}
		if got, others := b.Refused(); len(got) != mostRefusals || others != mostRefusals+3 {
			t.Errorf("%d groups, %d others", len(got), others)
		}
	})
}

// Of more senders than are told apart the busy ones are, whenever they began.
func TestRefusedSenders(t *testing.T) {
	var g Refusal
	peer := netip.MustParseAddr("10.0.0.1")
	others := peer
	for range 10 * mostSenders {
		others = others.Next()
		g.sent(others)
	}
	for i := range 1000 {
		others = others.Next()
		if g.sent(peer); i%2 == 0 {
			g.sent(others)
		}
	}
	busiest := slices.MaxFunc(g.Senders, func(a, b Sender) int { return cmp.Compare(a.Names, b.Names) })
	if len(g.Senders) != mostSenders || busiest.Peer != peer || busiest.Names < 1000 {
		t.Errorf("senders are %+v", g.Senders)
	}
}

// The past of a forgotten series stays for as long as a past does, and is its own again if it comes back.
func TestForgetKeepsThePast(t *testing.T) {
	o := options(func(o *Options) { o.Functions, o.Keep = []string{"max"}, time.Minute })
	inBubble(t, o, func(b *bench) {
		forget := func() {
			if _, err := b.Forget(context.Background(), func(*Forgotten) error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		b.send(carbon.Raw, "a", 1, "12:00:00")
		b.at("12:02:00")
		forget()
		if got := b.lives(""); got != "" {
			t.Errorf("there are %q", got)
		}
		if got := b.kept()["a.max"]; got != "a max 10s: 12:00:00=1" {
			t.Errorf("kept %q", got)
		}
		b.send(carbon.Raw, "b", 3, "12:02:00") // where a was
		b.send(carbon.Raw, "a", 2, "12:02:00")
		b.at("12:02:13")
		if got := b.kept(); len(got) != 2 || got["a.max"] != "a max 10s: 12:00:00=1 12:02:00=2" || got["b.max"] != "b max 10s: 12:02:00=3" {
			t.Errorf("kept %v", got)
		}
		b.points = nil
	})
}
