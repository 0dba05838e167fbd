package dest

import (
	"time"

	"plumbago/carbon"
)

// How fast an endpoint has to take what is sent, in bytes a second, for a flood to be held to its pace; over how many milliseconds that
// is measured, and how long it may then take nothing.
const (
	briskPace    = 32 << 20
	briskMeasure = 100
	briskPause   = 250
)

// Offer takes over one reference to f, as Push does, unless the endpoint makes its senders wait and has no room for f: then it
// takes nothing and returns a channel that is closed when it is worth to offer f again. It never waits itself.
//
// An endpoint makes them wait with overflow = "block". With any other, too, where the sender is one who can wait, as long as it is brisk
// and a quarter of its queue is full: a flood that comes faster than a fast endpoint takes it is then held back, not lost. Not so with a
// spool, which takes it, nor where a quarter of the queue is little.
func (d *Dest) Offer(f *carbon.Frame, canWait bool) (room <-chan struct{}) {
	if d.queue.patient || canWait && d.keeper == nil {
		if room = d.queue.awaits(len(f.Bytes)); room != nil {
			return room
		}
	}
	d.queue.push(f)
	return nil
}

// Hurry has the endpoint make nobody wait any more: what does not fit is lost, as the shutdown's time is over.
func (d *Dest) Hurry() {
	d.queue.mu.Lock()
	defer d.queue.mu.Unlock()
	d.queue.hurried = true
	d.queue.admit()
}

// awaits returns what to wait for before so many bytes are pushed, nil if they may be at once.
func (q *queue) awaits(size int) <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed || q.hurried || q.bytes == 0:
		return nil
	case q.patient:
		if q.bytes+size <= q.most(q.bytes+size) {
			return nil
		}
	case q.limit < 8*carbon.FrameSize:
		return nil
	case q.unwritten()+size <= q.limit/4 && q.bytes+size <= q.most(q.bytes+size) || !q.isBrisk(time.Now().UnixMilli()):
		return nil
	}
	if q.space == nil {
		q.space = make(chan struct{})
	}
	return q.space
}

// admit wakes those who wait for room, if there is some; the lock is held. It is called where bytes have left the queue.
func (q *queue) admit() {
	enough := q.bytes <= q.limit/2 || q.bytes+carbon.FrameSize <= q.limit
	if !q.patient {
		enough = q.unwritten() <= q.limit/8 && q.bytes+carbon.FrameSize <= q.limit
	}
	if q.space != nil && (q.closed || q.hurried || enough) {
		close(q.space)
		q.space = nil
	}
}

// unwritten returns how many bytes are still to be written; the lock is held.
func (q *queue) unwritten() int { return q.bytes - q.trail.bytes }

// measure notes that so many bytes went out; now is in Unix milliseconds and the lock is held.
func (q *queue) measure(written, now int64) {
	q.sent += written
	if took := now - q.since; took >= briskMeasure {
		q.pace, q.since, q.before = (q.sent-q.before)*1000/took, now, q.sent
	}
}

// isBrisk says whether the endpoint lately took what was sent fast; the lock is held.
func (q *queue) isBrisk(now int64) bool { return q.pace >= briskPace && now-q.since < briskPause }
