package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestListsOut pushes 20,000 points into a list in a real Redis, which is killed and comes back meanwhile: none is lost, what was
// under way may be there twice and is counted as sent again, and another plumbago takes them out as they were.
func TestListsOut(t *testing.T) {
	outside(t)
	redisPort, line := freePort(t), freePort(t)
	s := &server{t: t, port: redisPort, dir: t.TempDir(), cli: &cli{t, part(t, "redis-tools", "redis-cli"), redisPort}}
	s.run()
	defer func() { s.kill() }()
	const points = 20_000
	endpoint := fmt.Sprintf("redis://127.0.0.1:%d/2?key=nic&gid=66", redisPort)
	d := start(t, setup{conf: fmt.Sprintf(`
[state]
dir = %q
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "lists"
protocol = "redis"
endpoints = [%q]
spool = "10MB"
reconnect = ["10ms", "100ms"]
[[rule]]
match = "**"
send = ["lists"]
`, t.TempDir(), line, endpoint)})
	feed := func(from, to int) {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "nic.%d.n %d 1416700800.125\n", i%7, i)
		}
		nc(t, fmt.Sprintf("127.0.0.1:%d", line), b.String())
	}
	feed(0, points/4)
	d.await("some of it is answered", func(l *ledger) bool { return l.endpoint(t, "lists").Delivered > 0 })
	feed(points/4, points/2)
	s.kill()
	feed(points/2, points)
	l := d.received(points)
	if e := l.endpoint(t, "lists"); e.Delivered == points || e.lost() != 0 {
		t.Errorf("while the server is away: %+v", e)
	}
	s.run()
	l = d.await("all is answered", func(l *ledger) bool { return l.endpoint(t, "lists").Delivered == points })
	if e := d.status(); e.Endpoint != endpoint || e.Confirm != "answer" || e.Reconnects == 0 {
		t.Errorf("%+v", e)
	}
	resent := l.endpoint(t, "lists").Resent

	var first struct {
		N, Time  float64
		NID, GID int
	}
	if text := s.cli.do("", "-n", "2", "LINDEX", "nic", "0"); json.Unmarshal([]byte(text), &first) != nil || first.N != 0 || first.Time != 1416700800.125 || first.NID != 0 || first.GID != 66 {
		t.Errorf("the first record is %s", text)
	}
	out := newSink(t)
	back := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
protocol = "redis"
address = "redis://127.0.0.1:%d/2?key=nic"
period = "50ms"
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "nic.*.n"
send = ["out"]
`, redisPort, out.addr)})
	eventually(t, "the list is empty", func() bool { return s.cli.do("", "-n", "2", "EXISTS", "nic") == "0" })
	taken := back.await("all are taken out", func(l *ledger) bool { return l.Received >= points })
	back.stop()
	seen := map[string]int64{}
	for _, line := range out.finish(points) {
		seen[line]++
	}
	twice := int64(0)
	for i := range points {
		n := seen[fmt.Sprintf("nic.%d.n %d 1416700800", i%7, i)]
		if n == 0 {
			t.Fatalf("point %d is lost", i)
		}
		twice += n - 1
	}
	if len(seen) != points || twice > resent || taken.Unrouted != 0 {
		t.Errorf("%d different lines, %d of them again, %d counted as sent again: %+v", len(seen), twice, resent, taken)
	}
	d.stop()
}
