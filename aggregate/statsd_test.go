package aggregate

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// statsdKinds are the rules of a statsdBench, by their IDs.
var statsdKinds = []carbon.Kind{carbon.Count, carbon.Gauge, carbon.Set, carbon.Timer}

// A statsdBench is a bench whose rules are those of a statsd listener.
type statsdBench struct {
	*bench
	Statsd
}

func (s *Statsd) all(t *testing.T) (rules []*Rule) {
	for i, k := range statsdKinds {
		r, err := s.Rule(i, k, -1)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	return rules
}

func statsdBubble(t *testing.T, s Statsd, f func(b *statsdBench)) {
	s.Period, s.Partial = 10*time.Second, "emit"
	synctest.Test(t, func(t *testing.T) {
		b := &statsdBench{&bench{T: t}, s}
		b.at("12:00:00")
		b.start()
		f(b)
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
		b.balance()
	})
}

// start begins with a new aggregator.
func (b *statsdBench) start() {
	b.Aggregator = New(b.all(b.T), 2, 1000)
	b.scatter = NewScatter(2, func(shard int, s *Samples) { b.In(shard) <- s })
}

func (b *statsdBench) run() {
	b.Start([]Outlet{&tray{mu: &b.mu, points: &b.points}, &tray{mu: &b.mu, points: &b.points}})
}

// got sends lines "name:value|type[|@rate]" as what a decoder makes of them.
func (b *statsdBench) got(lines ...string) {
	b.Helper()
	for _, line := range lines {
		var name, text, letters string
		rate := 1.0
		fmt.Sscanf(strings.NewReplacer(":", " ", "|@", " ", "|", " ").Replace(line), "%s %s %s %g", &name, &text, &letters, &rate)
		k := carbon.Kind(slices.IndexFunc([]string{"N", "D", "c", "g", "ms", "s"}, func(l string) bool { return l == letters }))
		value, extra := 0.0, uint64(0)
		fmt.Sscan(text, &value)
		switch k {
		case carbon.Count:
			value /= rate
		case carbon.Timer:
			extra = math.Float64bits(1 / rate)
		case carbon.Gauge:
			if strings.ContainsAny(text[:1], "+-") {
				extra = 1
			}
		case carbon.Set:
			extra = uint64(len(text)) << 40
		}
		refs := []Ref{b.Bind(slices.Index(statsdKinds, k), k, []byte(name), []byte(name), Origin{})}
		b.lanes.Received++
		b.lanes.Accepted++
		b.lanes.Aggregated++
		b.scatter.Fold(refs, value, int64(extra), time.Now().UnixMilli(), false)
	}
	b.scatter.Flush()
	synctest.Wait()
}

// expectFlush compares what was emitted since the last look, as "name value", all of one time.
func (b *statsdBench) expectFlush(stamp string, want ...string) {
	b.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	var got []string
	for _, p := range b.points {
		fields := strings.Fields(p)
		if fields[3] != stamp {
			b.Errorf("%q is not of %s", p, stamp)
		}
		got = append(got, fields[1]+" "+fields[2])
	}
	b.points = nil
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.Errorf("at %s\n%s\nwant\n%s", stamp, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestStatsdFlush(t *testing.T) {
	statsdBubble(t, Statsd{Legacy: true, Percentiles: []float64{90, -50}}, func(b *statsdBench) {
		b.run()
		b.at("12:00:03")
		b.got("hits:3|c|@0.5", "hits:4|c", "load:7|g", "load:-2|g", "users:a|s", "users:bb|s", "users:a|s")
		b.got("t:10|ms", "t:30|ms|@0.1", "t:20|ms", "t:40|ms")
		b.at("12:00:10.4")
		b.expectFlush("")
		b.at("12:00:10.5")
		b.expectFlush("12:00:10", "stats.hits 1", "stats_counts.hits 10", "stats.gauges.load 5", "stats.sets.users.count 2",
			"stats.timers.t.count 13", "stats.timers.t.count_ps 1.3", "stats.timers.t.count_90 4", "stats.timers.t.mean_90 25",
			"stats.timers.t.upper_90 40", "stats.timers.t.sum_90 100", "stats.timers.t.sum_squares_90 3000", "stats.timers.t.count_top50 2",
			"stats.timers.t.mean_top50 35", "stats.timers.t.lower_top50 30", "stats.timers.t.sum_top50 70", "stats.timers.t.sum_squares_top50 2500",
			"stats.timers.t.lower 10", "stats.timers.t.upper 40", "stats.timers.t.mean 25", "stats.timers.t.median 25",
			"stats.timers.t.std 11.180339887498949", "stats.timers.t.sum 100", "stats.timers.t.sum_squares 3000")
		for _, stamp := range []string{"12:00:20", "12:00:30"} {
			b.at(stamp + ".5")
			b.expectFlush(stamp, "stats.hits 0", "stats_counts.hits 0", "stats.gauges.load 5", "stats.sets.users.count 0",
				"stats.timers.t.count 0", "stats.timers.t.count_ps 0")
		}
	})
}

// What is told can be less than all, down to nothing of a timer, and names can have an end.
func TestStatsdFewer(t *testing.T) {
	f := func(metrics []string, want ...string) {
		t.Helper()
		s := Statsd{Legacy: true, Suffix: "dc1", RatesOnly: true, Percentiles: []float64{90, 99.9, -50}, TimerMetrics: metrics}
		statsdBubble(t, s, func(b *statsdBench) {
			b.run()
			b.got("c;k=v:30|c", "t:10|ms", "t:30|ms")
			b.at("12:00:10.5")
			b.expectFlush("12:00:10", append(want, "stats.c.dc1;k=v 3")...)
		})
	}
	f([]string{"count", "upper_percent", "sum_squares"}, "stats.timers.t.count.dc1 2", "stats.timers.t.upper_90.dc1 30", "stats.timers.t.upper_99_9.dc1 30",
		"stats.timers.t.sum_squares.dc1 1000")
	f([]string{"lower_percent", "count_ps"}, "stats.timers.t.lower_top50.dc1 30", "stats.timers.t.count_ps.dc1 0.2")
	f([]string{"histogram"})
}

func TestStatsdNames(t *testing.T) {
	s := Statsd{Prefix: "s", ForCounts: "c", ForGauges: "", ForSets: "x.y", ForTimers: "t"}
	statsdBubble(t, s, func(b *statsdBench) {
		b.run()
		b.got("a;k=v:1|c", "a:1|g", "a:1|s")
		b.at("12:00:10.5")
		b.expectFlush("12:00:10", "s.c.a.rate;k=v 0.1", "s.c.a.count;k=v 1", "s.a 1", "s.x.y.a.count 1")
	})
	statsdBubble(t, Statsd{ForCounts: "c"}, func(b *statsdBench) {
		b.run()
		b.got("a:1|c")
		b.at("12:00:10.5")
		b.expectFlush("12:00:10", "c.a.rate 0.1", "c.a.count 1")
	})
}

// A gauge's order is that in which samples come, and a change goes on from what there was, whatever slice that is in.
func TestStatsdGauge(t *testing.T) {
	statsdBubble(t, Statsd{Legacy: true}, func(b *statsdBench) {
		b.run()
		b.got("g:+3|g")
		b.at("12:00:10.2") // the slice before is still open
		b.got("g:+4|g")
		b.at("12:00:10.5")
		b.expectFlush("12:00:10", "stats.gauges.g 3")
		b.at("12:00:20.5")
		b.expectFlush("12:00:20", "stats.gauges.g 7")
		b.got("g:-8|g")
		b.at("12:00:30.5")
		b.expectFlush("12:00:30", "stats.gauges.g -1")
	})
}

// What is idle is forgotten at once where that is wanted; a gauge that changes still goes on from what it was.
func TestStatsdDeleteIdle(t *testing.T) {
	every := func(carbon.Kind) bool { return true }
	statsdBubble(t, Statsd{Legacy: true, DeleteIdle: every}, func(b *statsdBench) {
		b.run()
		b.got("c:1|c", "g:5|g", "s:1|s", "t:1|ms")
		b.at("12:00:10.5")
		b.mu.Lock()
		b.points = nil
		b.mu.Unlock()
		b.got("g:+1|g")
		b.at("12:00:20.5")
		b.expectFlush("12:00:20", "stats.gauges.g 6")
		b.at("12:01:00")
		b.expectFlush("")
		b.got("g:+1|g", "c:2|c")
		b.at("12:01:10.5")
		b.expectFlush("12:01:10", "stats.gauges.g 1", "stats.c 0.2", "stats_counts.c 2")
	})
}

// An idle series is told of for as long as it is kept, and then forgotten.
func TestStatsdKeep(t *testing.T) {
	statsdBubble(t, Statsd{Legacy: true, Keep: 25 * time.Second}, func(b *statsdBench) {
		b.run()
		b.got("g:5|g")
		for _, stamp := range []string{"12:00:10", "12:00:20", "12:00:30"} {
			b.at(stamp + ".5")
			b.expectFlush(stamp, "stats.gauges.g 5")
		}
		b.at("12:02:00")
		b.expectFlush("")
		if n, err := b.Forget(context.Background(), func(*Forgotten) error { return nil }); n != 1 || err != nil {
			t.Errorf("%d series are forgotten, %v; want 1", n, err)
		}
	})
}

// A histogram counts values below each bound and not below the one before; what is above them all is nowhere.
func TestStatsdHistogram(t *testing.T) {
	s := Statsd{Legacy: true, Period: 10 * time.Second, Histograms: []Histogram{{"t", []float64{0.5, 20, math.Inf(1)}}, {"", []float64{1}}}}
	r, err := s.Rule(0, carbon.Timer, 0)
	if err != nil {
		t.Fatal(err)
	}
	table := &table{}
	table.prepare(r)
	table.grow(1)
	cell := table.newCell()
	for _, v := range []float64{0.4, 0.5, 3, 20, 700} {
		table.side.values[cell].Add(v)
	}
	want := map[string]float64{"histogram.bin_0_5": 1, "histogram.bin_20": 2, "histogram.bin_inf": 2}
	for _, res := range r.outputs[0].results {
		if n, ok := want[res.name]; ok && res.of(table.view(0, cell, 10)) != n {
			t.Errorf("%s is %v; want %v", res.name, res.of(table.view(0, cell, 10)), n)
		}
		delete(want, res.name)
	}
	if len(want) > 0 {
		t.Errorf("%v are not among the results", want)
	}
}

// A restart in mid-interval loses nothing: counters, gauges, timers and sets of the interval are whole, also timers and sets that are
// only estimated; and what passed meanwhile is not told of.
func TestStatsdRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	statsdBubble(t, Statsd{Legacy: true}, func(b *statsdBench) {
		b.run()
		b.at("12:00:12")
		b.got("c:1|c", "g:5|g", "s:a|s", "t:1|ms|@0.5")
		for range 2000 {
			b.got("many:7|ms")
		}
		b.CloseInto(path)
		if err := b.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		b.at("12:00:16")
		b.start()
		r, err := b.Restore(path)
		if err != nil || r.Series != 5 {
			t.Fatalf("%d series were restored, %v; want 5", r.Series, err)
		}
		b.run()
		b.got("c:2|c", "g:+1|g", "s:bb|s", "t:3|ms")
		b.at("12:00:20.5")
		var few []string
		for _, p := range b.points {
			name, _, _ := strings.Cut(strings.TrimPrefix(p, "12:00:20.500: "), " ")
			if !strings.Contains(name, ".many.") || slices.Contains([]string{"count", "upper", "sum"}, name[strings.LastIndex(name, ".")+1:]) {
				few = append(few, p)
			}
		}
		b.points = few
		b.expectFlush("12:00:20", "stats.c 0.3", "stats_counts.c 3", "stats.gauges.g 6", "stats.sets.s.count 2",
			"stats.timers.t.count 3", "stats.timers.t.count_ps 0.3", "stats.timers.t.lower 1", "stats.timers.t.upper 3", "stats.timers.t.mean 2",
			"stats.timers.t.median 2", "stats.timers.t.std 1", "stats.timers.t.sum 4", "stats.timers.t.sum_squares 10",
			"stats.timers.many.count 2000", "stats.timers.many.upper 7", "stats.timers.many.sum 14000")
		b.lanes.Received, b.lanes.Accepted, b.lanes.Aggregated = 4, 4, 4
		b.CloseInto(path)
	})
}

// When the clock is set back by an hour the flushes go on.
func TestStatsdClockSetBack(t *testing.T) {
	statsdBubble(t, Statsd{Legacy: true}, func(b *statsdBench) {
		b.run()
		b.at("13:00:03")
		b.got("g:5|g")
		for i, s := range b.shards {
			if err := b.Ask(context.Background(), i, func() {
				for j := range s.tables {
					for slot := range s.tables[j].series.len() {
						se := s.tables[j].series.at(slot)
						s.tables[j].rewind(se, moment(t, "12:00:03").UnixMilli())
						if se.base.n == 0 {
							continue
						}
						if at := s.tables[j].rule.tiers[0].end(s.tables[j].runs.newest(&se.base).k); at != moment(t, "12:00:20").UnixMilli() {
							t.Errorf("the next flush is at %s", clockOf(time.UnixMilli(at)))
						}
					}
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
