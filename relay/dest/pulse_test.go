package dest

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"plumbago/carbon/stat"
)

// A destination answers whatever its endpoint does, and not when its own goroutine hangs.
func TestPing(t *testing.T) {
	f := func(t *testing.T, d *Dest, state string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), soon)
		defer cancel()
		if err := d.Ping(ctx); err != nil {
			t.Errorf("a destination that is %s: %v", state, err)
		}
	}
	idle, peer := net.Pipe()
	defer peer.Close()
	d := newDest(t, "idle:1", quick(), func(context.Context, string, string) (net.Conn, error) { return idle, nil })
	f(t, d, "not started")
	d.Start()
	f(t, d, "idle")
	d.Push(numbered(0, 1)) // of which nothing is read, so that the write waits
	f(t, d, "writing")

	down := quick()
	down.Reconnect = []time.Duration{time.Hour, time.Hour}
	d = newDest(t, "down:1", down, func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("no") })
	d.Start()
	f(t, d, "down")

	d = newDest(t, "slow:1", quick(), func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	d.Start()
	f(t, d, "connecting")
	done, cancel := context.WithCancel(t.Context())
	cancel()
	d.Close(done)
	f(t, d, "closed")
}

func TestPingOfTheStuck(t *testing.T) {
	conn, peer := net.Pipe()
	defer peer.Close()
	d := newDest(t, "stuck:1", quick(), func(context.Context, string, string) (net.Conn, error) { return conn, nil })
	d.Start()
	await(t, d, "the connection", func(_ stat.EndpointCounts, s Status) bool { return s.State == Up })
	d.queue.mu.Lock() // what the goroutine needs for its next pass
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := d.Ping(ctx)
	d.queue.mu.Unlock()
	if err == nil {
		t.Error("a destination whose goroutine hangs answers")
	}
}
