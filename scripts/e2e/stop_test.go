package e2e

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// forwarding is a configuration that sends everything on to one plaintext endpoint.
func forwarding(port int, endpoint, more string) string {
	return fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "graphite"
endpoints = [%q]
%s
[[rule]]
match = "**"
send = "graphite"
`, port, endpoint, more)
}

// numbered is n lines with the numbers from first on as values.
func numbered(first, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "stop.line.with.a.name.of.some.length.%d %d %d\n", (first+i)%100, first+i, 1700000000)
	}
	return b.String()
}

// TestStop writes 5,000 lines and sends SIGTERM 50 ms later, to a daemon whose endpoint reads slowly. The delay is the
// test's subject, so it is waited for by the clock.
func TestStop(t *testing.T) {
	f := func(name string, p pace, more string, args ...string) {
		t.Run(name, func(t *testing.T) {
			out := newSlowSink(t, p)
			port := freePort(t)
			d := start(t, setup{bin: program, conf: forwarding(port, out.addr, more), args: args})
			c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
			put(t, c, []byte(numbered(0, 5000)))
			<-time.After(50 * time.Millisecond)
			d.signal(syscall.SIGTERM)
			l := d.ended()

			e := l.ledger.endpoint(t, "graphite")
			if l.ledger.Received != 5000 || l.ledger.Sent != 5000 || l.Sent != 5000 || e.Enqueued != 5000 {
				t.Errorf("received %d, sent %d (%d in the last line), enqueued %d; want 5000 of each",
					l.ledger.Received, l.ledger.Sent, l.Sent, e.Enqueued)
			}
			if e.Delivered != l.Delivered || e.Queued != 0 || e.Delivered+e.Unproven+e.lost() != 5000 {
				t.Errorf("the last line says delivered %d, the ledger %+v; want them to agree on 5000 ends", l.Delivered, e)
			}
			// What was written, and is not proven to have been read, may be lost too.
			if lost := e.lost()+e.Unproven > 0; lost != (l.code == 1) || !lost && l.code != 0 {
				t.Errorf("exit code %d with %d lost, want 1 only if something was lost", l.code, e.lost())
			}
			if p == nil || name == "slow" {
				if l.code != 0 {
					t.Errorf("exit code %d: a slow endpoint's queue was not drained", l.code)
				}
				values := map[float64]bool{}
				for _, p := range parse(t, out.finish(5000)) {
					values[p.Value] = true
				}
				if len(values) != 5000 {
					t.Errorf("%d different lines arrived, want 5000", len(values))
				}
			}
		})
	}
	f("fast", nil, "")
	f("slow", every(200*time.Microsecond), "batch = \"4KiB\"", "--drain", "50s") // a busy machine takes longer than a second
	f("stalled", never, "batch = \"1KiB\"", "--drain", "1s")
}

// TestStopAggregates stops a daemon in the middle of a slice: without a state directory it is emitted as it stands.
func TestStopAggregates(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "graphite"
endpoints = [%q]
[[rule]]
match = "**"
[rule.aggregate]
period = "1h"
functions = ["avg", "max", "count", "sum"]
send = "graphite"
`, port, out.addr)})
	now := time.Now().Unix()
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("live 1 %d\nlive 4 %[1]d\nold 8 %d\n", now, now-7200))
	d.received(3)
	if l := d.stop(); l.ledger.Emitted != 4 {
		t.Errorf("emitted %d, want 4", l.ledger.Emitted)
	}
	// A slice that the stop cuts short is partial: what it would count or sum is left out.
	at, before := now/3600*3600, (now-7200)/3600*3600
	same(t, "the open slices", parse(t, out.finish(4)), []point{
		{"live.avg", 2.5, at}, {"live.max", 4, at}, {"old.avg", 8, before}, {"old.max", 8, before},
	})
}

// TestSecondSignal stops a daemon that would drain for a minute at once.
func TestSecondSignal(t *testing.T) {
	out := newSlowSink(t, never)
	port := freePort(t)
	d := start(t, setup{conf: forwarding(port, out.addr, "batch = \"1KiB\""), args: []string{"--drain", "1m"}})
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), strings.Repeat(numbered(0, 1000), 200))
	d.await("points wait for the endpoint", func(l *ledger) bool { return l.Received == 200000 && l.endpoint(t, "graphite").Queued > 0 })
	d.signal(syscall.SIGTERM)
	eventually(t, "the daemon stops", func() bool {
		code, _, err := d.get("/readyz")
		return err != nil || code != 200
	})
	begin := time.Now()
	d.signal(syscall.SIGINT)
	l := d.ended()
	if took := time.Since(begin); took > 10*time.Second || l.code != 1 {
		t.Errorf("it took %v and ended with %d; want at once and 1", took, l.code)
	}
	if e := l.ledger.endpoint(t, "graphite"); e.lost() == 0 || e.Delivered+e.Unproven+e.lost() != 200000 {
		t.Errorf("what was left is not accounted for: %+v", e)
	}
}
