package ingest

import (
	"testing"

	"plumbago/carbon/stat"
	"plumbago/ingest/statsd"
)

// What comes by a listener for statsd is counted by type and by reason; of another nothing is.
func TestKinds(t *testing.T) {
	f := func(o Options, want *StatsdStats) {
		t.Helper()
		r := newRig(t, o, newRecorder())
		conn := dialPacket(t, r.Addrs()[0])
		write(t, conn, "a:1|c\na:2|c:3|ms\nb:1|g\nb:x|g\nc:1|s\nc:1|odd\nd:5|N\n")
		r.sink.await(t, "all", func() bool { return len(r.sink.names) == 6 })
		r.close(t)
		got := r.Stats().Statsd
		if got == nil || want == nil {
			if got != want {
				t.Errorf("got %+v; want %+v", got, want)
			}
			return
		}
		if *got != *want {
			t.Errorf("got %+v; want %+v", *got, *want)
		}
		if sum := got.plus(got); sum.Counters != 2*want.Counters || sum.Bad[stat.BadValue] != 2 || got.plus(nil) != got {
			t.Errorf("twice is %+v", sum)
		}
	}
	want := &StatsdStats{Counters: 2, Gauges: 1, Timers: 1, Sets: 1, Samples: 1}
	want.Bad[stat.BadValue], want.Bad[stat.BadFields] = 1, 1
	f(on("statsd", "udp://127.0.0.1:0"), want)
	f(on("line", "udp://127.0.0.1:0"), nil)
	o := on("line", "udp://127.0.0.1:0")
	defaults := statsd.DefaultOptions()
	o.Statsd = &defaults
	f(o, want)
}
