package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// relayConf is a configuration of carbon-c-relay for four members and a port.
const relayConf = `
cluster ring carbon_ch %[1]s=a %[2]s=b;
cluster jump jump_fnv1a_ch %[3]s=10 %[4]s=9;
cluster all forward %[3]s=10 %[4]s=9;
listen type linemode 127.0.0.1:%[5]d proto tcp;
statistics submit every 3600 seconds;
rewrite ^old\.([^.]+)\.(.*) into new.\_1.\.2;
rewrite cpu([0-9]+) into core.\1;
rewrite ^odd\.([^.]+)\.(.*)$ into odd.\1\.\_2;
match ^drop\. ^junk$ send to blackhole;
aggregate ^req\.([^.]+)\.(in|out)$ ^(ask)\.([a-z]+)$
    every 1 seconds expire after 90 seconds timestamp at start of bucket
    compute sum write to total.\2
    compute max write to peak.\2
    compute average write to mean.\1.\2
    send to all stop;
aggregate ^group\.load extra
    every 1 seconds expire after 90 seconds timestamp at start of bucket
    compute sum write to groups.load.total
    send to all stop;
match ^both\. send to all;
match \.end$ send to jump all stop;
match ^none\. send to blackhole;
match * send to ring;
`

// TestConvertRelay sends the same lines through a real carbon-c-relay and through plumbago with that relay's configuration,
// converted: at each member the same must arrive, routed, renamed and added up.
func TestConvertRelay(t *testing.T) {
	outside(t)
	relay := part(t, "carbon-c-relay", "carbon-c-relay")
	sinks := []*sink{newSink(t), newSink(t), newSink(t), newSink(t)}
	now := time.Now().Unix()
	var lines strings.Builder
	for i := range 300 {
		for _, name := range []string{"req.h%d.in", "req.h%d.out", "old.Web%d.Disk.used", "x.cpu%d.idle", "drop.%d", "both.n%d", "n%d.end", "none.%d", "both.cpu%d.tail", "plain.%d.cpu", "odd.A.Bb%d", "group.load.h%d.x", "some.extra.%d"} {
			fmt.Fprintf(&lines, name+" %d %d\n", i%50, i, now)
		}
	}
	fmt.Fprintf(&lines, "ask.in 7 %d\nask.any 8.5 %d\njunk 1 %d\n", now, now, now)
	for i := range 40 { // so that each member gets some at the end
		fmt.Fprintf(&lines, "last.%d 1 %d\nlast.%d.end 1 %d\n", i, now, i, now)
	}
	file := filepath.Join(t.TempDir(), "relay.conf")
	configure := func() int {
		port := freePort(t)
		write(t, file, fmt.Sprintf(relayConf, sinks[0].addr, sinks[1].addr, sinks[2].addr, sinks[3].addr, port))
		return port
	}
	// The last lines came after all others on one connection; when they are there, the others are folded.
	last := func() bool {
		n := 0
		for _, s := range sinks {
			for _, line := range s.got() {
				if strings.HasPrefix(line, "last.") {
					n++
				}
			}
		}
		return n == 40+40*3 // in the ring; at one by its hash, and at both
	}
	const results = 2 * (102 + 3 + 3 + 1) // a mean of each host and way, a sum and a maximum of each way, a total; at two members
	added := func() bool {
		n := 0
		for _, line := range append(sinks[2].got(), sinks[3].got()...) {
			for _, prefix := range []string{"total.", "peak.", "mean.", "groups."} {
				if strings.HasPrefix(line, prefix) {
					n++
				}
			}
		}
		return n >= results
	}
	// The relay sends its results as it ends, and on a busy machine ends before it has sent them all.
	for try := 1; ; try++ {
		port := configure()
		theirs := background(t, relay, "-f", file, "-q", "400000", "-b", "25000")
		listening(t, port)
		send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), lines.String())
		eventually(t, "the last lines arrive", last)
		eventually(t, "the slice ends", func() bool { return time.Now().Unix() > now+2 })
		if err := theirs.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if theirs.Wait(); within(3*time.Second, added) {
			break
		}
		if try == 8 {
			t.Fatal("the relay has lost results at each of its ends")
		}
		for _, s := range sinks {
			s.forget()
		}
	}
	want := arrived(sinks)
	for _, s := range sinks {
		s.forget()
	}

	port := configure()
	text, said, code := run(t, "", "convert", "--from", "carbon-c-relay", file)
	if code != 0 {
		t.Fatalf("convert: exit code %d, %s", code, said)
	}
	d := start(t, setup{bin: program, conf: text})
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), lines.String())
	eventually(t, "the last lines arrive", last)
	d.stop()
	eventually(t, "our results arrive", added)
	got := arrived(sinks)
	for i := range sinks {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("member %d: %d lines here, %d there; only here %v; only there %v", i, len(got[i]), len(want[i]), without(got[i], want[i]), without(want[i], got[i]))
		}
	}
	t.Logf("%d, %d, %d and %d lines", len(got[0]), len(got[1]), len(got[2]), len(got[3]))
}

// arrived returns what the members got, sorted, with values written in one way, and without what the relays say of themselves.
func arrived(sinks []*sink) (all [][]string) {
	for _, s := range sinks {
		var lines []string
		for _, line := range s.got() {
			f := strings.Fields(line)
			if strings.HasPrefix(line, "carbon.") || len(f) != 3 {
				continue
			}
			if v, err := strconv.ParseFloat(f[1], 64); err == nil {
				f[1] = strconv.FormatFloat(v, 'f', 4, 64)
			}
			lines = append(lines, strings.Join(f, " "))
		}
		slices.Sort(lines)
		all = append(all, lines)
	}
	return all
}

// without returns some of the lines of a that b does not have.
func without(a, b []string) (left []string) {
	for _, line := range a {
		if _, has := slices.BinarySearch(b, line); !has && len(left) < 5 {
			left = append(left, line)
		}
	}
	return left
}
