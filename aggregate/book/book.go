package book

import (
	"context"
	"fmt"
	"hash/maphash"
	"runtime"
	"slices"
	"sync"
	"time"

	"plumbago/aggregate"
)

// A Book keeps the series of an application.
type Book struct {
	rules      []*rule
	aggregator *aggregate.Aggregator
	lanes      []*lane
	keep       time.Duration // of the past
	seed       maphash.Seed
	wake       chan struct{} // has room for one: a lane holds something
	done       chan struct{} // closed to end the goroutine that hands it on
	wg         sync.WaitGroup
	closing    sync.Once
	failed     error // of Close
}

// lingerTime is how long a lane may hold what it gathers.
const lingerTime = 5 * time.Millisecond

// Open makes a Book and launches it.
func Open(o Options) (*Book, error) {
	b, err := newBook(o)
	if err != nil {
		return nil, err
	}
	b.start(o)
	return b, nil
}

// newBook makes a Book and starts nothing.
func newBook(o Options) (*Book, error) {
	if len(o.Rules) == 0 {
		o.Rules = []Rule{DefaultRule()}
	}
	switch {
	case o.Shards < 1 || o.Shards > 1<<16:
		return nil, fmt.Errorf("shards must be from 1 to %d, not %d", 1<<16, o.Shards)
	case o.Series < 1:
		return nil, fmt.Errorf("series must be at least 1, not %d", o.Series)
	}
	b := &Book{keep: o.History.Keep, seed: maphash.MakeSeed(), wake: make(chan struct{}, 1), done: make(chan struct{})}
	var folds []*aggregate.Rule
	for i := range o.Rules {
		name := o.Rules[i].Name
		if name != "" && slices.ContainsFunc(o.Rules[:i], func(r Rule) bool { return r.Name == name }) {
			return nil, fmt.Errorf("rule %q is there twice", name)
		}
		r, err := newRule(i, &o.Rules[i])
		if err != nil {
			return nil, fmt.Errorf("making rule %d (%q): %w", i+1, name, err)
		}
		b.rules, folds = append(b.rules, r), append(folds, r.folds)
	}
	b.aggregator = aggregate.New(folds, o.Shards, o.Series)
	b.aggregator.Remember(o.History)
	for range runtime.GOMAXPROCS(0) {
		b.lanes = append(b.lanes, newLane(b))
	}
	return b, nil
}

// start launches a Book.
func (b *Book) start(o Options) {
	var outlets []aggregate.Outlet
	for range o.Shards {
		outlets = append(outlets, &outlet{emit: o.Emit})
	}
	b.aggregator.Start(outlets)
	b.wg.Go(b.handOn)
}

// handOn is the Book's goroutine: it hands on what lanes hold.
func (b *Book) handOn() {
	timer := time.NewTimer(lingerTime)
	defer timer.Stop()
	for {
		select {
		case <-b.wake:
		case <-b.done:
			return
		}
		timer.Reset(lingerTime)
		select {
		case <-timer.C:
			b.flush()
		case <-b.done:
			return
		}
	}
}

// flush hands on what lanes hold.
func (b *Book) flush() {
	for _, l := range b.lanes {
		l.Lock()
		l.flush()
		l.Unlock()
	}
}

// Close takes no more, emits every open slice as it stands, and returns when all is gone. What is kept can still be
// asked for.
func (b *Book) Close(ctx context.Context) error {
	b.closing.Do(func() {
		for _, l := range b.lanes {
			l.Lock()
			l.flush()
			l.closed = true
			l.Unlock()
		}
		close(b.done)
		b.wg.Wait()
		b.failed = b.aggregator.Close(ctx)
	})
	return b.failed
}
