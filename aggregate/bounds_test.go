package aggregate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// figures returns those of rule 0.
func (b *bench) figures() Figures {
	b.Helper()
	all, err := b.Figures(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	return all[0]
}

// A sample too far ahead opens no slice, moves no baseline and hides nothing that comes in time.
func TestMaxFuture(t *testing.T) {
	o := options(func(o *Options) { o.Functions, o.MaxFuture = []string{"sum"}, time.Hour })
	inBubble(t, o, func(b *bench) {
		b.send(carbon.Raw, "a", 1, "13:00:00")
		b.send(carbon.Raw, "a", 2, "13:00:09") // in a slice that is open
		b.send(carbon.Raw, "a", 4, "13:00:10")
		b.send(carbon.Raw, "new", 8, "23:00:00")
		b.send(carbon.Diff, "d", 100, "12:00:00")
		b.send(carbon.Diff, "d", 900, "13:00:01")
		b.send(carbon.Diff, "d", 200, "12:00:10")
		b.at("12:00:30")
		b.expect("12:00:22: d.sum 10 12:00:10")
		b.at("13:00:30")
		b.expect("13:00:12: a.sum 3 13:00:00")
		if f, c := b.figures(), b.account(); f.Late != 3 || f.Early != 3 || c.Dropped[stat.DropLate] != 3 || c.Aggregated != 4 {
			t.Errorf("figures %+v, ledger %+v", f, c)
		}
	})
	o[0].MaxFuture, o[0].Clock = 0, "arrival"
	inBubble(t, o, func(b *bench) { // any time
		b.send(carbon.Raw, "a", 1, "23:00:00")
		b.send(carbon.Diff, "d", 100, "23:00:00")
		b.send(carbon.Diff, "d", 200, "23:00:10")
		b.at("12:00:30")
		b.expect("12:00:12: a.sum 1 12:00:00", "12:00:12: d.sum 10 12:00:00")
		if f := b.figures(); f.Late != 0 {
			t.Errorf("figures %+v", f)
		}
	})
}

// A rollup holds every slice of a replay, however slowly it comes, and gives each but once where nothing may be amended. It waits
// for its end as the replay tells the time. What comes when it is over all the same is counted.
func TestSlowReplay(t *testing.T) {
	f := func(t *testing.T, late string, step, stall time.Duration, missed int64, want ...string) {
		t.Helper()
		o := options(func(o *Options) {
			o.Functions, o.Rollups, o.Late, o.Grace = []string{"count"}, []time.Duration{time.Minute, 2 * time.Minute}, late, 5*time.Second
		})
		inBubble(t, o, func(b *bench) {
			for i := range 18 {
				b.send(carbon.Raw, "a", 1, fmt.Sprintf("10:%02d:%02d", i/6, i%6*10))
				time.Sleep(step)
				if i == 3 {
					time.Sleep(stall)
				}
			}
			b.at("13:00:00")
			got := slices.DeleteFunc(b.take(), func(p string) bool { return !strings.Contains(p, "m.count") })
			for i := range got {
				_, got[i], _ = strings.Cut(got[i], ": ")
			}
			if late == "amend" { // the last of each
				last := map[string]string{}
				for _, p := range got {
					w := strings.Fields(p)
					last[w[0]+w[2]] = p
				}
				got = got[:0]
				for _, p := range last {
					got = append(got, p)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) || b.figures().Missed != missed {
				t.Errorf("%s, a slice each %v: got\n%s\nmissed %d", late, step, strings.Join(got, "\n"), b.figures().Missed)
			}
			b.take()
		})
	}
	whole := []string{"a.1m.count 6 10:00:00", "a.1m.count 6 10:01:00", "a.1m.count 6 10:02:00", "a.2m.count 12 10:00:00", "a.2m.count 6 10:02:00"}
	for _, late := range []string{"drop", "amend"} {
		for _, step := range []time.Duration{10 * time.Millisecond, time.Second, 3 * time.Second, 10 * time.Second} {
			f(t, late, step, 0, 0, whole...)
		}
	}
	short := []string{"a.1m.count 4 10:00:00", "a.1m.count 6 10:01:00", "a.1m.count 6 10:02:00", "a.2m.count 12 10:00:00", "a.2m.count 6 10:02:00"}
	f(t, "drop", 3*time.Second, time.Minute, 2, short...)
}

// Of a long silence that is made up for at once so many zeros are emitted; one that lasts gives them for ever.
func TestZerosOfALongGap(t *testing.T) {
	o := options(func(o *Options) {
		o.Functions, o.Empty, o.Keep = []string{"max"}, "zero", 0
		o.Output = []OutputOptions{{Window: Window{Slices: 2}, Functions: []string{"count"}, As: "{name}.w"}}
	})
	inBubble(t, o, func(b *bench) {
		b.scatter.Fold([]Ref{b.Bind(0, carbon.Raw, []byte("a"), []byte("a"), Origin{})}, 1, 0, time.Now().UnixMilli(), false) // in 1970
		b.lanes.Received, b.lanes.Accepted, b.lanes.Aggregated = 1, 1, 1
		b.at("12:00:10")
		b.send(carbon.Raw, "a", 1, "12:00:10")
		b.at("12:00:22")
		zeros, points := 0, b.take()
		for _, p := range points {
			if strings.Contains(p, "a.w 0 ") {
				zeros++
			}
		}
		if zeros < mostZeros-2 || zeros > mostZeros || len(points) > mostZeros+8 {
			t.Errorf("%d zeros, %d points", zeros, len(points))
		}
		b.at("23:59:52")
		points = b.take()
		if n := len(points); n != 4317 || !strings.HasSuffix(points[n-1], "23:59:52: a.w 0 23:59:40") {
			t.Errorf("%d points in twelve hours of silence, the last %s", n, points[max(n-1, 0):])
		}
	})
}

// What a percentile is can be chosen.
func TestPercentileDefinitions(t *testing.T) {
	for word, want := range map[string][2]string{
		"": {"3", "4"}, "nearest": {"3", "4"}, "rounded": {"2", "4"}, "carbon-c-relay": {"2", "4"}, "weibull": {"2.6", "4"}, "linear": {"2.5", "3.7"},
	} {
		o := options(func(o *Options) { o.Functions, o.Percentile, o.Decimals = []string{"p51", "p90"}, word, 1 })
		inBubble(t, o, func(b *bench) {
			b.at("12:00:11")
			for v := range 4 {
				b.send(carbon.Raw, "a", float64(v+1), "12:00:10")
			}
			b.at("12:00:22")
			b.expect("12:00:22: a.p51 "+want[0]+" 12:00:10", "12:00:22: a.p90 "+want[1]+" 12:00:10")
		})
	}
}

// A series is not forgotten between two of its slices, unless a rule says so.
func TestKeepOfLongPeriods(t *testing.T) {
	o := options(func(o *Options) { o.Period = 24 * time.Hour })
	r, err := NewRule(0, o[0])
	if err != nil || r.Keep != 24*time.Hour {
		t.Errorf("kept for %v (%v)", r.Keep, err)
	}
}
