package ingest

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/stat"
)

func TestPrefixes(t *testing.T) {
	ps, err := parsePrefixes([]string{"10.0.0.0/8", "192.0.2.7", "::1", "2001:db8::/32", "::ffff:198.51.100.1"})
	if err != nil {
		t.Fatal(err)
	}
	f := func(address string, want bool) {
		t.Helper()
		a := plainAddr(netip.AddrPortFrom(netip.MustParseAddr(address), 1)).Addr()
		if got := ps.admit(a); got != want {
			t.Errorf("%s is admitted: %v, want %v", address, got, want)
		}
		if !(prefixes)(nil).admit(a) {
			t.Errorf("%s is not admitted where nobody is named", address)
		}
	}
	f("10.255.0.1", true)
	f("11.0.0.1", false)
	f("::ffff:10.0.0.1", true)
	f("192.0.2.7", true)
	f("192.0.2.8", false)
	f("198.51.100.1", true)
	f("::1", true)
	f("::2", false)
	f("2001:db8:1::5%eth0", true)
	f("fe80::1%eth0", false)
}

// Who is not in allow is closed at once, or not heard, and counted beside the ledger; there is one line about it.
func TestAllow(t *testing.T) {
	o := on("line", "tcp://127.0.0.1:0", "udp://127.0.0.1:0", "unix://"+t.TempDir()+"/s")
	o.Allow = []string{"192.0.2.0/24"}
	r := newRig(t, o, newRecorder())
	for range 3 {
		wantEnd(t, dial(t, r.Addrs()[0]))
	}
	udp := dialPacket(t, r.Addrs()[1])
	write(t, udp, "a.a 1 1700000000")
	write(t, udp, "a.b 1 1700000000")
	write(t, dial(t, r.Addrs()[2]), "a.c 1 1700000000\n")
	r.sink.want(t, "a.c")
	r.close(t)
	r.sink.want(t, "a.c")
	if s := r.Stats(); s.Refused.Allow != 5 || s.Accepted != 1 || s.Datagrams != 0 {
		t.Errorf("the figures are %+v", s)
	}
	if n := r.logs.FilterMessageSnippet("not in allow").Len(); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

// Who is in allow is heard, by TCP and UDP.
func TestAllowed(t *testing.T) {
	o := on("line", "tcp://127.0.0.1:0", "udp://127.0.0.1:0")
	o.Allow = []string{"10.0.0.0/8", "127.0.0.1"}
	r := newRig(t, o, newRecorder())
	write(t, dial(t, r.Addrs()[0]), "a.a 1 1700000000\n")
	r.sink.want(t, "a.a")
	write(t, dialPacket(t, r.Addrs()[1]), "a.b 1 1700000000")
	r.sink.want(t, "a.a", "a.b")
	if s := r.Stats(); s.Refused.Allow != 0 {
		t.Errorf("the figures are %+v", s)
	}
}

// At its own limit, and at the one it shares, a listener refuses connections until one ends.
func TestConnectionLimits(t *testing.T) {
	f := func(own, shared int) {
		t.Helper()
		o := on("line", "tcp://127.0.0.1:0")
		o.Connections, o.Quota = own, NewQuota(shared)
		r := newRig(t, o, newRecorder())
		first, second := dial(t, r.Addrs()[0]), dial(t, r.Addrs()[0])
		write(t, first, "a.a 1 1700000000\n")
		r.sink.want(t, "a.a")
		write(t, second, "a.b 1 1700000000\n")
		r.sink.want(t, "a.a", "a.b")
		wantEnd(t, dial(t, r.Addrs()[0]))
		wantEnd(t, dial(t, r.Addrs()[0]))
		if s := r.Stats(); s.Refused.Connections != 2 || s.Open != 2 {
			t.Errorf("the figures are %+v", s)
		}
		closeConn(t, first)
		eventually(t, func() bool { return r.Stats().Open == 1 })
		write(t, dial(t, r.Addrs()[0]), "a.c 1 1700000000\n")
		r.sink.want(t, "a.a", "a.b", "a.c")
		if n := r.logs.FilterMessageSnippet("limit on connections").Len(); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
		r.close(t)
		if n := o.Quota.open.Load(); n != 0 {
			t.Errorf("%d places are still taken", n)
		}
	}
	f(2, 100)
	f(0, 2)
}

// Listeners that share a quota share it.
func TestSharedQuota(t *testing.T) {
	o := on("line", "tcp://127.0.0.1:0")
	o.Quota = NewQuota(1)
	one, two := newRig(t, o, newRecorder()), newRig(t, o, newRecorder())
	write(t, dial(t, one.Addrs()[0]), "a.a 1 1700000000\n")
	one.sink.want(t, "a.a")
	wantEnd(t, dial(t, two.Addrs()[0]))
}

// A connection that ends without a byte is a probe, not a fault; one that sent something, or that we end, is none.
func TestProbes(t *testing.T) {
	r := newRig(t, on("line", "tcp://127.0.0.1:0"), newRecorder())
	closeConn(t, dial(t, r.Addrs()[0]))
	reset := dial(t, r.Addrs()[0]).(*net.TCPConn)
	if err := reset.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	closeConn(t, reset)
	spoke := dial(t, r.Addrs()[0])
	write(t, spoke, "\n")
	closeConn(t, spoke)
	dial(t, r.Addrs()[0])
	eventually(t, func() bool { s := r.Stats(); return s.Closed == 3 && s.Open == 1 })
	r.close(t)
	if s := r.Stats(); s.Probes != 2 {
		t.Errorf("%d probes, want 2", s.Probes)
	}
	if r.logs.Len() != 0 {
		t.Errorf("said %v", r.logs.All())
	}
}

// A message that senders can cause at will comes once a minute, and says how often it would have come.
func TestSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s seldom
		f := func(n, want int64) {
			t.Helper()
			if got, ok := s.now(n); ok != (want > 0) || got != want {
				t.Errorf("got %d %v, want %d", got, ok, want)
			}
		}
		f(1, 1)
		f(1, 0)
		time.Sleep(seldomEvery - 1)
		f(3, 0)
		time.Sleep(time.Nanosecond)
		f(2, 6)
		f(1, 0)
		time.Sleep(time.Hour)
		f(1, 2)
	})
}

// fromTCP is a connection in memory that says it comes from an address.
type fromTCP struct {
	net.Conn
	addr string
}

func (c fromTCP) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.addr))
}

// serveFrom serves a connection in memory that comes from addr, and returns its other end.
func (l *Listener) serveFrom(addr string) net.Conn {
	ours, theirs := net.Pipe()
	l.Serve(fromTCP{theirs, addr})
	return ours
}

// A silent TCP connection is closed after its time, one that speaks, one that waits for us, and one that is no TCP stay.
func TestIdle(t *testing.T) {
	const idle = time.Minute
	synctest.Test(t, func(t *testing.T) {
		sink := newRecorder()
		sink.gate = make(chan struct{}, 1000)
		w := NewWorker(sink, sink.asks, time.Millisecond, zap.NewNop())
		l, err := NewListener(on("line", "tcp://127.0.0.1:0"), 0, []*Worker{w}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		w.Start()
		l.accepting.Go(func() { l.sweepIdle(idle) })
		silent, mute, speaking, local := l.serveFrom("10.0.0.1:1"), l.serveFrom("10.0.0.1:2"), l.serveFrom("10.0.0.1:3"), l.pipe()
		write(t, silent, "a.a 1 1700000000\na.b 1")
		for range 5 {
			sink.gate <- struct{}{}
			write(t, speaking, "a.c 1 1700000000\n")
			time.Sleep(idle / 2)
		}
		sink.gate <- struct{}{}
		sink.gate <- struct{}{}
		synctest.Wait()
		if s := l.Stats(); s.Idled != 2 || s.Open != 2 {
			t.Errorf("the figures are %+v", s)
		}
		for _, conn := range []net.Conn{silent, mute} {
			if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("reading from a connection that was closed gives %v", err)
			}
		}
		sink.wantBad(t, stat.Unterminated, 1)

		// Now the worker stands still, so that the speaker has to wait for room with what it has sent.
		for len(sink.gate) > 0 {
			<-sink.gate
		}
		for range inboxSize + 2 {
			write(t, speaking, "a.c 1 1700000000\n")
			synctest.Wait()
		}
		time.Sleep(10 * idle)
		if s := l.Stats(); s.Idled != 2 || s.Open != 2 {
			t.Errorf("with a worker that stands the figures are %+v", s)
		}
		close(sink.gate)
		time.Sleep(2 * idle)
		if s := l.Stats(); s.Idled != 3 || s.Open != 1 || s.Probes != 0 {
			t.Errorf("in the end the figures are %+v", s)
		}
		write(t, local, "a.d 1 1700000000\n")
		closeConn(t, local)
		if err := l.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := w.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// The listener that is started does sweep.
func TestIdleListener(t *testing.T) {
	o := on("line", "tcp://127.0.0.1:0")
	idle := 20 * time.Millisecond
	o.Idle = &idle
	r := newRig(t, o, newRecorder())
	conn := dial(t, r.Addrs()[0])
	wantEnd(t, conn)
	if s := r.Stats(); s.Idled != 1 || s.Probes != 0 {
		t.Errorf("the figures are %+v", s)
	}
}

// A connection whose unfinished message goes beyond what all of them may take is ended within it; others are not.
func TestUnfinishedMessages(t *testing.T) {
	o := on("pickle", "tcp://127.0.0.1:0")
	o.MaxFrame, o.Unfinished = 1<<30, NewQuota(512<<10)
	r := newRig(t, o, newRecorder())
	begun := "\x3f\xff\xff\xff" + strings.Repeat("x", 64<<10)
	small, large := dial(t, r.Addrs()[0]), dial(t, r.Addrs()[0])
	write(t, small, begun)
	eventually(t, func() bool { return o.Unfinished.open.Load() >= 64<<10 })
	_, _ = large.Write([]byte(begun + strings.Repeat("x", 4<<20))) // it may be over before all is written
	r.sink.wantBad(t, stat.Unterminated, 1)
	write(t, dial(t, r.Addrs()[0]), string(frame(t)))
	r.sink.want(t, "a.b")
	if n := r.logs.FilterMessageSnippet("within a message").Len(); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	closeConn(t, small)
	r.sink.wantBad(t, stat.Unterminated, 2)
	r.close(t)
	if n := o.Unfinished.open.Load(); n != 0 {
		t.Errorf("%d bytes are still taken", n)
	}
}
