package aggregate

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
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
			ref := b.Bind(0, carbon.Raw, []byte(name), []byte(name), 0)
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
