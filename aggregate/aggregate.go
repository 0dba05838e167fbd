package aggregate

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"plumbago/aggregate/history"
	"plumbago/carbon/stat"
)

// A Ref is where the samples of one name go: a series, or an input of one, in a shard.
type Ref struct {
	Slot  uint32
	Rule  uint16
	Shard uint16
}

// None says that the reference is to no series: samples by it are counted as refused.
func (r Ref) None() bool { return r.Slot == noSlot }

// An Aggregator is the shards and what they have in common.
type Aggregator struct {
	shards     []*shard
	limit      atomic.Int64 // most series and inputs
	made       atomic.Int64
	tight      atomic.Bool // memory is short: no new series
	refused    refusals
	rooms      *history.Room // of the past; nil if it was never kept
	forgetting sync.Mutex    // held while series are being forgotten, saved or given to other rules: slots stay whose they are
	wg         sync.WaitGroup

	save func(context.Context) error // how Close writes a snapshot; nil if it does not

	life    sync.Mutex // of those below
	seated  []*Seat    // the rules, in the table's order; never changed in place
	started bool
	closed  bool
}

// New makes an Aggregator of so many shards that keeps at most limit series. It starts nothing.
func New(rules []*Rule, shards int, limit int) *Aggregator {
	a := &Aggregator{}
	a.SetLimit(limit)
	for range shards {
		a.shards = append(a.shards, newShard())
	}
	for i, r := range rules {
		a.seated = append(a.seated, a.newSeat(i, r))
	}
	for _, s := range a.shards {
		s.tables = make([]*table, len(rules))
	}
	a.occupy(a.seated)
	return a
}

// SetLimit changes how many series there may be. Those that are too many stay.
func (a *Aggregator) SetLimit(series int) { a.limit.Store(int64(series)) }

// Shards returns how many shards there are.
func (a *Aggregator) Shards() int { return len(a.shards) }

// Start launches the shards; outlets holds one for each.
func (a *Aggregator) Start(outlets []Outlet) {
	a.life.Lock()
	defer a.life.Unlock()
	a.started = true
	now := time.Now().UnixMilli()
	for i, s := range a.shards {
		s.out = outlets[i]
		s.begin(now)
		a.wg.Go(s.run)
	}
}

// Tighten says whether memory is short: as long as it is no new series is let in.
func (a *Aggregator) Tighten(tight bool) { a.tight.Store(tight) }

// In returns the inbox of a shard: where a worker's lane sends blocks, waiting for room if it must.
func (a *Aggregator) In(shard int) chan<- *Samples { return a.shards[shard].in }

// Derive gives a block that comes from another shard to a shard; it never waits.
func (a *Aggregator) Derive(shard int, block *Samples) { a.shards[shard].derive(block) }

// Counts returns the shards' part of the ledger, each shard's taken between two of its blocks.
func (a *Aggregator) Counts(ctx context.Context) (sum stat.Counts, err error) {
	for _, s := range a.shards {
		var c stat.Counts
		if err := a.ask(ctx, s, func() {
			if c = s.counts; s.out != nil {
				lane := s.out.Counts()
				c.Add(&lane)
			}
		}); err != nil {
			return sum, err
		}
		sum.Add(&c)
	}
	return sum, nil
}

// Ask has f run by a shard between two of its blocks.
func (a *Aggregator) Ask(ctx context.Context, shard int, f func()) error {
	return a.ask(ctx, a.shards[shard], f)
}

// ask has f run by a shard, or here if the shards do not run yet.
func (a *Aggregator) ask(ctx context.Context, s *shard, f func()) error {
	a.life.Lock()
	if !a.started {
		defer a.life.Unlock()
		f()
		return nil
	}
	a.life.Unlock()
	return s.ask(ctx, f)
}

// Figures returns what each rule met, in the rules' order.
func (a *Aggregator) Figures(ctx context.Context) ([]Figures, error) {
	seats := a.Seats()
	sum := make([]Figures, len(seats))
	for shard, s := range a.shards {
		part := make([]Figures, len(seats))
		if err := a.ask(ctx, s, func() {
			for i, seat := range seats {
				part[i] = seat.tables[shard].figures
				part[i].Series = seat.tables[shard].registry.count()
			}
		}); err != nil {
			return nil, err
		}
		for i := range part {
			sum[i].add(&part[i])
		}
	}
	return sum, nil
}

// CloseInto has Close write a snapshot to a file instead of emitting what is open. It must be called before Close.
func (a *Aggregator) CloseInto(path string) {
	a.CloseWith(func(ctx context.Context) error { return a.Save(ctx, path) })
}

// CloseWith has Close call save, which writes a snapshot, instead of emitting what is open. It must be called before Close.
func (a *Aggregator) CloseWith(save func(context.Context) error) { a.save = save }

// Close emits every open slice as it stands, or writes a snapshot of them, and ends the shards. Nobody may send to them
// any more. A snapshot that cannot be written is an error, and slices are emitted then.
func (a *Aggregator) Close(ctx context.Context) error {
	a.life.Lock()
	idle := !a.started || a.closed
	a.closed = true
	a.life.Unlock()
	if idle {
		return nil
	}
	failed := a.settle(ctx)
	for _, s := range a.shards {
		if err := s.ask(ctx, func() { s.drain(); s.out.Close() }); err != nil {
			failed = err
		}
		close(s.closed)
	}
	a.wg.Wait()
	return failed
}

// settle leaves nothing open that would be lost. Slices are emitted rule by rule down the table, since the results of one
// may be the samples of a later one, in another shard.
func (a *Aggregator) settle(ctx context.Context) (failed error) {
	if a.save != nil {
		// What has left a slice on its way into another series must be there before either is written.
		for _, part := range []func(*shard){(*shard).halt, (*shard).drain} {
			for _, s := range a.shards {
				if err := s.ask(ctx, func() { part(s) }); err != nil {
					return err
				}
			}
		}
		if failed = a.save(ctx); failed == nil {
			return nil
		}
	}
	for _, seat := range a.Seats() {
		for i, s := range a.shards {
			if err := s.ask(ctx, func() { s.finish(seat.tables[i]) }); err != nil {
				failed = err
			}
		}
	}
	return failed
}
