package e2e

import (
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// An oddLine is a line and what must become of it: it leaves as out, where NOW stands for the time of its arrival, or it
// is counted under reason.
type oddLine struct{ in, out, reason string }

// oddLines is the corpus of lines that relays treat differently, and what plumbago makes of each.
var oddLines = []oddLine{
	{in: "a.b 1 1700000000", out: "a.b 1 1700000000"},
	{in: "a.b\t1\t1700000000", out: "a.b 1 1700000000"},
	{in: "a.b  1 \t 1700000000", out: "a.b 1 1700000000"},
	{in: "  a.b 1 1700000000\t ", out: "a.b 1 1700000000"},
	{in: "a.b 1 1700000000\r", out: "a.b 1 1700000000"},
	{in: "a.b 1\r 1700000000", reason: "bad_name"},
	{in: "a\r.b 1 1700000000", reason: "bad_name"},
	{in: "a.b 1", out: "a.b 1 NOW"},
	{in: "a.b 1 -1", out: "a.b 1 NOW"},
	{in: "a.b 1 N", out: "a.b 1 NOW"},
	{in: "a.b 1 D", out: "a.b 1 NOW"},
	{in: "a.b 1 1700000000 N", out: "a.b 1 1700000000"},
	{in: "a.b 1 1700000000 D", out: "a.b 1 1700000000"},
	{in: "a.b 1 -100", reason: "bad_time"},
	{in: "a.b 1 1700000000.7", out: "a.b 1 1700000000"},
	{in: "a.b 1 1.7e9", out: "a.b 1 1700000000"},
	{in: "a.b 1 1700000000000", reason: "bad_time"},
	{in: "a.b 1 0", out: "a.b 1 0"},
	{in: "a.b 1 4294967295", out: "a.b 1 4294967295"},
	{in: "a.b 1 4294967296", reason: "bad_time"},
	{in: "a.b 1 nan", reason: "bad_time"},
	{in: "a.b 1 1e30", reason: "bad_time"},
	{in: "a.b 1 OK", reason: "bad_time"},
	{in: "a.b 1.5e-3 1700000000", out: "a.b 1.5e-3 1700000000"},
	{in: "a.b 5. 1700000000", out: "a.b 5. 1700000000"},
	{in: "a.b +1 1700000000", out: "a.b +1 1700000000"},
	{in: "a.b .5 1700000000", out: "a.b .5 1700000000"},
	{in: "a.b 000.10 1700000000", out: "a.b 000.10 1700000000"},
	{in: "a.b NaN 1700000000", reason: "bad_value"},
	{in: "a.b Inf 1700000000", reason: "bad_value"},
	{in: "a.b -inf 1700000000", reason: "bad_value"},
	{in: "a.b 1e999 1700000000", reason: "bad_value"},
	{in: "a.b 1_000 1700000000", reason: "bad_value"},
	{in: "a.b 0x10 1700000000", reason: "bad_value"},
	{in: "a.b 1,5 1700000000", reason: "bad_value"},
	{in: "a.b OK 1700000000", reason: "bad_value"},
	{in: "a.b \"1\" 1700000000", reason: "bad_value"},
	{in: "a.b", reason: "bad_fields"},
	{in: "a b 1 1700000000", reason: "bad_fields"},
	{in: "a.b 1 1700000000 X", reason: "bad_fields"},
	{in: "a.b 1 1700000000 N N", reason: "bad_fields"},
	{in: ".a.b 1 1700000000", out: "a.b 1 1700000000"},
	{in: "a.b. 1 1700000000", out: "a.b 1 1700000000"},
	{in: "a..b 1 1700000000", out: "a.b 1 1700000000"},
	{in: "..a...b. 1 1700000000", out: "a.b 1 1700000000"},
	{in: "... 1 1700000000", reason: "bad_name"},
	{in: "../../etc/x 1 1700000000", out: "_._etc_x 1 1700000000"},
	{in: "a/b 1 1700000000", out: "a_b 1 1700000000"},
	{in: "a.b>c%d 1 1700000000", out: "a.b>c%d 1 1700000000"},
	{in: "caf\u00e9.temp 1 1700000000", out: "caf\u00e9.temp 1 1700000000"},
	{in: "a.\xff\xfe 1 1700000000", reason: "bad_utf8"},
	{in: "a.\x00b 1 1700000000", reason: "bad_name"},
	{in: "a.\x7fb 1 1700000000", reason: "bad_name"},
	{in: "a.b;x=1;y=2 1 1700000000", out: "a.b;x=1;y=2 1 1700000000"},
	{in: "a.b;y=2;x=1 1 1700000000", out: "a.b;x=1;y=2 1 1700000000"},
	{in: "a.b;x=1;x=2 1 1700000000", out: "a.b;x=2 1 1700000000"},
	{in: "a.b; 1 1700000000", out: "a.b 1 1700000000"},
	{in: "a.b;x 1 1700000000", out: "a.b 1 1700000000"},
	{in: "a.b;x= 1 1700000000", out: "a.b 1 1700000000"},
	{in: ";x=1 1 1700000000", reason: "bad_name"},
	{in: "a.b;x=1\t1\t1700000000", out: "a.b;x=1 1 1700000000"},
	{in: long(4096) + " 1 1700000000", out: long(4096) + " 1 1700000000"},
	{in: long(4097) + " 1 1700000000", reason: "too_long"},
	{in: long(5000) + " 1 1700000000", reason: "too_long"},
	{in: long(20000) + " 1 1700000000", reason: "too_long"},
	{in: long(60000) + " 1 1700000000", reason: "too_long"},
	{in: "a.b:1|N", out: "a.b 1 NOW"},
	{in: "a.b:1|D", out: "a.b 1 NOW"},
	{in: "a.b:nan|N", reason: "bad_value"},
	{in: "a.b:1|zz", reason: "bad_fields"},
}

// long is a name of n bytes.
func long(n int) string { return "long." + strings.Repeat("x", n-5) }

// TestLines sends each odd line over each kind of socket, and wants its outcome counted and its neighbours untouched.
func TestLines(t *testing.T) {
	out := newSink(t)
	port, dir := freePort(t), t.TempDir()
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = ["tcp://127.0.0.1:%d", "udp://127.0.0.1:%[1]d", "unix://%s/stream", "unixgram://%[2]s/dgram"]
[[cluster]]
name = "graphite"
endpoints = [%q]
[[rule]]
match = "**"
send = "graphite"
`, port, dir, out.addr)})
	for network, addr := range map[string]string{
		"tcp": fmt.Sprintf("127.0.0.1:%d", port), "udp": fmt.Sprintf("127.0.0.1:%d", port),
		"unix": filepath.Join(dir, "stream"), "unixgram": filepath.Join(dir, "dgram"),
	} {
		t.Run(network, func(t *testing.T) {
			d := d.with(t)
			c := dial(t, network, addr)
			for _, line := range oddLines {
				oneLine(t, d, out, c, line)
			}
		})
	}
	t.Run("stream", func(t *testing.T) {
		d := d.with(t)
		endsOfStreams(t, d, out, fmt.Sprintf("127.0.0.1:%d", port))
	})
	d.stop()
}

// oneLine sends a line between two good ones, as one write, and holds the daemon to the outcome.
func oneLine(t *testing.T, d *daemon, out *sink, c net.Conn, line oddLine) {
	t.Helper()
	was, lines := d.ledger(), out.count()
	begin := time.Now().Unix()
	if _, err := c.Write([]byte("before 1 1\n" + line.in + "\n\nafter 2 2\n")); err != nil {
		t.Fatalf("%.60q: %v", line.in, err)
	}
	d.await(fmt.Sprintf("%.60q is received", line.in), func(l *ledger) bool { return l.Received >= was.Received+3 })
	want := []string{"before 1 1", "after 2 2"}
	if line.out != "" {
		want = []string{"before 1 1", line.out, "after 2 2"}
	}
	got := out.await(lines + len(want))[lines:]
	l := d.ledger()
	for reason, n := range l.Invalid {
		was.Invalid[reason] = n - was.Invalid[reason]
	}
	maps.DeleteFunc(was.Invalid, func(_ string, n int64) bool { return n == 0 })
	if line.reason == "" && len(was.Invalid) > 0 || line.reason != "" && (len(was.Invalid) != 1 || was.Invalid[line.reason] != 1) {
		t.Errorf("%.60q: counted as %v, want %q once", line.in, was.Invalid, line.reason)
	}
	if l.Received != was.Received+3 {
		t.Errorf("%.60q: %d received, want 3", line.in, l.Received-was.Received)
	}
	for i := range want {
		if rest, ok := strings.CutSuffix(want[i], "NOW"); ok {
			at, err := strconv.ParseInt(strings.TrimPrefix(got[i], rest), 10, 64)
			if err != nil || at < begin || at > time.Now().Unix() {
				t.Errorf("%.60q left as %.60q, want %q with the time of its arrival", line.in, got[i], rest)
			}
		} else if got[i] != want[i] {
			t.Errorf("%.60q left as %.60q, want %.60q", line.in, got[i], want[i])
		}
	}
	if len(got) > len(want) {
		t.Errorf("%.60q: %d lines left, want %d", line.in, len(got), len(want))
	}
}

// endsOfStreams shows that a line cut by the end of its stream is counted and not taken, and that a line of 20 MB costs
// only itself.
func endsOfStreams(t *testing.T, d *daemon, out *sink, addr string) {
	was, lines := d.ledger(), out.count()
	send(t, "tcp", addr, "whole 1 1\ncut 2 2")
	l := d.received(was.Received + 2)
	if n := l.Invalid["unterminated"] - was.Invalid["unterminated"]; n != 1 || l.Accepted != was.Accepted+1 {
		t.Errorf("a cut line: unterminated %d, accepted %d; want 1 and 1", n, l.Accepted-was.Accepted)
	}
	send(t, "tcp", addr, strings.Repeat("endless", 3<<20)+" 1 1\nafter 2 2\n")
	l = d.received(was.Received + 4)
	if n := l.Invalid["too_long"] - was.Invalid["too_long"]; n != 1 || l.Received != was.Received+4 {
		t.Errorf("an endless line: too_long %d of %d received, want 1 of 2", n, l.Received-was.Received-2)
	}
	got := out.await(lines + 2)[lines:]
	if got[0] != "whole 1 1" || got[1] != "after 2 2" {
		t.Errorf("left: %q, want the two whole lines", got)
	}
}
