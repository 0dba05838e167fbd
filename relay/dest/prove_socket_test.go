package dest

import (
	"bufio"
	"context"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plumbago/carbon/stat"
	"plumbago/carbon/transport"
	"plumbago/carbon/transport/certtest"
)

// A carbonLike is an endpoint that reads its connections to their ends, notes the numbers of the lines, and may break a
// connection instead.
type carbonLike struct {
	l      net.Listener
	secure func(net.Conn) (net.Conn, error) // TLS, if not nil
	press  string                           // compression
	treat  func(raw, c net.Conn) (end bool) // breaks a connection; nil reads all

	wg    sync.WaitGroup
	mu    sync.Mutex
	seen  map[string]int
	conns int
}

// serve takes connections until the listener is closed.
func (e *carbonLike) serve() {
	e.seen = map[string]int{}
	e.wg.Go(func() {
		for {
			raw, err := e.l.Accept()
			if err != nil {
				return
			}
			e.wg.Go(func() { e.read(raw) })
		}
	})
}

func (e *carbonLike) read(raw net.Conn) {
	defer raw.Close()
	c := raw
	if e.secure != nil {
		var err error
		if c, err = e.secure(raw); err != nil {
			return
		}
	}
	first := bufio.NewReaderSize(c, 16)
	if _, err := first.Peek(1); err != nil { // made ahead, and not used
		c.Close()
		return
	}
	if e.treat != nil && e.treat(raw, c) {
		return
	}
	r := io.Reader(first)
	if e.press != "none" {
		r, _ = transport.NewReader(e.press, first)
	}
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadString('\n')
		e.mu.Lock()
		if err != nil {
			e.conns++
			e.mu.Unlock()
			c.Close()
			return
		}
		e.seen[line]++
		e.mu.Unlock()
	}
}

// end closes the listener and waits for the connections, and returns how many lines there are and how many were repeated.
func (e *carbonLike) end() (lines, repeated, conns int) {
	e.l.Close()
	e.wg.Wait()
	for _, n := range e.seen {
		lines, repeated = lines+1, repeated+n-1
	}
	return lines, repeated, e.conns
}

// ways are the routes on which proofs must work; each is an endpoint and what reaches it.
func ways(t *testing.T, f func(t *testing.T, o Options, endpoint string, e *carbonLike)) {
	ours := certtest.NewAuthority(t, "ours")
	p := ours.Issue(t, nil, "127.0.0.1")
	server, err := transport.NewServer(transport.ServerTLS{Cert: p.Cert, Key: p.Key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	secure := func(c net.Conn) (net.Conn, error) { return server.Handshake(context.Background(), c) }
	run := func(name string, change func(*Options), secure func(net.Conn) (net.Conn, error)) {
		t.Run(name, func(t *testing.T) {
			o := quick()
			o.Confirm, o.ConfirmEvery = "close", 500*time.Millisecond
			change(&o)
			l, endpoint := net.Listener(nil), ""
			if o.Transport == "unix" {
				endpoint = filepath.Join(t.TempDir(), "carbon")
				if l, err = net.Listen("unix", endpoint); err != nil {
					t.Fatal(err)
				}
			} else {
				l = listen(t, "127.0.0.1:0")
				endpoint = l.Addr().String()
			}
			f(t, o, endpoint, &carbonLike{l: l, secure: secure, press: o.Compress})
		})
	}
	run("TCP", func(*Options) {}, nil)
	run("unix", func(o *Options) { o.Transport = "unix" }, nil)
	run("TLS", func(o *Options) { o.TLS = &transport.ClientTLS{CA: ours.File} }, secure)
	run("zstd", func(o *Options) { o.Compress = "zstd" }, nil)
	run("gzip in TLS", func(o *Options) { o.Compress, o.TLS = "gzip", &transport.ClientTLS{CA: ours.File} }, secure)
}

// Under load everything is proven in one rotation after the other, and nothing is sent twice.
func TestProofByRotation(t *testing.T) {
	ways(t, func(t *testing.T, o Options, endpoint string, e *carbonLike) {
		e.serve()
		o.ConfirmBytes = 200_000
		d := newDest(t, endpoint, o, nil)
		d.Start()
		for i := range 30 {
			d.Push(numbered(1000*i, 1000))
		}
		await(t, d, "delivery", delivered(30_000))
		c := counts(t, d)
		if lost := d.Close(within(t)); lost != 0 || c.Resent != 0 {
			t.Errorf("lost %d, %+v", lost, c)
		}
		if lines, repeated, conns := e.end(); lines != 30_000 || repeated != 0 || conns < 5 {
			t.Errorf("%d lines, %d repeated, in %d connections", lines, repeated, conns)
		}
	})
}

// Endpoints that break some connections with something unread get everything.
func TestProofOfBreaks(t *testing.T) {
	const few = 1000 // bytes: less than what is sent, also of what is compressed
	breaks := map[string]func(raw, c net.Conn){
		"unread": func(raw, c net.Conn) {},
		"reset": func(raw, c net.Conn) {
			if tcp, ok := raw.(*net.TCPConn); ok {
				tcp.SetLinger(0)
			}
		},
		// It says that it ends, in TLS too, before it has read everything.
		"said early": func(raw, c net.Conn) {
			time.Sleep(20 * time.Millisecond)
			c.Close()
		},
	}
	for name, treat := range breaks {
		t.Run(name, func(t *testing.T) {
			ways(t, func(t *testing.T, o Options, endpoint string, e *carbonLike) {
				var broken atomic.Int32
				e.treat = func(raw, c net.Conn) bool {
					if broken.Add(1) > 3 {
						return false
					}
					io.CopyN(io.Discard, c, few)
					treat(raw, c)
					return true
				}
				e.serve()
				o.ConfirmBytes = 200_000
				d := newDest(t, endpoint, o, nil)
				d.Start()
				for i := range 20 {
					d.Push(numbered(1000*i, 1000))
					time.Sleep(time.Millisecond)
				}
				await(t, d, "delivery", delivered(20_000))
				c := counts(t, d)
				d.Close(within(t))
				if lines, repeated, _ := e.end(); lines != 20_000 || int64(repeated) > c.Resent || c.Resent == 0 {
					t.Errorf("%d lines, %d repeated, %+v", lines, repeated, c)
				}
			})
		})
	}
}

// An endpoint that reads everything and never ends its side proves nothing.
func TestProofWithoutAnswer(t *testing.T) {
	l := listen(t, "127.0.0.1:0")
	o := quick()
	o.Confirm, o.UserTimeout = "close", time.Second
	d := newDest(t, l.Addr().String(), o, nil)
	d.Start()
	d.Push(numbered(0, 3))
	c := accept(t, l)
	if b, err := io.ReadAll(c); err != nil || string(b) != string(numbered(0, 3).Bytes) {
		t.Errorf("got %q, %v", b, err)
	}
	await(t, d, "the end of its time", func(c stat.EndpointCounts, s Status) bool {
		return strings.Contains(s.Error, errSilent.Error()) && c.Resent == 3 && c.Delivered == 0
	})
}
