package ingest

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
)

// A peer has a burst of a second's worth, and then its rate.
func TestBudget(t *testing.T) {
	l := newLimiter(10)
	a, b := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	f := func(peer netip.Addr, n int, now int64, want int) {
		t.Helper()
		if got := l.take(peer, n, now); got != want {
			t.Errorf("%d at %d: got %d, want %d", n, now, got, want)
		}
	}
	f(a, 4, 1000, 4)
	f(a, 7, 1000, 6)
	f(a, 7, 1000, 0)
	f(b, 7, 1000, 7)
	f(a, 7, 1099, 0)
	f(a, 7, 1100, 1)
	f(a, 7, 1150, 0)
	f(a, 7, 1300, 2)
	f(a, 100, 1<<40, 10)
	f(a, 1, 0, 0) // the clock was set back by years
	f(a, 9, 100, 1)
	f(a, 0, 200, 0)
	f(a, 9, 300, 2)
}

// Workers take from one budget, and what they took at nearly the same moment comes in any order: nobody gains by that.
func TestBudgetOfSeveral(t *testing.T) {
	l := newLimiter(1000)
	peer, got := netip.MustParseAddr("10.0.0.1"), 0
	got += l.take(peer, 1000, 1000)
	for now := int64(1001); now <= 2000; now++ {
		got += l.take(peer, 100, now)
		got += l.take(peer, 100, now-20) // by a worker that had more to decode
	}
	if got != 2000 {
		t.Errorf("%d got through in a second, want a burst and 1000", got)
	}
}

// However many others come, who sends all the time is not forgotten; and the table stays small.
func TestForgetting(t *testing.T) {
	l := newLimiter(10)
	flooder := netip.MustParseAddr("10.0.0.1")
	got := l.take(flooder, 1000, 1000)
	for i := range uint32(10 * mostPeers) {
		var ip [4]byte
		binary.BigEndian.PutUint32(ip[:], i)
		l.take(netip.AddrFrom4(ip), 1, 1000)
		got += l.take(flooder, 1000, 1000)
	}
	if got != 10 {
		t.Errorf("the flooder got %d through, want 10", got)
	}
	if n := len(l.young) + len(l.old); n > 2*mostPeers {
		t.Errorf("%d addresses are known", n)
	}
	// Who was silent while all others came has a burst: no more.
	if got = l.take(netip.MustParseAddr("0.0.0.1"), 1000, 1000); got != 10 {
		t.Errorf("somebody forgotten got %d through, want 10", got)
	}
}

// What is beyond a peer's rate is counted and goes no further; each address has its own budget, whatever its ports.
func TestRateOfStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := newRecorder()
		w := NewWorker(sink, sink.asks, time.Millisecond, zap.NewNop())
		o := on("line", "tcp://127.0.0.1:0")
		o.Rate = 10
		l, err := NewListener(o, 0, []*Worker{w}, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		w.Start()
		text, names := lines(15)
		one, two, other, local := l.serveFrom("10.0.0.1:1"), l.serveFrom("10.0.0.1:2"), l.serveFrom("10.0.0.2:1"), l.pipe()
		conns := []net.Conn{one, two, other, local}
		write(t, one, text)
		synctest.Wait()
		write(t, two, "x.x 1 1700000000\n")
		write(t, other, text+"broken\n")
		write(t, local, text)
		time.Sleep(500 * time.Millisecond)
		write(t, two, text)
		for _, c := range conns {
			closeConn(t, c)
		}
		if err := l.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if err := w.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := slices.Concat(names[:10], names[:10], names, names[:5])
		slices.Sort(want)
		slices.Sort(sink.names)
		if !slices.Equal(sink.names, want) {
			t.Errorf("got %q, want %q", sink.names, want)
		}
		if over := int64(5 + 1 + 5 + 10); int64(sink.limited) != over || l.Stats().RateLimited != over {
			t.Errorf("%d were dropped in batches and %d counted, want %d", sink.limited, l.Stats().RateLimited, over)
		}
	})
}

// Datagrams of several senders that were received together are each sender's own.
func TestRateOfDatagrams(t *testing.T) {
	o := on("line", "udp://127.0.0.1:0")
	o.Rate = 3
	w := NewWorker(nowhere{}, nil, 0, zap.NewNop())
	l, err := NewListener(o, 0, []*Worker{w}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Open(); err != nil {
		t.Fatal(err)
	}
	defer l.closeSockets()
	p := l.packets[0]
	for _, from := range []string{"127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.3", "127.0.0.1"} {
		d := net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from)}}
		conn, err := d.Dial("udp", l.Addrs()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		write(t, conn, "a.b 1 1700000000\n")
		closeConn(t, conn)
	}
	for p.got < 6 { // loopback delivers before the write returns
		if err := p.receiveWait(); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.take(); err != nil {
		t.Fatal(err)
	}
	want := []string{"127.0.0.1 2", "127.0.0.2 1", "127.0.0.3 2", "127.0.0.1 1"}
	var got []string
	for len(w.inbox) > 0 {
		k := <-w.inbox
		got = append(got, k.peer.Addr().String()+" "+string('0'+rune(strings.Count(string(k.batch.Bytes), "\n"))))
		k.batch.Free()
		<-w.room
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The path of a datagram that is refused for its rate, from the socket to the count.
func TestRateOfPickles(t *testing.T) {
	o := on("pickle", "udp://127.0.0.1:0")
	o.Rate = 2
	r := newRig(t, o, newRecorder())
	conn := dialPacket(t, r.Addrs()[0])
	for range 4 {
		write(t, conn, string(frame(t)))
	}
	r.sink.await(t, "four samples", func() bool { return len(r.sink.names)+r.sink.limited == 4 })
	if n := r.Stats().RateLimited; n < 1 || n > 2 {
		t.Errorf("%d were dropped", n)
	}
}

func BenchmarkLimit(b *testing.B) {
	l := newLimiter(1000)
	peer := netip.MustParseAddr("10.0.0.1")
	for now := int64(0); b.Loop(); now++ {
		l.take(peer, 500, now)
	}
}
