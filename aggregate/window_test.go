package aggregate

import (
	"testing"

	"plumbago/carbon"
)

// The windows that hold a slice are all its neighbours' too when it came so late that slices after it were over before it
// was emitted.
func TestWindowOfLateSlice(t *testing.T) {
	o := options(func(o *Options) {
		o.Functions = []string{"max"}
		o.Output = []OutputOptions{{Window: Window{Slices: 3}, Functions: []string{"sum"}, As: "{name}.w"}}
	})
	inBubble(t, o, func(b *bench) {
		for _, at := range []string{"12:00:10", "12:00:20", "12:00:40", "12:00:50"} {
			b.at(at)
			b.send(carbon.Raw, "a", 1, at)
		}
		b.at("12:01:51")
		b.points = nil
		b.send(carbon.Raw, "a", 10, "12:00:30") // 12:00:40 is over a second later
		b.at("12:02:10")
		b.expect("12:01:53: a.max 10 12:00:30", "12:01:53: a.w 12 12:00:30", "12:01:53: a.w 12 12:00:40", "12:01:53: a.w 12 12:00:50")
	})
}

// The rate of a window that reaches back before the rule's start is over the time that its slices are of.
func TestWindowOverStart(t *testing.T) {
	f := func(t *testing.T, partial string, before []string) {
		t.Helper()
		o := options(func(o *Options) {
			o.Functions, o.Partial, o.Period = []string{"max"}, partial, 7e9 // 12:00:00 is in the slice of 11:59:59
			o.Output = []OutputOptions{{Window: Window{Slices: 6}, Functions: []string{"rate"}, As: "{name}.w"}}
		})
		inBubble(t, o, func(b *bench) {
			for _, at := range before {
				b.send(carbon.Raw, "a", 7, at)
			}
			b.at("12:00:09")
			b.points = nil
			b.send(carbon.Raw, "a", 7, "12:00:07")
			b.at("12:00:16")
			b.expect("12:00:15: a.max 7 12:00:06", "12:00:15: a.w 1 12:00:06")
		})
	}
	f(t, "drop", nil)
	f(t, "emit", nil)
	f(t, "drop", []string{"12:00:00"})
	f(t, "emit", []string{"12:00:00"})
	f(t, "drop", []string{"11:59:45", "11:59:52"}) // what a sender had kept for us
	f(t, "emit", []string{"11:59:45", "11:59:52", "12:00:00"})
	f(t, "drop", []string{"11:59:45", "11:59:52", "12:00:00"})
}
