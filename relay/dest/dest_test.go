package dest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is how long a test waits for what should happen at once.
const soon = 20 * time.Second

// quick are options whose pauses suit a test of one connection.
func quick() Options {
	o := DefaultOptions()
	o.Confirm = "written"
	o.Reconnect = []time.Duration{time.Millisecond, 20 * time.Millisecond}
	return o
}

// newDest makes a destination that is closed, and its law checked, when the test ends.
func newDest(t testing.TB, endpoint string, o Options, dial Dialer) *Dest {
	t.Helper()
	d, err := New("test", endpoint, o, dial, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		done, cancel := context.WithCancel(context.Background())
		cancel()
		d.Close(done)
		counts(t, d)
	})
	return d
}

// frameOf makes a frame of lines, one point each.
func frameOf(lines ...string) *carbon.Frame {
	f := carbon.NewFrame()
	for _, l := range lines {
		f.Bytes = append(append(f.Bytes, l...), '\n')
	}
	f.Points, f.Oldest = len(lines), time.Now().UnixMilli()
	return f
}

// numbered makes a frame of n lines that are numbered from first on.
func numbered(first, n int) *carbon.Frame {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("some.metric.number.%07d %d 1700000000", first+i, first+i)
	}
	return frameOf(lines...)
}

// counts returns d's counts and fails if its law does not hold.
func counts(t testing.TB, d *Dest) stat.EndpointCounts {
	t.Helper()
	c := d.Counts()
	if !c.Balanced() {
		t.Fatalf("the law is broken: %+v", c)
	}
	return c
}

// await polls d's counts, checking the law each time, until ok.
func await(t testing.TB, d *Dest, what string, ok func(c stat.EndpointCounts, s Status) bool) {
	t.Helper()
	for end := time.Now().Add(soon); ; time.Sleep(200 * time.Microsecond) {
		c, s := counts(t, d), d.Status()
		if ok(c, s) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s did not come: %+v %+v", what, c, s)
		}
	}
}

func delivered(n int64) func(stat.EndpointCounts, Status) bool {
	return func(c stat.EndpointCounts, _ Status) bool { return c.Delivered == n }
}

func inState(state string) func(stat.EndpointCounts, Status) bool {
	return func(_ stat.EndpointCounts, s Status) bool { return s.State == state }
}

// within returns a context for a Close that should have time enough.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	t.Cleanup(cancel)
	return ctx
}

// watched returns a logger and what it was told.
func watched() (*zap.Logger, *observer.ObservedLogs) {
	core, logs := observer.New(zap.DebugLevel)
	return zap.New(core), logs
}

// said returns the messages that were logged.
func said(logs *observer.ObservedLogs) (all []string) {
	for _, e := range logs.All() {
		all = append(all, e.Message)
	}
	return all
}

// listen opens a carbon endpoint without a program behind it.
func listen(t testing.TB, address string) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// accept takes the next connection.
func accept(t testing.TB, l net.Listener) *net.TCPConn {
	t.Helper()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(soon))
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(soon))
	return c.(*net.TCPConn)
}

// wantNumbered reads lines numbered from first to last, in order.
func wantNumbered(t testing.TB, r *bufio.Scanner, first, last int) {
	t.Helper()
	for i := first; i <= last; i++ {
		if !r.Scan() {
			t.Fatalf("the stream ended before line %d: %v", i, r.Err())
		}
		if want := strings.TrimSuffix(string(numbered(i, 1).Bytes), "\n"); r.Text() != want {
			t.Fatalf("got %q, want %q", r.Text(), want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	f := func(endpoint string, change func(*Options), want string) {
		t.Helper()
		o := DefaultOptions()
		change(&o)
		if _, err := New("c", endpoint, o, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want one with %q", endpoint, err, want)
		}
	}
	f("nowhere", func(*Options) {}, "missing port")
	f("a b:2003", func(*Options) {}, "no HOST:PORT")
	f("host:", func(*Options) {}, "no HOST:PORT")
	f("h:1", func(o *Options) { o.Queue = 0 }, "queue of 0 bytes")
	f("h:1", func(o *Options) { o.Reconnect = o.Reconnect[:1] }, "reconnect is")
	f("h:1", func(o *Options) { o.Reconnect = []time.Duration{2, 1} }, "reconnect is")
	f("", func(o *Options) { o.Protocol = "log" }, "neither")
	f("/tmp/x/", func(o *Options) { o.Protocol = "log" }, "only the jumpscale layout")
	f("/tmp/x", func(o *Options) { o.Protocol, o.Layout = "log", "xml" }, `unknown layout "xml"`)
}

func TestCloseUnstarted(t *testing.T) {
	d := newDest(t, "127.0.0.1:9", quick(), nil)
	d.Push(numbered(0, 3))
	if lost := d.Close(within(t)); lost != 3 {
		t.Errorf("lost %d points, want 3", lost)
	}
	d.Start() // nothing comes to life again
	d.Push(numbered(3, 2))
	if c := counts(t, d); c.Enqueued != 5 || c.Dropped[stat.LossShutdown] != 5 {
		t.Errorf("got %+v", c)
	}
	if s := d.Status(); s.State != Closed {
		t.Errorf("got state %s", s.State)
	}
}
