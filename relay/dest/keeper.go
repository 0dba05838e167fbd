package dest

import (
	"errors"
	"math"
	"sync"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/stat"
	"plumbago/relay/spool"
)

const (
	// looksPerWait is how often the keeper looks at the queue in the time that something may wait in memory.
	looksPerWait = 5
	// reopenEvery is how often a spool is tried that could not be opened.
	reopenEvery = time.Second
	// readTries is how often in a row the disk is tried before what cannot be read is given up.
	readTries = 10
	// fullFor is how long a disk counts as full after something on it had to give way.
	fullFor = 2 * time.Second
)

// A keeper owns the spool of an endpoint: it puts on disk what must not wait in memory, and gives back what lies there
// when the endpoint takes it. It has a goroutine of its own, so that neither Push nor the destination's goroutine ever
// waits for the disk; the queue is all that they share.
//
// What goes to disk is what has waited longest: all that has waited for half of spool_sync, so that a crash loses no more
// than spool_sync, and all that memory has no room for. So what is in memory is younger than what is on disk. It goes out
// first, and what is on disk when nothing else waits, at a bounded rate.
type keeper struct {
	queue  *queue
	root   string
	name   string
	opts   spool.Options
	oldest bool          // the oldest gives way, not the newest
	wait   time.Duration // how long something may wait in memory
	age    time.Duration // how long it may lie on disk
	rate   replayRate

	patience time.Duration // how long the disk may take nothing at the end

	log *zap.Logger

	spool  *spool.Spool // nil until it could be opened
	tried  time.Time    // when that was tried
	now    time.Time    // of this step
	booked spool.Account
	dirty  bool // there is something to sync
	synced time.Time
	unread int   // how often in a row the disk could not be read
	filled bool  // something is on disk, as far as the log knows
	full   error // the disk had no room, and something on it gave way,
	fullAt time.Time

	end     chan struct{}
	started bool
	wg      sync.WaitGroup

	mu      sync.Mutex      // guards all below
	trouble error           // why the disk does not do what it should; nil: it does
	before  <-chan struct{} // closed when who had the spool before has let go of it; nil: nobody did
}

// newKeeper returns the keeper of the spool that o asks for, and makes the queue its own; nil if it asks for none.
func newKeeper(q *queue, cluster, endpoint string, o Options, log *zap.Logger) *keeper {
	if o.Spool <= 0 || o.SpoolRoot == "" {
		return nil
	}
	k := &keeper{
		queue: q, root: o.SpoolRoot, name: NameSpool(cluster, endpoint, o).String(),
		opts:   spool.Options{Size: int64(o.Spool), Newest: o.Overflow != "drop_oldest"},
		oldest: o.Overflow == "drop_oldest", wait: o.SpoolSync / 2, age: o.SpoolAge,
		rate: replayRate{fixed: float64(o.Replay)}, patience: diskPatience, log: log, end: make(chan struct{}),
	}
	q.spool.keeper, q.spool.soft = make(chan struct{}, 1), o.Queue/2
	return k
}

// open opens the spool. What it holds counts as enqueued from now on.
func (k *keeper) open() error {
	k.tried = time.Now()
	s, err := spool.Open(k.root, k.name, k.opts)
	if err != nil {
		return err
	}
	k.spool, k.booked = s, s.Account()
	k.queue.inherit(k.booked.Opened)
	if torn := s.Torn(); torn.Bytes > 0 {
		k.log.Info("cut off what was unfinished at the end of the spool", zap.Int64("bytes", torn.Bytes), zap.Int64("points", torn.Points))
	}
	k.publish()
	return nil
}

// unopen undoes open before start.
func (k *keeper) unopen() {
	if k.spool == nil {
		return
	}
	k.queue.inherit(-k.booked.Opened)
	k.queue.setLevel(spool.Level{})
	k.spool.Close()
	k.spool = nil
}

func (k *keeper) start() {
	k.started = true
	k.wg.Go(k.run)
}

func (k *keeper) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-k.end:
			return
		case <-k.queue.spool.keeper:
		case <-timer.C:
		}
		timer.Reset(k.step(time.Now()))
	}
}

// step does all that is to be done and returns when it is to be called again at the latest.
func (k *keeper) step(now time.Time) (rest time.Duration) {
	rest = k.wait / looksPerWait
	if k.spool == nil {
		if now.Sub(k.tried) < reopenEvery && !k.freed() {
			return rest
		}
		if err := k.open(); err != nil {
			k.setTrouble(err)
			return rest
		}
	}
	if now.Sub(k.fullAt) >= fullFor {
		k.full = nil
	}
	k.now = now
	err := k.save(now.Add(-k.wait).UnixMilli())
	k.follow()
	if err == nil {
		err = k.expire(now)
	}
	k.rate.observe(now, k.queue.arrived())
	more, unread := k.replay()
	if more {
		rest = min(rest, max(time.Millisecond, k.rate.rest()))
	}
	err = errors.Join(err, unread)
	if now.Sub(k.synced) >= k.wait {
		err = errors.Join(err, k.sync(now))
	}
	k.publish()
	k.setTrouble(errors.Join(err, k.full))
	return rest
}

// follow tells the spool what the endpoint has got, and goes back to the rest if that is to be read again.
func (k *keeper) follow() {
	mark, tried, rewind := k.queue.cursor()
	confirmed, more := k.spool.Confirm(mark) > 0, k.spool.Try(tried)
	k.dirty = k.dirty || confirmed || more
	if rewind {
		k.spool.Rewind()
	}
}

// save puts on disk what came in before that time, and what memory has no room for.
func (k *keeper) save(before int64) error {
	for {
		ps := k.queue.spill(before)
		if len(ps) == 0 {
			return nil
		}
		n := 0
		var err error
		for n < len(ps) && err == nil {
			if err = k.append(&ps[n]); err == nil {
				n++
			}
		}
		if n > 0 {
			k.dirty = true
			err = errors.Join(err, k.spool.Flush())
		}
		k.queue.spilled(n)
		k.book()
		if err != nil {
			return err
		}
	}
}

// append puts one frame on disk. If the disk is full, what lies on it longest gives way, but only when memory is getting
// full, too.
func (k *keeper) append(p *parcel) error {
	for {
		put := k.spool.Append
		if p.cut {
			put = k.spool.AppendTried
		}
		err := put(p.frame.Bytes, int(p.left), p.frame.Oldest)
		if !errors.Is(err, spool.ErrDiskFull) || !k.oldest || !k.queue.pressed() {
			return err
		}
		k.full, k.fullAt = err, k.now
		if points, gave := k.spool.GiveWay(); points == 0 {
			return errors.Join(err, gave)
		}
	}
}

// expire drops what has become too old.
func (k *keeper) expire(now time.Time) error {
	if k.age <= 0 {
		return nil
	}
	points, err := k.spool.Expire(now.Add(-k.age).UnixMilli())
	k.dirty = k.dirty || points > 0
	return err
}

// replay offers what lies on disk, as far as the endpoint takes it and the rate allows. It says whether more is to come as
// soon as the rate does.
func (k *keeper) replay() (more bool, err error) {
	for {
		ok, epoch := k.queue.wanted()
		if !ok {
			return false, nil
		}
		if !k.rate.allows() {
			return true, nil
		}
		rec, ok, err := k.spool.Next()
		if err != nil {
			k.unreadable(err)
			return false, err
		}
		k.unread = 0
		if !ok {
			return false, nil
		}
		p := parcelOf(&rec)
		if !k.queue.offer(p, epoch) {
			p.frame.Free()
			return false, nil // the queue has wakened the keeper, which goes back
		}
		k.rate.spend(rec.Points)
	}
}

// unreadable notes that the disk could not be read. After some tries what cannot be read is given up: the points are counted
// as corrupt once it is known where it goes on.
func (k *keeper) unreadable(err error) {
	if k.unread++; k.unread >= readTries {
		k.unread = 0
		k.log.Error("giving up what cannot be read from the spool", zap.Error(err))
		k.spool.Skip()
	}
}

// sync makes safe what is on disk, and removes what is not needed any more.
func (k *keeper) sync(now time.Time) error {
	if !k.dirty {
		return nil
	}
	k.synced = now
	err := k.spool.Sync()
	k.dirty = err != nil
	return err
}

// book takes what was lost on disk into the endpoint's account.
func (k *keeper) book() {
	now, was := k.spool.Account(), &k.booked
	var l stat.Losses
	l[stat.LossOverflow] = now.Overflow - was.Overflow
	l[stat.LossExpired] = now.Expired - was.Expired
	l[stat.LossDiskFull] = now.DiskFull - was.DiskFull
	l[stat.LossCorrupt] = now.Corrupt - was.Corrupt
	if l != (stat.Losses{}) {
		k.queue.lose(l)
	}
	if n := l[stat.LossCorrupt]; n > 0 {
		k.log.Error("the spool is damaged", zap.Int64("lost", n))
	}
	k.booked = now
}

// publish makes known what is on disk.
func (k *keeper) publish() {
	k.book()
	l := k.spool.Level()
	k.queue.setLevel(l)
	if filled := l.Points > 0; filled != k.filled {
		k.filled = filled
		if filled {
			k.log.Info("points wait on disk", zap.Int64("points", l.Points))
		} else {
			k.log.Info("no points wait on disk any more")
		}
	}
}

// setTrouble notes why the disk does not do what it should, or that it does, and tells the log when that changes.
func (k *keeper) setTrouble(err error) {
	loss := stat.LossOverflow
	if errors.Is(err, spool.ErrDiskFull) {
		loss = stat.LossDiskFull
	}
	k.queue.setLoss(loss)
	k.mu.Lock()
	was := k.trouble
	k.trouble = err
	k.mu.Unlock()
	switch {
	case err != nil && was == nil:
		k.log.Error("the spool does not take what waits", zap.Error(err))
	case err == nil && was != nil:
		k.log.Info("the spool takes what waits again")
	}
}

// failure returns why the disk does not do what it should, empty if it does.
func (k *keeper) failure() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.trouble == nil {
		return ""
	}
	return k.trouble.Error()
}

// freed says, once, that whoever had the spool before has let go of it.
func (k *keeper) freed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case <-k.before:
		k.before = nil
		return true
	default:
		return false
	}
}

// succeed waits until whoever had the spool before has let go of it.
func (k *keeper) succeed() {
	k.mu.Lock()
	before := k.before
	k.mu.Unlock()
	if before != nil {
		<-before
	}
}

// close ends the keeper's goroutine, puts all that still waits on disk and lets go of it. What the disk does not take stays
// in the queue.
func (k *keeper) close() {
	if k.started {
		close(k.end)
		k.wg.Wait()
	}
	if k.spool == nil && k.started {
		k.setTrouble(k.open()) // there was no time for it, perhaps
	}
	if k.spool == nil {
		return
	}
	k.follow()
	err := k.save(math.MaxInt64)
	k.publish()
	lost, closing := k.spool.Close()
	why := k.queue.loss()
	if err = errors.Join(err, closing); errors.Is(err, spool.ErrDiskFull) {
		why = stat.LossDiskFull
	}
	var l stat.Losses
	l[why] = lost
	k.queue.lose(l)
	k.setTrouble(err)
	k.spool = nil
}
