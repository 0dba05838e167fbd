package ingest

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// deadline is how long a test waits for what must come.
const deadline = 20 * time.Second

// A recorder is a sink that remembers what it got. If gate is not nil each Accept takes a token from it first, and
// serves asks while it waits, as a sink does whose shard is full.
type recorder struct {
	gate chan struct{}
	asks chan func()

	mu      sync.Mutex
	names   []string
	bad     [stat.NReasons]uint32
	limited int
	batches int
	flushes int
	open    bool
	changed chan struct{} // replaced and closed at each change
}

func newRecorder() *recorder {
	return &recorder{asks: make(chan func()), changed: make(chan struct{})}
}

func (r *recorder) Accept(b *carbon.Batch) {
	for waiting := r.gate != nil; waiting; {
		select {
		case <-r.gate:
			waiting = false
		case f := <-r.asks:
			f()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range b.Points {
		r.names = append(r.names, string(b.Name(&b.Points[i])))
	}
	for i, n := range b.Bad {
		r.bad[i] += n
	}
	r.limited += int(b.Limited)
	r.batches++
	r.open = true
	b.Free()
	r.note()
}

func (r *recorder) Flush() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	open := r.open
	r.open = false
	r.flushes++
	r.note()
	return open
}

func (r *recorder) note() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// await waits until ok holds of r.
func (r *recorder) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(deadline)
	for {
		r.mu.Lock()
		changed, done := r.changed, ok()
		r.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-late:
			r.mu.Lock()
			defer r.mu.Unlock()
			t.Fatalf("waited too long for %s; there are %d points, bad %v", what, len(r.names), r.bad)
		}
	}
}

// want waits for as many points as names, sorts them if they came by several ways, and compares.
func (r *recorder) want(t *testing.T, names ...string) {
	t.Helper()
	r.await(t, fmt.Sprint(len(names), " points"), func() bool { return len(r.names) >= len(names) })
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.names, names) {
		t.Errorf("got %.300q, want %.300q", r.names, names)
	}
}

// wantNames checks that n points came so far, without waiting for more.
func (r *recorder) wantNames(t *testing.T, n int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.names) != n {
		t.Errorf("got %d points, want %d: %.300q", len(r.names), n, r.names)
	}
}

// wantBad waits until n messages were refused for why, and checks that nothing else was.
func (r *recorder) wantBad(t *testing.T, why stat.Reason, n uint32) {
	t.Helper()
	r.await(t, fmt.Sprint(n, " ", why), func() bool { return r.bad[why] >= n })
	r.mu.Lock()
	defer r.mu.Unlock()
	want := [stat.NReasons]uint32{}
	want[why] = n
	if r.bad != want {
		t.Errorf("refused %v, want %d %s", r.bad, n, why)
	}
}

// eventually waits for something that nobody tells of.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for late := time.Now().Add(deadline); !ok(); runtime.Gosched() {
		if time.Now().After(late) {
			t.Fatal("waited too long")
		}
	}
}

// A rig is a listener with one worker and a recorder behind it.
type rig struct {
	*Listener
	worker *Worker
	sink   *recorder
	logs   *observer.ObservedLogs
}

// newRig starts a listener with o's addresses, and closes it all at the test's end if the test did not.
func newRig(t testing.TB, o Options, sink *recorder) *rig {
	t.Helper()
	core, logs := observer.New(zapcore.InfoLevel)
	log := zap.New(core)
	w := NewWorker(sink, sink.asks, time.Millisecond, log)
	l, err := NewListener(o, 7, []*Worker{w}, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Open(); err != nil {
		t.Fatal(err)
	}
	w.Start()
	l.Start()
	r := &rig{Listener: l, worker: w, sink: sink, logs: logs}
	t.Cleanup(func() { r.close(t) })
	return r
}

// close closes the listener and then the worker, as the daemon does.
func (r *rig) close(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := r.Listener.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := r.worker.Close(ctx); err != nil {
		t.Error(err)
	}
}

// on returns the default options, of protocol, at addresses.
func on(protocol string, addresses ...string) Options {
	o := DefaultOptions()
	o.Protocol, o.Address, o.RecvBuffer = protocol, addresses, 1<<20
	return o
}

// pipe serves one end of a connection in memory and returns the other.
func (l *Listener) pipe() net.Conn {
	ours, theirs := net.Pipe()
	l.Serve(theirs)
	return ours
}
