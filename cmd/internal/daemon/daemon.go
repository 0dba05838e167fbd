// Package daemon puts the parts together: listeners, workers, the table with its shards, destinations. A configuration
// comes in; what goes out is a running pipeline, its ledger and its status.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"plumbago/aggregate"
	"plumbago/carbon/stat"
	"plumbago/carbon/tap"
	"plumbago/conf"
	"plumbago/ingest"
	"plumbago/relay"
	"plumbago/relay/dest"
)

// linger is how long a worker lets samples and frames gather before it hands them on.
const linger = 5 * time.Millisecond

// Options are what a daemon needs beside its configuration.
type Options struct {
	Dial  dest.Dialer      // how destinations connect; nil is the network
	Cores int              // how many workers and shards; 0 is one per core
	Level *zap.AtomicLevel // of the log, which SetLevel changes; nil if it cannot be changed
	Deaf  bool             // listeners open no socket: what comes is handed to Listener.Serve

	Sockets *ingest.Sockets // inherited ones, for the listeners; nil if there are none
}

// A Daemon is the pipeline. New builds all of it and starts nothing, so that a configuration can be checked by building
// one.
type Daemon struct {
	options    Options
	log        *zap.Logger
	quota      *ingest.Quota // of connections
	workers    []*ingest.Worker
	lanes      []*relay.Lane // of the workers, in their order
	aggregator *aggregate.Aggregator

	// What a reload changes. Whoever looks at it holds pipe; a reload holds it alone once every lane has turned to the next table.
	pipe      sync.RWMutex
	file      *conf.File
	turned    chan struct{} // closed when another file is
	listeners []*ingest.Listener
	consoles  []*console // of the listeners that have one
	table     *relay.Table
	sources   []string // the listeners' names by the number that their batches bear; also of those that are gone

	changing sync.Mutex // held by whoever makes a reload, or the end
	leaving  *leaving
	taps     tap.Taps
	memory   *memory

	descriptors uint64 // how many files may be open; 0 if nobody knows

	hush func()         // ends what runs in the background
	wg   sync.WaitGroup // of that

	mu       sync.Mutex // of those below
	state    state
	started  time.Time
	saved    StateStatus
	reloaded ReloadStatus
	hooks    Hooks
}

// A state is where in its life a daemon is.
type state int

const (
	built    state = iota
	starting       // its sockets are open
	running        // listening
	closing
	closed
)

// New builds the pipeline that f describes.
func New(f *conf.File, log *zap.Logger, o Options) (*Daemon, error) {
	if o.Cores == 0 {
		o.Cores = runtime.GOMAXPROCS(0)
	}
	d := &Daemon{file: f, turned: make(chan struct{}), options: o, log: log, quota: ingest.NewQuota(f.Limits.Connections), leaving: newLeaving()}
	clusters, err := d.makeClusters(f)
	if err != nil {
		return nil, err
	}
	if d.table, err = relay.NewTable(f.Rule, clusters, o.Cores, f.Limits.Series, measured(f, nil)...); err != nil {
		return nil, err
	}
	d.table.Taps = &d.taps
	d.aggregator = d.table.Aggregator
	d.memory = newMemory(f.Limits.Memory.Of(memoryHere(os.DirFS("/"))))
	d.shareQueues(clusters)
	d.aggregator.Remember(d.past(f))
	if names := d.memory.share(namesShare); names > 0 {
		d.table.BoundNames(names, o.Cores)
	}
	for range o.Cores {
		asks := make(chan func())
		lane := d.table.NewLane(asks)
		d.lanes = append(d.lanes, lane)
		d.workers = append(d.workers, ingest.NewWorker(lane, asks, linger, log))
	}
	for i := range f.Listen {
		l, err := d.makeListener(f, i)
		if err != nil {
			return nil, err
		}
		d.listeners = append(d.listeners, l)
		d.addConsole(l, f.Listen[i])
	}
	return d, nil
}

// makeClusters makes the clusters of f, each in the place of the one of its name that there is.
func (d *Daemon) makeClusters(f *conf.File) (clusters []*relay.Cluster, err error) {
	var before []*relay.Cluster
	if d.table != nil {
		before = d.table.Clusters
	}
	for _, options := range f.Cluster {
		if f.State.Dir != "" {
			options.SpoolRoot = SpoolRoot(f.State.Dir)
		}
		var was *relay.Cluster
		if i := slices.IndexFunc(before, func(c *relay.Cluster) bool { return c.Name == options.Name }); i >= 0 {
			was = before[i]
		}
		c, err := was.Renew(options, d.options.Dial, d.log)
		if err != nil {
			return nil, err
		}
		clusters = append(clusters, c)
	}
	return clusters, nil
}

// listenOptions returns what the i-th listener of f is made of.
func listenOptions(f *conf.File, i int) ingest.Options {
	o := f.Listen[i]
	if o.Idle == nil {
		o.Idle = &f.Limits.Idle
	}
	return o
}

// mostSources is how many listeners are told apart where it is said which a sample came by. Only reloads without end make more.
const mostSources = 1 << 15

// makeListener makes the i-th listener of f.
func (d *Daemon) makeListener(f *conf.File, i int) (*ingest.Listener, error) {
	o := listenOptions(f, i)
	o.Quota, o.Unfinished, o.Inherited = d.quota, d.memory.unfinished, d.options.Sockets
	d.pipe.Lock()
	defer d.pipe.Unlock()
	source := min(len(d.sources), mostSources)
	l, err := ingest.NewListener(o, uint16(source), d.workers, d.log)
	if err != nil {
		return nil, fmt.Errorf("listener %d: %w", i+1, err)
	}
	d.sources = append(d.sources[:source], l.Name())
	return l, nil
}

// Start opens the listeners and launches everything, the end of the data's path first. On an error nothing runs.
func (d *Daemon) Start() error {
	if err := d.open(); err != nil {
		return err
	}
	d.options.Sockets.CloseUnused()
	if err := d.restore(); err != nil {
		d.unopen()
		return err
	}
	if err := d.restoreEvents(); err != nil {
		d.unopen()
		return err
	}
	if err := d.openSpools(); err != nil {
		d.unopen()
		return err
	}
	d.setState(starting)
	for _, c := range d.table.Clusters {
		c.Start()
	}
	d.table.Start()
	for _, w := range d.workers {
		w.Start()
	}
	for _, l := range d.listeners {
		l.Start()
		d.sayListening(l)
	}
	d.startConsoles()
	ctx, cancel := context.WithCancel(context.Background())
	d.hush = cancel
	d.wg.Go(func() { d.forget(ctx) })
	d.wg.Go(func() { d.snapshots(ctx) })
	d.wg.Go(func() { d.keepEvents(ctx) })
	if !d.options.Deaf { // a story has no figures that it does not ask for, and its process is not ours alone
		d.wg.Go(func() { d.guardMemory(ctx) })
		d.wg.Go(func() { d.self(ctx) })
		d.wg.Go(func() { d.publish(ctx) })
	}
	d.wg.Go(func() { d.watchLosses(ctx) })
	d.setState(running)
	return nil
}

func (d *Daemon) sayListening(l *ingest.Listener) {
	for _, a := range l.Addrs() {
		d.log.Info("listening", zap.String("protocol", l.Protocol()), zap.Stringer("address", url{a}))
	}
}

// open binds every listener's addresses, or none.
func (d *Daemon) open() error {
	if d.options.Deaf {
		return nil
	}
	for i, l := range d.listeners {
		if err := l.Open(); err != nil {
			for _, opened := range d.listeners[:i] {
				opened.Close(context.Background())
			}
			return err
		}
	}
	return d.openConsoles()
}

// unopen gives up what open bound.
func (d *Daemon) unopen() {
	if d.options.Deaf {
		return
	}
	for _, l := range d.listeners {
		l.Close(context.Background())
	}
	for _, c := range d.consoles {
		c.close()
	}
}

// Close ends the pipeline in the order of the data's path: listeners, workers, shards, destinations. What was read is
// walked, open slices are emitted as they stand or, with a state.dir, kept there, and queues drain until ctx is done.
func (d *Daemon) Close(ctx context.Context) {
	d.changing.Lock() // a reload finishes, and none comes any more
	d.setState(closing)
	d.changing.Unlock()
	if d.hush != nil {
		d.hush()
	}
	d.wg.Wait()
	for _, c := range d.consoles {
		c.close()
	}
	for _, l := range d.listeners {
		l.Close(ctx)
	}
	d.leaving.closeListeners(ctx)
	d.saveEvents()
	// Nothing that workers and shards wait for can fail to come, so they are given their time whatever ctx says: a worker
	// that went on behind our back would use its lane while we close it.
	// Endpoints that make their senders wait do so until ctx is done.
	defer context.AfterFunc(ctx, d.hurry)()
	calm := context.WithoutCancel(ctx)
	for i, w := range d.workers {
		w.Close(calm)
		d.mu.Lock() // whoever asks after the lane's counts now reads them itself
		d.lanes[i].Close()
		d.mu.Unlock()
		d.lanes[i].Settle()
	}
	if err := d.aggregator.Close(calm); err != nil {
		d.log.Error("closing the aggregates", zap.Error(err))
	}
	var wg sync.WaitGroup
	for _, c := range d.table.Clusters {
		wg.Go(func() { c.Close(ctx) })
	}
	d.leaving.close(ctx)
	wg.Wait()
	d.setState(closed)
}

// Ledger takes the account: each owner's counts between two of its batches.
func (d *Daemon) Ledger(ctx context.Context) (l stat.Ledger, err error) {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	for i, lane := range d.lanes {
		var c stat.Counts
		if err := d.ask(ctx, d.workers[i], func() { c = lane.Counts() }); err != nil {
			return l, err
		}
		l.Add(&c)
	}
	c, err := d.aggregator.Counts(ctx)
	if err != nil {
		return l, err
	}
	l.Add(&c)
	l.Endpoints = d.leaving.accounts(d.table.Clusters)
	l.Settle()
	return l, nil
}

// ask has f run by a worker, or here if the worker is not running.
func (d *Daemon) ask(ctx context.Context, w *ingest.Worker, f func()) error {
	err := error(ingest.ErrClosed)
	if d.opened() {
		err = w.Ask(ctx, f)
	}
	if errors.Is(err, ingest.ErrClosed) {
		d.mu.Lock()
		defer d.mu.Unlock()
		f()
		return nil
	}
	return err
}

// Explain says what would become of a name.
func (d *Daemon) Explain(name string) relay.Explanation { return d.tableNow().Explain(name) }

// Way says what becomes of a name in the end.
func (d *Daemon) Way(name string) relay.Way { return d.tableNow().Way(name) }

// tableNow returns the table that lanes follow, or begin to follow at this moment.
func (d *Daemon) tableNow() *relay.Table {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	return d.table
}

// Ready says whether the daemon is listening.
func (d *Daemon) Ready() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state == running
}

// Reopen opens every log file anew, logrotate's way, and reads certificates that have changed.
func (d *Daemon) Reopen() {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	for _, l := range d.listeners {
		l.Reload()
	}
	for _, c := range d.table.Clusters {
		for _, e := range c.Dests {
			e.Reopen()
		}
	}
}

// Listener returns the i-th listener.
func (d *Daemon) Listener(i int) *ingest.Listener {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	return d.listeners[i]
}

func (d *Daemon) setState(s state) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state = s; s == starting {
		d.started = time.Now()
	}
}

// opened says whether the sockets are open, or were: until then the listeners and workers are Start's alone.
func (d *Daemon) opened() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state != built
}

// url writes a listener's address as the configuration does.
type url struct{ net.Addr }

func (u url) String() string { return u.Network() + "://" + u.Addr.String() }
