package aggregate

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// everyFunction is all that can be asked for of raw samples.
var everyFunction = []string{"avg", "sum", "min", "max", "count", "first", "last", "range", "stddev", "variance", "rms", "rate",
	"delta", "median", "p90", "p99", "p999", "unique", "avg_positive"}

// A dot is a sample of the replays below.
type dot struct {
	name string
	at   time.Time
	v    float64
}

// plainly computes a function over samples in time order, the obvious way.
func plainly(fn string, dots []dot, seconds float64) float64 {
	vs := make([]float64, len(dots))
	var sum, positive, positives float64
	distinct := map[float64]bool{}
	for i, d := range dots {
		vs[i] = d.v
		sum += d.v
		distinct[d.v] = true
		if d.v > 0 {
			positive, positives = positive+d.v, positives+1
		}
	}
	first, last := vs[0], vs[len(vs)-1]
	slices.Sort(vs)
	n := float64(len(vs))
	square, scatter := 0.0, 0.0
	for _, v := range vs {
		square += v * v
		scatter += (v - sum/n) * (v - sum/n)
	}
	nearestRank := func(p float64) float64 { return vs[max(0, int(math.Ceil(p*n/100))-1)] }
	switch fn {
	case "avg":
		return sum / n
	case "sum":
		return sum
	case "min":
		return vs[0]
	case "max":
		return vs[len(vs)-1]
	case "count":
		return n
	case "first":
		return first
	case "last":
		return last
	case "range":
		return vs[len(vs)-1] - vs[0]
	case "stddev":
		return math.Sqrt(scatter / n)
	case "variance":
		return scatter / n
	case "rms":
		return math.Sqrt(square / n)
	case "rate":
		return sum / seconds
	case "delta":
		return last - first
	case "median":
		return nearestRank(50)
	case "p90", "p99":
		p, _ := strconv.ParseFloat(fn[1:], 64)
		return nearestRank(p)
	case "p999":
		return nearestRank(99.9)
	case "unique":
		return float64(len(distinct))
	case "avg_positive":
		return positive / positives
	}
	panic("bug: no such function: " + fn)
}

// expected computes every result of a rule over the dots, by "name stamp".
func expected(o *Options, dots []dot) map[string]float64 {
	want := map[string]float64{}
	by := map[string][]dot{}
	for _, d := range dots {
		by[d.name] = append(by[d.name], d)
	}
	add := func(name, as string, period, window time.Duration) {
		list := slices.SortedStableFunc(slices.Values(by[name]), func(a, b dot) int { return a.at.Compare(b.at) })
		end := list[len(list)-1].at.Truncate(period).Add(window)
		for k := list[0].at.Truncate(period); k.Before(end); k = k.Add(period) {
			var within []dot
			for _, d := range list {
				if from := k.Add(period - window); !d.at.Before(from) && d.at.Before(k.Add(period)) {
					within = append(within, d)
				}
			}
			for _, fn := range o.Functions {
				result := strings.NewReplacer("{name}", name, "{fn}", fn, "{period}", ShortDuration(period)).Replace(as)
				if len(within) == 0 {
					continue
				}
				if v := plainly(fn, within, window.Seconds()); !math.IsNaN(v) {
					want[result+" "+clockOf(k)] = v
				}
			}
		}
	}
	for name := range by {
		add(name, o.As, o.Period, o.Period)
		for _, p := range o.Rollups {
			add(name, o.AsRollup, p, p)
		}
		for _, w := range o.Output {
			add(name, w.As, w.Period, time.Duration(w.Window.slices(w.Period))*w.Period)
		}
	}
	return want
}

// In whatever order and how often samples come, as long as they come within grace, the last word on every slice, rollup
// and window is what a plain computation gives.
func TestReplaysEqualPlainComputation(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	f := func(t *testing.T, dedup string, pause time.Duration, disturb func(dots []dot) []dot) {
		t.Helper()
		o := DefaultOptions()
		o.Functions, o.Dedup, o.Grace = everyFunction, dedup, 30*time.Minute
		o.Rollups = []time.Duration{time.Minute, 90 * time.Second, 6 * time.Minute}
		o.Output = []OutputOptions{
			{Period: 10 * time.Second, Window: Window{Slices: 4}, As: "w4.{name}.{fn}"},
			{Period: 10 * time.Second, Window: Window{Length: 5 * time.Minute}, As: "w5m.{name}.{fn}"},
			{Period: time.Minute, Window: Window{Length: 3 * time.Minute}, As: "m3.{name}.{fn}"},
		}
		var dots []dot
		for i := range 150 {
			at := moment(t, "09:00:00").Add(time.Duration(rng.IntN(700_000)) * time.Millisecond)
			v := float64(rng.IntN(400)-100) / 8
			dots = append(dots, dot{fmt.Sprintf("s%d", i%3), at, v})
		}
		slices.SortFunc(dots, func(a, b dot) int { return a.at.Compare(b.at) })
		dots = slices.CompactFunc(dots, func(a, b dot) bool { return a.name == b.name && a.at.Equal(b.at) })
		want := expected(&o, dots)
		synctestReplay(t, o, disturb(dots), pause, want)
	}
	same := func(dots []dot) []dot { return dots }
	shuffled := func(dots []dot) []dot {
		dots = slices.Clone(dots)
		rng.Shuffle(len(dots), func(i, j int) { dots[i], dots[j] = dots[j], dots[i] })
		return dots
	}
	backwards := func(dots []dot) []dot { dots = slices.Clone(dots); slices.Reverse(dots); return dots }
	twice := func(dots []dot) []dot { return shuffled(append(slices.Clone(dots), dots...)) }
	t.Run("in order", func(t *testing.T) { f(t, "none", 0, same) })
	t.Run("backwards", func(t *testing.T) { f(t, "none", 0, backwards) })
	t.Run("shuffled", func(t *testing.T) { f(t, "none", 0, shuffled) })
	t.Run("slowly", func(t *testing.T) { f(t, "none", 4*time.Second, same) })
	t.Run("slowly shuffled", func(t *testing.T) { f(t, "none", 3*time.Second, shuffled) })
	t.Run("twice", func(t *testing.T) { f(t, "last", 0, twice) })
	t.Run("twice slowly", func(t *testing.T) { f(t, "first", 1500*time.Millisecond, twice) })
}

// synctestReplay sends dots with up to a pause between two, and compares the last word on everything.
func synctestReplay(t *testing.T, o Options, dots []dot, pause time.Duration, want map[string]float64) {
	rng := rand.New(rand.NewPCG(9, 10))
	inBubble(t, []Options{o}, func(b *bench) {
		for _, d := range dots {
			if pause > 0 {
				time.Sleep(time.Duration(rng.Int64N(int64(pause))).Truncate(time.Millisecond))
			}
			b.send(carbon.Raw, d.name, d.v, d.at.Format("15:04:05.000"))
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		got := map[string]float64{}
		for _, p := range b.points { // in the order of their leaving: the last word counts
			fields := strings.Fields(p)
			got[fields[1]+" "+fields[3]], _ = strconv.ParseFloat(fields[2], 64)
		}
		b.points = nil
		wrong := 0
		for _, key := range slices.Sorted(maps.Keys(want)) {
			v, ok := got[key]
			if !ok || math.Abs(v-want[key]) > 1e-9*max(1, math.Abs(want[key])) {
				if wrong++; wrong < 20 {
					t.Errorf("%s is %v (there: %t), want %v", key, v, ok, want[key])
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(got)) {
			if _, ok := want[key]; !ok && wrong < 20 {
				wrong++
				t.Errorf("%s was emitted: %v", key, got[key])
			}
		}
		if f, err := b.Figures(context.Background()); err != nil || f[0].Late != 0 {
			t.Errorf("late: %+v %v", f, err)
		}
	})
}
