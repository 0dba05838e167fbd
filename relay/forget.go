package relay

import (
	"context"
	"slices"

	"plumbago/aggregate"
)

// Forget forgets the series that were silent for as long as their rules keep them. workers must call the function it is
// given for each worker's lane, by the lane's owner, and return once these have run.
func (t *Table) Forget(ctx context.Context, workers func(f func(*Lane)) error) error {
	_, err := t.Aggregator.Forget(ctx, func(gone *aggregate.Forgotten) error {
		var done []<-chan struct{}
		forget := func(l *Lane) { done = append(done, l.forget(gone)) }
		for shard, lane := range t.lanes {
			if err := t.Aggregator.Ask(ctx, shard, func() { forget(lane) }); err != nil {
				return err
			}
		}
		if err := workers(forget); err != nil {
			return err
		}
		for _, one := range done {
			select {
			case <-one:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return err
}

// forget drops every reference to what is to be forgotten and hands on the samples that were gathered by one. A lane that
// waits for a shard in the middle of a batch does so when the batch is done. The channel is closed then.
func (l *Lane) forget(gone *aggregate.Forgotten) <-chan struct{} {
	done := make(chan struct{})
	drop := func() {
		l.memory.forget(gone)
		for i := range l.ways {
			l.ways[i].forget(gone)
		}
		l.busy = true // and not asked again while it waits
		l.scatter.Flush()
		l.rest()
		close(done)
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

// forget drops the names that lead to what is to be forgotten.
func (m *memory) forget(gone *aggregate.Forgotten) {
	for _, g := range []*generation{&m.young, &m.old} {
		g.forget(func(s *seen) bool { return slices.ContainsFunc(g.refsOf(s), gone.Has) })
	}
}
