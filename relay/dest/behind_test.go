package dest

import (
	"testing"

	"plumbago/carbon"
)

// An endpoint is behind if much waits for it and it takes some.
func TestBehind(t *testing.T) {
	f := func(waiting, limit int, pace, ago int64, want bool) {
		t.Helper()
		q := newQueue(Options{Queue: limit})
		d := &Dest{queue: q}
		for n := 0; n < waiting; n += carbon.FrameSize {
			q.push(sized('x', carbon.FrameSize))
		}
		q.pace, q.since = pace, 1_000_000-ago
		if got := d.Behind(1_000_000); got != want {
			t.Errorf("%d bytes of %d wait, %d a second went out %d ms ago: behind is %v", waiting, limit, pace, ago, got)
		}
		q.abandon()
	}
	f(8<<20, 64<<20, 1<<20, 50, true)
	f(3<<20, 64<<20, 1<<20, 50, false)     // little waits
	f(3<<20, 4<<20, 1<<20, 50, true)       // much of what may
	f(8<<20, 64<<20, 0, 50, false)         // nothing goes out
	f(8<<20, 64<<20, 1<<20, 30_000, false) // nor does it any more
}
