package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A listener is what /api/status says of one.
type listener struct {
	Name        string           `json:"name"`
	Open        int64            `json:"open"`
	Accepted    int64            `json:"accepted"`
	Closed      int64            `json:"closed"`
	Refused     map[string]int64 `json:"refused"`
	Probes      int64            `json:"probes"`
	Broken      map[string]int64 `json:"broken"`
	Idled       int64            `json:"idle_closed"`
	RateLimited int64            `json:"rate_limited"`
	Datagrams   int64            `json:"datagrams"`
	Dropped     int64            `json:"kernel_dropped"`
	Callers     []struct {
		Address     string `json:"address"`
		Connections int64  `json:"connections"`
		Refused     int64  `json:"refused"`
		Broken      int64  `json:"broken"`
		Probes      int64  `json:"probes"`
	} `json:"callers"`
	Sockets []struct {
		Datagrams int64 `json:"datagrams"`
		Dropped   int64 `json:"kernel_dropped"`
	} `json:"sockets"`
}

// listener returns what the daemon says of its i-th listener.
func (d *daemon) listener(i int) listener {
	d.t.Helper()
	code, body, err := d.get("/api/status")
	if err != nil || code != 200 {
		d.t.Fatalf("GET /api/status: %d %s %v", code, body, err)
	}
	var s struct{ Listeners []listener }
	if err := json.Unmarshal(body, &s); err != nil {
		d.t.Fatal(err)
	}
	return s.Listeners[i]
}

// says waits until the log has a line with all of words.
func (d *daemon) says(words ...string) {
	d.t.Helper()
	eventually(d.t, fmt.Sprintf("the log says %q", words), func() bool { return d.said.count(words...) > 0 })
}

// count returns how many lines of the log have all of words.
func (j *journal) count(words ...string) (n int) {
	for line := range strings.Lines(j.String()) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			n++
		}
	}
	return n
}

// closedConn wants plumbago to end a connection.
func closedConn(t *testing.T, c net.Conn) {
	t.Helper()
	n, err := c.Read(make([]byte, 1))
	if e, ok := err.(net.Error); n != 0 || err == nil || ok && e.Timeout() {
		t.Fatalf("the connection did not end: read %d, %v", n, err)
	}
}

// metric wants a line of /metrics.
func (d *daemon) metric(line string) {
	d.t.Helper()
	eventually(d.t, line, func() bool {
		_, body, err := d.get("/metrics")
		return err == nil && strings.Contains(string(body), line+"\n")
	})
}

// Who may send, how often and how long, seen from outside.
func TestLimits(t *testing.T) {
	out := newSink(t)
	port := [4]int{freePort(t), freePort(t), freePort(t), freePort(t)}
	d := start(t, setup{conf: fmt.Sprintf(`
[limits]
connections = 4
[[listen]]
address = ["tcp://:%d", "udp://127.0.0.1:%[1]d"]
allow = ["192.0.2.0/24", "127.0.0.2"]
[[listen]]
address = "tcp://127.0.0.1:%d"
connections = 2
[[listen]]
address = "tcp://127.0.0.1:%d"
idle = "100ms"
[[listen]]
address = ["tcp://127.0.0.1:%d", "udp://127.0.0.1:%[4]d"]
rate = 5
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "**"
send = "out"
`, port[0], port[1], port[2], port[3], out.addr)})
	at := func(i int) string { return fmt.Sprintf("127.0.0.1:%d", port[i]) }
	now := time.Now().Unix()
	var want []string
	line := func(name string) string {
		s := fmt.Sprintf("%s 1 %d", name, now)
		want = append(want, s)
		return s + "\n"
	}

	t.Run("allow", func(t *testing.T) {
		d := d.with(t)
		closedConn(t, dial(t, "tcp", at(0)))
		send(t, "udp", at(0), "stranger 1\n")
		from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		c, err := from.Dial("tcp", at(0))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(c, line("allowed"))
		c.Close()
		d.received(int64(len(want)))
		eventually(t, "two refusals", func() bool { return d.listener(0).Refused["allow"] == 2 })
		if n := d.said.count("not in allow"); n != 1 {
			t.Errorf("%d lines about it, want 1", n)
		}
		d.says("not in allow", `"peer":"127.0.0.1:`)
		d.metric(fmt.Sprintf(`plumbago_listener_refused_total{listener="tcp://:%d, udp://%s",reason="allow"} 2`, port[0], at(0)))
	})
	t.Run("connections", func(t *testing.T) {
		d := d.with(t)
		eventually(t, "nobody is connected", func() bool { return d.listener(0).Open == 0 })
		a, b := dial(t, "tcp", at(1)), dial(t, "tcp", at(1))
		fmt.Fprint(a, line("first"))
		fmt.Fprint(b, line("second"))
		d.received(int64(len(want)))
		closedConn(t, dial(t, "tcp", at(1)))
		for range 2 { // up to the limit of all listeners
			c := dial(t, "tcp", at(3))
			fmt.Fprint(c, line("other"))
		}
		d.received(int64(len(want)))
		closedConn(t, dial(t, "tcp", at(3)))
		eventually(t, "one is refused here and there", func() bool {
			return d.listener(1).Refused["connections"] == 1 && d.listener(3).Refused["connections"] == 1
		})
		d.says("as many as the limit on connections allows", at(1))
	})
	t.Run("idle", func(t *testing.T) {
		d := d.with(t)
		eventually(t, "nobody is connected", func() bool { return d.listener(1).Open+d.listener(3).Open == 0 })
		text, tries := line("then.silent"), int64(0)
		// A machine that stands still before the line is written is idle too.
		eventually(t, "a line before the silence", func() bool {
			c := dial(t, "tcp", at(2))
			fmt.Fprint(c, text)
			_, err := c.Read(make([]byte, 1))
			if e, ok := err.(net.Error); err == nil || ok && e.Timeout() {
				t.Fatalf("the connection did not end: %v", err)
			}
			tries++
			eventually(t, "it is counted", func() bool { return d.listener(2).Idled == tries && d.listener(2).Open == 0 })
			return d.ledger().Received == int64(len(want))
		})
	})
	t.Run("probe", func(t *testing.T) {
		d := d.with(t)
		before := d.said.String()
		nc(t, at(1), "")
		eventually(t, "a probe", func() bool { return d.listener(1).Probes == 1 })
		if after := d.said.String(); after != before {
			t.Errorf("said %s", strings.TrimPrefix(after, before))
		}
	})
	var over int64
	t.Run("rate", func(t *testing.T) {
		d := d.with(t)
		text := strings.Repeat(fmt.Sprintf("much 1 %d\n", now), 1000)
		nc(t, at(3), text)
		send(t, "udp", at(3), strings.Repeat(fmt.Sprintf("much 1 %d\n", now), 100))
		l := d.received(int64(len(want)) + 1100)
		over = l.Dropped["rate_limit"]
		// A burst of five, two of which went before, and what the second or so that this takes gives.
		if passed := 1100 - over; passed < 3 || passed > 300 {
			t.Errorf("%d of 1100 came through", passed)
		}
		if n := d.listener(3).RateLimited; n != over {
			t.Errorf("the listener counts %d, the ledger %d", n, over)
		}
		for range 1100 - over {
			line("much")
		}
	})
	d.stop()
	same(t, "limits", parse(t, out.finish(len(want))), parse(t, want))
}

// A process that may open few files says how many, and closes whom it cannot serve.
func TestFewDescriptors(t *testing.T) {
	outside(t)
	out := newSink(t)
	port := freePort(t)
	bin := t.TempDir() + "/few"
	write(t, bin, fmt.Sprintf("#!/bin/sh\nulimit -Sn 20\nulimit -Hn 40\nexec %s \"$@\"\n", raceProgram))
	if err := exec.Command("chmod", "+x", bin).Run(); err != nil {
		t.Fatal(err)
	}
	d := start(t, setup{bin: bin, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "**"
send = "out"
`, port, out.addr)})
	d.says(`"msg":"started"`, `"descriptors":40`)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	var open []net.Conn
	for range 60 {
		open = append(open, dial(t, "tcp", addr))
	}
	d.says("cannot accept connections", "too many open files")
	closedConn(t, open[59])
	for _, c := range open {
		c.Close()
	}
	eventually(t, "a line comes through again", func() bool {
		send(t, "tcp", addr, fmt.Sprintf("a.b 1 %d\n", time.Now().Unix()))
		return d.ledger().Received > 0
	})
	d.says("accepting connections again")
	if l := d.listener(0); l.Refused["descriptors"] < 20 {
		t.Errorf("%+v", l)
	}
	if n := d.said.count("cannot accept connections"); n != 1 {
		t.Errorf("%d lines about it, want 1", n)
	}
	d.stop()
}
