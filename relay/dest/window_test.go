package dest

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon/stat"
)

// What the endpoint's system has acknowledged is taken for read but for what fills its buffer, and some more.
func TestWindow(t *testing.T) {
	const trust = 5 * time.Second
	start := time.Now()
	w := window{}
	frames := func(acked, announced int64, after time.Duration, want int64) {
		t.Helper()
		if got := w.read(Connection{acked: acked, WindowBytes: announced}, start.Add(after), trust); got != want {
			t.Errorf("%d acknowledged, a window of %d, after %s: got %d, want %d", acked, announced, after, got, want)
		}
	}
	const kb = 1 << 10
	frames(0, 1000*kb, 0, 0)
	for i := range int64(100) { // frames of 10 KiB that take 5 of the connection
		w.wrote(10*kb, (i+1)*5*kb, start)
	}
	frames(500*kb, 1000*kb, 0, (500-64)/5*10*kb)
	w.wrote(10*kb, 505*kb, start)
	frames(505*kb, 600*kb, 0, (500-64)/5*10*kb) // never back
	frames(505*kb, 600*kb, 2*trust, (500-64)/5*10*kb)
	frames(505*kb, 1000*kb, trust, 1010*kb)
	for i := range int64(1000) { // drops
		w.wrote(10, 505*kb+(i+1)*10, start)
	}
	if len(w.marks) > 5 {
		t.Errorf("%d marks for 10,000 bytes", len(w.marks))
	}
	frames(505*kb+10_000, 1000*kb, 0, 1010*kb)
	frames(505*kb+10_000, 1000*kb, trust, 1010*kb+10_000)
}

// What an endpoint has not read is unproven, however much its system has acknowledged, and is sent again when it breaks;
// what it has read long ago is not.
func TestWindowOfSockets(t *testing.T) {
	l := listenNarrow(t, 128<<10) // with one of less than a segment the system now and then keeps the window shut
	o := quick()
	o.Confirm, o.ConfirmEvery = "window", time.Hour
	d := newDest(t, l.Addr().String(), o, nil)
	d.Start()
	c := accept(t, l)
	go func() {
		for i := range 40 {
			d.Push(numbered(1000*i, 1000))
		}
	}()
	size := 40_000 * len(numbered(0, 1).Bytes)
	if _, err := io.CopyN(io.Discard, c, int64(size)); err != nil {
		t.Fatal(err)
	}
	// A read of everything opens the window again, but not always as far as it was once open: how much is proven is the system's to say.
	await(t, d, "much is delivered", func(c stat.EndpointCounts, _ Status) bool {
		return c.Delivered > 10_000 && c.Delivered+c.Unproven == 40_000 && c.Unproven > 0
	})
	before := counts(t, d)
	d.Push(numbered(40_000, 100))
	await(t, d, "all is written", func(c stat.EndpointCounts, s Status) bool {
		return c.Queued == 0 && s.Connection != nil && s.Connection.WindowBytes > 0 && s.Confirm == "window"
	})
	time.Sleep(3 * lookAgain)
	c.SetLinger(0)
	c.Close()
	c = accept(t, l)
	lines := bufio.NewScanner(c)
	if !lines.Scan() {
		t.Fatal(lines.Err())
	}
	first := int64(0)
	for _, digit := range strings.Fields(lines.Text())[1] {
		first = 10*first + int64(digit-'0')
	}
	if first < before.Delivered || first > 40_000 {
		t.Errorf("the second connection begins at line %d; %d were delivered and 40000 read", first, before.Delivered)
	}
	wantNumbered(t, lines, int(first)+1, 40_099)
	if got := counts(t, d); got.Resent != 40_100-first || got.Delivered < before.Delivered {
		t.Errorf("got %+v, first %d", got, first)
	}
}

// An endpoint that never answers is asked three times and no more: its figures are estimates then, and said to be.
func TestProofGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, ends := memories()
		log, logs := watched()
		d, err := New("test", "host:2003", proving(), dial, log)
		if err != nil {
			t.Fatal(err)
		}
		d.Start()
		go func() {
			for c := range ends { // reads all, and never closes
				go io.ReadAll(c)
			}
		}()
		for i := range 600 {
			d.Push(numbered(i, 1))
			time.Sleep(100 * time.Millisecond)
		}
		if s := d.Status(); s.Confirm != "window" || s.State != Up {
			t.Errorf("got status %+v", s)
		}
		time.Sleep(10 * time.Second)
		if c := counts(t, d); c.Delivered != 600 || c.Resent == 0 {
			t.Errorf("got %+v", c)
		}
		told := 0
		for _, m := range said(logs) {
			if strings.Contains(m, "never says that it has read") {
				told++
			}
		}
		if told != 1 {
			t.Errorf("the log says %q", said(logs))
		}
		if lost := d.Close(within(t)); lost != 0 {
			t.Errorf("lost %d", lost)
		}
		close(ends)
	})
}

// A connection that cannot be ended on one side is trusted.
func TestProofOfPipes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		go io.Copy(io.Discard, theirs)
		dial, _ := pipes()
		used := false
		d := newDest(t, "host:2003", proving(), func(ctx context.Context, n, a string) (net.Conn, error) {
			if used {
				return dial(ctx, n, a)
			}
			used = true
			return ours, nil
		})
		d.Start()
		d.Push(numbered(0, 3))
		synctest.Wait()
		wantCounts(t, d, 3, 0, 0, 0)
		d.Close(t.Context())
	})
}

// An endpoint that was found never to answer is asked again on a connection that is made a minute later, and counts as one
// that answers if it does.
func TestProofAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, ends := proved(t, proving())
		var answers atomic.Bool
		var conns []*memory
		var mu sync.Mutex
		go func() {
			for c := range ends {
				mu.Lock()
				conns = append(conns, c)
				mu.Unlock()
				go func() {
					io.ReadAll(c)
					if answers.Load() {
						c.Close()
					}
				}()
			}
		}()
		reset := func() { // whatever is open
			mu.Lock()
			defer mu.Unlock()
			for _, c := range conns {
				c.Close()
			}
		}
		want := func(confirm string) {
			t.Helper()
			d.Push(numbered(0, 1))
			time.Sleep(40 * time.Second)
			if s := d.Status(); s.Confirm != confirm {
				t.Errorf("after %d proofs it is confirmed by %q, want %q", s.Proofs, s.Confirm, confirm)
			}
		}
		want("window")
		reset()
		want("window") // too early to be asked
		time.Sleep(askAgain)
		reset()
		want("window") // asked, and silent as ever
		time.Sleep(askAgain)
		answers.Store(true)
		reset()
		want("close")
		if s := d.Status(); s.Proofs == 0 {
			t.Error("no proof came")
		}
		d.Close(within(t))
		close(ends)
	})
}
