package ingest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

func TestAskWhileTheSinkWaits(t *testing.T) {
	sink := newRecorder()
	sink.gate = make(chan struct{})
	r := newRig(t, on("line", "tcp://127.0.0.1:0"), sink)
	write(t, dial(t, r.Addrs()[0]), "a.b 1 1700000000\n")
	for range 3 { // before, at and after the moment when the sink begins to wait
		ran := false
		if err := r.worker.Ask(t.Context(), func() { ran = true }); err != nil || !ran {
			t.Fatalf("ran %v, %v", ran, err)
		}
	}
	close(sink.gate)
	sink.want(t, "a.b")
}

func TestAskGivesUp(t *testing.T) {
	w := NewWorker(newRecorder(), make(chan func(), 1), time.Millisecond, zap.NewNop())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 { // with and without room in the channel
		if err := w.Ask(ctx, func() { t.Error("ran although Ask gave up") }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	w.Start()
	if err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Ask(t.Context(), func() { t.Error("ran in a worker that is gone") }); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// The sink is flushed a linger after it got something, and not again while nothing comes.
func TestLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecorder()
		w := NewWorker(sink, sink.asks, 5*time.Millisecond, zap.NewNop())
		l, err := NewListener(on("line", "tcp://:0"), 0, []*Worker{w}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		w.Start()
		ours := l.pipe()
		flushed := func(want int) {
			t.Helper()
			synctest.Wait()
			sink.mu.Lock()
			defer sink.mu.Unlock()
			if sink.flushes != want {
				t.Errorf("flushed %d times at %v, want %d", sink.flushes, time.Now(), want)
			}
		}
		write(t, ours, "a.b 1 1700000000\n")
		flushed(0)
		time.Sleep(4 * time.Millisecond)
		write(t, ours, "a.c 1 1700000000\n")
		time.Sleep(time.Millisecond)
		flushed(1)
		time.Sleep(5 * time.Millisecond)
		flushed(2) // which finds nothing
		time.Sleep(time.Hour)
		flushed(2)
		write(t, ours, "a.d 1 1700000000\n")
		time.Sleep(5 * time.Millisecond)
		flushed(3)
		closeConn(t, ours)
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
		sink.want(t, "a.b", "a.c", "a.d")
	})
}

func TestNoLinger(t *testing.T) {
	sink := newRecorder()
	w := NewWorker(sink, sink.asks, 0, zap.NewNop())
	w.Start()
	l, err := NewListener(on("line", "tcp://:0"), 0, []*Worker{w}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ours := l.pipe()
	write(t, ours, "a.b 1 1700000000\n")
	sink.await(t, "a flush", func() bool { return sink.flushes > 0 && !sink.open })
	closeConn(t, ours)
	if err := errors.Join(l.Close(t.Context()), w.Close(t.Context())); err != nil {
		t.Error(err)
	}
}

// A closing worker decodes what is in its inbox and flushes; past its deadline it says what it could not.
func TestWorkerClose(t *testing.T) {
	sink := newRecorder()
	sink.gate = make(chan struct{})
	r := newRig(t, on("line", "tcp://127.0.0.1:0"), sink)
	conn := dial(t, r.Addrs()[0])
	write(t, conn, strings.Repeat("a.b 1 1700000000\n", 3))
	closeConn(t, conn)
	if err := r.Listener.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.worker.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("closing a worker whose sink waits gave %v", err)
	}
	close(sink.gate)
	if err := r.worker.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	sink.want(t, "a.b", "a.b", "a.b")
	if sink.open {
		t.Error("not flushed at the end")
	}
}

// Batches of a stream that was refused are dropped, though they were read before anybody knew.
func TestRefusedInTheInbox(t *testing.T) {
	sink := newRecorder()
	w := NewWorker(sink, sink.asks, time.Millisecond, zap.NewNop())
	o := on("pickle", "tcp://:0")
	l, err := NewListener(o, 0, []*Worker{w}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ours := l.pipe()
	write(t, ours, string(frame(t)))
	write(t, ours, string(global(t)))
	write(t, ours, string(frame(t)))
	write(t, ours, string(frame(t))[:7])
	w.Start()
	wantEnd(t, ours)
	if err := errors.Join(l.Close(t.Context()), w.Close(t.Context())); err != nil {
		t.Error(err)
	}
	sink.want(t, "a.b")
	sink.wantBad(t, stat.BadPickle, 1)
}

// nowhere is a sink that costs nothing.
type nowhere struct{}

func (nowhere) Accept(b *carbon.Batch) { b.Free() }
func (nowhere) Flush() bool            { return false }

func TestDecodingAllocatesNothing(t *testing.T) {
	if race {
		t.Skip("pools forget under the race detector")
	}
	w := NewWorker(nowhere{}, nil, 0, zap.NewNop())
	from := &origin{decoder: nothing{}}
	if allocs := testing.AllocsPerRun(1000, func() {
		b := carbon.NewBatch()
		b.Bytes = append(b.Bytes, "a.b 1\n"...)
		w.room <- struct{}{}
		w.decode(work{batch: b, from: from})
	}); allocs >= 1 {
		t.Errorf("%v allocations a batch", allocs)
	}
}

// nothing is a decoder that finds nothing.
type nothing struct{}

func (nothing) Decode(*carbon.Batch, int64) error { return nil }

func TestLegible(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := legible(in); got != want {
			t.Errorf("legible(%q) = %s, want %s", in, got, want)
		}
	}
	f("10.0.0.1:7", "10.0.0.1:7")
	f("a\x1b[2J\n\u202e", `a\x1b[2J\n\u202e`)
	f(`say "no"`, `say "no"`)
	f("\xff", `\ufffd`)
	f(strings.Repeat("a", 500), strings.Repeat("a", legibleMax))
	f(strings.Repeat("\u202e", 500), strings.Repeat(`\u202e`, legibleMax/6))
}
