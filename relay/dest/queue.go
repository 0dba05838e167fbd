package dest

import (
	"sync"
	"time"

	"plumbago/carbon"
	"plumbago/carbon/stat"
	"plumbago/relay/spool"
)

// maxHand is how many frames the destination's goroutine takes in hand at once: what one writev carries.
const maxHand = 16

// A queue is what waits for an endpoint, bounded in bytes, and the endpoint's part of the ledger. Its lock is all that
// the callers of Push and the destination's goroutine share; it is held for nanoseconds, or for one copy of at most
// carbon.FrameSize bytes while frames are gathered.
//
// Frames move from the line, where they wait, into the hand, where they are written, and from there, if that does not yet
// prove that the endpoint has them, into the trail, in this order always. A break moves them back.
type queue struct {
	mu     sync.Mutex
	counts stat.EndpointCounts
	trail  trail       // what was written and is not proven to have been read
	hand   []parcel    // what the goroutine is writing
	line   ring        // what waits: all that an overflow takes
	bytes  int         // of all their frames
	inHand int         // of those in hand alone
	sent   int64       // bytes written in all
	before int64       // bytes written in all until
	since  int64       // this moment, in Unix milliseconds, when the pace was last measured
	pace   int64       // bytes a second
	idle   bool        // the goroutine found nothing to do: the next push wakes it
	proofs bool        // what is written is kept until it is proven to have been read
	closed bool        // no more is taken
	ended  bool        // nor from another member: nobody will write it
	end    stat.Loss   // as what is counted what comes after closed, or is left then
	spool  disk        // of an endpoint with a spool
	delays stat.Delays // from the arrival of what is written to its first writing; not of what was on disk

	limit   int           // the most that bytes may be
	purse   purse         // how much of that is there at the moment
	newest  bool          // the newest gives way when it is full, not the oldest
	patient bool          // nobody gives way: who pushes waits, see Offer; between two offers others may have been faster
	hurried bool          // but not any more
	space   chan struct{} // closed when there is room; nil if nobody waits for that
	parts   bool          // what was one frame must stay known
	wake    chan struct{}
}

func newQueue(o Options) *queue {
	return &queue{
		end: stat.LossShutdown, limit: o.Queue, newest: o.Overflow == "drop_newest", patient: o.Overflow == "block",
		parts: o.Transport == "udp" && o.Protocol == "pickle",
		wake:  make(chan struct{}, 1), hand: make([]parcel, 0, maxHand),
	}
}

// push takes f over. It never waits.
func (q *queue) push(f *carbon.Frame) {
	size, points := len(f.Bytes), int64(f.Points)
	q.mu.Lock()
	q.counts.Enqueued += points
	if q.closed || size == 0 || !q.makeRoom(size) {
		loss := q.spool.loss
		if q.closed || q.hurried {
			loss = q.end
		}
		q.counts.Dropped[loss] += points
		q.mu.Unlock()
		f.Free()
		return
	}
	q.counts.Queued += points
	q.bytes += size
	if q.bytes > q.soft() {
		q.wakeKeeper()
	}
	gathered := q.gather(f)
	if !gathered {
		q.line.pushBack(parcel{frame: f, left: points})
	}
	wake := q.idle
	q.idle = false
	q.mu.Unlock()
	if gathered {
		f.Free()
	}
	if wake {
		q.rouse()
	}
}

// makeRoom drops what waits longest, if that is how the queue overflows, until size more bytes fit. It reports false if
// they cannot: then it drops nothing.
func (q *queue) makeRoom(size int) bool {
	limit := q.most(q.bytes + size)
	if q.bytes+size <= limit || q.patient && !q.hurried {
		return true
	}
	if q.newest || q.patient || q.inHand+q.trail.bytes+q.spool.leavingBytes+size > limit {
		return false
	}
	for q.bytes+size > limit {
		p := q.line.popFront()
		q.bytes -= len(p.frame.Bytes)
		q.counts.Queued -= p.left
		q.counts.Dropped[q.spool.loss] += p.left
		p.frame.Free()
	}
	return true
}

// gather copies f behind the last waiting frame if that one is the queue's own and has room; a small f behind a frame
// that is not becomes the start of such a frame. A pooled frame holds FrameSize bytes of memory however few are in it,
// so an endpoint that is down would otherwise cost a thousand times its queue in frames of one tick's few lines.
func (q *queue) gather(f *carbon.Frame) bool {
	last := q.line.back()
	if last == nil {
		return false // nothing waits: f is written at once, as it is
	}
	if !last.own || len(last.frame.Bytes)+len(f.Bytes) > carbon.FrameSize {
		if len(f.Bytes) > carbon.FrameSize/2 {
			return false
		}
		own := carbon.NewFrame()
		own.Oldest = f.Oldest
		q.line.pushBack(parcel{frame: own, own: true})
		last = q.line.back()
	}
	last.frame.Bytes = append(last.frame.Bytes, f.Bytes...)
	last.frame.Points += f.Points
	last.left += int64(f.Points)
	if q.parts {
		last.parts = append(last.parts, part{int32(len(f.Bytes)), int32(f.Points)})
	}
	return true
}

// rouse wakes the destination's goroutine, now or the next time that it waits.
func (q *queue) rouse() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take puts the next frames in hand and returns them: at most maxHand, none if most is not more than 0, and but for the
// first at most so many bytes and a quarter of the queue, so that a stalled endpoint does not make the whole of a small
// queue untouchable. The caller must settle them before it takes again.
func (q *queue) take(most int64) []parcel {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.repay()
	q.admit()
	limit := int(min(most, int64(q.limit/4)))
	for len(q.hand) < maxHand {
		next := q.line.front()
		if next == nil || most <= 0 || len(q.hand) > 0 && q.inHand+len(next.frame.Bytes) > limit {
			break
		}
		q.inHand += len(next.frame.Bytes)
		q.hand = append(q.hand, q.line.popFront())
	}
	if most > 0 {
		q.lend(limit)
	}
	q.idle = len(q.hand) == 0
	return q.hand
}

// settle counts what became of the frames in hand: those that are written are delivered, or kept until that is proven;
// those that are unfinished go back to the head of the line. written is how many bytes went out; it returns how many are
// unproven.
func (q *queue) settle(written int64) (unproven int64) {
	var spare [maxHand]*carbon.Frame
	now := time.Now().UnixMilli()
	q.mu.Lock()
	q.measure(written, now)
	for i := range q.hand {
		if p := &q.hand[i]; p.mark == 0 && !p.resent && p.delivered > 0 {
			q.delays.Add(now-p.frame.Oldest, p.delivered)
		}
	}
	for i := range q.hand {
		if p := &q.hand[i]; p.finished() {
			spare[i] = q.finished(p)
		}
	}
	for i := len(q.hand) - 1; i >= 0; i-- {
		if p := &q.hand[i]; p.frame != nil {
			spare[i] = q.putBack(p)
		}
	}
	clear(q.hand)
	q.hand, q.inHand = q.hand[:0], 0
	unproven = q.trail.size
	q.mu.Unlock()
	for _, f := range spare {
		if f != nil {
			f.Free()
		}
	}
	return unproven
}

// finished counts a parcel of which all was written, or can never be, and returns what is to be freed, if anything.
func (q *queue) finished(p *parcel) (spare *carbon.Frame) {
	q.account(p)
	if q.proofs {
		return q.keep(p)
	}
	q.move(p, p.delivered, &q.counts.Delivered)
	q.spool.passed(p)
	q.bytes -= p.memory()
	spare, p.frame = p.frame, nil
	return spare
}

// putBack counts what was written of an unfinished parcel and lets the rest be written first of all; what is from the
// spool is read from there again.
func (q *queue) putBack(p *parcel) (spare *carbon.Frame) {
	q.account(p)
	q.move(p, p.delivered, &q.counts.Delivered)
	if p.mark != 0 {
		q.spool.rewind = true
		return p.frame
	}
	p.left -= p.delivered
	p.delivered, p.resent = 0, false
	p.own = false // it has been seen: it does not grow any more
	q.line.pushFront(*p)
	return nil
}

// account counts what can never be written of p, and what was written again.
func (q *queue) account(p *parcel) {
	q.move(p, p.failed, &q.counts.Dropped[stat.LossWriteError])
	p.left -= p.failed
	p.failed = 0
	if p.resent {
		q.counts.Resent += p.delivered
	}
}

// move moves n points of p in the account, from where they wait.
func (q *queue) move(p *parcel, n int64, to *int64) {
	if p.mark != 0 {
		q.counts.Spooled -= n
	} else {
		q.counts.Queued -= n
	}
	*to += n
}

// close makes the queue take no more; what is in it stays.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.admit()
	q.mu.Unlock()
}

// abandon drops what is left, counted as lost by the shutdown or removed, and returns how many points were lost so in all. What was
// written and never proven stays counted as unproven.
func (q *queue) abandon() (lost int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.ended = true, true
	q.unserve()
	for q.trail.len() > 0 {
		p := q.trail.pop()
		q.bytes -= p.memory()
		p.free()
	}
	for q.line.len() > 0 {
		p := q.line.popFront()
		q.bytes -= len(p.frame.Bytes)
		q.counts.Queued -= p.left
		q.counts.Dropped[q.end] += p.left
		p.frame.Free()
	}
	q.repay()
	return q.counts.Dropped[q.end]
}

// finish ends the queue if nothing waits, nothing is in hand and nothing unproven, and says whether it did. Only then, under
// the same lock, does it stop to take frames from other members: one that came in between would be lost.
func (q *queue) finish() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.line.len()+len(q.hand)+q.trail.len() > 0 {
		return false
	}
	q.ended = true
	return true
}

// A level is how full a queue is, and what went through it.
type level struct {
	counts stat.EndpointCounts
	bytes  int
	sent   int64
	disk   spool.Level // what lies on disk
	oldest int64       // Unix milliseconds when the first of the points that wait came in; 0 if nothing waits
	behind int64       // the same of those that are not proven
	delays stat.Delays
}

// level returns how full q is at this moment.
func (q *queue) level() level {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := level{counts: q.counts, bytes: q.bytes, sent: q.sent, disk: q.spool.level, delays: q.delays}
	if len(q.hand) > 0 {
		l.oldest = q.hand[0].frame.Oldest
	} else if next := q.line.front(); next != nil {
		l.oldest = next.frame.Oldest
	}
	if first := q.trail.front(); first != nil && first.frame != nil {
		l.behind = first.frame.Oldest
	}
	return l
}

// age returns how many seconds ago the oldest point came that waits, in memory or on disk, or is not proven; 0 if there is none.
func (l *level) age(now int64) float64 {
	oldest := int64(0)
	for _, one := range []int64{l.oldest, l.behind, l.disk.Oldest} {
		if one > 0 && (oldest == 0 || one < oldest) {
			oldest = one
		}
	}
	if oldest == 0 {
		return 0
	}
	return float64(max(0, now-oldest)) / 1000
}
