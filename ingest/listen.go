package ingest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/carbon/transport"
	"plumbago/ingest/events"
)

// A Listener is one [[listen]] section: its sockets and the connections they brought. Each connection belongs to one
// worker for its life, given out in turn, and so does each datagram socket.
type Listener struct {
	opts     Options
	addrs    []Address
	name     string // for the log: all its addresses
	source   uint16
	workers  []*Worker
	decoders []carbon.Decoder // one for each worker
	frames   frameCut         // for pickle in datagrams
	allow    prefixes
	trust    prefixes          // the balancers that may connect; of use only if named
	server   *transport.Server // nil without TLS
	limiter  *limiter          // nil if there is no rate to hold to
	repeater *repeater         // nil if nothing is sent on
	kinds    *kinds            // what came, by type; nil if it is not for statsd
	log      *zap.Logger

	acceptors []*acceptor
	packets   []*packetSocket
	files     []*fileSource
	lists     []*listSource
	events    *events.Store // what RESP clients count with; nil with any other protocol
	bound     []net.Addr

	mu      sync.Mutex
	next    int // the worker that is next in turn
	streams map[*stream]struct{}
	started bool
	closed  bool // no connection is taken any more

	before   []*Listener // whose sockets are taken over, see Succeed
	passages []passage

	stop      chan struct{} // closed when Close begins
	yield     chan struct{} // closed when Yield begins
	abort     chan struct{} // closed when nobody may wait for a worker any longer
	once      sync.Once
	accepting sync.WaitGroup
	sweeping  sync.WaitGroup
	receiving sync.WaitGroup // datagrams
	reading   sync.WaitGroup // streams
	counts    counts
	callers   callers

	sayNotAllowed, sayNotTrusted, sayOverLimit, sayNoRoom, saySmall, sayCrowded seldom
}

// NewListener returns a listener that hands what comes in to workers; source goes into its batches. It opens nothing.
// The error holds everything that is wrong with o.
func NewListener(o Options, source uint16, workers []*Worker, log *zap.Logger) (*Listener, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if len(workers) == 0 {
		panic("bug: a listener without workers")
	}
	l := &Listener{
		opts: o, source: source, workers: workers, log: log, frames: frameCut{maxFrame: o.MaxFrame},
		limiter: newLimiter(o.Rate), streams: map[*stream]struct{}{}, stop: make(chan struct{}), yield: make(chan struct{}), abort: make(chan struct{}),
	}
	for i, text := range o.Address {
		a, err := ParseAddress(text)
		if err != nil {
			return nil, err
		}
		l.addrs = append(l.addrs, a)
		if i > 0 {
			l.name += ", "
		}
		l.name += a.redacted()
	}
	var err error
	if l.allow, err = parsePrefixes(o.Allow); err != nil {
		return nil, err
	}
	if l.trust, err = parsePrefixes(o.ProxyFrom); err != nil {
		return nil, err
	}
	if o.TLS != nil {
		if l.server, err = transport.NewServer(*o.TLS, l.renewed); err != nil {
			return nil, err
		}
	}
	for range workers {
		l.decoders = append(l.decoders, o.decoder(source))
	}
	l.repeater, l.kinds = repeat(o, l.decoders), newKinds(o)
	if o.Protocol == "resp" {
		l.events = events.New(o.resp())
	}
	return l, nil
}

// Open binds all addresses, or none. What arrives waits in the kernel until Start.
func (l *Listener) Open() error {
	for _, a := range l.addrs {
		if err := l.bind(a); err != nil {
			l.closeSockets()
			return fmt.Errorf("listening on %s: %w", a, err)
		}
	}
	return nil
}

// Addrs returns what Open bound, in the order of the addresses: with the ports that the kernel chose for port 0.
func (l *Listener) Addrs() []net.Addr { return l.bound }

// Start launches the readers.
func (l *Listener) Start() {
	l.started = true
	l.startRepeating()
	for _, a := range l.acceptors {
		l.accepting.Go(a.run)
	}
	if idle := l.opts.Idle; idle != nil && *idle > 0 && len(l.acceptors) > 0 {
		l.sweeping.Go(func() { l.sweepIdle(*idle) })
	}
	for _, p := range l.packets {
		l.receiving.Go(p.run)
	}
	for _, s := range l.files {
		l.reading.Go(s.run)
	}
	for _, s := range l.lists {
		l.reading.Go(s.run)
	}
	if l.events != nil {
		l.mu.Lock() // connections come already
		e := eventSource{newFeeder(l, l.name), l.events, l.opts.resp().Emit}
		l.mu.Unlock()
		l.reading.Go(e.run)
	}
}

// Serve reads conn, in a goroutine of its own, until its end or the listener's Close, and closes it. It needs neither
// Open nor Start: a connection may come from anywhere.
func (l *Listener) Serve(conn net.Conn) { l.serve(conn, l.name, false) }

// serve serves a connection that came by the address called name, if it may come. secure says whether it speaks TLS.
func (l *Listener) serve(conn net.Conn, name string, secure bool) {
	peer := remote(conn)
	switch {
	case !peer.IsValid():
	case len(l.trust) > 0: // whom allow judges is not known yet
		if !l.trust.admit(peer.Addr()) {
			l.callers.note(peer.Addr(), wasRefused)
			l.notTrusted(name, peer.String())
			_ = conn.Close()
			return
		}
	case !l.allow.admit(peer.Addr()):
		l.callers.note(peer.Addr(), wasRefused)
		l.notAllowed("a connection", name, peer.String(), 1)
		_ = conn.Close()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = conn.Close()
		return
	}
	if most := l.opts.Connections; most > 0 && len(l.streams) >= most || !l.opts.Quota.take() {
		l.callers.note(peer.Addr(), wasRefused)
		l.overLimit(name, peerName(conn))
		_ = conn.Close()
		return
	}
	w, d := l.turn()
	s := &stream{
		listener: l, worker: w, conn: conn, out: conn, secure: secure, tcp: peer.IsValid(), peer: peer, heard: time.Now(), cut: l.opts.cutter(),
		from: &origin{decoder: d, listener: name, conn: conn, limiter: l.limiter, limited: &l.counts.rateLimited, received: &l.counts.received, kinds: l.kinds, callers: &l.callers, hurry: l.opts.Linger <= 0},
	}
	l.streams[s] = struct{}{}
	l.counts.accepted.Add(1)
	l.callers.note(peer.Addr(), wasTaken)
	l.reading.Go(func() {
		s.run()
		l.mu.Lock()
		delete(l.streams, s)
		l.mu.Unlock()
		l.opts.Quota.give()
		l.counts.closed.Add(1)
	})
}

// turn returns the next worker and the decoder that l has with it.
func (l *Listener) turn() (*Worker, carbon.Decoder) {
	i := l.next % len(l.workers)
	l.next++
	return l.workers[i], l.decoders[i]
}

// Close stops accepting, reads what the kernel had taken from the senders by then, hands it to the workers and closes
// all connections. The workers must still run; when it returns no reader is left. Past ctx it gives up what it could
// not hand on, and says so.
func (l *Listener) Close(ctx context.Context) error {
	err := error(nil)
	l.once.Do(func() { err = l.close(ctx) })
	return err
}

func (l *Listener) close(ctx context.Context) error {
	close(l.stop)
	if !l.started {
		l.closeSockets()
	}
	for _, a := range l.acceptors {
		_ = a.socket.SetDeadline(longAgo())
	}
	l.accepting.Wait() // they do not wait for anything but connections
	l.sweeping.Wait()
	l.mu.Lock()
	l.closed = true
	for s := range l.streams {
		s.wake()
	}
	l.mu.Unlock()
	for _, p := range l.packets { // all, before the end of one moves its peers to another
		if l.started && !l.yielded() {
			p.shut()
		}
	}
	for _, p := range l.packets {
		_ = p.conn.SetReadDeadline(longAgo())
	}
	done := make(chan struct{})
	go func() {
		l.receiving.Wait()
		l.reading.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	n := l.counts.accepted.Load() - l.counts.closed.Load()
	close(l.abort)
	<-done
	return fmt.Errorf("closing listener %s: %d connections and %d datagram sockets may hold unread bytes: %w",
		l.name, n, len(l.packets), ctx.Err())
}

// closeSockets closes sockets that no goroutine has.
func (l *Listener) closeSockets() {
	for _, a := range l.acceptors {
		a.close()
	}
	for _, p := range l.packets {
		p.close()
	}
}

// pause waits for d and reports whether the listener goes on to take what comes.
func (l *Listener) pause(d time.Duration) bool { return l.rest(d, l.yield) }

// rest waits for d and reports whether the listener goes on; it does not once before is closed.
func (l *Listener) rest(d time.Duration, before <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.stop:
		return false
	case <-before:
		return false
	}
}

// stopping says whether Close has begun.
func (l *Listener) stopping() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

func (l *Listener) aborted() bool {
	select {
	case <-l.abort:
		return true
	default:
		return false
	}
}

// newBatch returns an empty batch of this listener.
func (l *Listener) newBatch() *carbon.Batch {
	b := carbon.NewBatch()
	b.Source = l.source
	return b
}

// Name returns the listener's addresses as they are configured.
func (l *Listener) Name() string { return l.name }

// Source returns the number that the listener's batches bear.
func (l *Listener) Source() uint16 { return l.source }

// Protocol returns what the listener's senders speak.
func (l *Listener) Protocol() string { return l.opts.Protocol }
