package e2e

import (
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// statsdConf is a configuration with a statsd listener; keys are those of [listen.statsd].
func statsdConf(addresses, keys, endpoint string) string {
	return fmt.Sprintf(`
[[listen]]
protocol = "statsd"
address = [%s]
[listen.statsd]
period = "2s"
percentiles = []
%s
[[cluster]]
name = "graphite"
endpoints = [%q]
[[rule]]
match = "stats.timers.**.{lower,upper,mean,std,count_ps,sum_squares}"
drop = true
[[rule]]
match = "**"
send = "graphite"
`, addresses, keys, endpoint)
}

// The clients, each its own program, and what they send.
var statsdClients = map[string]string{
	"hot-shots.js": `
const { StatsD } = require('hot-shots');
const c = new StatsD({ host: '127.0.0.1', port: PORT, prefix: 'hot.', maxBufferSize: 400 });
c.increment('hits', 2); c.increment('hits'); c.decrement('stock'); c.timing('ms', 12); c.timing('ms', 30.5); c.gauge('level', 7);
c.set('users', 'ann'); c.unique('users', 'bob'); c.histogram('size', 3); c.distribution('size', 5);
c.increment('tagged', 1, ['host:web1', 'dc:ams']);
c.close(() => {});
`,
	"node-statsd.js": `
const { StatsD } = require('node-statsd');
const c = new StatsD('127.0.0.1', PORT, 'old.');
c.increment('hits'); c.increment(['a', 'b'], 3); c.timing('ms', 42); c.gauge('mem', 123.75); c.unique('ids', 'u-1'); c.set('ids', 17);
setTimeout(() => c.close(), 200);
`,
	"client.py": `
import statsd
c = statsd.StatsClient('127.0.0.1', PORT, prefix='py')
c.incr('hits'); c.incr('hits', 4); c.timing('ms', 320); c.gauge('depth', 9); c.gauge('depth', -2, delta=True); c.gauge('cold', -7); c.set('users', 'x')
with c.pipeline() as p:
    p.incr('more'); p.timing('ms', 80); p.gauge('depth', 1, delta=True)
t = statsd.TCPStatsClient('127.0.0.1', PORT, prefix='tcp')
t.incr('hits', 5); t.close()
`,
}

// TestStatsdClients lets real clients send, unmodified: hot-shots and node-statsd of npm, Debian's python3-statsd over UDP and TCP, and nc.
func TestStatsdClients(t *testing.T) {
	outside(t)
	node, folder := part(t, "nodejs", "node", "nodejs"), npm(t, "hot-shots", "node-statsd")
	py := part(t, "python3", "/usr/bin/python3")
	if exec.Command(py, "-c", "import statsd").Run() != nil {
		absent(t, "Debian's python3-statsd is not installed")
	}
	out := newSink(t)
	port, socket := freePort(t), filepath.Join(t.TempDir(), "statsd.sock")
	d := start(t, setup{conf: statsdConf(fmt.Sprintf(`"udp://127.0.0.1:%d", "tcp://127.0.0.1:%[1]d", "unixgram://%s"`, port, socket),
		"delete_idle = [\"counters\", \"gauges\", \"sets\", \"timers\"]", out.addr)})
	dir := t.TempDir()
	for name, text := range statsdClients {
		path := filepath.Join(dir, name)
		write(t, path, strings.ReplaceAll(text, "PORT", fmt.Sprint(port)))
		cmd := exec.Command(node, path)
		if strings.HasSuffix(name, ".py") {
			cmd = exec.Command(py, path)
		}
		cmd.Env = append(cmd.Environ(), "NODE_PATH="+folder)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, said)
		}
	}
	netcat(t, "nc.hits:3|c\nnc.hits:4|c", "-u", "-w", "1", "127.0.0.1", fmt.Sprint(port))
	c, err := net.Dial("unixgram", socket)
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, []byte("unix.hits:1|c\nunix.hits:1|c|@0.5"))
	c.Close()
	const samples = 11 + 7 + 11 + 1 + 2 + 2 // python's gauge that is set below 0 is first set to 0
	if l := d.received(samples); l.Aggregated != samples {
		t.Errorf("%d samples were folded: %+v", l.Aggregated, l)
	}
	d.stop()
	out.emptied()
	sums := map[string]float64{}
	for _, p := range parse(t, out.got()) { // they may fall into several intervals
		if strings.HasPrefix(p.Name, "stats.gauges.") || strings.HasSuffix(p.Name, ".median") {
			sums[p.Name] = p.Value
		} else {
			sums[p.Name] += p.Value
		}
	}
	for name, want := range map[string]float64{
		"stats_counts.hot.hits": 3, "stats_counts.hot.stock": -1, "stats.timers.hot.ms.count": 2, "stats.timers.hot.ms.sum": 42.5, "stats.gauges.hot.level": 7,
		"stats.sets.hot.users.count": 2, "stats.timers.hot.size.sum": 8, "stats_counts.hot.tagged;dc=ams;host=web1": 1,
		"stats_counts.old.hits": 1, "stats_counts.old.a": 3, "stats_counts.old.b": 3, "stats.timers.old.ms.sum": 42, "stats.gauges.old.mem": 123.75,
		"stats.sets.old.ids.count": 2,
		"stats_counts.py.hits":     5, "stats.timers.py.ms.sum": 400, "stats.gauges.py.depth": 8, "stats.gauges.py.cold": -7, "stats.sets.py.users.count": 1,
		"stats_counts.py.more": 1, "stats_counts.tcp.hits": 5, "stats_counts.nc.hits": 7, "stats_counts.unix.hits": 3,
	} {
		if got, ok := sums[name]; got != want {
			t.Errorf("%s is %v, %v; want %v", name, got, ok, want)
		}
	}
}

// TestStatsdRestart ends plumbago with SIGTERM in the middle of an interval: what came before and after is flushed together.
func TestStatsdRestart(t *testing.T) {
	out := newSink(t)
	port, dir := freePort(t), t.TempDir()
	conf := strings.Replace(statsdConf(fmt.Sprintf(`"udp://127.0.0.1:%d"`, port), "", out.addr), `"2s"`, `"10s"`, 1) + fmt.Sprintf("[state]\ndir = %q\n", dir)
	const before, after = "c:1|c\ng:5|g\ns:a|s\ns:b|s\nt:10|ms\nt:20|ms\n", "c:2|c\ng:+1|g\ns:b|s\ns:c|s\nt:60|ms\n"
	address := fmt.Sprintf("127.0.0.1:%d", port)
	d := start(t, setup{conf: conf})
	send(t, "udp", address, before)
	d.received(6)
	d.signal(syscall.SIGTERM)
	d.ended()
	d = start(t, setup{conf: conf})
	send(t, "udp", address, after)
	d.received(5)
	eventually(t, "the set of all", func() bool { // or those of two intervals, if one ended between the two
		n := 0.0
		for _, p := range parse(t, out.got()) {
			if p.Name == "stats.sets.s.count" {
				n += p.Value
			}
		}
		return n >= 3
	})
	d.stop()
	out.emptied()
	first := map[int64]map[string]float64{}
	for _, p := range parse(t, out.got()) {
		if first[p.Time] == nil {
			first[p.Time] = map[string]float64{}
		}
		first[p.Time][p.Name] = p.Value
	}
	count, gauge, values := 0.0, 0.0, 0.0
	for _, interval := range first {
		count += interval["stats_counts.c"]
		values += interval["stats.timers.t.count"]
		gauge = max(gauge, interval["stats.gauges.g"])
		if interval["stats_counts.c"] == 3 && (interval["stats.sets.s.count"] != 3 || interval["stats.timers.t.sum"] != 90 || interval["stats.timers.t.median"] != 20) {
			t.Errorf("the interval is not whole: %v", interval)
		}
	}
	if count != 3 || values != 3 || gauge != 6 {
		t.Errorf("%v counted, %v values, the gauge is %v; want 3, 3, 6", count, values, gauge)
	}
}

// TestStatsdRepeat has all that comes sent on to another statsd, and asks and changes what there is over the management port.
func TestStatsdRepeat(t *testing.T) {
	out, second := newSink(t), newUDPSink(t)
	port, manage := freePort(t), freePort(t)
	conf := statsdConf(fmt.Sprintf(`"udp://127.0.0.1:%d"`, port), fmt.Sprintf("repeat = [\"udp://%s\"]\nmanage = \"tcp://127.0.0.1:%d\"", second.addr, manage), out.addr)
	d := start(t, setup{conf: strings.Replace(conf, `"2s"`, `"1h"`, 1)})
	send(t, "udp", fmt.Sprintf("127.0.0.1:%d", port), "a.x:1|c\na.y:2|c\ng:3|g\nodd line\n")
	d.received(4)
	if got := second.await(4); strings.Join(got, "\n") != "a.x:1|c\na.y:2|c\ng:3|g\nodd line" {
		t.Errorf("sent on: %q", got)
	}
	f := func(command, end, want string) {
		t.Helper()
		if got := ask(t, manage, command, end); got != want {
			t.Errorf("%q is answered with %q; want %q", command, got, want)
		}
	}
	eventually(t, "all is folded", func() bool {
		counters := ask(t, manage, "counters", "END")
		return strings.Contains(counters, "a.x") && strings.Contains(counters, "a.y") && strings.Contains(ask(t, manage, "gauges", "END"), "g")
	})
	f("gauges", "END", "{\n  \"g\": 3\n}\nEND\n")
	f("counters", "END", "{\n  \"a.x\": 1,\n  \"a.y\": 2\n}\nEND\n")
	f("delcounters a.*", "END", "deleted: a.x\ndeleted: a.y\nEND\n")
	f("counters", "END", "{\n}\nEND\n")
	f("health", "health", "health: up\n")
	f("reload", "ERROR", "ERROR\n")
	f("quit", "never", "")
	d.stop()
	if got := out.finish(1); len(got) != 1 || !strings.HasPrefix(got[0], "stats.gauges.g 3 ") {
		t.Errorf("at the end there was %q", got)
	}
}
