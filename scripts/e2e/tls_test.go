package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbago/carbon/transport/certtest"
)

// sClient sends text with openssl s_client, which trusts ca, and returns what it said. No line may begin with a letter
// that is a command to it, such as k.
func sClient(t *testing.T, addr, text string, ca *certtest.Authority, args ...string) (said string, err error) {
	t.Helper()
	cmd := exec.Command(part(t, "openssl", "openssl"), append([]string{
		"s_client", "-quiet", "-no_ign_eof", "-connect", addr, "-CAfile", ca.File, "-servername", "localhost",
		"-verify_hostname", "localhost", "-verify_return_error",
	}, args...)...)
	cmd.Stdin = strings.NewReader(text)
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err = cmd.Run()
	return b.String(), err
}

// openssl sends lines over TLS, and what is refused leaves a sentence in the log.
func TestTLSClients(t *testing.T) {
	out := newSink(t)
	open, strict := freePort(t), freePort(t)
	ca, stranger := certtest.NewAuthority(t, "e2e authority"), certtest.NewAuthority(t, "a stranger")
	own := ca.Issue(t, nil, "localhost", "127.0.0.1")
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = "tls://127.0.0.1:%d"
tls = { cert = %q, key = %q }
[[listen]]
address = "tls://127.0.0.1:%d"
tls = { cert = %[2]q, key = %[3]q, client_ca = %[5]q, min_version = "1.3" }
[[cluster]]
name = "out"
endpoints = [%[6]q]
[[rule]]
match = "**"
send = "out"
`, open, own.Cert, own.Key, strict, ca.File, out.addr)})
	at := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	var want []string
	line := func(name string) string {
		want = append(want, fmt.Sprintf("%s 1 %d", name, time.Now().Unix()))
		return want[len(want)-1] + "\n"
	}
	good := func(port int, name string, args ...string) {
		t.Helper()
		if said, err := sClient(t, at(port), line(name), ca, args...); err != nil {
			t.Errorf("openssl: %v: %s", err, said)
		}
		d.received(int64(len(want)))
	}
	good(open, "any")
	good(open, "old", "-tls1_2")
	client := ca.Issue(t, nil, "client")
	good(strict, "friend", "-cert", client.Cert, "-key", client.Key)

	refused := func(port int, words string, args ...string) {
		t.Helper()
		_, _ = sClient(t, at(port), "never 1\n", ca, args...) // TLS 1.3 clients may not notice
		d.says("cannot be read on", at(port), `"peer":"127.0.0.1:`, words)
	}
	refused(strict, "the client showed no certificate, and client_ca asks for one")
	foreign := stranger.Issue(t, nil, "client")
	refused(strict, "an authority that we do not know", "-cert", foreign.Cert, "-key", foreign.Key)
	expired := ca.Issue(t, certtest.Expired, "client")
	refused(strict, "expired on", "-cert", expired.Cert, "-key", expired.Key)
	refused(strict, "speaks no version of TLS that we may speak", "-tls1_2")
	send(t, "tcp", at(open), "plain.text 1\n")
	d.says("cannot be read on", at(open), "the client speaks no TLS")
	nc(t, at(open), "")
	eventually(t, "a probe", func() bool { return d.listener(0).Probes == 1 })
	d.metric(fmt.Sprintf(`plumbago_listener_broken_total{listener="tls://%s",reason="tls"} 4`, at(strict)))
	if n := d.said.count(`"msg":"listening"`, `"address":"tls://`+at(open)); n != 1 {
		t.Errorf("%d lines say that it listens with TLS", n)
	}
	if l := d.ledger(); l.Received != int64(len(want)) {
		t.Errorf("%d were received, want %d", l.Received, len(want))
	}
	d.stop()
	same(t, "openssl", parse(t, out.finish(len(want))), parse(t, want))
}

// carbon-c-relay sends through TLS to us.
func TestTLSFromRelay(t *testing.T) {
	outside(t)
	out := newSink(t)
	port, relay := freePort(t), freePort(t)
	ca := certtest.NewAuthority(t, "e2e authority")
	own := ca.Issue(t, nil, "localhost", "127.0.0.1")
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = "tls://127.0.0.1:%d"
tls = { cert = %q, key = %q }
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "**"
send = "out"
`, port, own.Cert, own.Key, out.addr)})
	startCRelay(t, relay, fmt.Sprintf(
		"cluster us forward localhost:%d proto tcp type linemode transport plain ssl ;\nmatch * send to us stop ;\n", port), "-C", ca.File)
	const n = 20000
	var text strings.Builder
	now := time.Now().Unix()
	for i := range n {
		fmt.Fprintf(&text, "servers.web%d.cpu %d %d\n", i%100, i, now)
	}
	nc(t, fmt.Sprintf("127.0.0.1:%d", relay), text.String())
	if l := d.received(n); l.Received != n || l.Accepted != n {
		t.Errorf("received %d, accepted %d, want %d", l.Received, l.Accepted, n)
	}
	d.stop()
	same(t, "relay", parse(t, out.finish(n)), parse(t, strings.Split(strings.TrimSpace(text.String()), "\n")))
}

// A certificate is renewed while clients send: nobody loses a connection or a line, new clients see the new one, and a
// broken file keeps the old.
func TestTLSRotation(t *testing.T) {
	outside(t)
	out := newSink(t)
	port := freePort(t)
	ca := certtest.NewAuthority(t, "e2e authority")
	own := ca.Issue(t, nil, "localhost")
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = "tls://127.0.0.1:%d"
tls = { cert = %q, key = %q }
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "**"
send = "out"
`, port, own.Cert, own.Key, out.addr)})
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(ca.File)
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no authority", err)
	}
	connect := func() *tls.Conn {
		conn := tls.Client(dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port)), &tls.Config{RootCAs: pool, ServerName: "localhost"})
		if err := conn.Handshake(); err != nil {
			t.Error(err)
		}
		return conn
	}
	serial := func() string {
		c := connect()
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	var sent [4]int64
	for i := range sent {
		conn := connect()
		wg.Go(func() {
			defer conn.Close()
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := fmt.Fprintf(conn, "load.%d %d 1700000000\n", i, sent[i]); err != nil {
					t.Errorf("connection %d: %v", i, err)
					return
				}
				sent[i]++
				time.Sleep(100 * time.Microsecond) // a pace, not a wait for anything
			}
		})
	}
	before := serial()
	ca.Renew(t, own, nil, "localhost")
	eventually(t, "new handshakes see the new certificate", func() bool { return serial() != before })
	renewed := serial()
	d.says("new handshakes use the changed files")
	write(t, own.Cert, "-----BEGIN CERTIFICATE-----\nbroken\n")
	d.signal(syscall.SIGHUP)
	d.says("cannot be used", "keeping the certificates read before")
	if serial() != renewed {
		t.Error("a broken file has replaced the certificate")
	}
	close(stop)
	wg.Wait()
	n := sent[0] + sent[1] + sent[2] + sent[3]
	l := d.received(n)
	if l.Received != n || l.Accepted != n || d.listener(0).Broken["tls"] != 0 {
		t.Errorf("received %d, accepted %d, want %d; %+v", l.Received, l.Accepted, n, d.listener(0))
	}
	d.stop()
	out.finish(int(n))
}
