package daemon

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"go.uber.org/zap"

	"plumbago/conf"
	"plumbago/ingest"
	"plumbago/relay"
	"plumbago/relay/dest"
)

// errNotRunning is of a reload before the start or after the end.
var errNotRunning = errors.New("the daemon is not running")

// Apply makes f the configuration that is running, and returns what that changes, a line each. It is one transaction: what
// cannot be done leaves all as it was, and is an error. conf.Faults say what f asks for that cannot change while running.
//
// What is equal in both keeps what it has: a listener its sockets and connections, an endpoint its connection and queue, a rule
// its series and slices. First all that is new is made and opened; then the lanes turn to the new table, each between two
// batches; then what nobody uses any more finishes, in the background where that takes long.
func (d *Daemon) Apply(f *conf.File) (changes []string, err error) {
	d.changing.Lock()
	defer d.changing.Unlock()
	if !d.Ready() {
		return nil, errNotRunning
	}
	if faults := conf.Fixed(d.file, f); faults != nil {
		return nil, faults
	}
	next, err := d.prepare(f)
	if err != nil {
		return nil, err
	}
	changes = conf.Changes(d.file, f)
	d.turn(next)
	return changes, nil
}

// A next is a configuration that is made and not running yet.
type next struct {
	file      *conf.File
	table     *relay.Table
	listeners []*ingest.Listener // in the order of the file
	fresh     []*ingest.Listener // those that are new, opened
	leaving   []*ingest.Listener // those that are not there any more
	spools    []*dest.Dest       // those whose spools were opened
	log       func()             // changes the log
}

// prepare makes all that f needs and there is not yet, and opens it. It changes nothing that is running.
func (d *Daemon) prepare(f *conf.File) (n *next, err error) {
	n = &next{file: f, log: func() {}}
	clusters, err := d.makeClusters(f)
	if err != nil {
		return nil, err
	}
	if err := d.prepareListeners(n); err != nil {
		n.abandon()
		return nil, err
	}
	if n.table, err = d.table.Next(f.Rule, clusters, d.measuredNext(n)...); err != nil {
		n.abandon()
		return nil, err
	}
	if err := d.prepareSpools(n); err != nil {
		return nil, err
	}
	if open := d.hooksNow().Log; open != nil {
		if n.log, err = open(f.Log); err != nil {
			n.abandon()
			return nil, err
		}
	}
	return n, nil
}

// prepareListeners finds the listeners that stay, and opens the others.
func (d *Daemon) prepareListeners(n *next) error {
	n.leaving = slices.Clone(d.listeners)
	n.listeners = make([]*ingest.Listener, len(n.file.Listen))
	for i := range n.file.Listen {
		for j := range d.file.Listen {
			old := d.listeners[j]
			if slices.Contains(n.leaving, old) && reflect.DeepEqual(listenOptions(d.file, j), listenOptions(n.file, i)) {
				n.listeners[i] = old
				n.leaving = slices.DeleteFunc(n.leaving, func(l *ingest.Listener) bool { return l == old })
				break
			}
		}
	}
	for i := range n.listeners {
		if n.listeners[i] != nil {
			continue
		}
		l, err := d.makeListener(n.file, i)
		if err == nil && !d.options.Deaf {
			l.Succeed(n.leaving)
			err = l.Open()
		}
		if err != nil {
			return err
		}
		n.listeners[i] = l
		n.fresh = append(n.fresh, l)
	}
	return nil
}

// prepareSpools opens the spools of new destinations, or none. That of one which takes the place of another is left to be opened
// when the other has let go of it: until then its points wait in memory.
func (d *Daemon) prepareSpools(n *next) error {
	for _, fresh := range relay.Gone(n.table.Clusters, d.table.Clusters) {
		if has(d.table.Clusters, fresh) {
			continue
		}
		if gone := d.leaving.last(fresh.Status().Cluster, fresh.Endpoint()); gone != nil {
			fresh.Follow(gone)
			continue
		}
		if err := fresh.Open(); err != nil {
			n.abandon()
			return err
		}
		n.spools = append(n.spools, fresh)
	}
	return nil
}

// has says whether clusters have an endpoint that is called as another.
func has(clusters []*relay.Cluster, e *dest.Dest) bool {
	for _, c := range clusters {
		for _, d := range c.Dests {
			if c.Name == e.Status().Cluster && d.Endpoint() == e.Endpoint() {
				return true
			}
		}
	}
	return false
}

// abandon gives up what prepare opened.
func (n *next) abandon() {
	for _, e := range n.spools {
		e.Unopen()
	}
	for _, l := range n.fresh {
		l.Close(context.Background())
	}
}

// turn makes what was prepared run, and ends what it does not have.
func (d *Daemon) turn(n *next) {
	before := d.table.Clusters
	gone := relay.Gone(before, n.table.Clusters)
	n.log()
	d.quota.Resize(d.connections(n.file))
	d.aggregator.SetLimit(n.file.Limits.Series)
	if n.file.History != d.file.History {
		if err := d.aggregator.RememberAnew(context.Background(), d.past(n.file)); err != nil {
			d.log.Error("changing the history", zap.Error(err))
		}
	}
	d.shareQueues(n.table.Clusters)
	for _, c := range n.table.Clusters {
		c.Start()
	}
	n.table.Follow(func(f func(*relay.Lane)) {
		for i, lane := range d.lanes {
			if err := d.ask(context.Background(), d.workers[i], func() { f(lane) }); err != nil {
				panic(fmt.Sprintf("bug: a worker is gone in the middle of a reload: %v", err))
			}
		}
	}, d.pipe.Lock) // not before: a lane turns after its batch, which may take long, and until then all is to be seen
	d.leaving.note(before, gone)
	d.turnListeners(n)
	d.file, d.table, d.listeners = n.file, n.table, n.listeners
	close(d.turned)
	d.turned = make(chan struct{})
	d.pipe.Unlock()
	d.turnConsoles()
	for _, e := range gone {
		d.leaving.drain(e, relay.Heir(e, before, n.table.Clusters))
	}
}

// turnListeners has new listeners take what comes in the place of old ones.
func (d *Daemon) turnListeners(n *next) {
	heirs := map[*ingest.Listener]bool{}
	for _, l := range n.fresh {
		for _, old := range l.Assume() {
			heirs[old] = true
		}
	}
	for _, old := range n.leaving {
		old.Yield()
		d.leaving.see(old, heirs[old])
	}
	for _, l := range n.fresh {
		l.Inherit(n.leaving)
		l.Start()
		d.sayListening(l)
	}
}

// File returns the configuration that is running.
func (d *Daemon) File() *conf.File {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	return d.file
}

// fileUntil returns the configuration that is running, and what is closed once another one is running.
func (d *Daemon) fileUntil() (f *conf.File, turned <-chan struct{}) {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	return d.file, d.turned
}
