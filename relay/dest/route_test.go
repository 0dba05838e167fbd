package dest

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plumbago/carbon/stat"
	"plumbago/carbon/transport"
	"plumbago/carbon/transport/certtest"
)

// secure makes a TLS endpoint of what is accepted from l.
func secure(t *testing.T, l net.Listener, o transport.ServerTLS) *tls.Conn {
	t.Helper()
	s, err := transport.NewServer(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Handshake(within(t), accept(t, l))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRouteUnix(t *testing.T) {
	path := filepath.Join(t.TempDir(), "carbon.sock")
	o := quick()
	o.Transport = "unix"
	d := newDest(t, path, o, nil)
	d.Push(numbered(0, 10))
	d.Start()
	await(t, d, "a failure", inState(Down))
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(soon))
	lines := bufio.NewScanner(c)
	for i := range 8 { // more than the socket holds
		d.Push(numbered(10+1000*i, 1000))
	}
	wantNumbered(t, lines, 0, 8009)
	await(t, d, "delivery", delivered(8010))
	d.Close(within(t))
	if lines.Scan() || lines.Err() != nil {
		t.Errorf("after the last line: %q, %v", lines.Text(), lines.Err())
	}
}

// Lines travel in TLS or not, compressed or not; all of it ends in order.
func TestRouteLayers(t *testing.T) {
	ours := certtest.NewAuthority(t, "ours")
	p := ours.Issue(t, nil, "127.0.0.1")
	for _, compress := range []string{"none", "gzip", "lz4", "snappy", "zstd"} {
		t.Run(compress, func(t *testing.T) { layers(t, compress, nil) })
		t.Run(compress+" in TLS", func(t *testing.T) {
			layers(t, compress, func(o *Options, l net.Listener) func() net.Conn {
				o.TLS = &transport.ClientTLS{CA: ours.File, Cert: p.Cert, Key: p.Key}
				return func() net.Conn {
					return secure(t, l, transport.ServerTLS{Cert: p.Cert, Key: p.Key, ClientCA: ours.File})
				}
			})
		})
	}
}

// layers sends lines through a compression, and TLS if wrap adds it.
func layers(t *testing.T, compress string, wrap func(*Options, net.Listener) func() net.Conn) {
	l := listen(t, "127.0.0.1:0")
	o := quick()
	o.Compress = compress
	meet := func() net.Conn { return accept(t, l) }
	if wrap != nil {
		meet = wrap(&o, l)
	}
	d := newDest(t, l.Addr().String(), o, nil)
	d.Start()
	c := meet()
	defer c.Close()
	var r io.Reader = c
	if compress != "none" {
		r, _ = transport.NewReader(compress, c)
	}
	lines := bufio.NewScanner(r)
	d.Push(numbered(0, 1))
	wantNumbered(t, lines, 0, 0) // without anything that follows
	for i := range 5 {
		d.Push(numbered(1+1000*i, 1000))
	}
	wantNumbered(t, lines, 1, 5000)
	await(t, d, "delivery", delivered(5001))
	if s := d.Status(); s.WrittenBytes == 0 || compress != "none" && s.WrittenBytes > 150_000 || (len(s.Certificates) == 2) != (wrap != nil) {
		t.Errorf("got status %+v", s)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if lines.Scan() || lines.Err() != nil {
			t.Errorf("after the last line: %q, %v; want a clean end of file", lines.Text(), lines.Err())
		}
		c.Close()
	}()
	done := within(t)
	if lost := d.Close(done); lost != 0 || done.Err() != nil {
		t.Errorf("lost %d, %v", lost, done.Err())
	}
	<-ended
}

// What is wrong with TLS is said in words, in the log and in the status; meanwhile all lines wait.
func TestRouteTLSRefused(t *testing.T) {
	ours, theirs := certtest.NewAuthority(t, "ours"), certtest.NewAuthority(t, "theirs")
	good := ours.Issue(t, nil, "127.0.0.1")
	f := func(name string, so transport.ServerTLS, co transport.ClientTLS, want string) {
		t.Helper()
		s, err := transport.NewServer(so, nil)
		if err != nil {
			t.Fatal(err)
		}
		l := listen(t, "127.0.0.1:0")
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					if c, err := s.Handshake(t.Context(), c); err == nil {
						io.Copy(io.Discard, c)
					}
				}()
			}
		}()
		o := quick()
		o.TLS = &co
		log, logs := watched()
		d, err := New("graphite", l.Addr().String(), o, nil, log)
		if err != nil {
			t.Fatal(err)
		}
		d.Start()
		d.Push(numbered(0, 10))
		await(t, d, name, func(_ stat.EndpointCounts, s Status) bool {
			return s.State == Down && strings.Contains(s.Error, want) && logs.Len() > 0
		})
		if c := counts(t, d); c.Queued != 10 {
			t.Errorf("%s: %+v", name, c)
		}
		first := logs.All()[0]
		if first.Message != "endpoint down" || first.ContextMap()["endpoint"] != l.Addr().String() || !strings.Contains(first.ContextMap()["error"].(string), want) {
			t.Errorf("%s: the log says first %q %v", name, first.Message, first.ContextMap())
		}
		done, cancel := context.WithCancel(t.Context())
		cancel()
		d.Close(done)
		l.Close()
	}
	plain, knows := transport.ServerTLS{Cert: good.Cert, Key: good.Key}, transport.ClientTLS{CA: ours.File}
	bad := func(edit func(*x509.Certificate), host string) transport.ServerTLS {
		p := ours.Issue(t, edit, host)
		return transport.ServerTLS{Cert: p.Cert, Key: p.Key}
	}
	f("unknown authority", plain, transport.ClientTLS{CA: theirs.File}, "from an authority that we do not know")
	f("wrong name", bad(nil, "other.example"), knows, `not for that name but for "other.example"`)
	f("expired", bad(certtest.Expired, "127.0.0.1"), knows, "expired on ")
	mutual := plain
	mutual.ClientCA = ours.File
	f("no certificate", mutual, knows, "asks for a certificate, and we have none")
	foreign := theirs.Issue(t, nil, "me")
	f("a foreign certificate", mutual, transport.ClientTLS{CA: ours.File, Cert: foreign.Cert, Key: foreign.Key}, "the endpoint refused our certificate")
	mutual.MinVersion = "1.3"
	f("an old version", bad(nil, "127.0.0.1"), transport.ClientTLS{CA: theirs.File, MinVersion: "1.3"}, "from an authority")
}

// A certificate that is renewed is used by the next connection and leaves the present one alone.
func TestRouteTLSRenewed(t *testing.T) {
	ours, theirs := certtest.NewAuthority(t, "ours"), certtest.NewAuthority(t, "theirs")
	p := ours.Issue(t, nil, "127.0.0.1")
	l := listen(t, "127.0.0.1:0")
	o := quick()
	o.TLS = &transport.ClientTLS{CA: ours.File}
	log, logs := watched()
	d, err := New("graphite", l.Addr().String(), o, nil, log)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close(within(t))
	d.Start()
	c := secure(t, l, transport.ServerTLS{Cert: p.Cert, Key: p.Key})
	if err := os.Rename(theirs.File, ours.File); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	d.Push(numbered(0, 10))
	wantNumbered(t, bufio.NewScanner(c), 0, 9)
	await(t, d, "delivery", delivered(10))
	if s := d.Status(); s.Reconnects != 0 || s.Certificates[0].Name != "CN=theirs" {
		t.Errorf("got status %+v", s)
	}
	c.Close()
	q := theirs.Issue(t, nil, "127.0.0.1")
	c = secure(t, l, transport.ServerTLS{Cert: q.Cert, Key: q.Key})
	d.Push(numbered(10, 10))
	wantNumbered(t, bufio.NewScanner(c), 10, 19)
	await(t, d, "delivery", delivered(20))
	if err := os.Remove(ours.File); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	d.Reopen()
	found := 0
	for _, m := range said(logs) {
		if m == "the changed files of tls cannot be used" {
			found++
		}
	}
	if found != 1 {
		t.Errorf("a broken file was told of %d times: %q", found, said(logs))
	}
	c.Close()
}

// An endpoint that stalls in TLS is given up after write_timeout, and what was under way goes out again.
func TestRouteTLSStalls(t *testing.T) {
	ours := certtest.NewAuthority(t, "ours")
	p := ours.Issue(t, nil, "127.0.0.1")
	l := listen(t, "127.0.0.1:0")
	o := quick()
	o.TLS, o.WriteTimeout = &transport.ClientTLS{CA: ours.File}, 200*time.Millisecond
	d := newDest(t, l.Addr().String(), o, func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dialNetwork(ctx, network, address)
		if err == nil {
			c.(*net.TCPConn).SetWriteBuffer(4096)
		}
		return c, err
	})
	d.Start()
	so := transport.ServerTLS{Cert: p.Cert, Key: p.Key}
	c := secure(t, l, so)
	c.NetConn().(*net.TCPConn).SetReadBuffer(4096)
	for i := range 10 {
		d.Push(numbered(1000*i, 1000))
	}
	await(t, d, "the end of a stalled connection", func(_ stat.EndpointCounts, s Status) bool { return s.Error == errStalled.Error() })
	c.Close()
	var serving sync.WaitGroup
	serving.Go(func() {
		s, _ := transport.NewServer(so, nil)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				if c, err := s.Handshake(t.Context(), c); err == nil {
					io.Copy(io.Discard, c)
				}
			})
		}
	})
	await(t, d, "delivery", delivered(10000))
	d.Close(within(t))
	l.Close()
	serving.Wait()
}

// After a break the whole hand of a compressed stream goes out again, as a stream of its own.
func TestRouteCompressedBreak(t *testing.T) {
	for _, compress := range []string{"gzip", "lz4", "snappy", "zstd"} {
		t.Run(compress, func(t *testing.T) {
			l := listenNarrow(t, 8192)
			o := quick()
			o.Compress = compress
			d := newDest(t, l.Addr().String(), o, func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := dialNetwork(ctx, network, address)
				if err == nil {
					c.(*net.TCPConn).SetWriteBuffer(4096) // so that a hand is cut
				}
				return c, err
			})
			for i := range 16 { // one hand
				d.Push(numbered(1000*i, 1000))
			}
			d.Start()
			c := accept(t, l)
			if _, err := io.ReadFull(c, make([]byte, 2000)); err != nil {
				t.Fatal(err)
			}
			c.SetLinger(0)
			c.Close()
			c = accept(t, l)
			r, _ := transport.NewReader(compress, c)
			wantNumbered(t, bufio.NewScanner(r), 0, 15999)
			await(t, d, "delivery", delivered(16000))
			if c := counts(t, d); c.Resent != 16000 {
				t.Errorf("%d points were sent again", c.Resent)
			}
		})
	}
}

// What cannot be is refused when it is made.
func TestRouteRefuses(t *testing.T) {
	f := func(endpoint string, edit func(*Options), want string) {
		t.Helper()
		o := quick()
		edit(&o)
		if _, err := New("c", endpoint, o, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", endpoint, err, want)
		}
	}
	f("here", func(*Options) {}, "missing port")
	f("a b:1", func(*Options) {}, "no HOST:PORT")
	f("a:1", func(o *Options) { o.Transport, o.Compress = "udp", "gzip" }, "neither TLS nor compression")
	f("a:1", func(o *Options) { o.Transport, o.TLS = "udp", &transport.ClientTLS{} }, "neither TLS nor compression")
	f("a:1", func(o *Options) { o.Compress = "rar" }, `no compression "rar"`)
	f("a:1", func(o *Options) { o.TLS = &transport.ClientTLS{CA: "/nowhere"} }, "no such file")
}
