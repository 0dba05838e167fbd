package dest

import (
	"plumbago/carbon"
	"plumbago/carbon/stat"
	"plumbago/relay/spool"
)

const (
	// spillBytes is how much the keeper takes out of the line at once.
	spillBytes = 1 << 20
	// replayBytes is how much of what comes back from the disk waits in memory, so that the destination's goroutine does
	// not wait for the disk.
	replayBytes = 512 << 10
	// replayHand is how many frames from the disk one write carries at most: what is live and comes in meanwhile waits
	// for no more than that.
	replayHand = 4
)

// A disk is the part of a queue that only an endpoint with a spool has: what the keeper and the destination's goroutine
// have to do with each other. The queue's lock guards it.
type disk struct {
	keeper  chan struct{} // wakes the keeper; nil without a spool
	soft    int           // over so many bytes what waits longest goes to disk
	loss    stat.Loss     // why points are lost when the queue overflows
	leaving []parcel      // what the keeper is writing; it still counts as queued

	leavingBytes int

	open   bool   // the endpoint takes what is sent
	epoch  int    // how often what was read had to be read again
	replay ring   // read and not taken in hand; it counts as spooled
	ahead  int    // the bytes of those
	mark   uint64 // everything before it was delivered
	tried  uint64 // of everything before it something may have gone out
	rewind bool   // what was read and is not delivered must be read again

	level spool.Level

	forsaken bool // the disk hangs, and the account is closed without it
}

// spill takes from the head of the line what goes to disk: what came in before that time (Unix milliseconds), and what is
// over the soft bound. It returns nothing if nothing is to go. The caller must call spilled or put them back before it
// spills again.
func (q *queue) spill(before int64) []parcel {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := 0
	for taken < spillBytes && !q.spool.forsaken {
		next := q.line.front()
		if next == nil || next.frame.Oldest >= before && q.bytes-taken <= q.soft() {
			break
		}
		taken += len(next.frame.Bytes)
		q.spool.leavingBytes += len(next.frame.Bytes)
		q.spool.leaving = append(q.spool.leaving, q.line.popFront())
	}
	return q.spool.leaving
}

// spilled says that the first n of what was taken are on disk. The rest goes back to where it was.
func (q *queue) spilled(n int) {
	q.mu.Lock()
	if q.spool.forsaken {
		q.mu.Unlock()
		return
	}
	gone := q.spool.leaving[:n]
	for i := range gone {
		p := &gone[i]
		q.bytes -= len(p.frame.Bytes)
		q.counts.Queued -= p.left
		q.counts.Spooled += p.left
	}
	for i := len(q.spool.leaving) - 1; i >= n; i-- {
		p := q.spool.leaving[i]
		p.own = false // it has been seen: it does not grow any more
		q.line.pushFront(p)
	}
	wake := n < len(q.spool.leaving) && q.idle
	q.idle = q.idle && !wake
	frames := make([]*carbon.Frame, n)
	for i := range gone {
		frames[i] = gone[i].frame
	}
	clear(q.spool.leaving)
	q.spool.leaving, q.spool.leavingBytes = q.spool.leaving[:0], 0
	q.repay()
	q.admit()
	q.mu.Unlock()
	for _, f := range frames {
		f.Free()
	}
	if wake {
		q.rouse()
	}
}

// waiting returns how many points are in memory.
func (q *queue) waiting() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.counts.Queued
}

// forsake closes the account without the keeper, which the disk does not let go on: what it was writing is lost, as far as
// anybody knows, and nothing that it says later counts. Its frames are its own.
func (q *queue) forsake() {
	q.mu.Lock()
	defer q.mu.Unlock()
	d := &q.spool
	for i := range d.leaving {
		p := &d.leaving[i]
		q.bytes -= len(p.frame.Bytes)
		q.counts.Queued -= p.left
		q.counts.Dropped[q.end] += p.left
	}
	d.leaving, d.leavingBytes, d.forsaken = nil, 0, true
}

// pressed says whether memory is over the soft bound.
func (q *queue) pressed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes > q.soft()
}

// setLoss says why points are lost from now on when the queue overflows.
func (q *queue) setLoss(why stat.Loss) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spool.loss = why
}

// wanted says whether another frame from the disk may be offered, and under which epoch.
func (q *queue) wanted() (ok bool, epoch int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	d := &q.spool
	return d.open && !q.closed && !d.rewind && d.ahead < replayBytes, d.epoch
}

// offer lets p, from the disk, be written when nothing else waits. It reports false, and does nothing, if what was read
// since that epoch is to be read again.
func (q *queue) offer(p parcel, epoch int) bool {
	q.mu.Lock()
	if epoch != q.spool.epoch || q.closed {
		q.mu.Unlock()
		return false
	}
	q.spool.ahead += len(p.frame.Bytes)
	q.spool.replay.pushBack(p)
	wake := q.idle
	q.idle = false
	q.mu.Unlock()
	if wake {
		q.rouse()
	}
	return true
}

// lend puts frames from the disk in hand, behind what is live, within so many bytes in all as in take; the lock is held.
func (q *queue) lend(limit int) {
	if q.spool.keeper == nil || q.line.len() > 0 || q.closed {
		return
	}
	taken := q.inHand
	for range replayHand {
		next := q.spool.replay.front()
		if next == nil || len(q.hand) == maxHand || len(q.hand) > 0 && taken+len(next.frame.Bytes) > limit {
			break
		}
		p := q.spool.replay.popFront()
		taken += len(p.frame.Bytes)
		q.spool.ahead -= len(p.frame.Bytes)
		q.spool.tried = max(q.spool.tried, p.mark)
		q.hand = append(q.hand, p)
	}
	if q.spool.ahead < replayBytes/2 {
		q.wakeKeeper()
	}
}

// serve says that the endpoint takes what is sent: what is on disk may come. proofs says whether what is written is kept
// until it is proven to have been read.
func (q *queue) serve(proofs bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.proofs = proofs
	q.spool.open = true
	q.wakeKeeper()
}

// bar makes the queue take nothing more, from other members neither.
func (q *queue) bar() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.ended = true, true
}

// unserve says that it does not. What was read from the disk and is not delivered will be read again; the lock is held.
func (q *queue) unserve() {
	d := &q.spool
	d.open = false
	if d.keeper == nil {
		return
	}
	for d.replay.len() > 0 {
		d.replay.popFront().frame.Free()
	}
	d.ahead, d.rewind = 0, true
	d.epoch++
	q.wakeKeeper()
}

// wakeKeeper has the keeper look at the queue soon.
func (q *queue) wakeKeeper() {
	select {
	case q.spool.keeper <- struct{}{}:
	default: // nil too: then there is none
	}
}

// cursor returns how far what was read from the disk got, how far something of it may have got, and whether what was not
// delivered is to be read again.
func (q *queue) cursor() (mark, tried uint64, rewind bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	mark, tried, rewind = q.spool.mark, q.spool.tried, q.spool.rewind
	q.spool.rewind = false
	return mark, tried, rewind
}

// passed notes that p was delivered.
func (d *disk) passed(p *parcel) { d.mark = max(d.mark, p.mark) }

// inherit counts what a spool held when it was opened.
func (q *queue) inherit(points int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.spool.forsaken {
		return
	}
	q.counts.Enqueued += points
	q.counts.Spooled += points
}

// lose counts what was lost on disk.
func (q *queue) lose(losses stat.Losses) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.spool.forsaken {
		return
	}
	for why, n := range losses {
		q.counts.Spooled -= n
		q.counts.Dropped[why] += n
	}
}

// setLevel makes known how full the spool is.
func (q *queue) setLevel(l spool.Level) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spool.level = l
}

// arrived returns how many points came in, of which so many are on disk only.
func (q *queue) arrived() (enqueued int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.counts.Enqueued
}

// parcelOf makes a parcel of a record, with a copy of its bytes.
func parcelOf(rec *spool.Record) parcel {
	f := carbon.NewFrame()
	f.Bytes = append(f.Bytes, rec.Payload...)
	f.Points, f.Oldest = rec.Points, rec.Oldest
	return parcel{frame: f, left: int64(rec.Points), mark: rec.End, cut: rec.Tried}
}
