package dest

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbago/carbon/stat"
)

func TestStreamDelivers(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	d := newDest(t, l.Addr().String(), quick(), nil)
	d.Push(numbered(0, 10)) // before Start: it waits
	d.Start()
	c := accept(t, l)
	go io.Copy(c, strings.NewReader(strings.Repeat("who reads this?", 10000)))
	lines := bufio.NewScanner(c)
	wantNumbered(t, lines, 0, 9)
	for i := range 100 {
		d.Push(numbered(10+10*i, 10))
	}
	wantNumbered(t, lines, 10, 1009)
	await(t, d, "delivery", delivered(1010))
	if s := d.Status(); s.State != Up || s.QueuedBytes != 0 || s.QueuedPoints != 0 || s.OldestMS != 0 || s.WrittenBytes == 0 || s.Reconnects != 0 {
		t.Errorf("got status %+v", s)
	}
	if lost := d.Close(within(t)); lost != 0 {
		t.Errorf("%d points lost", lost)
	}
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("after the last line: %q, %v; want a clean end of file", lines.Text(), lines.Err())
	}
}

// The endpoint is refused at first, comes, goes by a reset, and comes back.
func TestStreamComesBack(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	address := l.Addr().String()
	l.Close()
	log, logs := watched()
	d, err := New("graphite", address, quick(), nil, log)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(within(t))
	d.Start()
	d.Push(numbered(0, 5))
	await(t, d, "a refusal", inState(Down))
	if s := d.Status(); !strings.Contains(s.Error, "refused") || s.QueuedPoints != 5 || s.Failures == 0 {
		t.Errorf("got status %+v", s)
	}

	l = listen(t, address)
	c := accept(t, l)
	wantNumbered(t, bufio.NewScanner(c), 0, 4)
	await(t, d, "delivery", delivered(5))
	await(t, d, "the state", inState(Up))

	c.SetLinger(0)
	c.Close() // a reset, noticed though nothing is being written
	c = accept(t, l)
	await(t, d, "a reconnect", func(_ stat.EndpointCounts, s Status) bool { return s.Reconnects == 1 })
	d.Push(numbered(5, 5))
	wantNumbered(t, bufio.NewScanner(c), 5, 9)
	await(t, d, "delivery", delivered(10))
	if c := counts(t, d); c.Resent != 0 {
		t.Errorf("%d points were sent again though none was cut", c.Resent)
	}
	first := logs.All()[0]
	if first.Message != "endpoint down" || first.ContextMap()["cluster"] != "graphite" || first.ContextMap()["endpoint"] != address ||
		!strings.Contains(first.ContextMap()["error"].(string), "refused") {
		t.Errorf("the first message is %v %v", first.Message, first.ContextMap())
	}
}

// An endpoint that closes while we write gets the cut frame whole on the next connection, and everything in order.
func TestStreamSendsCutFrameAgain(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	o := quick()
	d := newDest(t, l.Addr().String(), o, func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialNetwork(ctx, network, address)
		if err == nil {
			c.(*net.TCPConn).SetWriteBuffer(4096) // so that a frame is cut
		}
		return c, err
	})
	d.Start()
	c := accept(t, l)
	c.SetReadBuffer(4096)
	for i := range 15 {
		d.Push(numbered(1000*i, 1000))
	}
	if _, err := io.ReadFull(c, make([]byte, 70000)); err != nil {
		t.Fatal(err)
	}
	c.SetLinger(0)
	c.Close()

	c = accept(t, l)
	lines := bufio.NewScanner(c)
	if !lines.Scan() {
		t.Fatal(lines.Err())
	}
	first := -1
	for i := range 15 {
		if lines.Text() == strings.TrimSpace(string(numbered(1000*i, 1).Bytes)) {
			first = 1000 * i
		}
	}
	if first < 0 {
		t.Fatalf("the second connection begins inside a frame: %q", lines.Text())
	}
	wantNumbered(t, lines, first+1, 14999)
	await(t, d, "delivery", delivered(15000))
	if c := counts(t, d); c.Resent%1000 != 0 {
		t.Errorf("%d points sent again, which is no whole number of frames", c.Resent)
	} else if c.Resent == 0 {
		t.Errorf("no frame was cut")
	}
}

// An endpoint that accepts and reads nothing is given up after write_timeout and tried again; another endpoint and the
// caller of Push notice nothing; a Close without time is quick and tells what was lost.
func TestStreamStalls(t *testing.T) {
	stalled, healthy := listenNarrow(t, 64<<10), listen(t, "127.0.0.1:0") // each attempt loses what the kernel holds: little
	o := quick()
	o.WriteTimeout = 100 * time.Millisecond
	o.Queue = 16 << 20
	a, b := newDest(t, stalled.Addr().String(), o, nil), newDest(t, healthy.Addr().String(), o, nil)
	a.Start()
	b.Start()
	accept(t, stalled).SetReadBuffer(4096)
	c := accept(t, healthy)
	f := numbered(0, 1000)
	for range 1000 { // 46 MB: more than both queue and kernel hold
		f.Retain(2)
		a.Push(f)
		b.Push(f)
		lines := bufio.NewReader(c)
		for range 1000 {
			if _, err := lines.ReadSlice('\n'); err != nil {
				t.Fatal(err)
			}
		}
		if lines.Buffered() > 0 {
			t.Fatal("more arrived than was sent")
		}
	}
	f.Free()
	await(t, b, "delivery", delivered(1_000_000))
	accept(t, stalled) // given up and tried again
	await(t, a, "the error", func(_ stat.EndpointCounts, s Status) bool { return s.Error == errStalled.Error() })
	n := counts(t, a)
	if n.Queued == 0 || n.Dropped[stat.LossOverflow] == 0 {
		t.Errorf("got %+v", n)
	}
	done, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	lost := a.Close(done)
	if n := counts(t, a); lost == 0 || lost != n.Dropped[stat.LossShutdown] || n.Queued != 0 {
		t.Errorf("lost %d, counts %+v", lost, n)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Close took %s", took)
	}
}

// listenNarrow opens an endpoint whose connections hold little that it has not read.
func listenNarrow(t testing.TB, buffer int) net.Listener {
	t.Helper()
	narrow := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, buffer) })
	}}
	l, err := narrow.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// A slow endpoint that takes a little now and then is not cut, though each frame takes many times the write timeout.
func TestStreamSlowButMoving(t *testing.T) {
	l := listenNarrow(t, 8192)
	o := quick()
	o.WriteTimeout = time.Second
	d := newDest(t, l.Addr().String(), o, func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialNetwork(ctx, network, address)
		if err == nil {
			c.(*net.TCPConn).SetWriteBuffer(4096)
		}
		return c, err
	})
	d.Start()
	c := accept(t, l)
	size := 0
	for i := range 5 {
		f := numbered(1000*i, 1000)
		size += len(f.Bytes)
		d.Push(f)
	}
	all := &strings.Builder{}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for ; all.Len() < size; <-tick.C {
		if _, err := io.CopyN(all, c, int64(min(1400, size-all.Len()))); err != nil {
			t.Fatalf("cut after %d bytes: %v", all.Len(), err)
		}
	}
	wantNumbered(t, bufio.NewScanner(strings.NewReader(all.String())), 0, 4999)
	if s := d.Status(); s.Reconnects != 0 || s.State != Up {
		t.Errorf("got status %+v", s)
	}
}

// Whatever an endpoint does, and while many push, the law holds in every answer.
func TestStreamLawUnderLoad(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	var serving sync.WaitGroup
	serving.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if n%3 != 2 {
				io.CopyN(io.Discard, c, 200_000+rand.Int64N(400_000))
				c.(*net.TCPConn).SetLinger(n % 2)
				c.Close()
				continue
			}
			serving.Go(func() { io.Copy(io.Discard, c); c.Close() })
			time.AfterFunc(10*time.Millisecond, func() { c.Close() })
		}
	})
	o := quick()
	o.Queue = 1 << 20
	d := newDest(t, l.Addr().String(), o, nil)
	d.Start()
	var pushing sync.WaitGroup
	for range 3 {
		pushing.Go(func() {
			for range 700 {
				d.Push(numbered(0, 1+rand.IntN(100)))
			}
		})
	}
	stop, watching := make(chan struct{}), sync.WaitGroup{}
	watching.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				counts(t, d)
			}
		}
	})
	pushing.Wait()
	close(stop)
	watching.Wait()
	d.Close(within(t))
	if c := counts(t, d); c.Queued != 0 || c.Delivered == 0 || c.Enqueued != c.Delivered+c.Dropped[stat.LossOverflow] {
		t.Errorf("got %+v", c)
	}
	l.Close()
	serving.Wait()
}
