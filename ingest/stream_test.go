package ingest

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// frame is what Python's pickle.dumps([("a.b", (1700000000, 2.5))], 2) gives, with its length before it.
func frame(t testing.TB) []byte {
	t.Helper()
	p, err := hex.DecodeString("0000002b" + "80025d71005803000000612e6271014a00f15365474004000000000000867102867103612e")
	if err != nil {
		t.Fatal(err)
	}
	p[3] = byte(len(p) - 4)
	return p
}

// global is a pickle that would call os.system: what must never be taken for data.
func global(t testing.TB) []byte {
	t.Helper()
	body := "cos\nsystem\n(S'true'\ntR."
	return append([]byte{0, 0, 0, byte(len(body))}, body...)
}

func dial(t testing.TB, a net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial(a.Network(), a.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func write(t testing.TB, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

func closeConn(t testing.TB, conn net.Conn) {
	t.Helper()
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
}

// wantEnd waits for the other side to end conn.
func wantEnd(t testing.TB, conn net.Conn) {
	t.Helper()
	err := conn.SetReadDeadline(time.Now().Add(deadline))
	if errors.Is(err, io.ErrClosedPipe) { // it has ended already
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(make([]byte, 1))
	if e, ok := err.(net.Error); n != 0 || err == nil || ok && e.Timeout() {
		t.Fatalf("the connection did not end: read %d, %v", n, err)
	}
}

func TestStreamsTakeLines(t *testing.T) {
	f := func(t *testing.T, address string) {
		t.Helper()
		r := newRig(t, on("line", address), newRecorder())
		conn := dial(t, r.Addrs()[0])
		write(t, conn, "a.b 1 1700000000\na.")
		r.sink.want(t, "a.b")
		write(t, conn, "c 2 1700000000\r\n\n")
		r.sink.want(t, "a.b", "a.c")
		closeConn(t, conn)
		r.sink.await(t, "the connection's end", func() bool { return true })
	}
	t.Run("tcp", func(t *testing.T) { f(t, "tcp://127.0.0.1:0") })
	t.Run("unix", func(t *testing.T) { f(t, "unix://"+filepath.Join(t.TempDir(), "s")) })
	t.Run("abstract", func(t *testing.T) { f(t, fmt.Sprintf("unix://@plumbago-test-%d", time.Now().UnixNano())) })
}

func TestEveryHost(t *testing.T) {
	r := newRig(t, on("line", "tcp://:0"), newRecorder())
	_, port, err := net.SplitHostPort(r.Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{}
	for _, host := range []string{"127.0.0.1", "::1"} {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, port))
		if err != nil && host == "::1" {
			t.Log("no IPv6 here")
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, conn, "a.b 1 1700000000\n")
		want = append(want, "a.b")
		r.sink.want(t, want...)
		closeConn(t, conn)
	}
}

func TestServePipe(t *testing.T) {
	r := newRig(t, on("line", "tcp://127.0.0.1:0"), newRecorder())
	ours, theirs := net.Pipe()
	r.Serve(theirs)
	write(t, ours, "a.b 1 1700000000\na.c 2")
	write(t, ours, " 1700000000\n")
	r.sink.want(t, "a.b", "a.c")
	closeConn(t, ours)
}

func TestUnterminated(t *testing.T) {
	f := func(t *testing.T, setting, sent string, names []string, bad uint32) {
		t.Helper()
		o := on("line", "tcp://127.0.0.1:0")
		o.Unterminated = setting
		r := newRig(t, o, newRecorder())
		conn := dial(t, r.Addrs()[0])
		write(t, conn, sent)
		closeConn(t, conn)
		r.close(t)
		r.sink.want(t, names...)
		r.sink.wantBad(t, stat.Unterminated, bad)
	}
	f(t, "drop", "a.b 1 1700000000\na.c 2 17000", []string{"a.b"}, 1)
	f(t, "accept", "a.b 1 1700000000\na.c 2 17000", []string{"a.b", "a.c"}, 0)
	f(t, "drop", "a.b 1 1700000000\n", []string{"a.b"}, 0)
	f(t, "drop", "a.b 1 1700000000\n\r", []string{"a.b"}, 0)
	f(t, "drop", "", nil, 0)
}

// A reset may come because the sender died, so what it left unfinished is not taken, whatever the setting.
func TestReset(t *testing.T) {
	o := on("line", "tcp://127.0.0.1:0")
	o.Unterminated = "accept"
	r := newRig(t, o, newRecorder())
	conn := dial(t, r.Addrs()[0]).(*net.TCPConn)
	write(t, conn, "a.b 1 1700000000\na.c 2 17000")
	r.sink.want(t, "a.b") // so the rest was read too
	if err := conn.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	closeConn(t, conn)
	r.sink.wantBad(t, stat.Unterminated, 1)
	r.sink.want(t, "a.b")
}

func TestTooLong(t *testing.T) {
	r := newRig(t, on("line", "tcp://127.0.0.1:0"), newRecorder())
	conn := dial(t, r.Addrs()[0])
	write(t, conn, "a.b 1 1700000000\n")
	r.sink.want(t, "a.b")
	before := heap()
	chunk := strings.Repeat("x", 1<<20)
	for range 100 {
		write(t, conn, chunk)
	}
	if grown := int64(heap()) - int64(before); grown > 2<<20 {
		t.Errorf("100 MB without a newline made the heap grow by %d bytes", grown)
	}
	write(t, conn, "\na.c 1 1700000000\n")
	r.sink.want(t, "a.b", "a.c")
	r.sink.wantBad(t, stat.TooLong, 1)
}

// heap returns how many bytes are reachable.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

func TestRefusedFrameEndsItsOwnConnection(t *testing.T) {
	f := func(t *testing.T, hostile []byte, reason string) {
		t.Helper()
		r := newRig(t, on("pickle", "tcp://127.0.0.1:0"), newRecorder())
		good, bad := dial(t, r.Addrs()[0]), dial(t, r.Addrs()[0])
		write(t, good, string(frame(t)))
		r.sink.want(t, "a.b")
		write(t, bad, string(frame(t))+string(hostile)+string(frame(t))+string(hostile))
		wantEnd(t, bad)
		write(t, good, string(frame(t)))
		r.sink.want(t, "a.b", "a.b", "a.b")
		r.sink.wantBad(t, stat.BadPickle, 1)
		warned := r.logs.FilterMessage("closing a connection that cannot be read on").All()
		if len(warned) != 1 {
			t.Fatalf("%d warnings, want 1", len(warned))
		}
		m := warned[0].ContextMap()
		if m["listener"] != "tcp://127.0.0.1:0" || m["peer"] != bad.LocalAddr().String() || m["reason"] == "" {
			t.Errorf("warned of %v", m)
		}
	}
	f(t, global(t), "unsafe")
	f(t, []byte{0, 0, 0, 0}, "empty")
	f(t, []byte{0xff, 0xff, 0xff, 0xff}, "long")
	f(t, []byte("GET / HTTP/1.1\r\n"), "no pickle")
}

func TestFrameInPieces(t *testing.T) {
	r := newRig(t, on("pickle", "tcp://127.0.0.1:0"), newRecorder())
	ours, theirs := net.Pipe()
	r.Serve(theirs)
	for _, c := range frame(t) {
		c := []byte{c}
		write(t, ours, string(c))
	}
	r.sink.want(t, "a.b")
	write(t, ours, string(frame(t)[:9]))
	closeConn(t, ours)
	r.sink.wantBad(t, stat.Unterminated, 1)
}

// The announced length is not allocated before it arrives.
func TestAnnouncedLengthCostsNothing(t *testing.T) {
	o := on("pickle", "tcp://127.0.0.1:0")
	o.MaxFrame = 1 << 30
	r := newRig(t, o, newRecorder())
	before := heap()
	ours, theirs := net.Pipe()
	r.Serve(theirs)
	write(t, ours, "\x3f\xff\xff\xff"+strings.Repeat("x", 100<<10))
	write(t, ours, "x") // the reader has come back for more
	if grown := int64(heap()) - int64(before); grown > 400<<10 {
		t.Errorf("100 KiB of a frame of 1 GiB take %d bytes", grown)
	}
	closeConn(t, ours)
	r.sink.wantBad(t, stat.Unterminated, 1)
}

func TestIdleConnectionsHoldLittle(t *testing.T) {
	const n = 2000
	r := newRig(t, on("line", "tcp://127.0.0.1:0"), newRecorder())
	conns := make([]net.Conn, 0, n)
	before := heap()
	for range n {
		conn := dial(t, r.Addrs()[0])
		write(t, conn, "a.b 1 1700000000\na.c")
		conns = append(conns, conn)
	}
	r.sink.await(t, "a line of each", func() bool { return len(r.sink.names) == n })
	each := (int64(heap()) - int64(before)) / n
	t.Logf("%d bytes for each of %d connections, our end included", each, n)
	if each > 16<<10 && !race {
		t.Errorf("an idle connection holds %d bytes", each)
	}
	if s := r.Stats(); s.Open != n || s.Accepted != n || s.Bytes != n*int64(len("a.b 1 1700000000\na.c")) {
		t.Errorf("stats are %+v", s)
	}
	for _, conn := range conns {
		closeConn(t, conn)
	}
	r.sink.wantBad(t, stat.Unterminated, n)
}

// However slow the worker is, readers that wait for it hold no batches beyond its inbox.
func TestWaitingReadersHoldLittle(t *testing.T) {
	const n = 300
	sink := newRecorder()
	sink.gate = make(chan struct{})
	r := newRig(t, on("line", "tcp://127.0.0.1:0"), sink)
	before := heap()
	for range n {
		write(t, dial(t, r.Addrs()[0]), "a.b 1 1700000000\n")
	}
	for len(r.worker.inbox) < inboxSize {
		runtime.Gosched()
	}
	if grown := int64(heap()) - int64(before); grown > 3*inboxSize*(64<<10+40<<10) && !race {
		t.Errorf("%d senders made the heap grow by %d bytes", n, grown)
	}
	close(sink.gate)
	sink.want(t, strings.Split(strings.Repeat("a.b,", n-1)+"a.b", ",")...)
}

// idleStream returns a stream whose worker is not started, and a function that takes what it hands on.
func idleStream(t testing.TB, o Options) (s *stream, taken func() *carbon.Batch) {
	t.Helper()
	w := NewWorker(newRecorder(), nil, 0, zap.NewNop())
	l, err := NewListener(o, 7, []*Worker{w}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return &stream{listener: l, worker: w, cut: o.cutter()}, func() *carbon.Batch {
		select {
		case k := <-w.inbox:
			<-w.room
			return k.batch
		default:
			return nil
		}
	}
}

func TestReadsAllocateNothing(t *testing.T) {
	if race {
		t.Skip("pools forget under the race detector")
	}
	s, taken := idleStream(t, on("line", "tcp://127.0.0.1:0"))
	p := bytes.Repeat([]byte("servers.web01.cpu 1 1700000000\n"), 600)[5:keepTail]
	if allocs := testing.AllocsPerRun(1000, func() {
		if err := s.feed(p); err != nil {
			t.Error(err)
		}
		taken().Free()
	}); allocs >= 1 {
		t.Errorf("%v allocations a read", allocs)
	}
}

func BenchmarkCut(b *testing.B) {
	s, taken := idleStream(b, on("line", "tcp://127.0.0.1:0"))
	p := bytes.Repeat([]byte("servers.web01.cpu 1 1700000000\n"), 600)[5:keepTail]
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.feed(p); err != nil {
			b.Fatal(err)
		}
		taken().Free()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(bytes.Count(p, []byte("\n"))), "ns/line")
}
