package aggregate

import (
	"context"
	"strings"
	"testing"
	"time"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

func all(o *Options) { o.Functions = []string{"avg", "max", "min", "sum", "count", "last"} }

// A live slice leaves once, complete, wait after its end.
func TestLiveSlice(t *testing.T) {
	inBubble(t, options(all), func(b *bench) {
		b.at("12:00:11")
		b.send(carbon.Raw, "a.b", 1, "12:00:10")
		b.send(carbon.Raw, "a.b", 4, "12:00:19.999")
		b.send(carbon.Raw, "a.b", 2.5, "12:00:15")
		b.at("12:00:21.999")
		b.expect()
		b.at("12:00:22")
		b.expect("12:00:22: a.b.avg 2.5 12:00:10", "12:00:22: a.b.max 4 12:00:10", "12:00:22: a.b.min 1 12:00:10",
			"12:00:22: a.b.sum 7.5 12:00:10", "12:00:22: a.b.count 3 12:00:10", "12:00:22: a.b.last 4 12:00:10")
		b.at("12:05:00")
		b.expect()
	})
}

// The slice that was running when the rule started says nothing about sums and counts; slices before it are whole.
func TestPartialSlice(t *testing.T) {
	f := func(t *testing.T, partial string, want ...string) {
		t.Helper()
		o := options(func(o *Options) { o.Functions = []string{"max", "sum", "count"}; o.Period = 7e9; o.Partial = partial })
		inBubble(t, o, func(b *bench) { // 12:00:00 is not a multiple of 7 s
			b.send(carbon.Raw, "a", 3, "12:00:00")
			b.send(carbon.Raw, "b", 5, "11:00:00")
			b.at("12:00:30")
			b.expect(want...)
		})
	}
	past := []string{"12:00:02: b.max 5 10:59:54", "12:00:02: b.sum 5 10:59:54", "12:00:02: b.count 1 10:59:54"}
	f(t, "drop", append(past, "12:00:08: a.max 3 11:59:59")...)
	f(t, "emit", append(past, "12:00:08: a.max 3 11:59:59", "12:00:08: a.sum 3 11:59:59", "12:00:08: a.count 1 11:59:59")...)
}

// A replay gives each slice once, wait after its last sample came, in time order.
func TestReplay(t *testing.T) {
	inBubble(t, options(func(o *Options) { o.Functions = []string{"sum"} }), func(b *bench) {
		b.send(carbon.Raw, "a", 1, "10:00:01")
		b.send(carbon.Raw, "a", 2, "10:00:11")
		b.at("12:00:01")
		b.send(carbon.Raw, "a", 4, "10:00:12")
		b.send(carbon.Raw, "a", 8, "10:00:25")
		b.at("12:00:02")
		b.expect("12:00:02: a.sum 1 10:00:00")
		b.at("12:00:03")
		b.expect("12:00:03: a.sum 6 10:00:10", "12:00:03: a.sum 8 10:00:20")
		b.at("12:10:00")
		b.expect()
	})
}

// A slice that samples keep coming for leaves grace after its first one at the latest.
func TestTrickleIsBounded(t *testing.T) {
	o := options(func(o *Options) { o.Functions = []string{"sum"}; o.Grace = 5e9 })
	inBubble(t, o, func(b *bench) {
		for _, at := range []string{"12:00:00", "12:00:01.5", "12:00:03", "12:00:04.5"} {
			b.at(at)
			b.send(carbon.Raw, "a", 1, "10:00:00")
		}
		b.at("12:00:05")
		b.expect("12:00:05: a.sum 4 10:00:00")
	})
}

// A late sample amends: the whole slice is emitted again, wait after the first late sample; past grace it is late.
func TestAmend(t *testing.T) {
	inBubble(t, options(func(o *Options) { o.Functions = []string{"sum", "max"} }), func(b *bench) {
		b.at("12:00:11")
		b.send(carbon.Raw, "a", 3, "12:00:11")
		b.at("12:00:22")
		b.expect("12:00:22: a.sum 3 12:00:10", "12:00:22: a.max 3 12:00:10")
		b.at("12:00:40")
		b.send(carbon.Raw, "a", 5, "12:00:12")
		b.at("12:00:41")
		b.send(carbon.Raw, "a", 1, "12:00:13")
		b.at("12:00:42")
		b.expect("12:00:42: a.sum 9 12:00:10", "12:00:42: a.max 5 12:00:10")
		b.at("12:01:21")
		b.send(carbon.Raw, "a", 1, "12:00:13") // within grace, which is over before wait
		b.at("12:01:22.1")
		b.expect("12:01:22: a.sum 10 12:00:10", "12:01:22: a.max 5 12:00:10")
		b.send(carbon.Raw, "a", 100, "12:00:14")
		b.at("12:30:00")
		b.expect()
		if c := b.account(); c.Dropped[stat.DropLate] != 1 || c.Aggregated != 4 {
			t.Errorf("late %d, aggregated %d", c.Dropped[stat.DropLate], c.Aggregated)
		}
		if f, _ := b.Figures(context.Background()); f[0].Late != 1 || f[0].Amended != 4 {
			t.Errorf("figures %+v", f[0])
		}
	})
}

// A sample before the horizon is late, also where its slice is still open, and whatever is computed.
func TestLateForOpenSlice(t *testing.T) {
	for _, fn := range []string{"sum", "median"} {
		inBubble(t, options(func(o *Options) { o.Functions = []string{fn} }), func(b *bench) {
			b.at("12:00:10")
			b.send(carbon.Raw, "a", 1, "12:00:10")
			b.at("12:01:21")
			b.send(carbon.Raw, "a", 2, "12:00:00")
			b.at("12:01:22.5") // the slice of 12:00:10 is over
			b.send(carbon.Raw, "a", 4, "12:00:00")
			b.at("12:10:00")
			b.expect("12:00:22: a."+fn+" 1 12:00:10", "12:01:23: a."+fn+" 2 12:00:00")
			if c := b.account(); c.Dropped[stat.DropLate] != 1 {
				t.Errorf("%s: %d were late", fn, c.Dropped[stat.DropLate])
			}
		})
	}
}

// With late = "drop" a slice is final when it leaves.
func TestLateDrop(t *testing.T) {
	o := options(func(o *Options) { o.Functions = []string{"sum"}; o.Late = "drop" })
	inBubble(t, o, func(b *bench) {
		b.at("12:00:11")
		b.send(carbon.Raw, "a", 3, "12:00:11")
		b.at("12:00:22")
		b.send(carbon.Raw, "a", 5, "12:00:12")
		b.send(carbon.Raw, "a", 7, "12:00:22")
		b.at("12:10:00")
		b.expect("12:00:22: a.sum 3 12:00:10", "12:00:32: a.sum 7 12:00:20")
		if c := b.account(); c.Dropped[stat.DropLate] != 1 {
			t.Errorf("late %d", c.Dropped[stat.DropLate])
		}
	})
}

// Nor is one of long ago emitted twice, whose times are only told to the second.
func TestLateDropOfLongAgo(t *testing.T) {
	o := options(func(o *Options) { o.Functions, o.Late, o.Wait = []string{"sum"}, "drop", 2100*time.Millisecond })
	inBubble(t, o, func(b *bench) {
		ref := b.Bind(0, carbon.Raw, []byte("a"), []byte("a"), Origin{})
		for _, at := range []string{"12:00:00", "12:00:02.5"} {
			b.at(at)
			b.lanes.Received++
			b.lanes.Accepted++
			b.lanes.Aggregated++
			b.scatter.Fold([]Ref{ref}, 1, moment(t, "12:00:00").AddDate(0, 0, -40).UnixMilli(), time.Now().UnixMilli(), false)
			b.scatter.Flush()
		}
		b.at("12:01:00")
		b.expect("12:00:02.100: a.sum 1 12:00:00")
	})
}

// A sample that feeds several series is late to the ledger only when all of them refuse it.
func TestLateOnce(t *testing.T) {
	quick, slow := DefaultOptions(), DefaultOptions()
	quick.Functions, quick.Late = []string{"sum"}, "drop"
	slow.Functions = []string{"max"}
	inBubble(t, []Options{quick, slow}, func(b *bench) {
		b.at("12:00:11")
		b.send(carbon.Raw, "a", 3, "12:00:11", 0, 1)
		b.at("12:00:30")
		b.send(carbon.Raw, "a", 5, "12:00:12", 0, 1) // late to the first rule, an amendment to the second
		if c := b.account(); c.Dropped[stat.DropLate] != 0 || c.Aggregated != 2 {
			t.Errorf("one of two refused: late %d, aggregated %d", c.Dropped[stat.DropLate], c.Aggregated)
		}
		b.at("12:02:00")
		b.send(carbon.Raw, "a", 5, "12:00:12", 0, 1)
		if c := b.account(); c.Dropped[stat.DropLate] != 1 || c.Aggregated != 2 {
			t.Errorf("both refused: late %d, aggregated %d", c.Dropped[stat.DropLate], c.Aggregated)
		}
		b.expect("12:00:22: a.sum 3 12:00:10", "12:00:22: a.max 3 12:00:10", "12:00:32: a.max 5 12:00:10")
	})
}

// A refused sample that was sent as well keeps that end, and is not both any more.
func TestLateButSent(t *testing.T) {
	o := options(func(o *Options) { o.Late = "drop" })
	inBubble(t, o, func(b *bench) {
		ref := b.Bind(0, carbon.Raw, []byte("a"), []byte("a"), Origin{})
		fold := func(clock string) {
			b.lanes.Received++
			b.lanes.Accepted++
			b.lanes.Aggregated++
			b.lanes.Sent++
			b.lanes.Both++
			b.scatter.Fold([]Ref{ref}, 1, moment(t, clock).UnixMilli(), moment(t, "12:00:00").UnixMilli(), true)
			b.scatter.Flush()
		}
		fold("11:00:00")
		b.at("12:00:10")
		fold("11:00:00")
		if c := b.account(); c.Both != 1 || c.Aggregated != 1 || c.Sent != 4 || c.DroppedTotal() != 0 || !c.Balanced() {
			t.Errorf("%+v", c)
		}
		b.expect("12:00:02: a.avg 1 11:00:00", "12:00:02: a.max 1 11:00:00")
	})
}

// At a stop open slices leave as they stand, without what only a whole slice can say; corrections leave whole.
func TestStop(t *testing.T) {
	o := options(func(o *Options) { o.Functions = []string{"max", "sum"} })
	inBubble(t, o, func(b *bench) {
		b.at("12:00:11")
		b.send(carbon.Raw, "a", 3, "12:00:11")
		b.at("12:00:23")
		b.send(carbon.Raw, "a", 4, "12:00:12")
		b.send(carbon.Raw, "a", 5, "12:00:23")
		b.expect("12:00:22: a.max 3 12:00:10", "12:00:22: a.sum 3 12:00:10")
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
		b.expect("12:00:23: a.max 4 12:00:10", "12:00:23: a.sum 7 12:00:10", "12:00:23: a.max 5 12:00:20")
	})
}

// The other options of a result: its stamp, name, rounding, and the clock that places it.
func TestResultOptions(t *testing.T) {
	o := options(func(o *Options) {
		o.Functions, o.As, o.Stamp, o.Decimals, o.Clock = []string{"avg"}, "x.{period}.{name}.{fn}", "end", 2, "arrival"
		o.Period = 60e9
	})
	inBubble(t, o, func(b *bench) {
		b.at("12:01:00")
		for _, v := range []float64{1, 1, 2} {
			b.send(carbon.Raw, "a;dc=ams", v, "09:00:00")
		}
		b.at("12:10:00")
		b.expect("12:02:02: x.1m.a.avg;dc=ams 1.33 12:02:00")
	})
}

// The limit of series refuses new ones and keeps the old; what is refused takes no room.
func TestSeriesLimit(t *testing.T) {
	r, err := NewRule(0, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	a := New([]*Rule{r}, 2, 3)
	f := func(kind carbon.Kind, name string, want bool) {
		t.Helper()
		if ref := a.Bind(0, kind, []byte(name), []byte(name), Origin{}); (ref.Slot != noSlot) != want {
			t.Errorf("%s: slot %d", name, ref.Slot)
		}
	}
	f(carbon.Raw, "a", true)
	f(carbon.Raw, "b", true)
	f(carbon.Raw, "a", true)
	f(carbon.Diff, "d", false) // a series and a baseline
	f(carbon.Raw, "c", true)
	f(carbon.Raw, "e", false)
	f(carbon.Raw, "b", true)
}

// What no series can be called, or no result, is refused.
func TestUnnameable(t *testing.T) {
	o := options(func(o *Options) { o.As = "{name}.{name}.{fn}" })
	inBubble(t, o, func(b *bench) {
		long := strings.Repeat("x", 40_000)
		b.send(carbon.Raw, "", 1, "12:00:00")
		b.send(carbon.Raw, long, 1, "12:00:00")
		b.at("12:01:00")
		b.expect()
		if c := b.account(); c.Dropped[stat.DropSeriesLimit] != 2 {
			t.Errorf("%+v", c)
		}
		if f, _ := b.Figures(context.Background()); f[0].Refused != 2 {
			t.Errorf("figures %+v", f[0])
		}
	})
}
