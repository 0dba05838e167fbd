package aggregate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"plumbago/aggregate/history"
	"plumbago/carbon"
)

// lives returns the live series as text, sorted.
func (b *bench) lives(prefix string) string {
	b.Helper()
	var all []string
	is := func(name []byte) bool { return strings.HasPrefix(string(name), prefix) }
	err := b.Live(context.Background(), true, is, func(l Live) {
		kind := carbon.Raw
		if l.Diff {
			kind = carbon.Diff
		}
		all = append(all, fmt.Sprintf("%s %c %v %v %v %v", l.Name, "ND"[kind], l.Last, l.Avg, l.Max, l.MemOnly))
	})
	if err != nil {
		b.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// kept returns the kept points as text, by name of the result.
func (b *bench) kept() map[string]string {
	b.Helper()
	all := map[string]string{}
	err := b.Past(context.Background(), func(s *history.Series) {
		var points []string
		s.Each(math.MinInt64, math.MaxInt64, func(p history.Point) {
			points = append(points, fmt.Sprintf("%s=%v", clockOf(time.Unix(p.Time, 0)), p.Value))
		})
		all[s.Name] = fmt.Sprintf("%s %s %s: %s", s.Of, s.Fn, ShortDuration(s.Period), strings.Join(points, " "))
	})
	if err != nil {
		b.Fatal(err)
	}
	return all
}

// What is emitted is kept, corrections in place of what they correct, rollups and windows too.
func TestRemember(t *testing.T) {
	inBubble(t, options(func(o *Options) {
		o.Rollups = []time.Duration{time.Minute}
		o.Output = []OutputOptions{{Window: Window{Slices: 2}, Functions: []string{"max"}, As: "{name}.two"}}
	}), func(b *bench) {
		b.send(carbon.Raw, "a;dc=x", 1, "12:00:10")
		b.send(carbon.Raw, "a;dc=x", 5, "12:00:20")
		if got := b.lives(""); got != "a;dc=x N NaN NaN NaN false" {
			t.Errorf("before anything was emitted there are %q", got)
		}
		b.at("12:00:33")
		b.send(carbon.Raw, "a;dc=x", 3, "12:00:11")
		b.at("12:02:03")
		want := map[string]string{
			"a.avg;dc=x":    "a;dc=x avg 10s: 12:00:10=2 12:00:20=5",
			"a.max;dc=x":    "a;dc=x max 10s: 12:00:10=3 12:00:20=5",
			"a.1m.avg;dc=x": "a;dc=x avg 1m: 12:00:00=3",
			"a.1m.max;dc=x": "a;dc=x max 1m: 12:00:00=5",
			"a.two;dc=x":    "a;dc=x max 10s: 12:00:10=3 12:00:20=5 12:00:30=5",
		}
		if got := b.kept(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("kept\n\t%v, want\n\t%v", got, want)
		}
		if got := b.lives("a"); got != "a;dc=x N 5 3.5 5 false" {
			t.Errorf("there are %q", got)
		}
		if got := b.lives("b"); got != "" {
			t.Errorf("of another prefix there are %q", got)
		}
		f, err := b.PastFigures(context.Background())
		if err != nil || f.Series != 5 || f.Points != 9 || f.NotKept != 0 {
			t.Errorf("figures %+v, %v", f, err)
		}
		b.points = nil
	})
}

// Results that are never sent are kept all the same.
func TestRememberMemOnly(t *testing.T) {
	inBubble(t, options(func(o *Options) { o.MemOnly = true }), func(b *bench) {
		b.send(carbon.Raw, "a", 7, "12:00:10")
		b.at("12:01:00")
		b.expect()
		if got := b.lives(""); got != "a N 7 7 7 true" {
			t.Errorf("there are %q", got)
		}
	})
}

// The past of the first series is kept; the others are counted, and emitted like any.
func TestRememberBound(t *testing.T) {
	inBubble(t, options(nil), func(b *bench) {
		room := history.NewRoom(3, 0)
		for _, s := range b.shards {
			s.past = history.NewStore(time.Hour, room)
		}
		for i := range 4 {
			b.send(carbon.Raw, fmt.Sprintf("a%d", i), 1, "12:00:10")
		}
		b.at("12:01:00")
		f, err := b.PastFigures(context.Background())
		if err != nil || f.Series != 3 || f.NotKept != 5 || len(b.points) != 8 {
			t.Errorf("figures %+v, %v, %d points", f, err, len(b.points))
		}
		if got := b.lives(""); strings.Count(got, "N 1 ") != 4 || strings.Count(got, "NaN") < 4 {
			t.Errorf("there are %q", got)
		}
		b.at("12:05:00") // the last slices are gone
		if got := b.lives(""); strings.Count(got, "N NaN ") < 1 || strings.Count(got, "N 1 ") < 1 {
			t.Errorf("long after there are %q", got)
		}
		b.points = nil
	})
}

// The averages and maxima of a retained hour, as the JumpScale StatAggregator computes them.
func TestLiveJumpscale(t *testing.T) {
	f := func(kind carbon.Kind, percent bool, samples, want string) {
		t.Helper()
		inBubble(t, options(func(o *Options) { o.Compat, o.Percent, o.Grace = "jumpscale", percent, 3*time.Hour }), func(b *bench) {
			b.at("15:00:00")
			for _, text := range strings.Fields(samples) {
				var seconds, value float64
				if _, err := fmt.Sscanf(text, "%g:%g", &seconds, &value); err != nil {
					t.Fatal(err)
				}
				at := moment(t, "12:00:00").Add(time.Duration(seconds * float64(time.Second)))
				b.send(kind, "a", value, at.Format("15:04:05.000"))
			}
			b.at("23:00:00")
			if got := b.lives(""); got != "a "+want+" false" {
				t.Errorf("%s: got %s, want %s", samples, got, want)
			}
			b.points = nil
		})
	}
	f(carbon.Raw, false, "0:1 10:2", "N 2 2 2")
	f(carbon.Raw, false, "0:1 10:2 20:4", "N 4 2 4")
	f(carbon.Raw, false, "0:-5 10:-7", "N -7 -6 0")
	f(carbon.Raw, false, "0:0 10:3", "N 3 2 3")
	f(carbon.Raw, true, "0:1.5 10:2.25", "N 2.25 1.88 2.25")
	f(carbon.Raw, false, "0:10.4 0:12.6", "N 13 13 13")
	f(carbon.Diff, false, "0:100 10:200 20:230 30:230 40:130 50:1130", "D 100 38 100")
	f(carbon.Diff, false, "0:100 10:105 20:115 30:140", "D 3 2 3")
	f(carbon.Diff, true, "0:0 10:3.3 20:10", "D 0.67 0.5 0.67")
	f(carbon.Diff, false, "0:1000 60:1000 120:1000", "D 0 0 0")
	f(carbon.Diff, false, "0:0 7200:7200", "D 1 1 1")
}
