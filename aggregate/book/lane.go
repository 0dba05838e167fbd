package book

import (
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"sync"
	"time"

	"plumbago/aggregate"
	"plumbago/carbon"
)

// A lane gathers the values of the names that fall to it, on their way to the shards.
type lane struct {
	sync.Mutex
	book    *Book
	pages   map[string]*page // by names in their clean form
	scatter *aggregate.Scatter
	open    bool  // it holds something
	arrival int64 // of what it holds, Unix milliseconds: the clock is asked once for all of it
	closed  bool
}

// A page is what the Book knows of a name.
type page struct {
	kind       Kind
	registered bool
	rules      []int           // the rules that it is registered to; none for those that match
	refs       []aggregate.Ref // where its values go; none until there are some, or if the series was forgotten
	totals     bool            // some of refs are to series of running totals
}

func newLane(b *Book) *lane {
	l := &lane{book: b, pages: map[string]*page{}}
	l.scatter = aggregate.NewScatter(b.aggregator.Shards(), func(shard int, s *aggregate.Samples) {
		b.aggregator.In(shard) <- s
	})
	return l
}

// flush hands on what the lane holds.
func (l *lane) flush() {
	if l.open {
		l.open = false
		l.scatter.Flush()
	}
}

// hold notes that the lane is about to hold something, and returns when that came.
func (l *lane) hold() int64 {
	if !l.open {
		l.open, l.arrival = true, time.Now().UnixMilli()
		select {
		case l.book.wake <- struct{}{}:
		default:
		}
	}
	return l.arrival
}

func (b *Book) lane(name string) *lane {
	return b.lanes[maphash.String(b.seed, name)%uint64(len(b.lanes))]
}

// SetNow gives a series a value of now.
func (b *Book) SetNow(name string, v float64) error { return b.Set(name, v, time.Now()) }

// Set gives a series a value of some time: its value then, or the total of a counter, if it is registered as one. A
// name that nobody has registered is a raw series of all rules that match it.
func (b *Book) Set(name string, v float64, at time.Time) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("setting %s to %v: %w", name, v, ErrValue)
	}
	ms, err := millis(at)
	if err != nil {
		return fmt.Errorf("setting %s: %w", name, err)
	}
	l, p, err := b.turn(name)
	if err != nil {
		return fmt.Errorf("setting %s: %w", name, err)
	}
	l.scatter.Fold(p.refs, v, ms, l.hold(), false)
	l.Unlock()
	return nil
}

// Enter gives a raw series values that somebody has added up: they count as if they had come one by one, all of them at
// one time. What an entry does not tell (percentiles, numbers of different values, first and last) is taken from its mean.
func (b *Book) Enter(name string, e Entry, at time.Time) error {
	if err := e.Check(); err != nil {
		return fmt.Errorf("entering into %s: %w", name, err)
	}
	ms, err := millis(at)
	if err != nil {
		return fmt.Errorf("entering into %s: %w", name, err)
	}
	l, p, err := b.turn(name)
	if err != nil {
		return fmt.Errorf("entering into %s: %w", name, err)
	}
	defer l.Unlock()
	if p.totals {
		return fmt.Errorf("entering into %s: %w", name, ErrTotals)
	}
	l.scatter.Enter(p.refs, e, ms, l.hold())
	return nil
}

// millis returns a time in Unix milliseconds.
func millis(at time.Time) (int64, error) {
	if s := at.Unix(); s < 0 || s > math.MaxUint32 {
		return 0, ErrTime
	}
	return at.UnixMilli(), nil
}

// turn finds a name's lane, which it locks if there is no error, and its page.
func (b *Book) turn(name string) (*lane, *page, error) {
	l := b.lane(name)
	l.Lock()
	if p := l.pages[name]; p != nil && p.refs != nil && !l.closed {
		return l, p, nil
	}
	l.Unlock()
	clean, err := carbon.CleanName(name)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the name: %w", err)
	}
	l = b.lane(clean)
	l.Lock()
	p, err := l.page(clean)
	if err != nil {
		l.Unlock()
		return nil, nil, err
	}
	return l, p, nil
}

// page returns the page of a name in its clean form, and finds where its values go. A page of which some are refused is
// not kept, since they may be taken later.
func (l *lane) page(name string) (*page, error) {
	p := l.pages[name]
	switch {
	case l.closed:
		return nil, ErrClosed
	case p == nil:
		p = &page{kind: Raw}
	case p.refs != nil:
		return p, nil
	}
	bound, refused := *p, 0
	for i, r := range l.book.rules {
		if p.rules != nil && !slices.Contains(p.rules, i) {
			continue
		}
		key := r.series(name, p.rules != nil)
		if key == "" {
			continue
		}
		ref := l.book.aggregator.Bind(i, p.kind, []byte(name), []byte(key), aggregate.Origin{})
		if bound.refs = append(bound.refs, ref); ref.None() {
			refused++
		}
		bound.totals = bound.totals || r.totals(p.kind)
	}
	switch {
	case len(bound.refs) == 0:
		return nil, ErrNoRule
	case refused == len(bound.refs):
		return nil, ErrLimit
	case refused == 0:
		l.pages[name] = &bound
	}
	return &bound, nil
}
