package dest

import (
	"testing"

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
	full := func(name byte) <-chan struct{} { return d.Offer(sized(name, carbon.FrameSize)) }
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
	if d.Offer(sized('a', large)) != nil {
		t.Error("a frame that never fits waits for ever")
	}
	room := d.Offer(sized('b', 100))
	if room == nil {
		t.Fatal("it does not wait")
	}
	d.queue.close()
	<-room
	if d.Offer(sized('b', 100)) != nil || d.Counts().Dropped[stat.LossShutdown] != 1 {
		t.Errorf("once it is closed: %+v", d.Counts())
	}
}
