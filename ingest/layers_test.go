package ingest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/stat"
	"plumbago/carbon/transport"
	"plumbago/carbon/transport/certtest"
)

// withTLS returns the options of a TLS listener with a certificate for "carbon.example".
func withTLS(t testing.TB, ca *certtest.Authority) (Options, certtest.Pair) {
	t.Helper()
	o := on("line", "tls://127.0.0.1:0")
	pair := ca.Issue(t, nil, "carbon.example")
	o.TLS = &transport.ServerTLS{Cert: pair.Cert, Key: pair.Key, MinVersion: "1.2"}
	return o, pair
}

// dialTLS makes the TCP connection and returns it beside a TLS client over it that has made its handshake.
func dialTLS(t testing.TB, a net.Addr, ca *certtest.Authority, own *certtest.Pair) (net.Conn, *tls.Conn) {
	t.Helper()
	raw := dial(t, secureTCP(a))
	c := &tls.Config{ServerName: "carbon.example", RootCAs: x509.NewCertPool()}
	pem, err := os.ReadFile(ca.File)
	if err != nil || !c.RootCAs.AppendCertsFromPEM(pem) {
		t.Fatalf("reading %s: %v", ca.File, err)
	}
	if own != nil {
		pair, err := tls.LoadX509KeyPair(own.Cert, own.Key)
		if err != nil {
			t.Fatal(err)
		}
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	conn := tls.Client(raw, c)
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	return raw, conn
}

// secureTCP returns the TCP address that a listener speaks TLS on.
func secureTCP(a net.Addr) net.Addr { return a.(secureAddr).Addr }

// drained waits for the other side to end conn, whatever it says before.
func drained(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the connection did not end")
	}
}

// said waits for a warning about a connection and returns its peer and reason.
func (r *rig) said(t *testing.T) (peer, reason string) {
	t.Helper()
	eventually(t, func() bool { return r.logs.FilterMessage(closingBroken).Len() > 0 })
	m := r.logs.FilterMessage(closingBroken).All()[0].ContextMap()
	r.logs.TakeAll()
	return m["peer"].(string), m["reason"].(string)
}

func TestTLS(t *testing.T) {
	ca := certtest.NewAuthority(t, "authority")
	o, _ := withTLS(t, ca)
	r := newRig(t, o, newRecorder())
	_, conn := dialTLS(t, r.Addrs()[0], ca, nil)
	text, names := lines(3000)
	write(t, conn, text+"a.")
	write(t, conn, "c 1 1700000000\na.d 1")
	closeConn(t, conn)
	r.sink.want(t, append(names, "a.c")...)
	r.sink.wantBad(t, stat.Unterminated, 1)
	_, conn = dialTLS(t, r.Addrs()[0], ca, nil)
	closeConn(t, conn)
	closeConn(t, dial(t, secureTCP(r.Addrs()[0])))
	eventually(t, func() bool { return r.Stats().Closed == 3 })
	if s := r.Stats(); s.Probes != 2 || s.Broken != (Broken{}) || r.logs.Len() != 0 {
		t.Errorf("the figures are %+v; said %v", s, r.logs.All())
	}
}

// Where client certificates are asked for, only their owners come in; the others are told of in words.
func TestClientCertificates(t *testing.T) {
	ca, other := certtest.NewAuthority(t, "authority"), certtest.NewAuthority(t, "stranger")
	o, _ := withTLS(t, ca)
	o.TLS.ClientCA = ca.File
	r := newRig(t, o, newRecorder())
	f := func(own *certtest.Pair, reason string) {
		t.Helper()
		raw, conn := dialTLS(t, r.Addrs()[0], ca, own) // in TLS 1.3 the refusal comes after the client's part
		_, _ = conn.Write([]byte("a.b 1 1700000000\n"))
		if reason == "" {
			r.sink.want(t, "a.b")
			return
		}
		drained(t, raw)
		if peer, said := r.said(t); peer != raw.LocalAddr().String() || !strings.Contains(said, reason) {
			t.Errorf("said %q of %s, want %q", said, peer, reason)
		}
	}
	good, bad := ca.Issue(t, nil, "client"), other.Issue(t, nil, "client")
	f(&good, "")
	f(nil, "the client showed no certificate")
	f(&bad, "authority that we do not know")
	if s := r.Stats(); s.Broken.TLS != 2 || s.Probes != 0 {
		t.Errorf("the figures are %+v", s)
	}
}

// What is no TLS, or none any more, ends its connection and no other; a handshake that never comes holds up nobody.
func TestTLSBroken(t *testing.T) {
	ca := certtest.NewAuthority(t, "authority")
	o, _ := withTLS(t, ca)
	r := newRig(t, o, newRecorder())
	for range 5 {
		write(t, dial(t, secureTCP(r.Addrs()[0])), "\x16\x03\x01")
	}
	raw := dial(t, secureTCP(r.Addrs()[0]))
	write(t, raw, "a.b 1 1700000000\n")
	drained(t, raw)
	if peer, reason := r.said(t); peer != raw.LocalAddr().String() || !strings.Contains(reason, "speaks no TLS") {
		t.Errorf("said %q of %s", reason, peer)
	}
	raw, conn := dialTLS(t, r.Addrs()[0], ca, nil)
	write(t, conn, "a.b 1 1700000000\na.c")
	r.sink.want(t, "a.b")
	write(t, raw, "\x17\x03\x03\x00\x20"+strings.Repeat("x", 32))
	drained(t, raw)
	if _, reason := r.said(t); !strings.Contains(reason, "TLS") {
		t.Errorf("said %q", reason)
	}
	raw, conn = dialTLS(t, r.Addrs()[0], ca, nil)
	write(t, conn, "a.d 1 1700000000\na.e")
	r.sink.want(t, "a.b", "a.d")
	write(t, raw, "\x17\x03\x03\x00\x20xxx")
	closeConn(t, raw)
	if _, reason := r.said(t); !strings.Contains(reason, "within a record") {
		t.Errorf("said %q", reason)
	}
	r.sink.wantBad(t, stat.Unterminated, 2)
	eventually(t, func() bool { return r.Stats().Open == 5 })
	r.close(t)
	if s := r.Stats(); s.Broken.TLS != 3 { // those whose handshake we end are no fault
		t.Errorf("in the end the figures are %+v", s)
	}
}

// What a TLS client had sent by the stop is read, and one that says nothing does not hold the stop up.
func TestTLSAtTheStop(t *testing.T) {
	ca := certtest.NewAuthority(t, "authority")
	o, _ := withTLS(t, ca)
	sink := newRecorder()
	sink.gate = make(chan struct{})
	r := newRig(t, o, sink)
	_, conn := dialTLS(t, r.Addrs()[0], ca, nil)
	dialTLS(t, r.Addrs()[0], ca, nil)
	text, names := lines(20000)
	write(t, conn, text)
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() {
		<-r.stop
		close(sink.gate)
	})
	r.close(t)
	sink.want(t, names...)
}

// A TLS peer that has us write and does not read cannot hold the stop up either.
func TestTLSWriteAtTheStop(t *testing.T) {
	ca := certtest.NewAuthority(t, "authority")
	o, _ := withTLS(t, ca)
	l, err := NewListener(o, 0, []*Worker{NewWorker(nowhere{}, nil, 0, zap.NewNop())}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	// Over a pipe what is written waits to be read: our part of the handshake waits for the client.
	ours, theirs := net.Pipe()
	l.serve(theirs, "pipe", true)
	client := deaf{ours, make(chan struct{}), make(chan struct{})}
	done := make(chan error)
	go func() { done <- tls.Client(client, &tls.Config{InsecureSkipVerify: true}).Handshake() }()
	<-client.asked
	ctx, cancel := context.WithTimeout(t.Context(), openingTime/2)
	defer cancel()
	if err := l.Close(ctx); err != nil {
		t.Error(err)
	}
	close(client.gone)
	if err := <-done; err == nil {
		t.Error("a handshake without an answer has worked")
	}
}

// deaf is a connection that is not read.
type deaf struct {
	net.Conn
	asked, gone chan struct{}
}

func (c deaf) Read([]byte) (int, error) {
	close(c.asked)
	<-c.gone
	return 0, io.EOF
}

// Changed files are taken by new handshakes; broken ones are not, and no connection notices either.
func TestRenewedCertificate(t *testing.T) {
	ca := certtest.NewAuthority(t, "authority")
	o, pair := withTLS(t, ca)
	r := newRig(t, o, newRecorder())
	_, old := dialTLS(t, r.Addrs()[0], ca, nil)
	serial := func(c *tls.Conn) string { return c.ConnectionState().PeerCertificates[0].SerialNumber.String() }
	ca.Renew(t, pair, nil, "carbon.example")
	r.Reload()
	_, renewed := dialTLS(t, r.Addrs()[0], ca, nil)
	if serial(old) == serial(renewed) {
		t.Error("the old certificate is still shown")
	}
	if err := os.WriteFile(pair.Cert, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.Reload()
	_, kept := dialTLS(t, r.Addrs()[0], ca, nil)
	if serial(renewed) != serial(kept) {
		t.Error("a broken file has replaced the certificate")
	}
	for _, conn := range []net.Conn{old, renewed, kept} {
		write(t, conn, "a.b 1 1700000000\n")
	}
	r.sink.want(t, "a.b", "a.b", "a.b")
	if n := r.Stats().Stale; n != 1 {
		t.Errorf("%d changes were not taken, want 1", n)
	}
	if n, m := r.logs.FilterMessageSnippet("use the changed").Len(), r.logs.FilterMessageSnippet("cannot be used").Len(); n != 1 || m != 1 {
		t.Errorf("said %v", r.logs.All())
	}
	if c := r.Certificates(); len(c) != 1 || c[0].Name != "carbon.example" || time.Until(c[0].NotAfter) < time.Hour {
		t.Errorf("the certificates are %v", c)
	}
}

// An idle TLS connection holds little memory, also after it has sent much.
func TestIdleTLSMemory(t *testing.T) {
	if race {
		t.Skip("the race detector has memory of its own")
	}
	const conns, most = 100, 64 << 10
	ca := certtest.NewAuthority(t, "authority")
	o, _ := withTLS(t, ca)
	r := newRig(t, o, newRecorder())
	text, names := lines(2000)
	_, conn := dialTLS(t, r.Addrs()[0], ca, nil)
	write(t, conn, text)
	r.sink.want(t, names...)
	before := heap()
	for range conns {
		_, conn := dialTLS(t, r.Addrs()[0], ca, nil) // the client's TLS is garbage then, its connection is not
		write(t, conn, text)
		r.sink.await(t, "all lines", func() bool {
			done := len(r.sink.names) >= 2000
			if done {
				r.sink.names = r.sink.names[:0]
			}
			return done
		})
	}
	if each := (heap() - before) / conns; each > most {
		t.Errorf("%d bytes a connection, want at most %d", each, most)
	} else {
		t.Logf("%d bytes a connection", each)
	}
}

// Compressed streams give their lines as they are flushed, alone and inside TLS behind a PROXY header.
func TestCompressed(t *testing.T) {
	ca := certtest.NewAuthority(t, "authority")
	f := func(method string, wrapped bool) {
		t.Helper()
		o, _ := withTLS(t, ca)
		if !wrapped {
			o = on("line", "tcp://127.0.0.1:0")
		}
		o.Compress, o.ProxyProtocol = method, wrapped
		r := newRig(t, o, newRecorder())
		var conn, raw net.Conn
		if wrapped {
			raw = dial(t, secureTCP(r.Addrs()[0]))
			write(t, raw, "PROXY TCP4 192.0.2.7 10.0.0.1 56324 2003\r\n")
			secure := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
			if err := secure.Handshake(); err != nil {
				t.Fatal(err)
			}
			conn = secure
		} else {
			raw = dial(t, r.Addrs()[0])
			conn = raw
		}
		z, err := transport.NewWriter(method, conn)
		if err != nil {
			t.Fatal(err)
		}
		text, names := lines(3000)
		write(t, z, text+"a.")
		if err := z.Flush(); err != nil {
			t.Fatal(err)
		}
		r.sink.want(t, names...)
		write(t, z, "c 1 1700000000\n")
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		z.Reset(conn) // another stream behind it
		write(t, z, "a.d 1 1700000000\na.e")
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		r.sink.want(t, append(names, "a.c", "a.d")...)
		write(t, conn, "this is none of it, for "+strings.Repeat("sure", 10))
		if err := raw.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if peer, reason := r.said(t); !strings.Contains(reason, method) || wrapped && peer != "192.0.2.7:56324" {
			t.Errorf("%s: said %q of %s", method, reason, peer)
		}
		r.sink.wantBad(t, stat.Unterminated, 1)
		if s := r.Stats(); s.Broken != (Broken{Compress: 1}) {
			t.Errorf("%s: the figures are %+v", method, s)
		}
	}
	for _, method := range []string{"gzip", "lz4", "snappy", "zstd"} {
		f(method, false)
		f(method, true)
	}
}

// A compressed stream that is cut is told of; one that is not even begun is a probe; what had come at a stop is taken.
func TestCompressedEnds(t *testing.T) {
	o := on("line", "tcp://127.0.0.1:0")
	o.Compress = "gzip"
	r := newRig(t, o, newRecorder())
	closeConn(t, dial(t, r.Addrs()[0]))
	var b bytes.Buffer
	z, err := transport.NewWriter("gzip", &b)
	if err != nil {
		t.Fatal(err)
	}
	write(t, z, "a.b 1 1700000000\na.c 1")
	if err := z.Flush(); err != nil {
		t.Fatal(err)
	}
	conn := dial(t, r.Addrs()[0])
	write(t, conn, b.String())
	r.sink.want(t, "a.b")
	closeConn(t, conn)
	if _, reason := r.said(t); !strings.Contains(reason, "ends in the middle") {
		t.Errorf("said %q", reason)
	}
	r.sink.wantBad(t, stat.Unterminated, 1)
	write(t, dial(t, r.Addrs()[0]), b.String())
	r.close(t)
	r.sink.want(t, "a.b", "a.b")
	r.sink.wantBad(t, stat.Unterminated, 2)
	if s := r.Stats(); s.Broken != (Broken{Compress: 1}) || s.Probes != 1 {
		t.Errorf("the figures are %+v", s)
	}
}
