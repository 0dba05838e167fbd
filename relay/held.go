package relay

import (
	"time"

	"plumbago/carbon"
	"plumbago/relay/dest"
)

// heldPatience is how long a lane waits for one destination before it looks whether another has room.
const heldPatience = 50 * time.Millisecond

// A heldFrame is a frame that its destination, which makes its senders wait, has no room for yet. Its points count as sent, and as
// those in open frames are not in the destination's account.
type heldFrame struct {
	dest  *dest.Dest
	frame *carbon.Frame
}

// offer gives a frame to a destination, or holds it. A lane waits only between two batches, so it holds what one of them
// makes at most.
func (l *Lane) offer(d *dest.Dest, f *carbon.Frame) {
	for i := range l.held {
		if l.held[i].dest == d { // in order
			l.held = append(l.held, heldFrame{d, f})
			return
		}
	}
	if d.Offer(f, l.waits) != nil {
		l.held = append(l.held, heldFrame{d, f})
	}
}

// Held offers what is held once more. It returns nil if all of it was taken, else a channel that is closed when there is
// room for some of it. Only the lane's owner may call it.
func (l *Lane) Held() (room <-chan struct{}) {
	if len(l.held) == 0 {
		return nil
	}
	rest := l.held
	l.held = nil
	for _, h := range rest {
		l.offer(h.dest, h.frame)
	}
	if len(l.held) == 0 {
		return nil
	}
	first := l.held[0]
	if room = first.dest.Offer(first.frame, l.waits); room == nil {
		l.held = l.held[1:]
		return l.Held()
	}
	return room
}

// Settle waits until all that is held is taken.
func (l *Lane) Settle() {
	for room := l.Held(); room != nil; room = l.Held() {
		t := time.NewTimer(heldPatience)
		select {
		case <-room:
		case <-t.C:
		case f := <-l.asks:
			f()
		}
		t.Stop()
	}
}

// settle does so for a worker's lane. A shard looks at Held itself, between two of its steps.
func (l *Lane) settle() {
	if l.waits && len(l.held) > 0 {
		l.Settle()
	}
}
