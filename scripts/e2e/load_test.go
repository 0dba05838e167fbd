package e2e

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestLedgerUnderLoad asks for the ledger all the time while 20,000 lines a second come in over two connections, with
// rules of every kind, a bad line in every hundred, and an endpoint that goes away and comes back: its laws must hold in
// every answer, and at the end the sums must be right.
func TestLedgerUnderLoad(t *testing.T) {
	raw, averages := newSink(t), newPickleSink(t)
	port := freePort(t)
	d := start(t, setup{bin: program, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "raw"
endpoints = [%q]
reconnect = ["50ms", "200ms"]
[[cluster]]
name = "averages"
protocol = "pickle"
endpoints = [%q]
[[rule]]
match = "load.noise.**"
drop = true
[[rule]]
match = "load.**"
[rule.aggregate]
period = "1s"
wait = "100ms"
send = "averages"
[[rule]]
match = "load.*.0.**"
stop = true
send = "raw"
`, port, raw.addr, averages.addr)})

	var done atomic.Int32
	var lines [2]int64
	for i := range lines {
		c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		go func() {
			defer done.Add(1)
			lines[i] = paced(c, i, 5*time.Second)
			c.Close()
		}()
	}
	samples, addr := 0, raw.addr
	for begin := time.Now(); done.Load() < 2; samples++ {
		d.ledger()
		switch elapsed := time.Since(begin); {
		case elapsed > 2*time.Second && raw.ln != nil && samples%2 == 0 && elapsed < 3*time.Second:
			raw.close()
		case elapsed > 3*time.Second && raw.ln == nil:
			raw.open(addr, 0)
		}
		if t.Failed() {
			break
		}
	}
	if raw.ln == nil {
		raw.open(addr, 0)
	}
	eventually(t, "the senders are done", func() bool { return done.Load() == 2 })
	n := lines[0] + lines[1]
	l := d.received(n)
	// Of each hundred lines one is bad, nine are noise, and nine of the rest are sent raw too.
	if l.Received != n || l.Invalid["bad_value"] != n/100 || l.Dropped["rule"] != 9*n/100 || l.Aggregated != 90*n/100 || l.Both != 9*n/100 {
		t.Errorf("of %d lines: %+v", n, l)
	}
	d.stop()
	if n < 50000 || samples < 50 {
		t.Skipf("%d lines and %d ledgers: too few to prove anything", n, samples)
	}
	t.Logf("%d lines, %d ledgers", n, samples)
}

// paced sends blocks of a hundred lines, ten thousand lines a second, and returns how many.
func paced(c net.Conn, sender int, span time.Duration) (lines int64) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); time.Since(begin) < span; <-tick.C {
		var b strings.Builder
		now := time.Now().Unix()
		for i := range 100 {
			switch {
			case i == 0:
				b.WriteString("load.bad x 1\n")
			case i < 10:
				fmt.Fprintf(&b, "load.noise.%d 1 %d\n", i, now)
			default:
				fmt.Fprintf(&b, "load.s%d.%d.m%d %d %d\n", sender, i%10, i, i, now)
			}
		}
		if _, err := c.Write([]byte(b.String())); err != nil {
			return lines
		}
		lines += 100
	}
	return lines
}

// TestReconnect takes an endpoint away and brings it back: what was queued in between arrives; lost is at most what had
// been written to the connection when it broke.
func TestReconnect(t *testing.T) {
	out := newSink(t)
	port, addr := freePort(t), out.addr
	d := start(t, setup{conf: forwarding(port, addr, "reconnect = [\"50ms\", \"200ms\"]")})
	in := fmt.Sprintf("127.0.0.1:%d", port)
	nc(t, in, numbered(0, 1000))
	out.await(1000)
	out.close()

	// Lines go in one by one until one of them has to wait: from then on the daemon knows that the endpoint is gone.
	known := 1000
	c := dial(t, "tcp", in)
	eventually(t, "the daemon sees that its endpoint is gone", func() bool {
		put(t, c, []byte(numbered(known, 1)))
		known++
		return d.received(int64(known)).endpoint(t, "graphite").Queued > 0
	})
	put(t, c, []byte(numbered(known, 5000)))
	end := known + 5000
	d.received(int64(end))
	out.open(addr, 0)
	d.await("everything is delivered", func(l *ledger) bool { return l.endpoint(t, "graphite").Delivered == int64(end) })
	c.Close()
	d.stop()
	values := map[int]bool{}
	eventually(t, "the last line arrives", func() bool {
		for _, p := range parse(t, out.got()) {
			values[int(p.Value)] = true
		}
		return values[end-1]
	})
	for i := range end {
		if !values[i] && (i < 1000 || i >= known) {
			t.Fatalf("line %d of %d was lost; only those from 1000 to %d were written to the broken connection", i, end, known)
		}
	}
}

// TestUDPOut sends over UDP: each datagram holds whole lines.
func TestUDPOut(t *testing.T) {
	out := newUDPSink(t)
	port := freePort(t)
	d := start(t, setup{conf: forwarding(port, out.addr, "transport = \"udp\"")})
	nc(t, fmt.Sprintf("127.0.0.1:%d", port), numbered(0, 200))
	same(t, "datagrams", parse(t, out.await(200)), parse(t, strings.Split(strings.TrimSpace(numbered(0, 200)), "\n")))
	d.stop()
}
