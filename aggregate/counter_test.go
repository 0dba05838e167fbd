package aggregate

import (
	"testing"
	"time"

	"plumbago/carbon"
)

// Counters: what each sample after the first gives, and under which case the odd ones are counted.
func TestRate(t *testing.T) {
	type sample struct {
		at    float64 // seconds
		value float64
	}
	const none = -12345
	f := func(t *testing.T, reset string, in []sample, want []float64, cases [NCases]int64) {
		t.Helper()
		o := DefaultOptions()
		o.Reset = reset
		r, err := NewRule(0, o)
		if err != nil {
			t.Fatal(err)
		}
		b := baseline{time: unset}
		var got [NCases]int64
		for i, s := range in {
			x := value{v: s.value, ms: int64(s.at * 1000)}
			if !r.rate(&b, &x, &got) {
				x.v = none
			}
			if x.v != want[i] {
				t.Errorf("%s: sample %d gives %v, want %v", reset, i, x.v, want[i])
			}
		}
		if got != cases {
			t.Errorf("%s: cases %v, want %v", reset, got, cases)
		}
	}
	//                                                                                     first same back gap reset
	f(t, "zero", []sample{{0, 100}, {10, 200}, {20, 230}, {30, 230}}, []float64{none, 10, 3, 0}, [NCases]int64{1, 0, 0, 0, 0})
	f(t, "zero", []sample{{0, 1000}, {10, 50}, {20, 150}}, []float64{none, 5, 10}, [NCases]int64{1, 0, 0, 0, 1})
	f(t, "skip", []sample{{0, 1000}, {10, 50}, {20, 150}}, []float64{none, none, 10}, [NCases]int64{1, 0, 0, 0, 1})
	f(t, "negative", []sample{{0, 1000}, {10, 50}}, []float64{none, -95}, [NCases]int64{1, 0, 0, 0, 1})
	f(t, "wrap32", []sample{{0, 4294967290}, {10, 4}}, []float64{none, 1}, [NCases]int64{1, 0, 0, 0, 1})
	f(t, "wrap32", []sample{{0, 1 << 40}, {10, 20}}, []float64{none, 2}, [NCases]int64{1, 0, 0, 0, 1}) // no 32-bit counter
	f(t, "wrap64", []sample{{0, 1 << 63}, {1, 0}}, []float64{none, 1 << 63}, [NCases]int64{1, 0, 0, 0, 1})
	f(t, "zero", []sample{{0, 10}, {0, 20}, {10, 40}}, []float64{none, none, 2}, [NCases]int64{1, 1, 0, 0, 0})
	f(t, "zero", []sample{{10, 10}, {5, 999}, {20, 30}}, []float64{none, none, 2}, [NCases]int64{1, 0, 1, 0, 0})
	f(t, "zero", []sample{{0, 0}, {7200, 7200}}, []float64{none, 1}, [NCases]int64{1, 0, 0, 0, 0})
	f(t, "zero", []sample{{0, 0}, {7200.001, 7200}, {7300.001, 7300}}, []float64{none, none, 1}, [NCases]int64{1, 0, 0, 1, 0})
	f(t, "zero", []sample{{0, 0}, {0.25, 1}}, []float64{none, 4}, [NCases]int64{1, 0, 0, 0, 0})
	f(t, "zero", []sample{{0, 0}, {3, 1}}, []float64{none, 1.0 / 3}, [NCases]int64{1, 0, 0, 0, 0})
}

// Many inputs of one series each have a baseline of their own, and a raw sample of the name has another series.
func TestDiffGroups(t *testing.T) {
	inBubble(t, options(func(o *Options) { o.Functions = []string{"avg", "sum", "max"} }), func(b *bench) {
		group := func(input string, value float64, clock string) {
			ref := b.Bind(0, carbon.Diff, []byte(input), []byte("all"), Origin{})
			b.lanes.Received++
			b.lanes.Accepted++
			b.lanes.Aggregated++
			b.scatter.Fold([]Ref{ref}, value, moment(t, clock).UnixMilli(), time.Now().UnixMilli(), false)
			b.scatter.Flush()
		}
		b.at("12:00:30")
		group("eth0", 1000, "12:00:20")
		group("eth1", 5, "12:00:20")
		group("eth0", 1040, "12:00:24")
		group("eth1", 25, "12:00:25")
		b.send(carbon.Raw, "all", 7, "12:00:21")
		b.at("12:01:00")
		b.expect("12:00:32: all.avg 7 12:00:20", "12:00:32: all.sum 7 12:00:20", "12:00:32: all.max 7 12:00:20",
			"12:00:32: all.avg 7 12:00:20", "12:00:32: all.sum 14 12:00:20", "12:00:32: all.max 10 12:00:20")
	})
}
