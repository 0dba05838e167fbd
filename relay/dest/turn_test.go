package dest

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A placed is a connection in memory that seems to have an IP address and can be half-closed.
type placed struct {
	net.Conn
	at   net.Addr
	half func()
}

func (p *placed) RemoteAddr() net.Addr { return p.at }

func (p *placed) CloseWrite() error { p.half(); return nil }

// A town is a name with the addresses that it stands for, and what arrived at each.
type town struct {
	mu      sync.Mutex
	names   []string
	err     error
	asked   int
	arrived map[string]*strings.Builder
	open    int
	ends    int // connections that we ended first
}

func (w *town) find(context.Context, string) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	return w.names, w.err
}

func (w *town) set(names []string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.names, w.err = names, err
}

func (w *town) got(at string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b := w.arrived[at]; b != nil {
		return b.String()
	}
	return ""
}

// dial connects to the first address of the name.
func (w *town) dial(context.Context, string, string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, w.err
	}
	at := w.names[0]
	ours, theirs := net.Pipe()
	if w.arrived == nil {
		w.arrived = map[string]*strings.Builder{}
	}
	if w.arrived[at] == nil {
		w.arrived[at] = &strings.Builder{}
	}
	w.open++
	go func() {
		for r := bufio.NewReader(theirs); ; {
			line, err := r.ReadString('\n')
			w.mu.Lock()
			w.arrived[at].WriteString(line)
			if err != nil {
				w.open--
				w.mu.Unlock()
				return
			}
			w.mu.Unlock()
		}
	}()
	return &placed{Conn: ours, at: &net.TCPAddr{IP: net.ParseIP(at), Port: 2003}, half: func() {
		w.mu.Lock()
		w.ends++
		w.mu.Unlock()
		theirs.Close() // as an endpoint does that has read everything
	}}, nil
}

func (w *town) state() (asked, open, ends int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked, w.open, w.ends
}

// start makes a destination in the town.
func (w *town) start(t *testing.T, o Options, endpoint string) *Dest {
	o.Confirm = "written"
	d := newDest(t, endpoint, o, w.dial)
	d.wire.(*stream).find = w.find
	d.Start()
	return d
}

// A name that stands for other addresses takes its connection along, and no line is lost or sent twice.
func TestTurnResolves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &town{err: errors.New("no such host")}
		d := w.start(t, DefaultOptions(), "graphite.example:2003")
		d.Push(numbered(0, 1))
		time.Sleep(time.Minute)
		if s := d.Status(); s.State != Down || !strings.Contains(s.Error, "no such host") {
			t.Fatalf("got status %+v", s)
		}
		w.set([]string{"10.0.0.1", "10.0.0.2"}, nil)
		time.Sleep(time.Minute)
		d.Push(numbered(1, 1))
		synctest.Wait()
		f := func(at, want string) {
			t.Helper()
			if got := w.got(at); strings.Count(got, "\n") != len(want) {
				t.Errorf("%s got %q, want the lines %q", at, got, want)
			}
			for _, c := range want {
				if !strings.Contains(w.got(at), "000000"+string(c)+" ") {
					t.Errorf("%s got %q, want the lines %q", at, w.got(at), want)
				}
			}
		}
		f("10.0.0.1", "01")
		w.set([]string{"10.0.0.2", "::ffff:10.0.0.1"}, nil) // still among them
		time.Sleep(time.Minute)
		w.set(nil, errors.New("the resolver is down")) // proves nothing
		time.Sleep(time.Minute)
		d.Push(numbered(2, 1))
		synctest.Wait()
		f("10.0.0.1", "012")
		if _, open, ends := w.state(); open != 1 || ends != 0 {
			t.Errorf("%d open, %d ended", open, ends)
		}
		w.set([]string{"10.0.0.3"}, nil)
		time.Sleep(31 * time.Second) // while nothing is sent
		if _, open, ends := w.state(); open != 1 || ends != 1 {
			t.Errorf("%d open, %d ended", open, ends)
		}
		d.Push(numbered(3, 2))
		synctest.Wait()
		f("10.0.0.1", "012")
		f("10.0.0.3", "34")
		if c := counts(t, d); c.Delivered != 5 || c.Resent != 0 {
			t.Errorf("got %+v", c)
		}
		if s := d.Status(); s.State != Up || s.Reconnects != 0 {
			t.Errorf("got status %+v", s)
		}
		d.Close(t.Context())
	})
}

// What is an address, or is not to be looked up, is not looked up.
func TestTurnAsksForNamesOnly(t *testing.T) {
	f := func(endpoint string, every time.Duration, want int) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			w := &town{names: []string{"10.0.0.1"}}
			o := DefaultOptions()
			o.Resolve = every
			d := w.start(t, o, endpoint)
			time.Sleep(time.Minute + time.Second)
			if asked, open, _ := w.state(); asked != want || open != 1 {
				t.Errorf("%s: asked %d times, %d open", endpoint, asked, open)
			}
			d.Close(t.Context())
		})
	}
	f("a.example:2003", 20*time.Second, 3)
	f("a.example:2003", 0, 0)
	f("10.0.0.1:2003", 20*time.Second, 0)
	f("[::1]:2003", 20*time.Second, 0)
}

// An old connection is ended in order and made anew under load, and no line is lost or sent twice.
func TestTurnAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &town{names: []string{"10.0.0.1"}}
		o := DefaultOptions()
		o.MaxConnAge = time.Minute
		d := w.start(t, o, "10.0.0.1:2003")
		const lines = 6000
		for i := range lines { // ten minutes
			d.Push(numbered(i, 1))
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if _, open, ends := w.state(); open != 1 || ends < 8 || ends > 12 {
			t.Errorf("%d open, %d ended in ten minutes", open, ends)
		}
		wantNumbered(t, bufio.NewScanner(strings.NewReader(w.got("10.0.0.1"))), 0, lines-1)
		if c := counts(t, d); c.Delivered != lines || c.Resent != 0 {
			t.Errorf("got %+v", c)
		}
		d.Close(t.Context())
	})
}

// A new connection that cannot be made is a failure like any other, and the lines wait.
func TestTurnFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &town{names: []string{"10.0.0.1"}}
		o := DefaultOptions()
		o.MaxConnAge = time.Minute
		d := w.start(t, o, "10.0.0.1:2003")
		time.Sleep(10 * time.Second)
		w.set(nil, errors.New("no route"))
		time.Sleep(time.Minute)
		d.Push(numbered(0, 3))
		if s := d.Status(); s.State != Down || s.Error != "no route" {
			t.Errorf("got status %+v", s)
		}
		w.set([]string{"10.0.0.1"}, nil)
		time.Sleep(time.Minute)
		if c := counts(t, d); c.Delivered != 3 {
			t.Errorf("got %+v", c)
		}
		d.Close(t.Context())
	})
}

// Datagrams follow the name too.
func TestTurnOfPackets(t *testing.T) {
	old, other := packetEndpoint(t), packetEndpoint(t)
	w := &town{names: []string{"127.0.0.1"}}
	o := quick()
	o.Transport, o.Resolve = "udp", 10*time.Millisecond
	to := old
	d := newDest(t, "a.example:2003", o, func(ctx context.Context, network, _ string) (net.Conn, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		return dialNetwork(ctx, network, to.LocalAddr().String())
	})
	d.wire.(*packets).find = w.find
	d.Start()
	d.Push(numbered(0, 1))
	await(t, d, "delivery", delivered(1))
	w.mu.Lock()
	to = other
	w.mu.Unlock()
	w.set([]string{"127.0.0.2"}, nil)
	for i, end := 1, time.Now().Add(soon); ; i++ {
		d.Push(numbered(i, 1))
		other.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := other.Read(make([]byte, 100)); err == nil {
			return
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func packetEndpoint(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
