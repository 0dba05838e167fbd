package dest

import (
	"context"
	"sync/atomic"
	"time"
)

// pingEvery is how often Ping looks.
const pingEvery = 5 * time.Millisecond

// A pulse shows whether a destination's goroutine goes on. Only that goroutine writes to it.
type pulse struct {
	passes atomic.Uint64 // through the loop of serve
	away   atomic.Bool   // it waits for the endpoint, for the disk or for its next attempt: each has an end of its own
	gone   atomic.Bool   // it has returned
}

// wait calls f, which waits for something outside of this process.
func (p *pulse) wait(f func()) {
	p.away.Store(true)
	defer p.away.Store(false)
	f()
}

// Ping returns nil if the destination's goroutine goes on, or waits for what is not in this process's hands, and ctx's
// error if that could not be seen before ctx was done.
func (d *Dest) Ping(ctx context.Context) error {
	d.mu.Lock()
	started := d.started
	d.mu.Unlock()
	if !started {
		return nil
	}
	before := d.pulse.passes.Load()
	d.queue.rouse()
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	for !d.pulse.away.Load() && !d.pulse.gone.Load() && d.pulse.passes.Load() == before {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// A pulsing wire tells the pulse when the goroutine is in one of its calls.
type pulsing struct {
	wire
	pulse *pulse
}

func (w pulsing) open(ctx context.Context) (err error) {
	w.pulse.wait(func() { err = w.wire.open(ctx) })
	return err
}

func (w pulsing) send(ctx context.Context, ps []parcel) (written int64, err error) {
	w.pulse.away.Store(true) // not by wait: a closure for each send would be made anew
	defer w.pulse.away.Store(false)
	return w.wire.send(ctx, ps)
}

func (w pulsing) end(ctx context.Context, since time.Time) (err error) {
	w.pulse.wait(func() { err = w.wire.end(ctx, since) })
	return err
}

func (w pulsing) close(ctx context.Context, since time.Time) (err error) {
	w.pulse.wait(func() { err = w.wire.close(ctx, since) })
	return err
}
