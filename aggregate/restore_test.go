package aggregate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/aggregate/state"
	"plumbago/carbon"
)

// restart stops the aggregator with a snapshot and goes on with another one that has taken it over.
func (b *bench) restart(path string, options []Options) Restored {
	b.Helper()
	b.CloseInto(path)
	if err := b.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	c := b.account()
	if !c.Balanced() {
		b.Errorf("the ledger does not balance: %+v", c)
	}
	b.lanes.Received, b.lanes.Accepted, b.lanes.Aggregated = 0, 0, 0
	b.Aggregator = New(rulesFor(b.T, options), 3, 1000)
	b.scatter = NewScatter(3, func(shard int, s *Samples) { b.In(shard) <- s })
	r, err := b.Restore(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Start([]Outlet{&tray{mu: &b.mu, points: &b.points}, &tray{mu: &b.mu, points: &b.points}, &tray{mu: &b.mu, points: &b.points}})
	synctest.Wait()
	return r
}

func rulesFor(t testing.TB, options []Options) (rules []*Rule) {
	for i, o := range options {
		r, err := NewRule(i, o)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	return rules
}

// However often a run is interrupted, it emits what an uninterrupted one does: the same points at the same times.
func TestRestoreEqualsUninterrupted(t *testing.T) {
	many := DefaultOptions()
	many.Functions = append([]string{"sources"}, everyFunction...)
	many.Rollups = []time.Duration{30 * time.Second, 2 * time.Minute}
	many.Output = []OutputOptions{{Window: Window{Slices: 4}, As: "w.{name}.{fn}"}, {Period: 30 * time.Second, Window: Window{Slices: 3}, As: "v.{name}.{fn}"}}
	once := DefaultOptions()
	once.Dedup, once.Functions, once.As = "max", []string{"sum", "count"}, "once.{name}.{fn}"
	few := DefaultOptions()
	few.Functions, few.As, few.Late = []string{"rate", "delta", "avg"}, "few.{name}.{fn}", "drop"
	options := []Options{many, once, few}
	run := func(t *testing.T, every int) (points []string) {
		rng := rand.New(rand.NewPCG(3, 3))
		path := filepath.Join(t.TempDir(), "x.state")
		inBubble(t, options, func(b *bench) {
			for i := range 600 {
				time.Sleep(time.Duration(rng.IntN(900)) * time.Millisecond)
				at := time.Now().Add(-time.Duration(rng.ExpFloat64()*4e9) * 1).Truncate(100 * time.Millisecond).UTC()
				kind, name, v := carbon.Raw, fmt.Sprintf("s%d", rng.IntN(4)), float64(rng.IntN(50))
				if rng.IntN(3) == 0 {
					kind, v = carbon.Diff, float64(i*10)
				}
				if at.After(moment(t, "12:00:00")) {
					b.send(kind, name, v, at.Format("15:04:05.000"), 0, 1, 2)
				}
				if every > 0 && i%every == every-1 {
					if r := b.restart(path, options); r.Series == 0 || r.Others+r.NoRoom > 0 {
						t.Errorf("restored %+v", r)
					}
				}
			}
			time.Sleep(20 * time.Minute)
			synctest.Wait()
			points = b.points
			b.points = nil
		})
		slices.Sort(points)
		return points
	}
	want := run(t, 0)
	for _, every := range []int{200, 37, 5} {
		got := run(t, every)
		if slices.Equal(got, want) {
			continue
		}
		less, more := missing(want, got), missing(got, want)
		t.Errorf("interrupted every %d: of %d points %d are missing, like\n\t%s\nand %d too many, like\n\t%s", every, len(want),
			len(less), strings.Join(less[:min(5, len(less))], "\n\t"), len(more), strings.Join(more[:min(5, len(more))], "\n\t"))
	}
}

// missing returns what is in a and not in b, which are sorted.
func missing(a, b []string) (only []string) {
	for _, s := range a {
		if _, ok := slices.BinarySearch(b, s); !ok {
			only = append(only, s)
		}
	}
	return only
}

// A rule takes over only what is its own: of the same definition, whatever its place and what may be changed in place.
func TestRestoreIdentity(t *testing.T) {
	one, two := DefaultOptions(), DefaultOptions()
	two.Period = 20 * time.Second
	path := filepath.Join(t.TempDir(), "x.state")
	inBubble(t, []Options{one, two, two}, func(b *bench) {
		for rule := range 3 {
			b.send(carbon.Raw, fmt.Sprint("r", rule), float64(rule), "12:00:00", rule)
		}
		moved, changed := two, one
		moved.Wait, moved.Late, moved.As, moved.Keep = 4*time.Second, "drop", "new.{name}.{fn}", 0
		changed.Functions = []string{"min"}
		r := b.restart(path, []Options{moved, changed})
		if r.Series != 1 || r.Others < 2 {
			t.Errorf("restored %+v", r)
		}
		b.at("12:01:00")
		b.expect("12:00:24: new.r1.avg 1 12:00:00", "12:00:24: new.r1.max 1 12:00:00")
	})
}

// What cannot be read is said, and changes nothing that is running.
func TestRestoreDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.state")
	try := func(want error, records ...string) {
		t.Helper()
		w, err := state.Create(path, StateVersion, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			w.Record([]byte(r))
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		if _, err := New(rulesFor(t, options(nil)), 2, 10).Restore(path); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", records, err, want)
		}
	}
	a := New(rulesFor(t, options(nil)), 1, 10)
	rule := string(append(state.AppendText([]byte{recordRule}, identities(rulesOf(a.Seats()))[0]), 0))
	try(nil)
	try(nil, rule)
	try(errContents, "x")
	try(errContents, rule, "S")
	try(errContents, rule, "S\x00\x00\x05ab")
	try(errContents, rule, "S\x00\x00\x01a\x00\x07\x00\xff\xff\x03")
	if err := os.WriteFile(path, []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Restore(path); !errors.Is(err, state.ErrForeign) {
		t.Error(err)
	}
}

// Whatever a record says, it is read or refused; what was read can be saved and is then read again.
func FuzzRestore(f *testing.F) {
	o := DefaultOptions()
	o.Functions, o.Rollups = []string{"avg", "p99", "unique", "last"}, []time.Duration{time.Minute}
	o.Output = []OutputOptions{{Window: Window{Slices: 3}}}
	fresh := func(tb testing.TB) *Aggregator {
		r, err := NewRule(0, o)
		if err != nil {
			tb.Fatal(err)
		}
		return New([]*Rule{r}, 1, 1000)
	}
	a := fresh(f)
	s := a.shards[0]
	s.out = void{}
	block := NewSamples()
	for i := range 20 {
		name := fmt.Appendf(nil, "s%d", i%3)
		ref := a.Bind(0, carbon.Kind(i%2), name, name, Origin{})
		block.List = append(block.List, Sample{Value: float64(i), Time: 1_700_000_000_000 + int64(i)*3000, Slot: ref.Slot})
	}
	block.Arrival = 1_700_000_060_000
	s.fold(block)
	s.step(1_700_000_063_000, stepSize)
	p := packer{}
	t := s.tables[0]
	for slot := range t.series.len() {
		p.next(recordSeries)
		p.text = t.appendSeries(p.text, uint32(slot))
	}
	for n := range t.inputs.len() {
		p.next(recordInputs)
		p.text = t.appendInput(p.text, uint32(n))
	}
	records := p.take()
	f.Add(records[0], records[1])
	f.Add(records[1], records[0])
	f.Fuzz(func(t *testing.T, series, inputs []byte) {
		if len(series) == 0 || len(inputs) == 0 || series[0] == recordRule || inputs[0] == recordRule {
			return
		}
		a := fresh(t)
		r := restorer{a: a, at: map[place]*place{}}
		if r.record(series) != nil || r.record(inputs) != nil {
			return
		}
		path := filepath.Join(t.TempDir(), "x.state")
		if err := a.Save(context.Background(), path); err != nil {
			t.Fatal(err)
		}
		b := fresh(t)
		if sum, err := b.Restore(path); err != nil || sum.Series != r.sum.Series || b.made.Load() > a.made.Load() {
			t.Errorf("%+v, %v; there were %+v, %d", sum, err, r.sum, a.made.Load())
		}
		for _, a := range []*Aggregator{a, b} {
			a.shards[0].out = void{}
			a.shards[0].begin(1_700_000_100_000)
			for range 3 {
				a.shards[0].step(1_700_000_100_000, stepSize)
			}
		}
	})
}

// One name can be an input of two series, also because rules above the aggregate were changed over a restart.
func TestInputOfTwoSeries(t *testing.T) {
	o := options(func(o *Options) { o.Functions, o.Dedup = []string{"delta"}, "last" })
	inBubble(t, o, func(b *bench) {
		fold := func(key string, value float64, clock string) {
			ref := b.Bind(0, carbon.Diff, []byte("in"), []byte(key), Origin{})
			b.lanes.Received++
			b.lanes.Accepted++
			b.lanes.Aggregated++
			b.scatter.Fold([]Ref{ref}, value, moment(t, clock).UnixMilli(), time.Now().UnixMilli(), false)
			b.scatter.Flush()
		}
		fold("one", 100, "12:00:00")
		fold("two", 1000, "12:00:00")
		b.restart(filepath.Join(t.TempDir(), "x.state"), o)
		b.at("12:00:15")
		fold("one", 102, "12:00:11")
		fold("two", 1005, "12:00:11")
		fold("three", 9, "12:00:11")
		fold("three", 10, "12:00:13")
		b.at("12:00:30")
		b.expect("12:00:22: one.delta 2 12:00:10", "12:00:22: two.delta 5 12:00:10", "12:00:22: three.delta 1 12:00:10")
		b.at("18:00:00")
		b.forget()
		b.forget()
		if n := b.made.Load(); n != 0 {
			t.Errorf("%d series and inputs are left", n)
		}
	})
}

// A series that was written before its input got another sample is kept for as long as the input all the same.
func TestRestoredInputKeepsItsSeries(t *testing.T) {
	o := options(func(o *Options) { o.Functions = []string{"delta"} })
	inBubble(t, o, func(b *bench) {
		b.send(carbon.Diff, "a", 100, "12:00:00")
		for _, s := range b.shards {
			if err := b.ask(context.Background(), s, func() {
				for i := range s.tables[0].series.len() {
					s.tables[0].series.at(i).heard -= 60
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		b.restart(filepath.Join(t.TempDir(), "x.state"), o)
		b.at("13:59:30")
		b.forget()
		b.send(carbon.Diff, "a", 101, "13:59:40")
		b.at("14:01:00")
		b.expect("13:59:52: a.delta 1 13:59:40")
	})
}
