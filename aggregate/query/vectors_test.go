package query

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"plumbago/aggregate/history"
)

// numbers are what a set of points gives; nil is nothing.
type numbers struct {
	Count, Sum, Min, Max, Avg, Rate, Increase *float64
}

// A file holds vectors made from the documentation of a network analytics engine that has these functions.
type file struct {
	Series   map[string][][2]float64
	Wildcard string
	Results  []struct {
		Now       int64
		Interval  int64               `json:"interval_s"`
		PerSeries map[string]*numbers `json:"per_series"`
		Pooled    numbers
		Mean      *float64 `json:"mean_of_series_means"`
		Instant   numbers
	}
	Intervals struct {
		Documented [][2]any
		Extension  [][2]any `json:"extension_seen_in_shipped_scripts"`
		Invalid    []string
	}
}

func vectors(t *testing.T) *file {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var f file
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return &f
}

// kept returns the past of series whose results have their names.
func kept(t *testing.T, points map[string][][2]float64) []*history.Store {
	t.Helper()
	room := history.NewRoom(100, 0)
	stores := []*history.Store{history.NewStore(time.Hour, room), history.NewStore(time.Hour, room)}
	for i, name := range slices.Sorted(keys(points)) {
		s := stores[i%2]
		h := s.Open(history.Label{Name: name, Of: name, Fn: "last", Period: time.Minute, Own: true, Source: &history.Source{Functions: []string{"last"}}})
		for _, p := range points[name] {
			s.Put(h, history.Point{Time: int64(p[0]), Value: p[1]})
		}
	}
	return stores
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// ask evaluates an expression over some stores.
func ask(t *testing.T, stores []*history.Store, text string, at int64) []Result {
	t.Helper()
	e, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	v := e.At(at)
	for _, s := range stores {
		for from, more := 0, true; more; {
			from, more = s.Each(from, 2, v.Look)
		}
	}
	return v.Results()
}

// Every vector: in windows all points of all series, those of each series, and the newest of each.
func TestVectors(t *testing.T) {
	file := vectors(t)
	stores := kept(t, file.Series)
	for _, r := range file.Results {
		one := func(text, name string, want *float64) {
			t.Helper()
			var results []Result
			if want != nil {
				results = []Result{{name, *want}}
			}
			same(t, fmt.Sprintf("%s at %d", text, r.Now), ask(t, stores, text, r.Now), results)
		}
		window := fmt.Sprintf("%ds", r.Interval)
		over := func(fn, across string) string {
			if across != "" {
				across = `, "` + across + `"`
			}
			return fmt.Sprintf(`%s("%s", "%s"%s)`, fn, file.Wildcard, window, across)
		}
		each := func(fn string, of func(*numbers) *float64) {
			t.Helper()
			var want []Result
			for _, name := range slices.Sorted(keys(r.PerSeries)) {
				if v := of(r.PerSeries[name]); v != nil {
					want = append(want, Result{name, *v})
				}
			}
			same(t, fmt.Sprintf("%s of each at %d", fn, r.Now), ask(t, stores, over(fn, "series"), r.Now), want)
		}
		for fn, of := range map[string]func(*numbers) *float64{
			"count": func(n *numbers) *float64 { return n.Count }, "sum": func(n *numbers) *float64 { return n.Sum },
			"min": func(n *numbers) *float64 { return n.Min }, "max": func(n *numbers) *float64 { return n.Max },
			"avg": func(n *numbers) *float64 { return n.Avg },
		} {
			one(over(fn+"_over_time", ""), file.Wildcard, of(&r.Pooled))
			one(over(fn+"_over_time", "pool"), file.Wildcard, of(&r.Pooled))
			one(over(fn, ""), file.Wildcard, of(&r.Instant))
			each(fn+"_over_time", of)
		}
		one(over("avg_over_time", "mean"), file.Wildcard, r.Mean)
		each("rate", func(n *numbers) *float64 { return n.Rate })
		// The divisor of a rate is the span that was seen.
		for name, n := range r.PerSeries {
			if n.Rate == nil {
				continue
			}
			first := int64(math.MaxInt64)
			last := int64(0)
			for _, p := range file.Series[name] {
				if at := int64(p[0]); at > r.Now-r.Interval && at <= r.Now {
					first, last = min(first, at), max(last, at)
				}
			}
			if got := *n.Rate * float64(last-first); math.Abs(got-*n.Increase) > 1e-9 {
				t.Errorf("%s at %d: increase %v, want %v", name, r.Now, got, *n.Increase)
			}
		}
	}
}

// same compares results; the last digit of a value may differ.
func same(t *testing.T, what string, got, want []Result) {
	t.Helper()
	equal := func(a, b Result) bool {
		return a.Name == b.Name && math.Abs(a.Value-b.Value) <= 1e-12*math.Abs(b.Value)
	}
	if !slices.EqualFunc(got, want, equal) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// The fixed reading of the seed's documentation, in a table of its own.
func TestFixedReading(t *testing.T) {
	stores := kept(t, vectors(t).Series)
	f := func(text string, at int64, want ...Result) {
		t.Helper()
		same(t, fmt.Sprintf("%s at %d", text, at), ask(t, stores, text, at), want)
	}
	const all = "sw1.if.*.rx"
	f(`count_over_time("sw1.if.*.rx", "5 minutes")`, 300, Result{all, 12})
	f(`sum_over_time("sw1.if.*.rx", "5 minutes")`, 300, Result{all, 3612})
	f(`min_over_time("sw1.if.*.rx", "5 minutes")`, 300, Result{all, 7})
	f(`max_over_time("sw1.if.*.rx", "5 minutes")`, 300, Result{all, 1300})
	f(`avg_over_time("sw1.if.*.rx", "5 minutes")`, 300, Result{all, 301})
	f(`avg_over_time("sw1.if.*.rx", "5 minutes", "mean")`, 300, Result{all, 242.5})
	f(`rate("sw1.if.*.rx", "5 minutes")`, 300,
		Result{"sw1.if.1.rx", 4.75}, Result{"sw1.if.2.rx", 95.0 / 240}, Result{"sw1.if.3.rx", 0.025})
	f(`rate("sw1.if.*.rx", "2 minutes")`, 300, Result{"sw1.if.1.rx", 5}, Result{"sw1.if.2.rx", 5.0 / 60})
	f(`rate("sw1.if.*.rx", "1 minute")`, 300)
	f(`rate("sw1.if.*.rx", "5 minutes", "mean")`, 300, Result{all, (4.75 + 95.0/240 + 0.025) / 3})
	f(`count_over_time("sw1.if.*.rx", "5 minutes")`, 1000, Result{all, 0})
	for _, fn := range []string{"sum", "min", "max", "avg"} {
		f(fn+`_over_time("sw1.if.*.rx", "5 minutes")`, 1000)
		f(fn+`("sw1.if.*.rx")`, 1000)
	}
	f(`count("sw1.if.*.rx")`, 1000, Result{all, 0})
	f(`count("nobody.*")`, 300, Result{"nobody.*", 0})
	f(`count("sw1.if.*.rx")`, 300, Result{all, 3})
	f(`sum("sw1.if.*.rx")`, 300, Result{all, 1405})
	f(`min("sw1.if.*.rx")`, 300, Result{all, 10})
	f(`max("sw1.if.*.rx")`, 300, Result{all, 1300})
	f(`avg("sw1.if.*.rx")`, 300, Result{all, 1405.0 / 3})
	f(`max("sw1.if.?.{rx,tx}")`, 300, Result{"sw1.if.?.{rx,tx}", 1300})
	f(`sum("**")`, 300, Result{"**", 1410})
	f(`sum("sw1.if.4.tx")`, 300, Result{"sw1.if.4.tx", 5})
	f(`sum("sw1.if.4.tx")`, 299)
}

// Intervals: the documented ones, the short ones, and what is refused.
func TestIntervals(t *testing.T) {
	file := vectors(t)
	for _, pair := range slices.Concat(file.Intervals.Documented, file.Intervals.Extension) {
		text, want := pair[0].(string), int64(pair[1].(float64))
		if got, ok := ParseInterval(text); !ok || got != want {
			t.Errorf("%q: got %d, %v, want %d", text, got, ok, want)
		}
		if again, ok := ParseInterval(interval(want)); !ok || again != want {
			t.Errorf("%d is written %q", want, interval(want))
		}
	}
	more := []string{"0s", "5ms", "5 m", "5minutes", "5  minutes", " 5 minutes", "5 minutes ", "+5 minutes", "5\tminutes", "1 week",
		"1 month", "1m30s", "5 MINUTES", "9223372036854775808 s", "99999999999 days", "25000 days", "5 seconds\n", "٥ minutes"}
	for _, text := range append(file.Intervals.Invalid, more...) {
		if got, ok := ParseInterval(text); ok {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}
