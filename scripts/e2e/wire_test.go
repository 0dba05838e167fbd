package e2e

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbago/carbon/transport/certtest"
)

// sendThrough starts a plumbago that sends all to endpoint; keys are further keys of its cluster. Nothing but the port
// to send to differs from how users would write it.
func sendThrough(t *testing.T, endpoint, keys string, args ...string) (d *daemon, port int) {
	t.Helper()
	port = freePort(t)
	return start(t, setup{args: args, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "store"
endpoints = [%q]
reconnect = ["50ms", "200ms"]
%s
[[rule]]
match = "**"
send = "store"
`, port, endpoint, keys)}), port
}

// someLines returns n lines that are all different.
func someLines(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("wire.host%02d.metric%04d %d.5 %d", i%40, i, i, hourAgo()+int64(i%60))
	}
	return lines
}

// deliver sends lines through d, waits until they are delivered and stops it.
func deliver(t *testing.T, d *daemon, port int, lines []string) {
	t.Helper()
	nc(t, fmt.Sprintf("127.0.0.1:%d", port), strings.Join(lines, "\n")+"\n")
	d.await("every line delivered", func(l *ledger) bool {
		return l.endpoint(t, "store").Delivered == int64(len(lines))
	})
	d.stop()
}

// sameLines compares lines without their order.
func sameLines(t *testing.T, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%d lines arrived of %d, or others than were sent", len(got), len(want))
	}
}

// opensslServer starts openssl's server, which writes what it receives to the file that is returned.
func opensslServer(t *testing.T, p certtest.Pair, args ...string) (port int, out string) {
	t.Helper()
	port, out = freePort(t), filepath.Join(t.TempDir(), "received")
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	args = append([]string{"s_server", "-quiet", "-accept", fmt.Sprintf("127.0.0.1:%d", port), "-cert", p.Cert, "-key", p.Key}, args...)
	cmd := exec.Command(part(t, "openssl", "openssl"), args...)
	stderr := &journal{}
	cmd.Stdout, cmd.Stderr = f, stderr
	stdin, err := cmd.StdinPipe() // at its end the server would end
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("openssl says:\n%s", stderr)
		}
	})
	listening(t, port)
	return port, out
}

// received waits for n lines in the file and returns them.
func received(t *testing.T, file string, n int) []string {
	t.Helper()
	var text string
	eventually(t, fmt.Sprintf("%d lines at openssl", n), func() bool {
		text = read(t, file)
		return strings.Count(text, "\n") >= n
	})
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// TestTLSOut sends through TLS, with and without a certificate of our own, to openssl and to carbon-c-relay.
func TestTLSOut(t *testing.T) {
	outside(t)
	ca := certtest.NewAuthority(t, "authority")
	theirs, ours := ca.Issue(t, nil, "localhost", "127.0.0.1"), ca.Issue(t, nil, "relay.example")
	lines := someLines(3000)
	t.Run("openssl", func(t *testing.T) {
		port, out := opensslServer(t, theirs)
		d, in := sendThrough(t, fmt.Sprintf("localhost:%d", port), fmt.Sprintf("tls = { ca = %q }", ca.File))
		deliver(t, d, in, lines)
		sameLines(t, received(t, out, len(lines)), lines)
	})
	t.Run("openssl with client certificates", func(t *testing.T) {
		port, out := opensslServer(t, theirs, "-Verify", "2", "-CAfile", ca.File, "-verify_return_error")
		d, in := sendThrough(t, fmt.Sprintf("127.0.0.1:%d", port),
			fmt.Sprintf("tls = { ca = %q, cert = %q, key = %q, min_version = \"1.3\" }", ca.File, ours.Cert, ours.Key))
		deliver(t, d, in, lines)
		sameLines(t, received(t, out, len(lines)), lines)
	})
	t.Run("carbon-c-relay", func(t *testing.T) {
		s, port := newSink(t), freePort(t)
		pem := filepath.Join(t.TempDir(), "both.pem")
		write(t, pem, read(t, theirs.Cert)+read(t, theirs.Key))
		conf := filepath.Join(t.TempDir(), "relay.conf")
		write(t, conf, fmt.Sprintf(`
listen type linemode transport plain ssl %s 127.0.0.1:%d proto tcp ;
cluster out forward %s ;
match * send to out stop ;
`, pem, port, s.addr))
		background(t, part(t, "carbon-c-relay", "carbon-c-relay"), "-f", conf, "-s", "-q", "100000")
		listening(t, port)
		d, in := sendThrough(t, fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("tls = { ca = %q }", ca.File))
		deliver(t, d, in, lines)
		sameLines(t, s.await(len(lines)), lines)
	})
}

// TestTLSRefused meets endpoints that must not be trusted, or do not trust us: each is told of in plain words, its lines
// wait, and the ledger balances to the end.
func TestTLSRefused(t *testing.T) {
	outside(t)
	ca, other := certtest.NewAuthority(t, "our authority"), certtest.NewAuthority(t, "their authority")
	good := ca.Issue(t, nil, "127.0.0.1")
	f := func(name string, theirs certtest.Pair, client string, server []string, want ...string) {
		t.Run(name, func(t *testing.T) {
			port, out := opensslServer(t, theirs, server...)
			d, in := sendThrough(t, fmt.Sprintf("127.0.0.1:%d", port), "tls = { "+client+" }", "--drain", "100ms")
			nc(t, fmt.Sprintf("127.0.0.1:%d", in), strings.Join(someLines(10), "\n")+"\n")
			d.await("the lines wait", func(l *ledger) bool { return l.endpoint(t, "store").Queued == 10 })
			eventually(t, "the reason in the log", func() bool {
				log := d.said.String()
				return !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(log, w) })
			})
			if e := d.ledger().endpoint(t, "store"); e.Queued != 10 {
				t.Errorf("the lines do not wait: %+v", e)
			}
			d.signal(syscall.SIGTERM)
			if e := d.ended().ledger.endpoint(t, "store"); e.Dropped["shutdown"] != 10 || e.Delivered != 0 {
				t.Errorf("at the end: %+v", e)
			}
			if text := read(t, out); text != "" {
				t.Errorf("it got %q", text)
			}
		})
	}
	knows := fmt.Sprintf("ca = %q", ca.File)
	issue := func(edit func(*x509.Certificate), host string) certtest.Pair { return ca.Issue(t, edit, host) }
	f("expired", issue(certtest.Expired, "127.0.0.1"), knows, nil, "endpoint down", "TLS: the certificate of", "expired on ")
	f("wrong name", issue(nil, "other.example"), knows, nil, "is not for that name but for", "other.example")
	f("unknown authority", other.Issue(t, nil, "127.0.0.1"), knows, nil, "comes from an authority that we do not know", "their authority")
	verify := []string{"-Verify", "2", "-CAfile", ca.File, "-verify_return_error"}
	f("no certificate of ours", good, knows, verify, "the endpoint asks for a certificate, and we have none")
	foreign := other.Issue(t, nil, "me")
	f("a foreign certificate of ours", good, fmt.Sprintf("%s, cert = %q, key = %q", knows, foreign.Cert, foreign.Key), verify,
		"the endpoint refused our certificate: it does not know the authority that signed it")
}

// TestCompressed sends compressed streams and has the usual tools inflate them.
func TestCompressed(t *testing.T) {
	outside(t)
	lines := someLines(5000)
	f := func(method, tool string, args ...string) {
		t.Run(method, func(t *testing.T) {
			var mu sync.Mutex
			var packed bytes.Buffer
			s := newRawSink(t, func(c io.Reader) {
				b, _ := io.ReadAll(c)
				mu.Lock()
				packed.Write(b)
				mu.Unlock()
			})
			d, in := sendThrough(t, s.addr, fmt.Sprintf("compress = %q", method))
			deliver(t, d, in, lines)
			s.finish(0)
			mu.Lock()
			defer mu.Unlock()
			cmd := exec.Command(tool, args...)
			cmd.Stdin = &packed
			out, err := cmd.Output()
			if err != nil {
				if e, ok := err.(*exec.ExitError); ok {
					err = fmt.Errorf("%w: %s", err, e.Stderr)
				}
				t.Fatal(err)
			}
			sameLines(t, strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"), lines)
		})
	}
	f("gzip", part(t, "gzip", "gzip"), "-dc")
	f("lz4", part(t, "lz4", "lz4"), "-dc")
	f("zstd", part(t, "zstd", "zstd"), "-dc")
	f("snappy", python(t), "-c", unsnappy)
}

// unsnappy inflates snappy's framing format. The package's own checksum, in C, does not work with Python 3.11.
const unsnappy = `
import sys, snappy
from snappy import snappy as lib
table = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82f63b78 if n & 1 else 0)
    table.append(n)
def crc32c(data):
    c = 0xffffffff
    for b in data:
        c = c >> 8 ^ table[(c ^ b) & 255]
    return c ^ 0xffffffff
lib._crc32c = crc32c
d = snappy.StreamDecompressor()
sys.stdout.buffer.write(d.decompress(sys.stdin.buffer.read()))
d.flush()
`

// TestGoCarbonCompressed sends compressed streams to go-carbon and reads them back through carbonapi.
func TestGoCarbonCompressed(t *testing.T) {
	outside(t)
	for _, method := range []string{"gzip", "snappy"} {
		t.Run(method, func(t *testing.T) {
			in, api := startGoCarbon(t, fmt.Sprintf("compression = %q", method))
			r, port := newReplay(20), freePort(t)
			r.play(t, relayTo(t, port, "plaintext", in, fmt.Sprintf("compress = %q", method)), port)
			var got map[string]map[int64]float64
			eventually(t, "carbonapi shows every point", func() bool {
				got = render(t, api, "replay.*.*.*", r.from-10, r.from+600)
				return count(got) >= r.results()
			})
			compare(t, got, r.want)
		})
	}
}

// TestTwoPlumbagos chains two through TLS and zstd while connections are renewed every second and the certificates are
// exchanged; every line arrives once, in order.
func TestTwoPlumbagos(t *testing.T) {
	outside(t)
	ca := certtest.NewAuthority(t, "authority")
	theirs, ours := ca.Issue(t, nil, "127.0.0.1"), ca.Issue(t, nil, "relay.example")
	s, port := newSink(t), freePort(t)
	second := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = "tls://127.0.0.1:%d"
compress = "zstd"
tls = { cert = %q, key = %q, client_ca = %q }
[[cluster]]
name = "store"
endpoints = [%q]
[[rule]]
match = "**"
send = "store"
`, port, theirs.Cert, theirs.Key, ca.File, s.addr)})
	first, in := sendThrough(t, fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf(`
compress = "zstd"
max_conn_age = "1s"
tls = { ca = %q, cert = %q, key = %q }`, ca.File, ours.Cert, ours.Key))
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	const rounds = 40 // four seconds
	lines := someLines(100 * rounds)
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", in))
	for i := range rounds {
		if i == rounds/2 {
			ca.Renew(t, theirs, nil, "127.0.0.1")
			ca.Renew(t, ours, nil, "relay.example")
			first.signal(syscall.SIGHUP)
			second.signal(syscall.SIGHUP)
		}
		if _, err := io.WriteString(c, strings.Join(lines[100*i:100*(i+1)], "\n")+"\n"); err != nil {
			t.Fatal(err)
		}
		s.await(100 * (i + 1))
		<-tick.C
	}
	c.Close()
	eventually(t, "connections are renewed", func() bool { return strings.Count(first.said.String(), "making the connection anew") >= 3 })
	if _, body, err := first.get("/metrics"); err != nil || strings.Count(string(body), "\nplumbago_endpoint_certificate_expiry_timestamp_seconds{") != 2 {
		t.Errorf("/metrics does not say when our certificate and the authority's expire: %v\n%s", err, body)
	}
	if l := first.stop(); l.ledger.endpoint(t, "store").Resent != 0 {
		t.Errorf("something was sent again: %+v", l.ledger)
	}
	second.stop()
	if got := s.finish(len(lines)); !slices.Equal(got, lines) {
		t.Errorf("%d lines arrived of %d, or not in order", len(got), len(lines))
	}
	for _, d := range []*daemon{first, second} {
		if n := strings.Count(d.said.String(), "use the changed files of tls"); n != 1 {
			t.Errorf("new certificates were told of %d times:\n%s", n, d.said)
		}
	}
}
