package dest

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon/stat"
)

// pair makes two destinations of which the first hands what waits to the second while it is gone.
func pair(t *testing.T, dial Dialer, other Dialer) (a, b *Dest, changes *atomic.Int32) {
	t.Helper()
	changes = new(atomic.Int32)
	a, b = newDest(t, "a:2003", proving(), dial), newDest(t, "b:2003", proving(), other)
	a.StandBy(Standby{
		Changed: func() { changes.Add(1) },
		Relieve: func() {
			for b.Alive() && a.MoveTo(b) {
			}
		},
	})
	return a, b, changes
}

// refuse is a Dialer to where nobody listens.
func refuse(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }

// What waits for an endpoint that refuses moves at once, and what is pushed later soon after.
func TestStandIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, changes := pair(t, refuse, refuse)
		a.Push(frameOf("one", "two"))
		if !a.Alive() {
			t.Error("an endpoint that nobody tried to reach yet is taken for gone")
		}
		a.Start()
		synctest.Wait()
		if a.Alive() || changes.Load() != 1 {
			t.Errorf("alive %t after %d changes", a.Alive(), changes.Load())
		}
		time.Sleep(relieveEvery)
		synctest.Wait()
		a.Push(frameOf("three"))
		time.Sleep(2 * relieveEvery)
		synctest.Wait()
		got, want := a.Counts(), stat.EndpointCounts{Moved: 3}
		if got != want {
			t.Errorf("the one that is gone: %+v", got)
		}
		if got := b.Counts(); got.Enqueued != 3 || got.Queued != 3 {
			t.Errorf("the one that stands in: %+v", got)
		}
	})
}

// An attempt that hangs makes the endpoint gone after half a second; one that succeeds makes it alive again.
func TestStandInForSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			if tries++; tries == 1 {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			here, there := net.Pipe()
			go func() { // takes what comes
				for b := make([]byte, 64); ; {
					if _, err := there.Read(b); err != nil {
						return
					}
				}
			}()
			return here, nil
		}
		a, b, changes := pair(t, dial, refuse)
		a.Start()
		a.Push(frameOf("one"))
		time.Sleep(gonePatience - time.Millisecond)
		if !a.Alive() {
			t.Error("gone too early")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if a.Alive() || b.Counts().Queued != 1 {
			t.Errorf("alive %t, %+v", a.Alive(), b.Counts())
		}
		time.Sleep(DefaultOptions().ConnectTimeout + time.Second)
		synctest.Wait()
		if !a.Alive() || changes.Load() != 2 {
			t.Errorf("alive %t after %d changes", a.Alive(), changes.Load())
		}
		a.Push(frameOf("two"))
		synctest.Wait()
		if got := a.Counts(); got.Delivered != 1 || got.Moved != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// Moving loses nothing: where it does not fit it does not go, nor to one that has ended.
func TestMoveFits(t *testing.T) {
	a, b := newDest(t, "a:2003", DefaultOptions(), refuse), newDest(t, "b:2003", quick(), refuse)
	b.queue.limit = 10
	a.Push(frameOf("123456789"))
	a.Push(frameOf("1"))
	if !a.MoveTo(b) || a.MoveTo(b) {
		t.Error("moved more than fits, or nothing")
	}
	if got := b.Counts(); got.Enqueued != 1 || got.Dropped != (stat.Losses{}) {
		t.Errorf("%+v", got)
	}
	b.Close(t.Context())
	if a.MoveTo(b) {
		t.Error("moved to one that has ended")
	}
	if got := a.Counts(); got.Queued != 1 || got.Enqueued != 1 || got.Moved != 1 {
		t.Errorf("%+v", got)
	}
}

// An endpoint that is gone can be reached again as soon as an attempt succeeds, also one that only a write can prove to
// be up: nothing is written to it while others stand in.
func TestStandInForPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		dial := func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			switch tries++; tries {
			case 1:
				there.Close() // the first write fails
			case 2:
				return nil, errors.New("network is unreachable")
			default:
				t.Cleanup(func() { there.Close() })
			}
			return here, nil
		}
		o, changes := DefaultOptions(), 0
		o.Transport = "udp"
		a := newDest(t, "a:2003", o, dial)
		a.StandBy(Standby{Changed: func() { changes++ }, Relieve: func() {}})
		a.Start()
		a.Push(frameOf("one"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if !a.Alive() || changes != 2 || tries < 3 {
			t.Errorf("alive %t after %d changes and %d attempts", a.Alive(), changes, tries)
		}
	})
}

// halfPipe is a pipe of which one side can be closed, as far as anybody can tell.
type halfPipe struct{ net.Conn }

func (halfPipe) CloseWrite() error { return nil }

// One that has nothing left to write and ends its connection takes nothing over: nobody would write it.
func TestMoveToOneThatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer there.Close()
		a, b, _ := pair(t, refuse, func(context.Context, string, string) (net.Conn, error) { return halfPipe{here}, nil })
		a.Push(frameOf("one"))
		b.Start()
		synctest.Wait()
		closed := make(chan int64)
		go func() { closed <- b.Close(t.Context()) }()
		synctest.Wait() // it waits for the endpoint to close its side
		if a.MoveTo(b) {
			t.Error("moved to one that ends")
		}
		if lost := <-closed; lost != 0 {
			t.Errorf("lost %d", lost)
		}
		if got := a.Counts(); got != (stat.EndpointCounts{Enqueued: 1, Queued: 1}) {
			t.Errorf("%+v", got)
		}
	})
}

// Close does not wait for an attempt that hangs once others have taken over what was queued.
func TestCloseOfOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		a, b, _ := pair(t, hang, refuse)
		a.Push(frameOf("one"))
		a.Start()
		synctest.Wait()
		start := time.Now()
		if lost := a.Close(t.Context()); lost != 0 || time.Since(start) > gonePatience {
			t.Errorf("lost %d in %s", lost, time.Since(start))
		}
		if got := b.Counts(); got.Queued != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// What moves leaves room for what is pushed to the one that stands in: a backlog must not make its queue overflow.
func TestMoveLeavesRoom(t *testing.T) {
	a, b := newDest(t, "a:2003", DefaultOptions(), refuse), newDest(t, "b:2003", quick(), refuse)
	b.queue.limit = 100
	for range 20 {
		a.queue.line.pushBack(parcel{frame: sized('x', 10), left: 1})
	}
	a.queue.bytes, a.queue.counts = 200, stat.EndpointCounts{Enqueued: 20, Queued: 20}
	moved := int64(0)
	for a.MoveTo(b) {
		moved++
	}
	for range 5 {
		b.Push(sized('y', 10))
	}
	if got := b.Counts(); got.Dropped != (stat.Losses{}) || got.Queued != moved+5*int64(sized('y', 10).Points) {
		t.Errorf("moved %d: %+v", moved, got)
	}
}

// A frame that was cut inside a line of one log begins with that line anew in another, which may have had the rest of a
// line of its own to write.
func TestMoveBetweenLogs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "b.log")
	a, b := newDest(t, "/a.log", logOptions("plain"), nil), newDest(t, path, logOptions("plain"), nil)
	own, moved := frameOf("own 1 0"), frameOf("moved 2 0")
	b.Push(own)
	a.Push(moved)
	a.queue.line.front().cut, b.queue.line.front().cut = true, true
	b.sink.owed = append(b.sink.owed, "1 0\n"...)
	if !a.MoveTo(b) {
		t.Fatal("not moved")
	}
	if err := b.sink.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	written, err := b.sink.send(t.Context(), b.queue.take(1<<30))
	b.queue.settle(written)
	b.sink.shut()
	if got := content(t, path); err != nil || got != "1 0\nmoved 2 0\n" || b.Counts().Delivered != 2 {
		t.Errorf("wrote %q, %v: %+v", got, err, b.Counts())
	}
}
