package aggregate

import (
	"context"
	"runtime"
	"sync"
	"time"

	"plumbago/aggregate/history"
	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// An Outlet takes what a shard emits, and knows the way of each result down the table. It is the shard's alone.
type Outlet interface {
	carbon.Sink
	// Way finds the way of a result of a rule, for Batch.AddRouted. target says whose send is the result's: 0 is the
	// aggregate's own, 1 ... that of its output sections.
	Way(name []byte, k carbon.Kind, rule, target int) uint32
	// Drop says that a way is not needed any more, because its result's series is forgotten.
	Drop(way uint32)
	// Close hands on whatever is still open.
	Close()
	// Held returns nil unless the outlet holds something that nobody takes yet: then the shard does nothing but to answer
	// asks until the channel is closed, or some time has passed, and calls Held again.
	Held() <-chan struct{}
	// Counts returns the ledger of the batches it accepted.
	Counts() stat.Counts
}

// stepSize is how many series a shard closes, or results it makes, between two looks at its inbox, so that closing a
// million of them does not hold up what comes in, nor lets slices leave whose samples wait in the inbox.
const stepSize = 2048

// lingerTime is how often an outlet that holds something back is asked to flush again.
const lingerTime = 5 * time.Millisecond

// A shard owns a part of the series of every rule: one goroutine, no lock on the path of a sample.
type shard struct {
	in     chan *Samples
	asks   chan func()
	done   chan struct{} // closed when the goroutine is gone
	ended  sync.Mutex    // of asks after that
	closed chan struct{} // closed to end the goroutine

	derived struct {
		sync.Mutex
		list []*Samples
	}
	wake chan struct{} // has room for one: there is something on the derived list

	out    Outlet
	open   bool     // out still holds something back
	now    int64    // of the step at hand
	tables []*table // by the rules' IDs; nil where there is none
	agenda agenda
	folded uint64         // blocks and steps so far: whether anything may have changed
	counts stat.Counts    // corrections of what lanes have counted
	past   *history.Store // what was emitted; nil if nothing is kept

	batch    *carbon.Batch // results not handed to out yet
	stamp    carbon.Stamp  // of the latest result
	name     []byte        // scratch of emit
	scratch  []entry       // scratch of step
	made     int           // results, of the part of a step at hand
	still    bool          // nothing is emitted any more: what there is goes into a snapshot
	touched  []touch       // scratch of attend
	touching uint32        // scratch of glance
}

func newShard() *shard {
	return &shard{
		in: make(chan *Samples, 16), asks: make(chan func()), done: make(chan struct{}), closed: make(chan struct{}),
		wake: make(chan struct{}, 1), agenda: newAgenda(),
	}
}

// run is the shard's goroutine: fold what comes, close what is due, answer asks.
func (s *shard) run() {
	defer close(s.done)
	timer := time.NewTimer(lookAgain)
	defer timer.Stop()
	clock := newClock()
	for {
		if step := clock.stepped(); step < 0 {
			s.setBack(-step)
		}
		if held := s.out.Held(); held != nil {
			s.pause(held)
			continue
		}
		s.arm(timer)
		select {
		case block := <-s.in:
			s.fold(block)
			block.Free()
		case <-s.wake:
			s.takeDerived()
		case <-timer.C:
			if s.still || !s.step(time.Now().UnixMilli(), stepSize) {
				s.open = s.out.Flush()
				continue
			}
			// Who brings samples goes before what else is due, and gets a processor to bring them with.
			s.catchUp()
			runtime.Gosched()
		case f := <-s.asks:
			f()
		case <-s.closed:
			return
		}
	}
}

// heldPatience is how long a shard waits for one who does not take what its outlet holds before it asks for others.
const heldPatience = 50 * time.Millisecond

// pause waits until what its outlet holds may be taken, and answers asks. Waiting goes on down the path of the data: whoever
// has samples for the shard waits for it then.
func (s *shard) pause(held <-chan struct{}) {
	t := time.NewTimer(heldPatience)
	defer t.Stop()
	select {
	case <-held:
	case <-t.C:
	case f := <-s.asks:
		f()
	}
}

// arm sets the timer to when something is due next.
func (s *shard) arm(timer *time.Timer) {
	wait := time.Hour
	if due, ok := s.agenda.next(); ok && !s.still {
		wait = min(lookAgain, time.Until(time.UnixMilli(due)))
	}
	if s.open {
		wait = min(wait, lingerTime)
	}
	timer.Reset(max(wait, 0))
}

// Derive puts a block onto the shard's derived list; it never waits. The list is bounded by its cause: a shard closes
// slices in steps, and takes its own list between them.
func (s *shard) derive(block *Samples) {
	s.derived.Lock()
	s.derived.list = append(s.derived.list, block)
	s.derived.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *shard) takeDerived() {
	s.derived.Lock()
	list := s.derived.list
	s.derived.list = nil
	s.derived.Unlock()
	for _, block := range list {
		s.fold(block)
		block.Free()
	}
}

// ask has f run by the shard between two of its blocks, or, once the goroutine is gone, here.
func (s *shard) ask(ctx context.Context, f func()) error {
	ran := make(chan struct{})
	select {
	case s.asks <- func() { f(); close(ran) }:
		<-ran
		return nil
	case <-s.done:
		s.ended.Lock()
		defer s.ended.Unlock()
		f()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// halt ends emission, and hands on what was emitted.
func (s *shard) halt() {
	s.still = true
	s.handOn()
	s.out.Flush()
}

// drain folds what still waits in the inbox; nobody may send to it any more.
func (s *shard) drain() {
	for {
		select {
		case block := <-s.in:
			s.fold(block)
			block.Free()
		default:
			s.takeDerived()
			return
		}
	}
}

// finish emits the open and amended slices of one rule as they stand: the open ones as partial. Windows are emitted again
// where corrections ask for that, but do not go on: their newest slice is not whole.
func (s *shard) finish(t *table) {
	s.drain()
	t.sync()
	s.now = time.Now().UnixMilli()
	for slot := range t.series.len() {
		s.finishSeries(t, uint32(slot), 0)
	}
	s.handOn()
	s.out.Flush()
}

// finishSeries emits what is open or amended of one series. Open slices that end after `until`, in Unix milliseconds, are partial.
func (s *shard) finishSeries(t *table, slot uint32, until int64) {
	for tier := range t.rule.tiers {
		s.finishTier(t, slot, tier, until)
	}
	t.series.at(int(slot)).alarm = 0
}

func (s *shard) finishTier(t *table, slot uint32, tier int, until int64) {
	s.touched = s.touched[:0]
	ti, tr := &t.rule.tiers[tier], t.track(slot, tier)
	list := t.runs.view(tr)
	for i := range list {
		sl := &list[i]
		if t.rule.statsd != nil && t.untouched(sl) {
			continue // an idle series need not be told of before its time
		}
		switch sl.state() {
		case open:
			if ti.end(sl.k) <= until {
				s.emitSlice(t, slot, tier, sl, ti.partial(sl.k, t.start))
				continue
			}
			s.emitSlice(t, slot, tier, sl, true)
			s.touched = s.touched[:len(s.touched)-1]
		case amended:
			s.emitSlice(t, slot, tier, sl, ti.partial(sl.k, t.start))
		}
	}
	if len(s.touched) > 0 && ti.widest > 0 {
		s.slide(t, slot, tier)
	}
	for i := range list {
		tr.horizon = max(tr.horizon, list[i].k+1)
	}
	t.runs.keep(tr, func(sl *slice) bool { t.freeCell(sl.columns()); return false })
}
