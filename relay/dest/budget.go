package dest

import "sync/atomic"

// A budget is memory that several queues may take beyond the share that each has to itself.
type budget struct{ left atomic.Int64 }

// drawStep is how much a queue takes at a time, so that it seldom has to.
const drawStep = 256 << 10

// draw takes at least n bytes, or as many as there are.
func (b *budget) draw(n int) (taken int) {
	want := int64((n + drawStep - 1) / drawStep * drawStep)
	for {
		left := b.left.Load()
		take := min(want, left)
		if take <= 0 {
			return 0
		}
		if b.left.CompareAndSwap(left, left-take) {
			return int(take)
		}
	}
}

// A purse is how much of its limit a queue may use. The zero purse is as large as that.
type purse struct {
	budget *budget
	own    int // what is the queue's in any case
	drawn  int // what it took from the budget
}

// Share bounds what the queues of all dests hold together to so many bytes; 0 for no bound. Half of that is divided among
// them, so that each has a share that no other can take; the other half is for whoever needs it, and is given back. It may be
// called again, when there are others.
func Share(dests []*Dest, bytes int) {
	all := 0
	for _, d := range dests {
		all += d.queue.limit
	}
	var b *budget
	each := 0
	if bytes > 0 && all > bytes {
		b = &budget{}
		b.left.Store(int64(bytes))
		each = bytes / 2 / len(dests)
	}
	for _, d := range dests {
		q := d.queue
		own := min(each, q.limit)
		if b != nil {
			b.left.Add(-int64(own))
		}
		q.mu.Lock()
		q.purse = purse{budget: b, own: own}
		q.mu.Unlock()
	}
	for _, d := range dests { // what is over the shares already is drawn now, so that it counts
		d.queue.mu.Lock()
		d.queue.most(d.queue.bytes)
		d.queue.mu.Unlock()
	}
}

// Fill returns how many bytes wait for the endpoint in memory, and how many may at most.
func (d *Dest) Fill() (held, most int) {
	d.queue.mu.Lock()
	defer d.queue.mu.Unlock()
	return d.queue.bytes, d.queue.limit
}

// most returns how many bytes the queue may hold, when it would like to hold so many; the lock is held.
func (q *queue) most(want int) int {
	p := &q.purse
	if p.budget == nil {
		return q.limit
	}
	if more := min(want, q.limit) - p.own - p.drawn; more > 0 {
		p.drawn += p.budget.draw(more)
	}
	return min(q.limit, p.own+p.drawn)
}

// soft returns over how many bytes what waits goes to disk, if there is a spool; the lock is held.
func (q *queue) soft() int {
	if q.purse.budget == nil {
		return q.spool.soft
	}
	return min(q.spool.soft, q.purse.own/2)
}

// repay gives back what is not needed any more; the lock is held.
func (q *queue) repay() {
	p := &q.purse
	if p.drawn == 0 {
		return
	}
	if spare := min(p.own+p.drawn-q.bytes-drawStep, p.drawn); spare >= drawStep || q.bytes == 0 {
		if q.bytes == 0 {
			spare = p.drawn
		}
		p.drawn -= spare
		p.budget.left.Add(int64(spare))
	}
}
