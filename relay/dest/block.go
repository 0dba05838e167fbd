package dest

import "plumbago/carbon"

// Offer takes over one reference to f, as Push does, unless the endpoint makes its senders wait (overflow = "block") and
// has no room for f: then it takes nothing and returns a channel that is closed when it is worth to offer f again. It never
// waits itself.
func (d *Dest) Offer(f *carbon.Frame) (room <-chan struct{}) {
	if d.queue.patient {
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
	if q.closed || q.hurried || q.bytes == 0 || q.bytes+size <= q.most(q.bytes+size) {
		return nil
	}
	if q.space == nil {
		q.space = make(chan struct{})
	}
	return q.space
}

// admit wakes those who wait for room, if there is some; the lock is held. It is called where bytes have left the queue.
func (q *queue) admit() {
	if q.space != nil && (q.closed || q.hurried || q.bytes <= q.limit/2 || q.bytes+carbon.FrameSize <= q.limit) {
		close(q.space)
		q.space = nil
	}
}
