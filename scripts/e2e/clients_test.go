package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestClients lets Debian's collectd write to plumbago, unmodified, for twenty seconds (or PLUMBAGO_E2E_SPAN), while nc
// sends lines of its own. What collectd writes goes through the test, so that it knows what that was: two targets of collectd
// do not get the same values where it is late.
func TestClients(t *testing.T) {
	outside(t)
	collectd := part(t, "collectd-core", "collectd", "/usr/sbin/collectd")
	span := 20 * time.Second
	if s := os.Getenv("PLUMBAGO_E2E_SPAN"); s != "" {
		var err error
		if span, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	out, averages := newSink(t), newSink(t)
	port := freePort(t)
	var control journal
	through := newRawSink(t, func(c io.Reader) {
		to, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Error(err)
			return
		}
		defer to.Close()
		if _, err := io.Copy(to, io.TeeReader(c, &control)); err != nil {
			t.Error(err)
		}
	})
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = ["tcp://127.0.0.1:%d", "udp://127.0.0.1:%[1]d"]
[[cluster]]
name = "raw"
endpoints = [%q]
[[cluster]]
name = "averages"
endpoints = [%q]
[[rule]]
match = "**"
[rule.aggregate]
period = "5s"
wait = "500ms"
send = "averages"
[[rule]]
match = "**"
send = "raw"
`, port, out.addr, averages.addr)})

	dir := t.TempDir()
	conf := filepath.Join(dir, "collectd.conf")
	throughPort := through.addr[strings.LastIndex(through.addr, ":")+1:]
	write(t, conf, fmt.Sprintf(`
Hostname "e2e"
FQDNLookup false
BaseDir "%[1]s"
PIDFile "%[1]s/collectd.pid"
TypesDB "/usr/share/collectd/types.db"
Interval 1
LoadPlugin cpu
LoadPlugin load
LoadPlugin memory
LoadPlugin df
LoadPlugin interface
LoadPlugin write_graphite
<Plugin write_graphite>
  <Node "plumbago">
    Host "127.0.0.1"
    Port "%[2]s"
    Protocol "tcp"
    Prefix "collectd."
    StoreRates true
  </Node>
</Plugin>
`, dir, throughPort))
	c := background(t, collectd, "-f", "-C", conf)

	// nc sends a line every second over TCP and another over UDP. The span is what the test is about, so it is waited
	// for by the clock.
	var own []string
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for begin := time.Now(); time.Since(begin) < span; {
		now := (<-tick.C).Unix()
		i := len(own) / 2
		tcp, udp := fmt.Sprintf("nc.tcp %d %d", i, now), fmt.Sprintf("nc.udp %d %d", i, now)
		nc(t, fmt.Sprintf("127.0.0.1:%d", port), tcp+"\n")
		netcat(t, udp+"\n", "-u", "-q0", "127.0.0.1", fmt.Sprint(port))
		own = append(own, tcp, udp)
	}
	c.Process.Signal(syscall.SIGTERM) // collectd sends what it still holds and ends
	through.emptied()
	lines := strings.Split(strings.TrimSuffix(control.String(), "\n"), "\n")

	valid := slices.Clone(own)
	names := map[string]bool{}
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) == 3 && !strings.Contains(strings.ToLower(f[1]), "nan") {
			valid = append(valid, strings.Join(f, " "))
			names[f[0]] = true
		}
	}
	if len(names) < 20 {
		t.Errorf("collectd sent %d series only: %v", len(names), names)
	}
	nan := int64(len(lines) + len(own) - len(valid))
	n := int64(len(lines) + len(own))
	l := d.received(n)
	if l.Received != n || l.Invalid["bad_value"] != nan || sum(l.Invalid) != nan {
		t.Errorf("received %d, bad_value %d, invalid %v; want %d, %d and nothing else", l.Received, l.Invalid["bad_value"], l.Invalid, n, nan)
	}
	end := d.stop()
	if end.ledger.Both != int64(len(valid)) {
		t.Errorf("%d were aggregated and sent, want %d", end.ledger.Both, len(valid))
	}
	got := out.finish(len(valid))
	same(t, "raw", parse(t, got), parse(t, valid))
	seen := map[string]bool{}
	for _, p := range parse(t, averages.finish(1)) {
		seen[p.Name] = true
	}
	for name := range names {
		if !seen[name+".avg"] || !seen[name+".max"] {
			t.Errorf("no average or maximum of %s", name)
		}
	}
	t.Logf("%d series, %d lines in %v on %s", len(names), n, span, runtime.GOARCH)
}
