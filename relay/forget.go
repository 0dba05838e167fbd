package relay

import (
	"context"
	"slices"

	"plumbago/aggregate"
)

// forgetStep is how many names a lane looks at between two batches for what it must forget.
const forgetStep = 1 << 14

// Forget forgets the series that were silent for as long as their rules keep them. workers must call the function it is
// given for each worker's lane, by the lane's owner, and return once these have run.
func (t *Table) Forget(ctx context.Context, workers func(f func(*Lane)) error) error {
	_, err := t.Aggregator.Forget(ctx, func(gone *aggregate.Forgotten) error {
		left, err := t.forget(ctx, workers, func(l *Lane) <-chan bool { return l.forget(gone, true) })
		for err == nil && left {
			left, err = t.forget(ctx, workers, func(l *Lane) <-chan bool { return l.forget(gone, false) })
		}
		return err
	})
	return err
}

// forget has each lane take a step, and says whether any has more to do.
func (t *Table) forget(ctx context.Context, workers func(f func(*Lane)) error, step func(l *Lane) <-chan bool) (left bool, err error) {
	var steps []<-chan bool
	begin := func(l *Lane) { steps = append(steps, step(l)) }
	for shard, lane := range t.lanes {
		if err := t.Aggregator.Ask(ctx, shard, func() { begin(lane) }); err != nil {
			return false, err
		}
	}
	if err := workers(begin); err != nil {
		return false, err
	}
	for _, one := range steps {
		select {
		case more := <-one:
			left = left || more
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	return left, nil
}

// forget drops some of the references to what is to be forgotten. The channel is told then whether there may be more; if not, the samples
// that were gathered by one are handed on. A lane that waits for a shard in the middle of a batch does so when the batch is done; also the first
// step begins only then, as one of a forgetting that was given up may be done before it.
func (l *Lane) forget(gone *aggregate.Forgotten, first bool) <-chan bool {
	done := make(chan bool, 1)
	drop := func() {
		if first {
			l.memory.old.swept, l.memory.young.swept, l.swept = 0, 0, 0
		}
		left := l.memory.forget(gone, forgetStep)
		for ; l.swept < len(l.ways) && left > 0; l.swept++ {
			l.ways[l.swept].forget(gone)
			left--
		}
		if left == 0 {
			done <- true
			return
		}
		l.busy = true // and not asked again while it waits
		l.scatter.Flush()
		l.rest()
		done <- false
	}
	if l.busy {
		l.after = append(l.after, drop)
	} else {
		drop()
	}
	return done
}

// ForgetNames has all lanes forget the names that they did not meet since it was called the last time, to spare memory; workers
// is as for Forget.
func (t *Table) ForgetNames(ctx context.Context, workers func(f func(*Lane)) error) error {
	for shard, lane := range t.lanes {
		if err := t.Aggregator.Ask(ctx, shard, lane.forgetNames); err != nil {
			return err
		}
	}
	return workers((*Lane).forgetNames)
}

func (l *Lane) forgetNames() {
	drop := func() {
		l.memory.age()
		l.prune()
	}
	if l.busy {
		l.after = append(l.after, drop)
	} else {
		drop()
	}
}

// forget makes the lane ask for a way anew, the next time that it is taken, if it leads to what is to be forgotten.
func (w *way) forget(gone *aggregate.Forgotten) {
	for _, ref := range w.refs {
		w.stale = w.stale || gone.Has(ref)
	}
}

// Drop gives a way back whose result will not come any more. Ways without anything of their own are shared and stay.
func (l *Lane) Drop(at uint32) {
	if w := &l.ways[at]; len(w.refs)+len(w.forms) > 0 {
		*w = way{}
		l.unused = append(l.unused, at)
	}
}

// forget drops names that lead to what is to be forgotten. It looks at n at most, and returns how many of those it did not need. The old
// generation goes first: what moves out of it meanwhile is still to be looked at in the young one.
func (m *memory) forget(gone *aggregate.Forgotten, n int) (left int) {
	for _, g := range []*generation{&m.old, &m.young} {
		n -= g.forget(n, func(s *seen) bool { return slices.ContainsFunc(g.refsOf(s), gone.Has) })
	}
	return n
}
