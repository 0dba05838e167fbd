package daemon

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"plumbago/carbon/stat"
	"plumbago/ingest"
	"plumbago/relay"
	"plumbago/relay/dest"
)

// farewell is how long what a reload removed has to finish: an endpoint to get out what waits for it, a listener to read what was
// sent.
const farewell = 10 * time.Second

// leaving is what reloads removed: as long as it has something to do, and its account after that.
type leaving struct {
	patience context.Context // ends when nothing has any time left
	cut      context.CancelFunc
	wg       sync.WaitGroup

	mu        sync.Mutex // of those below
	dests     map[*dest.Dest]account
	gone      map[account]<-chan struct{}     // closed when the last of its dests has left
	accounted map[account]stat.EndpointCounts // of those that are gone
	listeners []*ingest.Listener              // which have yielded, and have connections
	figures   map[string]ingest.Stats         // of those that are gone, by their names
}

func newLeaving() *leaving {
	l := &leaving{dests: map[*dest.Dest]account{}, gone: map[account]<-chan struct{}{}, accounted: map[account]stat.EndpointCounts{}, figures: map[string]ingest.Stats{}}
	l.patience, l.cut = context.WithCancel(context.Background())
	return l
}

// An account is whose counts are one in the ledger.
type account struct{ cluster, endpoint string }

// note has the account of destinations stay in the ledger, though their clusters will be gone.
func (l *leaving) note(clusters []*relay.Cluster, gone []*dest.Dest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range clusters {
		for _, d := range c.Dests {
			if slices.Contains(gone, d) {
				l.dests[d] = account{c.Name, d.Endpoint()}
			}
		}
	}
}

// last returns what is closed when the destination for an endpoint of a cluster has left that is the last to do so; nil if none is
// leaving.
func (l *leaving) last(cluster, endpoint string) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone[account{cluster, endpoint}]
}

// drain ends a destination that nobody sends to any more, in the background. What it cannot get out goes to its heir, if it has
// one: the destination for the same endpoint.
func (l *leaving) drain(d, heir *dest.Dest) {
	gone := make(chan struct{})
	if heir != nil {
		heir.Follow(gone)
	}
	l.mu.Lock()
	whose := l.dests[d]
	l.gone[whose] = gone
	l.mu.Unlock()
	l.wg.Go(func() {
		defer close(gone)
		ctx, cancel := context.WithTimeout(l.patience, farewell)
		defer cancel()
		if heir != nil {
			bequeath(ctx, d, heir)
		}
		d.Remove(ctx)
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.gone[whose] == gone {
			delete(l.gone, whose)
		}
		sum, counts := l.accounted[whose], d.Counts()
		sum.Add(&counts)
		l.accounted[whose] = sum
		delete(l.dests, d)
	})
}

// bequeath moves what waits for a destination that is not connected to its heir, as far as there is room, until nothing waits
// or ctx is done.
func bequeath(ctx context.Context, d, heir *dest.Dest) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for d.Counts().Queued > 0 {
		for d.Status().State != dest.Up && d.MoveTo(heir) {
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// lookEvery is how often bequeath looks whether there is room.
const lookEvery = 20 * time.Millisecond

// accounts returns the account of every endpoint: of those there are and, marked as removed, of those that are gone. What an
// endpoint did before it was removed, if it is there again, is in its account.
func (l *leaving) accounts(clusters []*relay.Cluster) []stat.Endpoint {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := maps.Clone(l.accounted)
	for d, whose := range l.dests {
		sum, counts := before[whose], d.Counts()
		sum.Add(&counts)
		before[whose] = sum
	}
	all := []stat.Endpoint{}
	for _, c := range clusters {
		for _, d := range c.Dests {
			e := stat.Endpoint{Cluster: c.Name, Endpoint: d.Endpoint(), EndpointCounts: d.Counts()}
			whose := account{c.Name, d.Endpoint()}
			if past, ok := before[whose]; ok {
				if left := l.accounted[whose].Spooled; left > 0 { // it is this one's account that it is in now
					past.Enqueued, past.Spooled = past.Enqueued-left, past.Spooled-left
				}
				e.Add(&past)
				delete(before, whose)
			}
			all = append(all, e)
		}
	}
	for whose, counts := range before {
		all = append(all, stat.Endpoint{Cluster: whose.cluster, Endpoint: whose.endpoint, EndpointCounts: counts, Removed: true})
	}
	slices.SortStableFunc(all, func(a, b stat.Endpoint) int {
		if !a.Removed || !b.Removed {
			return cmp.Compare(truth(a.Removed), truth(b.Removed))
		}
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Endpoint, b.Endpoint))
	})
	return all
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// see has a listener that has yielded go on with its connections until they end, or, if it has no heir, ends them in the
// background once what was sent is read.
func (l *leaving) see(old *ingest.Listener, heir bool) {
	l.mu.Lock()
	l.listeners = append(l.listeners, old)
	l.mu.Unlock()
	l.wg.Go(func() {
		ctx, cancel := context.WithTimeout(l.patience, farewell)
		defer cancel()
		if heir {
			_ = old.Ended(l.patience)
		}
		old.Close(ctx)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.listeners = slices.DeleteFunc(l.listeners, func(x *ingest.Listener) bool { return x == old })
		sum := l.figures[old.Name()]
		sum.Add(old.Stats())
		l.figures[old.Name()] = sum
	})
}

// statsOf returns the figures of a listener, with those of the listeners that were there by its name before.
func (l *leaving) statsOf(now *ingest.Listener) ingest.Stats {
	s := now.Stats()
	l.mu.Lock()
	defer l.mu.Unlock()
	s.Add(l.figures[now.Name()])
	for _, old := range l.listeners {
		if old.Name() == now.Name() {
			s.Add(old.Stats())
		}
	}
	return s
}

// closeListeners ends the listeners that are left, with the patience of ctx.
func (l *leaving) closeListeners(ctx context.Context) {
	l.mu.Lock()
	listeners := slices.Clone(l.listeners)
	l.mu.Unlock()
	defer context.AfterFunc(ctx, l.cut)()
	for _, old := range listeners {
		old.Close(ctx)
	}
}

// close ends all that is left, with the patience of ctx.
func (l *leaving) close(ctx context.Context) {
	defer context.AfterFunc(ctx, l.cut)()
	l.wg.Wait()
	l.cut()
}

// hurry has no endpoint make anybody wait any more.
func (d *Daemon) hurry() {
	for _, c := range d.table.Clusters {
		for _, e := range c.Dests {
			e.Hurry()
		}
	}
}
