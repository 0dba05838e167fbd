package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"plumbago/carbon/transport/certtest"
)

// pair returns the two ends of a connection: of the real network, since a pipe holds nothing and two ends that write at
// once would wait for each other.
func pair(t *testing.T) (here, there net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if here, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if there, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return here, there
}

// meet makes a handshake between the two over a pipe and lets the client send a line. It returns each side's error:
// that of the handshake, or of the first read after it.
func meet(t *testing.T, s *Server, c *Client, host string) (server, client error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	here, there := pair(t)
	defer here.Close()
	done := make(chan error, 1)
	go func() {
		defer there.Close()
		conn, err := s.Handshake(ctx, there)
		if err == nil {
			_, err = io.ReadFull(conn, make([]byte, 4))
		}
		if err == nil {
			err = conn.CloseWrite()
		}
		done <- err
	}()
	conn, _, err := c.Handshake(ctx, here, host)
	if err != nil {
		here.Close()
		return <-done, err
	}
	go conn.Write([]byte("a 1\n"))
	if _, err = conn.Read(make([]byte, 1)); err == io.EOF {
		err = nil
	}
	return <-done, err
}

func server(t *testing.T, o ServerTLS, note func(error)) *Server {
	t.Helper()
	s, err := NewServer(o, note)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func client(t *testing.T, o ClientTLS) *Client {
	t.Helper()
	c, err := NewClient(o, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a handshake ends with, good or bad, and in which words on either side.
func TestHandshake(t *testing.T) {
	ours, theirs := certtest.NewAuthority(t, "ours"), certtest.NewAuthority(t, "theirs")
	issue := func(edit func(*x509.Certificate)) certtest.Pair {
		return ours.Issue(t, edit, "graphite.example", "127.0.0.1")
	}
	words := func(err error, host string) string {
		if err == nil {
			return ""
		}
		return Explain(err, host)
	}
	f := func(name string, so ServerTLS, co ClientTLS, host, onServer, onClient string) {
		t.Helper()
		for _, version := range []string{"1.2", "1.3"} {
			so.MinVersion, co.MinVersion = version, version
			s, c := meet(t, server(t, so, nil), client(t, co), host)
			if got := words(s, ""); (onServer == "") != (got == "") || !strings.Contains(got, onServer) {
				t.Errorf("%s, TLS %s: the server says %q, want %q", name, version, got, onServer)
			}
			if got := words(c, host); (onClient == "") != (got == "") || !strings.Contains(got, onClient) {
				t.Errorf("%s, TLS %s: the client says %q, want %q", name, version, got, onClient)
			}
		}
	}
	const host = "graphite.example"
	good := issue(nil)
	plain, knows := ServerTLS{Cert: good.Cert, Key: good.Key}, ClientTLS{CA: ours.File}
	f("good", plain, knows, host, "", "")
	f("an address", plain, knows, "127.0.0.1", "", "")
	f("a name of its own", plain, ClientTLS{CA: ours.File, ServerName: host}, "10.0.0.1", "", "")
	f("insecure", plain, ClientTLS{Insecure: true}, "whoever", "", "")
	f("wrong name", plain, knows, "other.example", "the client refused our certificate",
		`the certificate of "other.example" is not for that name but for "graphite.example", "127.0.0.1"`)
	f("unknown authority", plain, ClientTLS{CA: theirs.File}, host, "the client refused our certificate",
		`the certificate of "graphite.example" comes from an authority that we do not know: "CN=ours"`)
	old := issue(certtest.Expired)
	f("expired", ServerTLS{Cert: old.Cert, Key: old.Key}, knows, host, "the client refused our certificate",
		`the certificate of "graphite.example" expired on `+time.Now().UTC().Format("2006-"))
	early := issue(certtest.Future)
	f("not yet valid", ServerTLS{Cert: early.Cert, Key: early.Key}, knows, host, "the client refused our certificate",
		`the certificate of "graphite.example" is not valid yet: it begins on `)

	mutual := plain
	mutual.ClientCA = ours.File
	with := func(p certtest.Pair) ClientTLS { return ClientTLS{CA: ours.File, Cert: p.Cert, Key: p.Key} }
	f("mutual", mutual, with(good), host, "", "")
	f("a certificate that nobody asks for", plain, with(good), host, "", "")
	f("no client certificate", mutual, knows, host, "the client showed no certificate, and client_ca asks for one", "the endpoint ")
	f("foreign client", mutual, with(theirs.Issue(t, nil, "me")), host,
		`the client's certificate comes from an authority that we do not know: "CN=theirs"`, "the endpoint refused our certificate")
	f("expired client", mutual, with(old), host, "the client's certificate expired on ", "the endpoint refused our certificate")
	f("a server's certificate for a client", mutual, with(issue(func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	})), host, "not meant for this side of TLS", "the endpoint refused our certificate")
}

// A refusal that comes after the handshake is waited for only where there may be one.
func TestHandshakeWait(t *testing.T) {
	ours := certtest.NewAuthority(t, "ours")
	p := ours.Issue(t, nil, "a")
	f := func(so ServerTLS, want bool) {
		t.Helper()
		so.Cert, so.Key = p.Cert, p.Key
		here, there := pair(t)
		defer here.Close()
		s, c := server(t, so, nil), client(t, ClientTLS{CA: ours.File, Cert: p.Cert, Key: p.Key})
		go s.Handshake(t.Context(), there)
		_, wait, err := c.Handshake(t.Context(), here, "a")
		if err != nil || (wait > 0) != want {
			t.Errorf("got %s, %v", wait, err)
		}
	}
	f(ServerTLS{}, false)
	f(ServerTLS{ClientCA: ours.File}, true)
	f(ServerTLS{ClientCA: ours.File, MinVersion: "1.3"}, true)
}

// Whoever speaks something else than TLS, or nothing, is told in words.
func TestNoTLS(t *testing.T) {
	ours := certtest.NewAuthority(t, "ours")
	p := ours.Issue(t, nil, "a")
	s, c := server(t, ServerTLS{Cert: p.Cert, Key: p.Key}, nil), client(t, ClientTLS{CA: ours.File})
	f := func(patience time.Duration, peer func(net.Conn), onServer, onClient string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for _, want := range []string{onServer, onClient} {
			here, there := pair(t)
			go io.Copy(io.Discard, there)
			go peer(there)
			var err error
			if want == onServer {
				_, err = s.Handshake(ctx, here)
			} else {
				_, _, err = c.Handshake(ctx, here, "a")
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
			here.Close()
			there.Close()
		}
	}
	f(time.Minute, func(c net.Conn) { c.Write([]byte("servers.a.b 1 2\n")) }, `TLS: the client speaks no TLS: it began with "serve"`, `TLS: the endpoint speaks no TLS: it began with "serve"`)
	f(time.Minute, func(c net.Conn) { c.(*net.TCPConn).CloseWrite() }, "TLS: the client closed the connection", "TLS: the endpoint closed the connection")
	f(200*time.Millisecond, func(net.Conn) {}, "TLS: the client did not answer", "TLS: the endpoint did not answer")
	old := tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true}
	here, there := pair(t)
	defer here.Close()
	go tls.Client(there, &old).Handshake()
	if _, err := s.Handshake(t.Context(), here); err == nil || !strings.Contains(err.Error(), "no version of TLS that we may speak") {
		t.Errorf("an old client: %v", err)
	}
}

// Renewed files are taken at the next handshake, a second later at most, and broken ones are not; connections that are
// up do not notice.
func TestRotation(t *testing.T) {
	ours, theirs := certtest.NewAuthority(t, "ours"), certtest.NewAuthority(t, "theirs")
	p := ours.Issue(t, nil, "a.example")
	var notes []error
	s := server(t, ServerTLS{Cert: p.Cert, Key: p.Key}, func(err error) { notes = append(notes, err) })
	c := client(t, ClientTLS{CA: ours.File})
	before := s.Certificates()
	pass := func() { s.files.looked = time.Now().Add(-lookEvery) }
	f := func(host, want string) {
		t.Helper()
		_, err := meet(t, s, c, host)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", host, err, want)
		}
	}
	f("a.example", "")
	up, err := dialUp(t, s, c)
	if err != nil {
		t.Fatal(err)
	}

	ours.Renew(t, p, func(c *x509.Certificate) { c.NotAfter = c.NotAfter.Add(time.Hour) }, "b.example")
	s.files.looked = time.Now().Add(time.Hour)
	f("a.example", "") // not looked at again yet
	pass()
	f("b.example", "")
	f("a.example", "not for that name")
	if now := s.Certificates(); len(notes) != 1 || notes[0] != nil || len(now) != 1 || now[0].Name != "b.example" ||
		!now[0].NotAfter.After(before[0].NotAfter) {
		t.Errorf("notes %v, certificates %+v", notes, now)
	}

	if err := os.WriteFile(p.Key, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		pass()
		f("b.example", "")
	}
	if len(notes) != 2 || notes[1] == nil || !strings.Contains(notes[1].Error(), "keeping the certificates read before") {
		t.Errorf("notes %v", notes)
	}
	if err := s.Reload(); err != nil || len(notes) != 2 {
		t.Errorf("a reload of what has not changed: %v, notes %v", err, notes)
	}
	ours.Renew(t, p, nil, "c.example")
	if err := s.Reload(); err != nil || len(notes) != 3 || notes[2] != nil {
		t.Errorf("reload: %v, notes %v", err, notes)
	}
	f("c.example", "")

	// The client's authorities change too.
	q := theirs.Issue(t, nil, "a.example")
	other := server(t, ServerTLS{Cert: q.Cert, Key: q.Key}, nil)
	if _, err := meet(t, other, c, "a.example"); err == nil {
		t.Error("a foreign certificate was taken")
	}
	text, _ := os.ReadFile(theirs.File)
	if err := os.WriteFile(ours.File, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Reload(); err != nil {
		t.Fatal(err)
	}
	if _, err := meet(t, other, c, "a.example"); err != nil {
		t.Error(err)
	}
	if err := up(); err != nil {
		t.Errorf("the connection from before: %v", err)
	}
}

// dialUp makes a connection and returns what uses it once more.
func dialUp(t *testing.T, s *Server, c *Client) (use func() error, err error) {
	t.Helper()
	here, there := pair(t)
	done := make(chan error, 1)
	go func() {
		conn, err := s.Handshake(t.Context(), there)
		if err == nil {
			_, err = io.ReadFull(conn, make([]byte, 4))
		}
		done <- err
	}()
	conn, _, err := c.Handshake(t.Context(), here, "a.example")
	return func() error {
		defer here.Close()
		if _, err := conn.Write([]byte("a 1\n")); err != nil {
			return err
		}
		return <-done
	}, err
}

// Files that do not fit together are refused, in words.
func TestFiles(t *testing.T) {
	ours := certtest.NewAuthority(t, "ours")
	p, q := ours.Issue(t, nil, "a"), ours.Issue(t, nil, "b")
	both := t.TempDir() + "/both.pem"
	cert, _ := os.ReadFile(p.Cert)
	key, _ := os.ReadFile(p.Key)
	if err := os.WriteFile(both, append(cert, key...), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(o ServerTLS, want string) {
		t.Helper()
		_, err := NewServer(o, nil)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f(ServerTLS{Cert: p.Cert, Key: p.Key}, "")
	f(ServerTLS{Cert: both}, "")
	f(ServerTLS{}, "needs a certificate")
	f(ServerTLS{Cert: p.Cert}, "holds none in PEM")
	f(ServerTLS{Cert: p.Cert, Key: q.Key}, "is not that of the certificate")
	f(ServerTLS{Cert: p.Key, Key: p.Key}, "holds no certificate in PEM")
	f(ServerTLS{Cert: p.Cert + "x", Key: p.Key}, "no such file")
	f(ServerTLS{Cert: p.Cert, Key: p.Key, ClientCA: p.Key}, "holds none in PEM")
	f(ServerTLS{Cert: p.Cert, Key: p.Key, ClientCA: ours.File}, "")
	if err := os.WriteFile(both, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----"), 0o600); err != nil {
		t.Fatal(err)
	}
	f(ServerTLS{Cert: p.Cert, Key: both}, "is encrypted")
	if _, err := NewClient(ClientTLS{CA: "/nowhere"}, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
