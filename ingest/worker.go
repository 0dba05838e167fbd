package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
)

const (
	inboxSize  = 32  // batches that may be read and not yet decoded, for each worker: 2 MiB
	roundSize  = 8   // batches decoded before the worker looks at its timer and its asks again
	legibleMax = 120 // bytes of outside text in the log
)

// ErrClosed is what Ask returns when the worker is gone and f was not run.
var ErrClosed = errors.New("the worker is closed")

// A Worker is the goroutine that decodes what its readers read, and the owner of a sink. Readers wait for it; it waits
// for nothing but its sink.
type Worker struct {
	sink   carbon.Sink
	asks   chan func()
	linger time.Duration
	log    *zap.Logger

	notebook notebook // of its own goroutine, as are
	rests    []rest   // streams that it reads itself, see linger.go
	hurry    bool     // something came that may not linger

	// A reader takes a place in room before it reads, and the worker frees the place once it has the batch. So inbox
	// always has space for who holds one, and readers that wait for a slow worker hold no batch.
	room    chan struct{}
	inbox   chan work
	closing chan struct{} // closed when Close begins
	once    sync.Once
	wg      sync.WaitGroup
	gone    chan struct{} // closed when run has returned
}

// work is a batch of whole messages, and where they came from.
type work struct {
	batch *carbon.Batch
	from  *origin        // nil if its points are there already
	peer  netip.AddrPort // who sent it; the zero one if nobody knows, or it does not matter
	rest  *stream        // to be read by the worker from now on; nil if it goes on by itself
}

// name names who sent it.
func (k *work) name() string {
	switch {
	case k.peer.IsValid():
		return k.peer.String()
	case k.from.conn != nil:
		return legible(peerName(k.from.conn))
	}
	return unnamed
}

// An origin is what a worker knows of a stream or of a datagram socket. After it was made it is the worker's.
type origin struct {
	decoder  carbon.Decoder // shared by all that its listener has with this worker
	listener string
	limiter  *limiter      // nil if any number of samples may come
	limited  *atomic.Int64 // counts those that were too many
	received *atomic.Int64 // counts what came, good or bad; nil if nobody wants to know
	kinds    *kinds        // counts it by type; nil if it is not for statsd
	callers  *callers      // of its listener
	hurry    bool          // what came may not linger
	conn     net.Conn      // nil for datagrams, each of which stands for itself
	refused  bool          // a decoder said that the stream cannot go on
	warned   time.Time     // when a datagram's refusal was last logged
}

// NewWorker returns a worker that decodes into sink, and does not start it. The sink is to serve asks while it waits.
// It is flushed at ticks, linger apart, as long as it was given something or says that something is open; with no linger,
// after every few batches.
func NewWorker(sink carbon.Sink, asks chan func(), linger time.Duration, log *zap.Logger) *Worker {
	return &Worker{
		sink: sink, asks: asks, linger: linger, log: log, notebook: newNotebook(),
		room: make(chan struct{}, inboxSize), inbox: make(chan work, inboxSize),
		closing: make(chan struct{}), gone: make(chan struct{}),
	}
}

// Start launches the worker.
func (w *Worker) Start() { w.wg.Go(w.run) }

// Ask has f run in the worker's goroutine, between two batches or while its sink waits, and returns when f has. If it
// returns an error, f was not run and will not be. It must not be called by the worker's own goroutine.
func (w *Worker) Ask(ctx context.Context, f func()) error {
	var claimed atomic.Bool // by who comes first: the worker, to run f, or Ask, to give up
	done := make(chan struct{})
	ask := func() {
		if claimed.CompareAndSwap(false, true) {
			f()
			close(done)
		}
	}
	select {
	case w.asks <- ask:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.gone:
		return ErrClosed
	}
	var err error
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-w.gone:
		err = ErrClosed
	}
	if claimed.CompareAndSwap(false, true) {
		return err
	}
	<-done
	return nil
}

// Give hands the worker a batch whose points are there already; it is freed if ctx is done before there is room.
func (w *Worker) Give(ctx context.Context, b *carbon.Batch) error {
	select {
	case w.room <- struct{}{}:
		w.inbox <- work{batch: b}
		return nil
	case <-ctx.Done():
		b.Free()
		return ctx.Err()
	}
}

// Close finishes what was read, flushes the sink and ends the worker. All its readers must be gone. Past ctx it returns
// while the worker is still waiting for its sink.
func (w *Worker) Close(ctx context.Context) error {
	w.once.Do(func() { close(w.closing) })
	select {
	case <-w.gone:
		w.wg.Wait()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("closing a worker with %d batches to decode: %w", len(w.inbox), ctx.Err())
	}
}

func (w *Worker) run() {
	defer close(w.gone)
	tick := time.NewTimer(w.linger)
	tick.Stop()
	armed := false // whether something may be open in the sink, so that the timer runs
	for {
		select {
		case k := <-w.inbox:
			w.round(k)
			if w.linger <= 0 {
				w.sink.Flush()
				continue
			}
			if w.hurry {
				w.sink.Flush()
				w.hurry = false
			}
			if !armed {
				tick.Reset(untilTick(w.linger))
				armed = true
			}
		case f := <-w.asks:
			f()
		case <-w.closing:
			w.finish()
			return
		case <-tick.C:
			armed = w.beat(tick)
			continue
		}
		// A select with several ways open takes any; so that a busy inbox cannot keep the timer waiting it is asked
		// alone, after each round.
		select {
		case <-tick.C:
			armed = w.beat(tick)
		default:
		}
	}
}

// beat reads the streams that rest, flushes the sink and reports whether tick runs again, as it does until there is nothing to
// read or to flush.
func (w *Worker) beat(tick *time.Timer) bool {
	w.visitAll()
	if open := w.sink.Flush(); !open && len(w.rests) == 0 {
		return false
	}
	tick.Reset(untilTick(w.linger))
	return true
}

// round decodes k and a few more that are waiting already.
func (w *Worker) round(k work) {
	for range roundSize - 1 {
		w.decode(k)
		select {
		case k = <-w.inbox:
		default:
			return
		}
	}
	w.decode(k)
}

// decode takes a batch out of its room and handles it.
func (w *Worker) decode(k work) {
	<-w.room
	w.handle(k)
	if k.rest != nil {
		w.rests = append(w.rests, rest{stream: k.rest})
	}
}

func (w *Worker) handle(k work) {
	if k.from == nil {
		w.sink.Accept(k.batch)
		return
	}
	if k.from.refused {
		k.batch.Free()
		return
	}
	w.hurry = w.hurry || k.from.hurry
	size := len(k.batch.Bytes)
	k.batch.Peer = k.peer
	w.notebook.open(k.batch)
	if size > 0 {
		k.batch.Arrival = time.Now().UnixMilli()
		if err := k.from.decoder.Decode(k.batch, k.batch.Arrival); err != nil {
			w.refuse(&k, err)
		}
		if k.from.limiter != nil && k.peer.IsValid() {
			if over := k.from.limiter.limit(k.batch, k.peer.Addr()); over > 0 {
				k.from.limited.Add(int64(over))
				k.from.callers.note(k.peer.Addr(), func(c *Caller) { c.RateLimited += int64(over) })
			}
		}
	}
	if n := int64(len(k.batch.Points)) + int64(k.batch.Limited) + badTotal(&k.batch.Bad); n > 0 && k.from.received != nil {
		k.from.received.Add(n)
	}
	if k.from.kinds != nil {
		k.from.kinds.add(k.batch)
	}
	w.notebook.close(&k, size)
	w.sink.Accept(k.batch)
}

// closingBroken is what is said of a stream that its sender or the way has made unreadable.
const closingBroken = "closing a connection that cannot be read on"

// warnEvery bounds the warnings about refused datagrams of one socket.
const warnEvery = 10 * time.Second

// refuse ends the stream that why was found in; what of it is in the inbox will be dropped unread. A datagram ends
// nothing.
func (w *Worker) refuse(k *work, why error) {
	from := k.from
	from.callers.note(k.peer.Addr(), wasBroken)
	if from.conn != nil {
		from.refused = true
		w.log.Warn(closingBroken, zap.String("listener", from.listener), zap.String("peer", k.name()),
			zap.String("reason", legible(why.Error())))
		_ = from.conn.Close() // its reader sees the end and goes
		return
	}
	if now := time.Now(); now.Sub(from.warned) >= warnEvery {
		from.warned = now
		w.log.Warn("refusing a datagram", zap.String("listener", from.listener), zap.String("peer", k.name()),
			zap.String("reason", legible(why.Error())))
	}
}

// finish takes all that is left, when no more can come.
func (w *Worker) finish() {
	for {
		select {
		case k := <-w.inbox:
			w.decode(k)
			continue
		case f := <-w.asks:
			f()
			continue
		default:
		}
		break
	}
	w.sink.Flush()
}

// legible makes text that came from outside safe to log: printable ASCII, of bounded length. Quotes are left to the log,
// which puts them around every field.
func legible(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < ' ' || r > '~' {
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		} else {
			b.WriteRune(r)
		}
		if b.Len() >= legibleMax {
			return b.String()[:legibleMax]
		}
	}
	return b.String()
}

// peerName names who is at the other end of conn.
func peerName(conn net.Conn) string {
	if a := conn.RemoteAddr(); a != nil && a.String() != "" {
		return a.String()
	}
	return unnamed
}

// unnamed stands for a peer without a name, as most that send by unix sockets are.
const unnamed = "unnamed"
