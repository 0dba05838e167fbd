package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"plumbago/carbon/stat"
)

// lines returns n lines and the names in them.
func lines(n int) (text string, names []string) {
	var b strings.Builder
	for i := range n {
		names = append(names, fmt.Sprint("a.b", i))
		fmt.Fprintf(&b, "%s %d 1700000000\n", names[i], i)
	}
	return b.String(), names
}

// A sender that wrote and then sees us stop has lost nothing, though nobody had read it and the worker is slow.
func TestCloseReadsWhatHasArrived(t *testing.T) {
	f := func(t *testing.T, address string, n int) {
		t.Helper()
		sink := newRecorder()
		sink.gate = make(chan struct{})
		o := on("line", address)
		o.Linger = 0 // so that each line is read by itself, though nobody decodes
		r := newRig(t, o, sink)
		text, names := lines(inboxSize + 1)
		busy := dial(t, r.Addrs()[0])
		for _, line := range strings.SplitAfter(text, "\n") { // one in the sink, the others in the inbox
			sent := r.Stats().Bytes + int64(len(line))
			write(t, busy, line)
			for r.Stats().Bytes < sent {
				runtime.Gosched()
			}
		}
		text, more := lines(n)
		late := dial(t, r.Addrs()[0])
		write(t, late, text)
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			<-r.stop
			close(sink.gate)
		})
		r.close(t)
		sink.want(t, append(names, more...)...)
		wantEnd(t, late)
	}
	f(t, "tcp://127.0.0.1:0", 5000)
	f(t, "unix://"+filepath.Join(t.TempDir(), "s"), 1000)
}

// A connection that waits to be accepted at the stop counts as well.
func TestCloseAcceptsWhoWaits(t *testing.T) {
	f := func(t *testing.T, address string, close bool) {
		t.Helper()
		sink := newRecorder()
		w := NewWorker(sink, sink.asks, time.Millisecond, zap.NewNop())
		l, err := NewListener(on("line", address), 0, []*Worker{w}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Open(); err != nil {
			t.Fatal(err)
		}
		text, names := lines(1000)
		conn := dial(t, l.Addrs()[0])
		write(t, conn, text+"a.c 1")
		if close {
			closeConn(t, conn)
		}
		w.Start()
		// The acceptor starts with the stop behind it, so that all is left to its drain.
		for _, a := range l.acceptors {
			if err := a.socket.SetDeadline(longAgo()); err != nil {
				t.Fatal(err)
			}
		}
		l.Start()
		if err := errors.Join(l.Close(t.Context()), w.Close(t.Context())); err != nil {
			t.Error(err)
		}
		sink.want(t, names...)
		sink.wantBad(t, stat.Unterminated, 1)
	}
	for _, closed := range []bool{true, false} {
		f(t, "tcp://127.0.0.1:0", closed)
		f(t, "tcp://:0", closed)
		f(t, "unix://"+filepath.Join(t.TempDir(), "s"), closed)
	}
}

// Datagrams that the kernel had taken are not lost either.
func TestCloseReadsDatagrams(t *testing.T) {
	f := func(t *testing.T, address string, n int) {
		t.Helper()
		sink := newRecorder()
		w := NewWorker(sink, sink.asks, time.Millisecond, zap.NewNop())
		l, err := NewListener(on("line", address), 0, []*Worker{w}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Open(); err != nil {
			t.Fatal(err)
		}
		conn := dialPacket(t, l.Addrs()[0])
		text, names := lines(n)
		for line := range strings.Lines(text) {
			write(t, conn, line)
		}
		// The reader starts with the stop behind it, so that all is left to its drain.
		if err := l.packets[0].conn.SetReadDeadline(longAgo()); err != nil {
			t.Fatal(err)
		}
		w.Start()
		l.Start()
		if err := errors.Join(l.Close(t.Context()), w.Close(t.Context())); err != nil {
			t.Error(err)
		}
		sink.want(t, names...)
	}
	f(t, "udp://127.0.0.1:0", 500)
	f(t, "unixgram://"+filepath.Join(t.TempDir(), "s"), 10)
}

// However fast a sender goes on, the stop comes to an end.
func TestCloseWhileSendersGoOn(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, on("line", "tcp://127.0.0.1:0", "udp://127.0.0.1:0", "unix://"+dir+"/s", "unixgram://"+dir+"/g"), newRecorder())
	var wg sync.WaitGroup
	defer wg.Wait()
	stop := make(chan struct{})
	defer close(stop)
	text, _ := lines(20)
	for _, a := range r.Addrs() {
		conn := dialPacket(t, a)
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := conn.Write([]byte(text)); err != nil && a.Network() != "udp" {
					return
				}
			}
		})
	}
	r.sink.await(t, "a few lines", func() bool { return len(r.sink.names) > 1000 })
	r.close(t)
}

// Past its deadline Close leaves what it cannot hand on, says so, and leaves nobody behind.
func TestCloseGivesUp(t *testing.T) {
	sink := newRecorder()
	sink.gate = make(chan struct{})
	r := newRig(t, on("line", "tcp://127.0.0.1:0", "udp://127.0.0.1:0"), sink)
	for range inboxSize + 10 {
		write(t, dial(t, r.Addrs()[0]), "a.b 1 1700000000\n")
	}
	for len(r.worker.inbox) < inboxSize {
		runtime.Gosched()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := r.Listener.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	close(sink.gate)
}

// Without a file descriptor left an acceptor closes who waits, rests, says so once, and goes on when there is one again.
func TestNoDescriptors(t *testing.T) {
	warned, again := make(chan struct{}, 10), make(chan struct{}, 10)
	core, _ := observer.New(zapcore.InfoLevel)
	log := zap.New(core, zap.Hooks(func(e zapcore.Entry) error {
		if e.Level == zapcore.WarnLevel {
			warned <- struct{}{}
		} else {
			again <- struct{}{}
		}
		return nil
	}))
	sink := newRecorder()
	w := NewWorker(sink, sink.asks, time.Millisecond, log)
	l, err := NewListener(on("line", "tcp://127.0.0.1:0"), 0, []*Worker{w}, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Open(); err != nil {
		t.Fatal(err)
	}
	turnedAway := dial(t, l.Addrs()[0])
	write(t, turnedAway, "a.b 1 1700000000\n")
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	lowest := uint64(null.Fd()) // all below it are in use
	null.Close()
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: lowest, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	w.Start()
	l.Start()
	<-warned
	wantEnd(t, turnedAway)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	write(t, dial(t, l.Addrs()[0]), "a.c 1 1700000000\n")
	sink.want(t, "a.c")
	<-again
	if p := l.Callers(); len(p) != 1 || p[0].Refused != 1 {
		t.Errorf("the callers are %+v", p)
	}
	if n := l.Stats().Refused.Descriptors; n != 1 {
		t.Errorf("%d connections were refused, want 1", n)
	}
	if err := errors.Join(l.Close(t.Context()), w.Close(t.Context())); err != nil {
		t.Error(err)
	}
	if len(warned) != 0 {
		t.Errorf("warned %d times more", len(warned))
	}
}

func TestSocketFiles(t *testing.T) {
	open := func(o Options) (*Listener, error) {
		l, err := NewListener(o, 0, []*Worker{NewWorker(nowhere{}, nil, 0, zap.NewNop())}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		return l, l.Open()
	}
	f := func(network string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "s")
		o := on("line", network+"://"+path)
		first, err := open(o)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != socketMode {
			t.Errorf("the socket is %v, %v", info, err)
		}
		if _, err := open(o); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("opened a socket that is in use: %v", err)
		}
		if err := first.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket stayed: %v", err)
		}

		stale(t, path)
		second, err := open(o)
		if err != nil {
			t.Fatalf("a stale socket is not replaced: %v", err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		third, err := open(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := second.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Errorf("another's socket was removed: %v", err)
		}
		if err := third.Close(t.Context()); err != nil {
			t.Error(err)
		}

		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := open(o); err == nil || !strings.Contains(err.Error(), "no socket") {
			t.Errorf("replaced a file that is no socket: %v", err)
		}
	}
	f("unix")
	f("unixgram")
}

// stale leaves a socket's file behind, as a process that was killed does.
func stale(t *testing.T, path string) {
	t.Helper()
	s, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	s.SetUnlinkOnClose(false)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// An Open that fails leaves nothing open.
func TestOpenAllOrNone(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	path := filepath.Join(t.TempDir(), "s")
	o := on("line", "unix://"+path, "tcp://"+taken.Addr().String())
	l, err := NewListener(o, 0, []*Worker{NewWorker(nowhere{}, nil, 0, zap.NewNop())}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Open(); err == nil || !strings.Contains(err.Error(), "tcp://"+taken.Addr().String()) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket stayed: %v", err)
	}
}

func TestOptionsCheck(t *testing.T) {
	f := func(change func(*Options), want string) {
		t.Helper()
		o := on("line", "tcp://:2003", "udp://[::1]:2003", "unix:///run/s", "unixgram://@name")
		change(&o)
		err := o.Check()
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if _, e := NewListener(o, 0, []*Worker{nil}, zap.NewNop()); (e == nil) != (err == nil) {
			t.Errorf("NewListener gave %v, Check %v", e, err)
		}
	}
	f(func(o *Options) {}, "")
	f(func(o *Options) { o.Protocol = "lines" }, `protocol "lines"`)
	f(func(o *Options) { o.Address = nil }, "address is empty")
	f(func(o *Options) { o.MaxLine = 0 }, "max_line")
	f(func(o *Options) { o.MaxName = 65536 }, "max_name")
	f(func(o *Options) { o.MaxFrame = 1<<30 + 1 }, "max_frame")
	f(func(o *Options) { o.Names = "" }, "names")
	f(func(o *Options) { o.Unterminated = "keep" }, "unterminated")
	f(func(o *Options) { o.RecvBuffer = -1 }, "recv_buffer")
	f(func(o *Options) { o.Allow = []string{"10.0.0.0/8", "::1", "192.0.2.7", "2001:db8::/32"} }, "")
	f(func(o *Options) { o.Allow = []string{"10.0.0.1/8"} }, `want "10.0.0.0/8"`)
	f(func(o *Options) { o.Allow = []string{"::ffff:10.0.0.0/104"} }, "IPv4")
	f(func(o *Options) { o.Allow = []string{"localhost"} }, "neither")
	f(func(o *Options) { o.Connections = -1 }, "connections")
	f(func(o *Options) { o.Rate = -1 }, "rate")
	f(func(o *Options) { o.Idle = new(time.Duration); *o.Idle = -1 }, "idle")
	for address, want := range map[string]string{
		":2003": "no scheme", "http://a:1": "unknown scheme", "tcp://a": "HOST:PORT", "tcp://a:http": "port", "udp://:65536": "port",
		"unix://": "no path", "unixgram://@": "no path", "unix:///" + strings.Repeat("a", 107): "at most 107",
	} {
		f(func(o *Options) { o.Address = append(o.Address, address) }, want)
	}
}
