package e2e

import (
	"fmt"
	"testing"

	"plumbago/carbon/transport/certtest"
)

// TestListsTLS pushes points into a list in a real Redis over TLS, which asks for a password, and takes them out again the same way.
func TestListsTLS(t *testing.T) {
	outside(t)
	plain, secure, line := freePort(t), freePort(t), freePort(t)
	ca := certtest.NewAuthority(t, "redis authority")
	own := ca.Issue(t, nil, "localhost", "127.0.0.1")
	s := &server{t: t, port: plain, dir: t.TempDir(), cli: &cli{t, part(t, "redis-tools", "redis-cli"), plain}, tls: []string{
		"--tls-port", fmt.Sprint(secure), "--tls-cert-file", own.Cert, "--tls-key-file", own.Key, "--tls-ca-cert-file", ca.File,
		"--tls-auth-clients", "no", "--user", "writer", "on", ">s3cret", "~nic*", "&*", "+@all",
	}}
	s.run()
	defer func() { s.kill() }()
	const points = 5000
	list := fmt.Sprintf("rediss://writer:${LIST_PASSWORD}@127.0.0.1:%d/0?key=nic", secure)
	out := newSink(t)
	in := start(t, setup{env: []string{"LIST_PASSWORD=s3cret"}, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "lists"
protocol = "redis"
endpoints = [%q]
tls = { ca = %q }
[[rule]]
match = "**"
send = ["lists"]
`, line, list, ca.File)})
	var text string
	for i := range points {
		text += fmt.Sprintf("nic.7.n%d %d 1416700800\n", i, i)
	}
	nc(t, fmt.Sprintf("127.0.0.1:%d", line), text)
	in.await("all are pushed", func(l *ledger) bool { return l.endpoint(t, "lists").Delivered == points })
	// What takes records out trusts the system's authorities, and those that are named by this variable.
	back := start(t, setup{env: []string{"LIST_PASSWORD=s3cret", "SSL_CERT_FILE=" + ca.File}, conf: fmt.Sprintf(`
[[listen]]
protocol = "redis"
address = %q
ack = true
period = "50ms"
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "**"
send = ["out"]
`, list, out.addr)})
	back.received(points)
	back.stop()
	in.stop()
	got := map[string]bool{}
	for _, line := range out.finish(points) {
		got[line] = true
	}
	for i := range points {
		if want := fmt.Sprintf("nic.7.n%d %d 1416700800", i, i); !got[want] {
			t.Fatalf("%q did not arrive; %d lines did", want, len(got))
		}
	}
}
