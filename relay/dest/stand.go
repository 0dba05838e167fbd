package dest

import (
	"sync"
	"time"
)

const (
	// gonePatience is how long the first attempt to connect may take before others stand in for the endpoint.
	gonePatience = 500 * time.Millisecond
	// relieveEvery is how often what waits for an endpoint that is gone is offered to others.
	relieveEvery = 100 * time.Millisecond
)

// A Standby is told when others should stand in for an endpoint. It is called by the destination's goroutine.
type Standby struct {
	// Changed is called after Alive has changed.
	Changed func()
	// Relieve is called again and again while the endpoint is gone: to move what waits for it, see MoveTo.
	Relieve func()
}

// StandBy has s told. Without it an endpoint's points wait for it alone.
func (d *Dest) StandBy(s Standby) {
	d.standby.mu.Lock()
	defer d.standby.mu.Unlock()
	d.standby.now = s
}

// A standing is the Standby there is now: a reload may bring another.
type standing struct {
	mu  sync.Mutex
	now Standby
}

func (s *standing) is() Standby {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Alive says whether the endpoint can be expected to take points: it is connected, or it has not been found to be gone
// yet. A connection that ended is not enough for that: the next attempt to connect must have failed too, or take long.
func (d *Dest) Alive() bool { return !d.gone.Load() }

// Connected says whether the endpoint takes what is sent, as far as is known. One that does not, and is alive all the same,
// has lost its connection and not yet failed to get another.
func (d *Dest) Connected() bool { return d.news.status().State == Up }

// setGone notes whether the endpoint is gone.
func (d *Dest) setGone(gone bool) {
	if s := d.standby.is(); d.gone.Swap(gone) != gone && s.Changed != nil {
		s.Changed()
	}
}

// relieve offers what waits for an endpoint that is gone to others.
func (d *Dest) relieve() {
	if s := d.standby.is(); d.gone.Load() && s.Relieve != nil {
		s.Relieve()
	}
}

// MoveTo moves what has waited longest for d, one frame, to another destination of the same cluster, where it waits as if
// it had been pushed there. It reports false if nothing waits, or if it would not fit: moving loses nothing. Anybody
// may call it.
func (d *Dest) MoveTo(to *Dest) bool {
	size, ok := d.queue.next()
	if !ok || !to.queue.hasRoom(size) {
		return false
	}
	p, ok := d.queue.surrender()
	if !ok {
		return false
	}
	moved := p
	moved.cut = p.cut && to.sink == nil // the beginning of its first line is in the file of another log
	if !to.queue.adopt(moved) {
		d.queue.readopt(p)
		return false
	}
	return true
}

// next returns the size of the frame that has waited longest and is not in hand.
func (q *queue) next() (size int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	p := q.line.front()
	if p == nil {
		return 0, false
	}
	return len(p.frame.Bytes), true
}

// hasRoom says whether size more bytes of another member's fit: without a loss, and so that half of the queue stays free
// for what is pushed. A backlog that filled it would have the next push overflow.
func (q *queue) hasRoom(size int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.ended && q.bytes+size <= q.most(q.bytes+size) && (q.bytes+size <= q.limit/2 || q.bytes == 0 && size <= q.limit)
}

// surrender takes the frame that has waited longest out of the queue and its points out of the account.
func (q *queue) surrender() (p parcel, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.line.len() == 0 {
		return p, false
	}
	p = q.line.popFront()
	p.own = false
	q.bytes -= len(p.frame.Bytes)
	q.counts.Queued -= p.left
	q.counts.Enqueued -= p.left
	q.counts.Moved += p.left
	q.repay()
	q.admit()
	return p, true
}

// adopt takes a frame that another member surrendered. It may go over the limit by that frame, if somebody was faster
// than the caller of hasRoom. It reports false if nobody would write it any more.
func (q *queue) adopt(p parcel) bool {
	q.mu.Lock()
	if q.ended {
		q.mu.Unlock()
		return false
	}
	q.counts.Enqueued += p.left
	q.counts.Queued += p.left
	q.bytes += len(p.frame.Bytes)
	q.line.pushBack(p)
	wake := q.idle
	q.idle = false
	q.mu.Unlock()
	if wake {
		q.rouse()
	}
	return true
}

// readopt undoes surrender.
func (q *queue) readopt(p parcel) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counts.Enqueued += p.left
	q.counts.Moved -= p.left
	if q.ended {
		q.counts.Dropped[q.end] += p.left
		p.frame.Free()
		return
	}
	q.counts.Queued += p.left
	q.bytes += len(p.frame.Bytes)
	q.line.pushFront(p)
}
