package dest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/carbon/stat"
	"plumbago/carbon/transport"
)

// A Dialer makes the connection to an endpoint; network is "tcp", "udp" or "unix". It resolves the address anew each time.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// A wire is the way to one endpoint: a stream, packets, or a log. Only its destination's goroutine calls it.
type wire interface {
	// open makes the wire ready. It is called before the first send and again after each error.
	open(ctx context.Context) error
	// send writes the parcels in order, marks in each what became of it and returns how many bytes went out. An error
	// means that the wire must be opened again before the rest is sent. It returns soon when ctx is done.
	send(ctx context.Context, ps []parcel) (written int64, err error)
	// broken is closed when the endpoint ends an open connection, nil if the wire has no connection to watch.
	broken() <-chan struct{}
	// cause is why, once broken is closed.
	cause() error
	// stale is closed when an open connection should be ended in order and made anew, though nothing is wrong with it.
	stale() <-chan struct{}
	// confirms says how it is known that the endpoint has what was sent on the open connection.
	confirms() confirm
	// estimate returns how many bytes of what was sent on it the endpoint has probably read.
	estimate() int64
	// end ends the open connection in order; then it is to be opened again, which is prepared meanwhile. It returns nil if
	// the endpoint has everything. since is when the first of what is to be proven was sent, zero if nothing is.
	end(ctx context.Context, since time.Time) error
	// close does the same for good and gives everything back; at once if ctx is done.
	close(ctx context.Context, since time.Time) error
}

// trusting is for wires without a connection: what they were given they have.
type trusting struct{}

func (trusting) broken() <-chan struct{} { return nil }

func (trusting) cause() error { return nil }

func (trusting) confirms() confirm { return trusted }

func (trusting) estimate() int64 { return 0 }

// A Dest gets frames to one endpoint.
type Dest struct {
	cluster, endpoint string // as they are shown
	address           string // the endpoint with all that it takes to reach it
	queue             *queue
	keeper            *keeper // nil without a spool
	wire              wire
	sink              *sink             // the wire if it is a log, to be reopened
	stream            *stream           // the wire if it is one, to be looked at
	tls               *transport.Client // nil without TLS
	clock             retry
	way               confirm
	pace              pace
	unproven          int64       // bytes
	looked            time.Time   // when the last estimate was made
	timer             *time.Timer // of the next proof
	doubt             bool        // the last write failed
	news              news
	standby           standing
	gone              atomic.Bool
	pulse             pulse

	life    context.Context // ends when what is left has no time any more
	kill    context.CancelFunc
	closing chan struct{} // closed when no more comes
	reopen  atomic.Bool

	mu      sync.Mutex // guards started and closed
	started bool
	closed  bool
	wg      sync.WaitGroup
}

// New returns a destination for one endpoint of a cluster: HOST:PORT, for a log "stdout", "stderr" or a path, or the
// URL of a list. It
// opens and starts nothing. Without a dialer the network's own is used.
func New(cluster, endpoint string, o Options, dial Dialer, log *zap.Logger) (*Dest, error) {
	if len(o.Reconnect) != 2 || o.Reconnect[0] <= 0 || o.Reconnect[1] < o.Reconnect[0] {
		return nil, fmt.Errorf("reconnect is the shortest and the longest pause, not %v", o.Reconnect)
	}
	if o.Spool > 0 && (o.SpoolSync <= 0 || o.Protocol == "log" || o.Transport == "udp") {
		return nil, fmt.Errorf("no spool is possible with protocol %q, transport %q and spool_sync %v", o.Protocol, o.Transport, o.SpoolSync)
	}
	if o.Queue <= 0 {
		return nil, fmt.Errorf("a queue of %d bytes holds nothing", o.Queue)
	}
	if log == nil {
		log = zap.NewNop()
	}
	if dial == nil {
		dial = dialNetwork
	}
	d := &Dest{
		cluster: cluster, endpoint: Shown(endpoint), address: endpoint, closing: make(chan struct{}),
		queue: newQueue(o),
		clock: newRetry(o.Reconnect[0], o.Reconnect[1]),
		pace:  newPace(o),
		news:  newNews(log.With(zap.String("cluster", cluster), zap.String("endpoint", Shown(endpoint)))),
	}
	d.keeper = newKeeper(d.queue, cluster, d.endpoint, o, d.news.log)
	if err := d.choose(o, dial); err != nil {
		return nil, fmt.Errorf("endpoint %q of cluster %q: %w", d.endpoint, cluster, err)
	}
	d.life, d.kill = context.WithCancel(context.Background())
	return d, nil
}

// Start launches the destination's goroutine, which connects at once.
func (d *Dest) Start() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.started || d.closed {
		return
	}
	d.started = true
	d.wire = pulsing{d.wire, &d.pulse}
	if d.keeper != nil {
		d.keeper.start()
	}
	d.wg.Go(d.run)
}

// Push takes over one reference to f. It never waits: if f does not fit into the queue, either f or what waits longest
// is dropped and counted as overflow; after Close it is counted as lost by the shutdown.
func (d *Dest) Push(f *carbon.Frame) { d.queue.push(f) }

// Counts returns the endpoint's part of the ledger. Its law holds in every answer: a frame that is being written counts
// as queued until it is written.
func (d *Dest) Counts() stat.EndpointCounts { return d.queue.level().counts }

// Reopen makes a log open its files anew before it writes the next frame, as logrotate wants it after a rename. It does
// nothing to other endpoints, but that the files of TLS are looked at: a broken one is then told of now and not at the
// next handshake.
func (d *Dest) Reopen() {
	if d.tls != nil {
		d.tls.Reload()
	}
	if d.sink != nil {
		d.reopen.Store(true)
		d.queue.rouse()
	}
}

// Close takes no more frames, gets out what is queued until ctx is done, ends the connection in order and returns when
// the destination's goroutine is gone. It says how many points were lost because there was no time left for them.
func (d *Dest) Close(ctx context.Context) (lost int64) {
	d.queue.close()
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.closing)
	}
	if !d.started {
		d.kill()
		d.lay()
	}
	d.mu.Unlock()
	defer context.AfterFunc(ctx, d.kill)()
	d.wg.Wait()
	return d.queue.abandon()
}

// run is the destination's goroutine: it owns the wire and the retry clock.
func (d *Dest) run() {
	defer d.pulse.gone.Store(true)
	defer d.kill()
	d.timer = time.NewTimer(0)
	defer d.timer.Stop()
	for d.connect() {
		err := d.serve()
		if err == nil || d.over() {
			break
		}
		d.recall()
		d.doubt = true
		d.fail(err)
	}
	d.wire.close(d.life, time.Time{})
	d.lay()
}

// over says whether there is nothing left to do, or no time left to do it in. That does not change any more.
func (d *Dest) over() bool {
	if d.life.Err() != nil {
		return true
	}
	select {
	case <-d.closing:
		return d.queue.finish()
	default:
		return false
	}
}

// connect opens the wire, as often as it takes; it reports false if the end came first.
func (d *Dest) connect() bool {
	for {
		d.pause()
		if d.over() {
			return false
		}
		err := d.open()
		if err == nil {
			return true
		}
		if d.over() {
			return false
		}
		d.setGone(true)
		d.fail(err)
	}
}

// pause waits for the next attempt's time. Meanwhile what waits for an endpoint that is gone is offered to others.
func (d *Dest) pause() {
	next := d.clock.next()
	for {
		d.relieve()
		rest := time.Until(next)
		if rest <= 0 || d.over() {
			return
		}
		if d.standby.is().Relieve != nil {
			rest = min(rest, relieveEvery)
		}
		cut := false
		d.pulse.wait(func() { cut = d.clock.wait(rest, d.life, d.closing) })
		if cut {
			return
		}
	}
}

// open tries once. It is given up if Close comes and nothing is queued; if it takes long, others stand in meanwhile.
func (d *Dest) open() error {
	ctx, cancel := context.WithCancel(d.life)
	defer cancel()
	opened, watched := make(chan struct{}), make(chan struct{})
	d.wg.Go(func() {
		defer close(watched)
		d.attend(opened, cancel)
	})
	err := d.wire.open(ctx)
	close(opened)
	<-watched
	if err != nil {
		return err
	}
	d.way = d.wire.confirms()
	d.queue.serve(d.way.later())
	d.news.confirms(d.way)
	d.setGone(false) // whatever is in doubt: while others stand in nothing is written that could tell
	// A connection is news by itself. Packets and logs open while nobody takes anything: after a failed write only one
	// that succeeds says that all is well again.
	if !d.doubt || d.wire.broken() != nil {
		d.up()
	}
	return nil
}

// attend looks after an attempt to connect until it has ended.
func (d *Dest) attend(opened <-chan struct{}, cancel func()) {
	t := time.NewTimer(gonePatience)
	defer t.Stop()
	late, closing := t.C, d.closing
	if d.standby.is().Relieve == nil {
		late = nil
	}
	for {
		select {
		case <-opened:
			return
		case <-closing:
			closing = nil
		case <-late:
			d.setGone(true)
			d.relieve()
			t.Reset(relieveEvery)
		}
		if d.over() {
			cancel()
		}
	}
}

// serve writes what is queued, and has it proven, until the wire breaks, or until all is done after Close, which is no
// error.
func (d *Dest) serve() error {
	for {
		select {
		case <-d.wire.broken():
			return d.wire.cause()
		case <-d.wire.stale():
			if err := d.renew(); err != nil {
				return err
			}
		default:
		}
		ps := d.queue.take(d.room())
		d.pulse.passes.Add(1)
		// After the take: what was pushed after a Reopen must not go into the old file.
		if d.reopen.CompareAndSwap(true, false) {
			var err error
			if d.pulse.wait(func() { err = d.sink.reopen(d.life) }); err != nil {
				d.queue.settle(0)
				return err
			}
		}
		if len(ps) == 0 {
			if d.over() {
				return nil
			}
			if err := d.idle(); err != nil {
				return err
			}
			continue
		}
		written, err := d.wire.send(d.life, ps)
		d.unproven = d.queue.settle(written)
		if err != nil {
			return err
		}
		d.up()
		if err := d.wrote(); err != nil {
			return err
		}
	}
}

// idle waits until there is something to do, and sees to what is unproven.
func (d *Dest) idle() error {
	closing := d.closing
	if d.unproven > 0 {
		select {
		case <-closing:
			return d.conclude()
		default:
		}
	}
	due := d.alarm()
	select {
	case <-d.queue.wake:
	case <-d.wire.broken():
	case <-d.wire.stale():
	case <-closing:
	case <-d.life.Done():
	case <-due:
		return d.prove()
	}
	return nil
}

// up says that the endpoint takes what is sent.
func (d *Dest) up() {
	d.doubt = false
	if d.clock.up() {
		d.news.up()
	}
}

// fail says that it does not.
func (d *Dest) fail(err error) { d.news.down(err, d.clock.fail()) }

// Endpoint returns the endpoint as it is shown.
func (d *Dest) Endpoint() string { return d.endpoint }

// Address returns the endpoint as the configuration names it, with the password that it may have.
func (d *Dest) Address() string { return d.address }
