package e2e

import (
	"fmt"
	"testing"
	"time"
)

// PROXY headers made by hand, as a balancer sends them: the client they name is who is let in, held to its rate, and named.
func TestProxyProtocol(t *testing.T) {
	out := newSink(t)
	port, other := freePort(t), freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
proxy_protocol = true
proxy_from = ["127.0.0.0/8"]
allow = ["192.0.2.0/24", "2001:db8::/32"]
rate = 3
[[listen]]
address = "tcp://127.0.0.1:%d"
proxy_protocol = true
proxy_from = ["10.0.0.1"]
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "**"
send = "out"
`, port, other, out.addr)})
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	line := func(name string) string { return fmt.Sprintf("%s 1 %d\n", name, time.Now().Unix()) }

	const v2 = "\r\n\r\n\x00\r\nQUIT\n"
	send(t, "tcp", addr, "PROXY TCP4 192.0.2.1 127.0.0.1 1111 2003\r\n"+line("v1"))
	nc(t, addr, v2+"\x21\x11\x00\x0c\xc0\x00\x02\x02\x7f\x00\x00\x01\x12\x34\x07\xd3"+line("v2"))
	nc(t, addr, v2+"\x21\x21\x00\x29\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"+
		"\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x12\x34\x07\xd3\x04\x00\x02hi"+line("v2.six"))
	nc(t, addr, v2+"\x20\x00\x00\x00"+line("local"))
	d.received(4)

	closed := func(text string) {
		t.Helper()
		c := dial(t, "tcp", addr)
		fmt.Fprint(c, text)
		closedConn(t, c)
	}
	closed("PROXY TCP4 198.51.100.7 127.0.0.1 1111 2003\r\n" + line("stranger"))
	d.says("not in allow", "198.51.100.7:1111")
	closed(line("no.header"))
	d.says("cannot be read on", "PROXY header is broken", `"peer":"127.0.0.1:`)
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", other))
	fmt.Fprint(c, "PROXY TCP4 192.0.2.1 127.0.0.1 1111 2003\r\n"+line("no.balancer"))
	closedConn(t, c)
	d.says("not in proxy_from")
	d.metric(fmt.Sprintf(`plumbago_listener_broken_total{listener="tcp://%s",reason="proxy"} 1`, addr))

	many := ""
	for range 10 {
		many += line("much")
	}
	nc(t, addr, "PROXY TCP4 192.0.2.9 127.0.0.1 1111 2003\r\n"+many)
	l := d.received(14)
	passed := 10 - int(l.Dropped["rate_limit"])
	if passed < 3 || passed > 6 { // a second burst at most, if the machine stood still amidst them
		t.Errorf("%d of 10 came through, want 3", passed)
	}
	d.stop()
	if got := out.finish(4 + passed); len(got) != 4+passed {
		t.Errorf("got %q", got)
	}
}
