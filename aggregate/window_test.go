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
