package aggregate

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

func TestClockSteps(t *testing.T) {
	var c clock
	f := func(machine, steady, want time.Duration) {
		t.Helper()
		if got := c.step(machine, steady); got != want {
			t.Errorf("after %v of %v: %v, want %v", machine, steady, got, want)
		}
	}
	f(10*time.Second, 10*time.Second, 0)
	f(20*time.Second+900*time.Millisecond, 20*time.Second, 0)
	f(time.Hour+30*time.Second, 30*time.Second, time.Hour)
	f(time.Hour+40*time.Second, 40*time.Second, 0)
	f(50*time.Second, 50*time.Second, -time.Hour)
	f(time.Minute-2*time.Hour, time.Minute, -2*time.Hour)
}

// A clock that ran an hour ahead and is set back holds nothing up: here the hour was added to the arrivals. Slices of a
// replay leave wait after their last sample, kept ones are freed, and what is live leaves as ever.
func TestSetBack(t *testing.T) {
	o := options(func(o *Options) {
		o.Functions, o.Keep = []string{"sum"}, 5*time.Minute
		o.Output = []OutputOptions{{Window: Window{Slices: 2}, As: "{name}.w"}}
	})
	inBubble(t, o, func(b *bench) {
		b.at("12:00:05")
		ahead := func(name string, v float64, clock string) {
			ref := b.Bind(0, carbon.Raw, []byte(name), []byte(name), Origin{})
			b.lanes.Received++
			b.lanes.Accepted++
			b.lanes.Aggregated++
			b.scatter.Fold([]Ref{ref}, v, moment(t, clock).UnixMilli(), time.Now().Add(time.Hour).UnixMilli(), false)
			b.scatter.Flush()
			synctest.Wait()
		}
		ahead("open", 1, "12:00:00")
		ahead("next", 2, "12:00:11") // is live by the right clock
		for _, s := range b.shards {
			if err := b.ask(context.Background(), s, func() { s.setBack(time.Hour) }); err != nil {
				t.Fatal(err)
			}
		}
		b.at("12:00:12.5")
		b.expect("12:00:12: open.sum 1 12:00:00", "12:00:12: open.w 1 12:00:00")
		b.at("12:00:30")
		b.expect("12:00:22: next.sum 2 12:00:10", "12:00:22: next.w 2 12:00:10", "12:00:22: open.w 1 12:00:10")
		b.at("12:07:00")
		b.expect("12:00:32: next.w 2 12:00:20")
		b.forget()
		if n := b.made.Load(); n != 0 {
			t.Errorf("%d series are left", n)
		}
	})
}

// A machine that was frozen, or whose clock was set forward, loses nothing and holds nothing up: what it had read before, and
// what senders kept for it meanwhile, goes into its slices, and those of before and after leave within a period and wait.
func TestFreeze(t *testing.T) {
	f := func(t *testing.T, length time.Duration) {
		t.Helper()
		o := options(func(o *Options) {
			o.Functions, o.Rollups, o.Keep = []string{"sum", "count"}, []time.Duration{time.Minute}, 0
			o.Output = []OutputOptions{{Window: Window{Slices: 2}, Functions: []string{"sum"}, As: "{name}.w"}}
		})
		inBubble(t, o, func(b *bench) {
			b.send(carbon.Raw, "a", 1, "12:00:05")
			b.send(carbon.Diff, "d", 100, "12:00:05")
			var thawed sync.WaitGroup
			for _, s := range b.shards {
				thawed.Go(func() { _ = b.ask(context.Background(), s, func() { time.Sleep(length) }) })
			}
			synctest.Wait()
			b.send(carbon.Raw, "a", 2, "12:00:06") // read before the freeze, and in the shard's inbox through it
			b.send(carbon.Diff, "d", 200, "12:00:15")
			thawed.Wait()
			b.send(carbon.Raw, "a", 4, "12:00:07") // kept by its sender
			b.send(carbon.Raw, "a", 8, "12:00:16")
			first := time.Now().Truncate(10 * time.Second)
			b.sendAt(carbon.Raw, "a", 16, first)
			b.send(carbon.Diff, "d", 300, "12:00:25")
			time.Sleep(12 * time.Second)
			points := b.take()
			for _, p := range []string{
				"a.sum 7 12:00:00", "a.count 3 12:00:00", "a.sum 8 12:00:10", "d.sum 10 12:00:10", "d.sum 10 12:00:20", "a.1m.sum 15 12:00:00",
				"d.1m.sum 20 12:00:00", "a.w 15 12:00:10", "a.sum 16 " + clockOf(first), "a.w 16 " + clockOf(first),
			} {
				if !slices.ContainsFunc(points, func(got string) bool { return strings.HasSuffix(got, ": "+p) }) {
					t.Errorf("after %v: no %s", length, p)
				}
			}
			b.sendAt(carbon.Raw, "a", 32, time.Now())
			time.Sleep(12 * time.Second)
			points = b.take()
			if !slices.ContainsFunc(points, func(got string) bool { return strings.Contains(got, ": a.sum 32 ") }) {
				t.Errorf("after %v emission does not go on: %v", length, points)
			}
			if c := b.account(); c.Dropped != (stat.Counts{}).Dropped {
				t.Errorf("after %v: dropped %v", length, c.Dropped)
			}
			b.take()
		})
	}
	f(t, 12*time.Hour)
	f(t, time.Hour)
	f(t, time.Minute)
}
