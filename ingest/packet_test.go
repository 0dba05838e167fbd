package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/stat"
)

// dialPacket connects to a datagram socket.
func dialPacket(t testing.TB, a net.Addr) net.Conn {
	t.Helper()
	if a.Network() == "unixgram" {
		conn, err := net.DialUnix("unixgram", nil, a.(*net.UnixAddr))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	return dial(t, a)
}

func TestDatagrams(t *testing.T) {
	f := func(t *testing.T, address string) {
		t.Helper()
		r := newRig(t, on("line", address), newRecorder())
		conn := dialPacket(t, r.Addrs()[0])
		write(t, conn, "a.a 1 1700000000\na.b 1 1700000000")
		write(t, conn, "")
		write(t, conn, "\n")
		write(t, conn, "a.c 1 1700000000\n")
		write(t, conn, "a.d") // does not go on in the next one
		write(t, conn, " 1 1700000000\na.e 1 1700000000\r\n")
		write(t, conn, "a.f 1 1700000000")
		r.sink.await(t, "the last datagram", func() bool {
			return len(r.sink.names) > 0 && r.sink.names[len(r.sink.names)-1] == "a.f"
		})
		r.sink.mu.Lock()
		got := slices.DeleteFunc(r.sink.names, func(name string) bool { return name == "1" })
		if want := []string{"a.a", "a.b", "a.c", "a.e", "a.f"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		r.sink.mu.Unlock()
		if s := r.Stats(); s.Datagrams != 7 || s.Dropped != 0 {
			t.Errorf("stats are %+v", s)
		}
	}
	t.Run("udp", func(t *testing.T) { f(t, "udp://127.0.0.1:0") })
	t.Run("unixgram", func(t *testing.T) { f(t, "unixgram://"+filepath.Join(t.TempDir(), "s")) })
}

func TestLongDatagrams(t *testing.T) {
	f := func(t *testing.T, address string, size int) {
		t.Helper()
		r := newRig(t, on("line", address), newRecorder())
		conn := dialPacket(t, r.Addrs()[0])
		line := "a.b 1 1700000000\n"
		n := size / len(line)
		for range 2 {
			write(t, conn, strings.Repeat(line, n))
		}
		r.sink.await(t, "all lines", func() bool { return len(r.sink.names) == 2*n })
	}
	f(t, "udp://127.0.0.1:0", 65507)
	f(t, "unixgram://"+filepath.Join(t.TempDir(), "s"), 150<<10)
}

// What the kernel had to cut off a datagram takes the line that it cut along.
func TestCutDatagram(t *testing.T) {
	p := &packetSocket{}
	s, _ := idleStream(t, on("line", "udp://:0"))
	f := func(in, want string) {
		t.Helper()
		p.batch = s.listener.newBatch()
		p.addLines([]byte(in), true)
		if string(p.batch.Bytes) != want || p.batch.Bad[stat.Unterminated] != 1 {
			t.Errorf("%q gives %q and refuses %v", in, p.batch.Bytes, p.batch.Bad)
		}
		p.batch.Free()
	}
	f("a.b 1\na.c 2", "a.b 1\n")
	f("a.c 2", "")
}

// A burst that fits the receive buffer loses nothing.
func TestBurst(t *testing.T) {
	const n = 5000
	r := newRig(t, on("line", "udp://127.0.0.1:0"), newRecorder())
	conn := dialPacket(t, r.Addrs()[0])
	want := make([]string, n)
	for i := range want {
		want[i] = fmt.Sprint("a.b", i)
		write(t, conn, want[i]+" 1 1700000000")
		if i%500 == 499 { // the buffer holds about 2,000
			r.sink.want(t, want[:i+1]...)
		}
	}
	r.sink.want(t, want...)
}

func TestPickleDatagrams(t *testing.T) {
	r := newRig(t, on("pickle", "udp://127.0.0.1:0"), newRecorder())
	conn := dialPacket(t, r.Addrs()[0])
	f := frame(t)
	write(t, conn, string(f))
	write(t, conn, string(global(t)))
	write(t, conn, "\xff\xff\xff\xffwhat follows is no frame")
	write(t, conn, string(bytes.Repeat(f, 3))+string(f[:9]))
	r.sink.want(t, "a.b", "a.b", "a.b", "a.b")
	r.close(t)
	if r.sink.bad[stat.BadPickle] != 2 || r.sink.bad[stat.Unterminated] != 1 {
		t.Errorf("refused %v", r.sink.bad)
	}
	warned := r.logs.FilterMessage("refusing a datagram").All()
	if len(warned) != 1 || warned[0].ContextMap()["peer"] != conn.LocalAddr().String() {
		t.Errorf("warned %v, want once, of %v", warned, conn.LocalAddr())
	}
}

// What the kernel dropped is known.
func TestKernelDrops(t *testing.T) {
	o := on("line", "udp://127.0.0.1:0")
	o.RecvBuffer = 4096
	l, err := NewListener(o, 0, []*Worker{NewWorker(nowhere{}, nil, 0, zap.NewNop())}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Open(); err != nil {
		t.Fatal(err)
	}
	conn := dialPacket(t, l.Addrs()[0])
	for range 200 {
		write(t, conn, "a.b 1 1700000000")
	}
	n := l.Stats().Dropped
	if n < 100 || n >= 200 {
		t.Errorf("%d datagrams were dropped", n)
	}
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if after := l.Stats().Dropped; after != n {
		t.Errorf("%d datagrams were dropped, and %d when the socket is closed", n, after)
	}
}

func TestReceivingAllocatesNothing(t *testing.T) {
	if race {
		t.Skip("pools forget under the race detector")
	}
	p, conn := idlePackets(t)
	line := []byte("a.b 1 1700000000")
	if allocs := testing.AllocsPerRun(500, func() { receiveOne(t, p, conn, line) }); allocs >= 1 {
		t.Errorf("%v allocations a receive", allocs)
	}
}

// idlePackets returns a datagram socket that has no reader, and one that sends to it.
func idlePackets(t testing.TB) (*packetSocket, net.Conn) {
	t.Helper()
	l, err := NewListener(on("line", "udp://127.0.0.1:0"), 0, []*Worker{NewWorker(nowhere{}, nil, 0, zap.NewNop())}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.closeSockets)
	return l.packets[0], dialPacket(t, l.Addrs()[0])
}

func receiveOne(t testing.TB, p *packetSocket, conn net.Conn, line []byte) {
	if _, err := conn.Write(line); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.receiveWait(), p.take()); err != nil {
		t.Fatal(err)
	}
	(<-p.worker.inbox).batch.Free()
	<-p.worker.room
}

func BenchmarkReceive(b *testing.B) {
	p, conn := idlePackets(b)
	line := []byte("servers.web01.cpu 1 1700000000")
	var spent time.Duration // without the sender's part
	for b.Loop() {
		for range udpSlots {
			if _, err := conn.Write(line); err != nil {
				b.Fatal(err)
			}
		}
		begun := time.Now()
		if err := errors.Join(p.receiveWait(), p.take()); err != nil {
			b.Fatal(err)
		}
		(<-p.worker.inbox).batch.Free()
		<-p.worker.room
		spent += time.Since(begun)
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N)/udpSlots, "ns/datagram")
}

// What waits for a UDP socket is told of datagrams that were there before, that come later, and of the end.
func TestQuietSocket(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	q, err := newQuietSocket(conn.(packetConn))
	if err != nil {
		t.Fatal(err)
	}
	rx, n := newReceiver(1, 100), 0
	read := func() error { return q.Read(func(fd uintptr) bool { n, err = rx.receive(fd); return err == nil }) }
	to := dialPacket(t, q.LocalAddr())
	for range 3 {
		write(t, to, "a")
		write(t, to, "b")
		for range 2 {
			if err := read(); err != nil || n != 1 {
				t.Fatalf("%d datagrams, %v", n, err)
			}
		}
		done := make(chan error)
		go func() { done <- read() }()
		write(t, to, "c")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if err := q.SetReadDeadline(longAgo()); err != nil {
		t.Fatal(err)
	}
	if err := read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("past the deadline: %v", err)
	}
	if err := q.Close(); err != nil {
		t.Error(err)
	}
	if read() == nil || q.Control(func(uintptr) {}) == nil || q.Close() == nil {
		t.Error("a closed socket is read")
	}
}
