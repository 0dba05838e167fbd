package ingest

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
)

// What comes in many small writes arrives whole and in order, whoever reads it: the streams' readers or their worker.
func TestSmallWrites(t *testing.T) {
	f := func(linger time.Duration, address string) {
		t.Helper()
		o := on("line", address)
		o.Linger = linger
		r := newRig(t, o, newRecorder())
		const conns, n = 3, 500
		for c := range conns {
			conn := dial(t, r.Addrs()[0])
			go func() {
				for i := range n {
					text := fmt.Sprintf("c%d.n%03d 1 1700000000\n", c, i)
					_, _ = conn.Write([]byte(text[:5])) // also within a line
					_, _ = conn.Write([]byte(text[5:]))
				}
				_ = conn.Close()
			}()
		}
		r.sink.await(t, "all points", func() bool { return len(r.sink.names) >= conns*n })
		r.sink.mu.Lock()
		defer r.sink.mu.Unlock()
		for c := range conns {
			mine := slices.DeleteFunc(slices.Clone(r.sink.names), func(name string) bool { return !strings.HasPrefix(name, fmt.Sprintf("c%d.", c)) })
			if len(mine) != n || !slices.IsSorted(mine) {
				t.Errorf("linger %v at %s: %d of %d points, in order: %v", linger, address, len(mine), n, slices.IsSorted(mine))
			}
		}
	}
	f(5*time.Millisecond, "tcp://127.0.0.1:0")
	f(0, "tcp://127.0.0.1:0")
	f(5*time.Millisecond, "unix://"+t.TempDir()+"/s")
}

// A worker reads what rests with it and gives it back when nothing comes, when much does, at its end and at the stop.
func TestVisit(t *testing.T) {
	sink := newRecorder()
	w := NewWorker(sink, sink.asks, time.Millisecond, zap.NewNop())
	l, err := NewListener(on("line", "tcp://127.0.0.1:0"), 0, []*Worker{w}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := tcpPair(t)
	raw, err := theirs.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{listener: l, worker: w, conn: theirs, cut: l.opts.cutter(), from: &origin{decoder: l.decoders[0], callers: &l.callers}}
	s.mayRest(raw)
	arrived := func(n int) {
		t.Helper()
		eventually(t, func() (there bool) {
			_ = raw.Control(func(fd uintptr) { there = unread(fd) >= n })
			return there
		})
	}
	f := func(what, text string, stays bool, verdict error) {
		t.Helper()
		s.lend()
		write(t, ours, text)
		arrived(len(text))
		if got := w.visit(s); got != stays || s.pause.verdict != verdict {
			t.Errorf("%s: it stays: %v, want %v; %v, want %v", what, got, stays, s.pause.verdict, verdict)
		}
		if back := len(s.pause.back) == 1; back == stays || (s.holder.Load() == held) == stays {
			t.Errorf("%s: it is back: %v", what, back)
		}
		if !stays {
			<-s.pause.back
		}
	}
	text, names := lines(100)
	f("a little", text, true, nil)
	f("nothing", "", false, nil)
	f("half a line", "x.", true, nil)
	f("the rest", "y 1\n", true, nil)
	more, moreNames := lines(eager / 8)
	f("much, and then nothing", more, false, nil)
	sink.want(t, append(append(names, "x.y"), moreNames...)...)
	close(l.stop)
	f("the stop", "z 1\n", false, nil)
	if err := theirs.Close(); err != nil {
		t.Fatal(err)
	}
}

// A stream whose worker never comes back is its reader's again at the stop, and stays so.
func TestStopWhileResting(t *testing.T) {
	l, err := NewListener(on("line", "tcp://127.0.0.1:0"), 0, []*Worker{NewWorker(nowhere{}, nil, time.Millisecond, zap.NewNop())}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{listener: l, worker: l.workers[0]}
	s.got = 10
	if s.mayRest(nil); s.pause == nil || !s.pause.wanted {
		t.Fatal("it may not rest")
	}
	s.lend()
	close(l.stop)
	if err := s.rest(); err != nil || s.holder.Load() != held {
		t.Errorf("%v, held: %v", err, s.holder.Load() == held)
	}
	if l.workers[0].visit(s) {
		t.Error("the worker keeps it")
	}
	if s.mayRest(nil); s.pause != nil {
		t.Error("it may rest again")
	}
}

// tcpPair returns both ends of a connection.
func tcpPair(t *testing.T) (ours, theirs *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	one, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { one.Close() })
	two, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return one.(*net.TCPConn), two.(*net.TCPConn)
}

// A stream is not silent while it rests with a worker that has no time for it.
func TestIdleWhileResting(t *testing.T) {
	w := NewWorker(nowhere{}, nil, time.Millisecond, zap.NewNop()) // which is not started
	l, err := NewListener(on("line", "tcp://127.0.0.1:0"), 0, []*Worker{w}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{listener: l, worker: w, tcp: true}
	l.streams = map[*stream]struct{}{s: {}}
	s.got = 10
	s.mayRest(nil)
	s.lend()
	now := time.Now()
	for range 5 {
		now = now.Add(time.Hour)
		l.sweep(now, time.Minute)
	}
	if n := l.counts.idled.Load(); n != 0 || s.ending {
		t.Errorf("%d connections were silent for too long, and are ending: %v", n, s.ending)
	}
}

// What a stream's end cuts goes to the worker without the stream.
func TestEndOfAHalfLine(t *testing.T) {
	w := NewWorker(nowhere{}, nil, time.Millisecond, zap.NewNop())
	l, err := NewListener(on("line", "tcp://127.0.0.1:0"), 0, []*Worker{w}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := tcpPair(t)
	s := &stream{listener: l, worker: w, conn: theirs, cut: l.opts.cutter(), from: &origin{decoder: l.decoders[0], callers: &l.callers}}
	write(t, ours, "x.y 1 17")
	if err := ours.Close(); err != nil {
		t.Fatal(err)
	}
	s.run()
	if k := <-w.inbox; k.rest != nil || s.holder.Load() != held {
		t.Errorf("the stream is lent: %v, held: %v", k.rest != nil, s.holder.Load() == held)
	}
}
