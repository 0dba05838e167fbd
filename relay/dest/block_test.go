package dest

import (
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// Who offers to a full queue that makes senders wait waits until there is room, loses nothing, and overtakes nobody.
func TestOffer(t *testing.T) {
	o := DefaultOptions()
	o.Protocol, o.Queue, o.Overflow = "log", 200<<10, "block"
	d, err := New("c", "stdout", o, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	full := func(name byte) <-chan struct{} { return d.Offer(sized(name, carbon.FrameSize), false) }
	woken := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	for range 3 {
		if full('a') != nil {
			t.Fatal("it waits where there is room")
		}
	}
	room := full('b')
	if room == nil || woken(room) || full('c') != room {
		t.Fatal("it does not wait for room")
	}
	d.queue.take(1 << 40)
	if woken(room) {
		t.Error("what is in hand has not left the queue")
	}
	for i := range d.queue.hand {
		d.queue.hand[i].deliver()
	}
	d.queue.settle(0)
	d.queue.take(1 << 40)
	if !woken(room) || full('b') != nil {
		t.Error("it still waits when there is room")
	}
	for full('c') == nil {
	}
	room = full('d')
	d.Hurry()
	if !woken(room) || full('d') != nil {
		t.Error("it waits when there is no time left")
	}
	if c := d.Counts(); c.Dropped != (stat.Losses{stat.LossShutdown: 1}) || !c.Balanced() {
		t.Errorf("the account is %+v", c)
	}
}

// A queue that is closed makes nobody wait, nor one that is empty, however large the frame is.
func TestOfferOdd(t *testing.T) {
	o := DefaultOptions()
	o.Protocol, o.Queue, o.Overflow = "log", 1<<10, "block"
	d, err := New("c", "stdout", o, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if d.Offer(sized('a', large), false) != nil {
		t.Error("a frame that never fits waits for ever")
	}
	room := d.Offer(sized('b', 100), false)
	if room == nil {
		t.Fatal("it does not wait")
	}
	d.queue.close()
	<-room
	if d.Offer(sized('b', 100), false) != nil || d.Counts().Dropped[stat.LossShutdown] != 1 {
		t.Errorf("once it is closed: %+v", d.Counts())
	}
}

// A flood waits for a fast endpoint instead of pushing out what waits, but not for a slow one, nor for one that has stopped, nor if
// its sender cannot wait.
func TestFloodWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := func(what string, pace int64, silent time.Duration, canWait, waits bool) {
			t.Helper()
			o := DefaultOptions()
			o.Protocol, o.Queue = "log", 16*carbon.FrameSize
			d, err := New("c", "stdout", o, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			q := d.queue
			for range 3 {
				time.Sleep(briskMeasure * time.Millisecond)
				q.settle(pace * briskMeasure / 1000)
			}
			time.Sleep(silent)
			n := 0
			for ; n < 20 && d.Offer(sized('a', carbon.FrameSize), canWait) == nil; n++ {
			}
			if n < 4 || n == 20 == waits {
				t.Fatalf("%s: %d frames are taken, want it to wait: %v", what, n, waits)
			}
			if !waits {
				return
			}
			room := d.Offer(sized('a', carbon.FrameSize), true)
			for left := n; left > 0; left = q.line.len() {
				q.take(1 << 40)
				for i := range q.hand {
					q.hand[i].deliver()
				}
				q.settle(carbon.FrameSize)
			}
			q.take(1 << 40)
			select {
			case <-room:
			default:
				t.Errorf("%s: it still waits when nothing is left", what)
			}
			if c := d.Counts(); c.Dropped != (stat.Losses{}) || !c.Balanced() {
				t.Errorf("%s: the account is %+v", what, c)
			}
		}
		f("fast", 2*briskPace, 0, true, true)
		f("slow", briskPace/2, 0, true, false)
		f("stopped", 2*briskPace, briskPause*time.Millisecond, true, false)
		f("from who cannot wait", 2*briskPace, 0, false, false)
	})
}
