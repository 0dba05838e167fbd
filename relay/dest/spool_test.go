package dest

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plumbago/carbon/stat"
	"plumbago/relay/spool"
)

// spooled are options with a spool, and pauses that suit a test.
func spooled(t *testing.T) Options {
	o := quick()
	o.Spool, o.SpoolRoot, o.SpoolSync = 64<<20, t.TempDir(), 100*time.Millisecond
	o.Confirm = "close"
	return o
}

// openDest makes a destination and opens its spool.
func openDest(t *testing.T, endpoint string, o Options) *Dest {
	t.Helper()
	d := newDest(t, endpoint, o, nil)
	if err := d.Open(); err != nil {
		t.Fatal(err)
	}
	return d
}

// noTime returns a context for a Close that has no time.
func noTime() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func onDisk(n int64) func(stat.EndpointCounts, Status) bool {
	return func(c stat.EndpointCounts, _ Status) bool { return c.Spooled == n }
}

// collect accepts connections until the listener is closed and hands out their lines.
func collect(l net.Listener) <-chan string {
	lines := make(chan string, 1<<16)
	go func() {
		defer close(lines)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			for r := bufio.NewScanner(c); r.Scan(); {
				lines <- r.Text()
			}
			c.Close()
		}
	}()
	return lines
}

// An outage costs nothing: what waits goes to disk, comes back in order, and the disk is empty then.
func TestSpoolOutage(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	address := l.Addr().String()
	l.Close()
	o := spooled(t)
	d := openDest(t, address, o)
	d.Start()
	const n = 3000
	for i := 0; i < n; i += 30 {
		d.Push(numbered(i, 30))
	}
	await(t, d, "the spooling", onDisk(n))
	await(t, d, "the status", func(_ stat.EndpointCounts, s Status) bool {
		return s.Spool.Points == n && s.Spool.Bytes > n && s.Spool.OldestMS > 0 && s.Spool.Error == "" && s.QueuedBytes == 0
	})
	l = listen(t, address)
	lines := collect(l)
	await(t, d, "the replay", delivered(n))
	for i := range n {
		if got, want := <-lines, strings.TrimSpace(string(numbered(i, 1).Bytes)); got != want {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
	await(t, d, "the tidying up", func(_ stat.EndpointCounts, s Status) bool { return s.Spool.Segments == 0 && s.Spool.Bytes == 0 })
	if left, _ := filepath.Glob(filepath.Join(o.SpoolRoot, "*", "*.seg")); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
	d.Close(within(t))
	l.Close()
	for line := range lines {
		t.Errorf("%q came, too", line)
	}
}

// What a stop leaves is on disk, also what was written and never proven, and the next process sends it.
func TestSpoolStop(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	o := spooled(t)
	d := openDest(t, l.Addr().String(), o)
	d.Start()
	d.Push(numbered(0, 100))
	c := accept(t, l)
	await(t, d, "the writing", func(c stat.EndpointCounts, _ Status) bool { return c.Unproven == 100 })
	d.Push(numbered(100, 100))
	if lost := d.Close(noTime()); lost != 0 {
		t.Errorf("%d points are lost", lost)
	}
	if s := counts(t, d); s.Spooled != 200 || s.Unproven+s.Queued != 0 {
		t.Errorf("after the stop: %+v", s)
	}
	c.Close()
	d = openDest(t, l.Addr().String(), o)
	if s := counts(t, d); s.Enqueued != 200 || s.Spooled != 200 {
		t.Errorf("at the start: %+v", s)
	}
	lines := collect(l)
	d.Start()
	await(t, d, "the replay", delivered(200))
	d.Close(within(t))
	l.Close()
	seen := map[string]bool{}
	for line := range lines {
		seen[line] = true
	}
	if len(seen) != 200 {
		t.Errorf("%d points arrived", len(seen))
	}
	if s := counts(t, d); s.Resent < 100 {
		t.Errorf("%d points are counted as sent again, 100 had been written at least", s.Resent)
	}
}

// A spool has one owner; who cannot open it tries again, and remembers in memory until then.
func TestSpoolHeld(t *testing.T) {
	o := spooled(t)
	first := openDest(t, "127.0.0.1:9", o)
	d := newDest(t, "127.0.0.1:9", o, func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF })
	if err := d.Open(); !errors.Is(err, spool.ErrHeld) {
		t.Fatalf("got %v", err)
	}
	d.Start()
	d.Push(numbered(0, 10))
	await(t, d, "the trouble", func(_ stat.EndpointCounts, s Status) bool { return strings.Contains(s.Spool.Error, "in use") })
	if c := counts(t, d); c.Queued != 10 {
		t.Errorf("%+v", c)
	}
	first.Close(noTime())
	await(t, d, "the spooling", onDisk(10))
	await(t, d, "the relief", func(_ stat.EndpointCounts, s Status) bool { return s.Spool.Error == "" })
}

// Open is undone before Start.
func TestSpoolUnopen(t *testing.T) {
	o := spooled(t)
	d := openDest(t, "127.0.0.1:9", o)
	d.Push(numbered(0, 10))
	if lost := d.Close(noTime()); lost != 0 {
		t.Errorf("%d points are lost", lost)
	}
	d = openDest(t, "127.0.0.1:9", o)
	d.Unopen()
	if c := counts(t, d); c.Enqueued != 0 || c.Spooled != 0 {
		t.Errorf("%+v", c)
	}
	if d = openDest(t, "127.0.0.1:9", o); counts(t, d).Spooled != 10 {
		t.Errorf("%+v", counts(t, d))
	}
}

// A damaged spool costs what is damaged, which is counted.
func TestSpoolDamaged(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	o := spooled(t)
	d := openDest(t, l.Addr().String(), o)
	for i := range 100 {
		d.Push(numbered(i*100, 100)) // 4 KB: gathered by sixteen
	}
	d.Close(noTime())
	files, err := filepath.Glob(filepath.Join(o.SpoolRoot, "*", "*.seg"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err == nil {
		b[len(b)/2] ^= 1
		err = os.WriteFile(files[0], b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	d = openDest(t, l.Addr().String(), o)
	collect(l)
	d.Start()
	await(t, d, "the end", func(c stat.EndpointCounts, _ Status) bool { return c.Spooled == 0 && c.Unproven == 0 })
	if c := counts(t, d); c.Enqueued != 10_000 || c.Dropped[stat.LossCorrupt] == 0 || c.Delivered < 8000 {
		t.Errorf("%+v", c)
	}
	d.Close(within(t))
	l.Close()
}

// Who takes the place of another has what that one leaves on disk, also if it ends at the same time.
func TestSpoolSucceeds(t *testing.T) {
	o := spooled(t)
	refuse := func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }
	first := newDest(t, "127.0.0.1:9", o, refuse)
	if err := first.Open(); err != nil {
		t.Fatal(err)
	}
	first.Start()
	first.Push(numbered(0, 100))
	second, gone := newDest(t, "127.0.0.1:9", o, refuse), make(chan struct{})
	second.Follow(gone)
	second.Start()
	second.Push(numbered(100, 10))
	closed := make(chan int64)
	go func() { closed <- second.Close(noTime()) }()
	first.Remove(noTime())
	close(gone)
	if lost := <-closed; lost != 0 {
		t.Errorf("%d points are lost", lost)
	}
	if c := counts(t, second); c.Spooled != 110 || c.Enqueued != 110 {
		t.Errorf("%+v", c)
	}
}
