package e2e

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestReloadsUnderLoad changes the configuration again and again while lines come in, every second time to a broken one: rules and
// clusters come and go, move and change, and so do listeners, also the one that the senders are connected to. No line is lost, and
// none is at an endpoint that no configuration gives it; what does not change keeps its connection; and aggregates are
// those of all lines. PLUMBAGO_E2E_RELOADS and PLUMBAGO_E2E_RATE (lines a second) make it the long form.
func TestReloadsUnderLoad(t *testing.T) {
	reloads, rate := number(t, "PLUMBAGO_E2E_RELOADS", 40), number(t, "PLUMBAGO_E2E_RATE", 10_000)
	var connected atomic.Int32
	kept := newSink(t)
	kept.read = func(s *sink, c io.Reader, stop <-chan struct{}) { connected.Add(1); s.readLines(c, stop) }
	other, extra, results := newSink(t), newSink(t), newSink(t)
	v := variants{port: freePort(t), more: freePort(t), kept: kept.addr, other: other.addr, extra: extra.addr, results: results.addr}
	d := start(t, setup{bin: program, conf: v.text(0)})
	head := strings.TrimSuffix(read(t, d.conf), v.text(0))

	senders := []*loader{}
	var sending sync.WaitGroup
	stop := make(chan struct{})
	for i := range 2 {
		s := &loader{conn: dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", v.port)), number: i}
		s.conn.SetDeadline(time.Time{})
		senders = append(senders, s)
		sending.Go(func() { s.run(t, rate/2, stop) })
	}
	d.received(2000) // both are connected
	eventually(t, "all endpoints are connected", func() bool {
		_, body, _ := d.get("/api/status")
		return strings.Count(string(body), `"state":"up"`) == 3
	})
	files, routines := openFiles(t, d.cmd.Process.Pid), d.goroutines()
	for i := 1; i <= reloads; i++ {
		text, want := v.text(i/2), http.StatusOK
		if i%2 == 1 {
			text, want = text+"\n[[rule]]\nmatch = \"x\"\nsend = [\"nobody\"]\n", http.StatusBadRequest
		}
		write(t, d.conf, head+text)
		if i%10 == 0 {
			before := d.reloading().Done
			d.signal(syscall.SIGHUP)
			eventually(t, "the reload is done", func() bool { return d.reloading().Done > before })
		} else if code, answer := d.call("POST", "/api/reload", ""); code != want {
			t.Fatalf("reload %d: %d %s", i, code, answer)
		}
		d.ledger()
		time.Sleep(50 * time.Millisecond) // so that each is in force for a while
	}
	close(stop)
	sending.Wait()
	write(t, d.conf, head+v.text(0))
	if code, answer := d.call("POST", "/api/reload", ""); code != http.StatusOK {
		t.Fatalf("the last reload: %d %s", code, answer)
	}
	sent := senders[0].lines + senders[1].lines
	d.received(int64(sent))
	eventually(t, "as many files are open as before", func() bool { return openFiles(t, d.cmd.Process.Pid) <= files })
	// One that each reload left behind would be many more; a few come and go with connections and requests.
	eventually(t, "as many goroutines run as before", func() bool { return d.goroutines() <= routines+min(8, reloads/4) })
	want := map[string]int{}
	for _, s := range senders {
		s.conn.Close()
		maps.Copy(want, s.sums)
	}
	eventually(t, "results are those of all lines", func() bool { return maps.Equal(latest(results.got()), want) })
	d.stop()
	if n := connected.Load(); n != 1 {
		t.Errorf("%d connections to the endpoint that never changed", n)
	}
	check := func(what string, lines []string, family string, ordered bool) {
		t.Helper()
		if !ordered { // two connections may have been read side by side
			lines = slices.Clone(lines)
			slices.SortFunc(lines, func(a, b string) int {
				f, g := strings.Fields(a), strings.Fields(b)
				n, _ := strconv.Atoi(f[1])
				m, _ := strconv.Atoi(g[1])
				return cmp.Or(cmp.Compare(f[0], g[0]), n-m)
			})
		}
		next := map[string]int{}
		for _, line := range lines {
			f := strings.Fields(line)
			if name := strings.Split(f[0], "."); name[0] == family {
				n, _ := strconv.Atoi(f[1])
				if n != next[name[1]] {
					t.Fatalf("%s: %q follows value %d", what, line, next[name[1]]-1)
				}
				next[name[1]] = n + 1
			}
		}
		for _, s := range senders {
			if next[strconv.Itoa(s.number)] != s.rounds {
				t.Errorf("%s: %d of %d lines of sender %d", what, next[strconv.Itoa(s.number)], s.rounds, s.number)
			}
		}
	}
	check("kept", kept.got(), "kept", true)
	check("other", other.got(), "other", false)
	// What is for the cluster that comes and goes is there or at the other one, and never lost.
	all := append(other.got(), extra.got()...)
	all = slices.DeleteFunc(all, func(line string) bool { return !strings.HasPrefix(line, "extra.") })
	if len(all) != senders[0].rounds+senders[1].rounds {
		t.Errorf("%d of %d lines arrived of what goes here or there", len(all), senders[0].rounds+senders[1].rounds)
	}
	for what, lines := range map[string][]string{"kept": kept.got(), "extra": extra.got()} {
		for _, line := range lines {
			if !strings.HasPrefix(line, what+".") {
				t.Fatalf("%s got %q", what, line)
			}
		}
	}
	t.Logf("%d lines, %d reloads, %d results, %d at the cluster that comes and goes", sent, reloads, len(want), extra.count())
}

// latest returns the last value of each result and time.
func latest(lines []string) map[string]int {
	got := map[string]int{}
	for _, line := range lines {
		f := strings.Fields(line)
		got[f[0]+" "+f[2]], _ = strconv.Atoi(f[1])
	}
	return got
}

// A loader sends rounds of lines, each line numbered within its family, and knows what they add up to.
type loader struct {
	conn interface {
		io.WriteCloser
		SetDeadline(time.Time) error
	}
	number int
	rounds int
	lines  int
	sums   map[string]int // of the aggregated, by result and time
}

// run sends until stop, or ends the test if its connection does. A sample time of a second passes every 200 rounds.
func (l *loader) run(t *testing.T, rate int, stop <-chan struct{}) {
	const families = 4
	l.sums = map[string]int{}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		var b strings.Builder
		for range rate / 100 / families {
			at := 1_000_000_000 + l.rounds/200
			for _, family := range []string{"kept", "other", "extra", "folded"} {
				fmt.Fprintf(&b, "%s.%d %d %d\n", family, l.number, l.rounds, at)
			}
			l.sums[fmt.Sprintf("folded.%d.sum %d", l.number, at)] += l.rounds
			l.sums[fmt.Sprintf("folded.%d.count %d", l.number, at)]++
			l.rounds++
			l.lines += families
		}
		if _, err := io.WriteString(l.conn, b.String()); err != nil {
			t.Errorf("sender %d: %v", l.number, err)
			return
		}
	}
}

// variants are configurations that differ in what may change, and not in what becomes of most names.
type variants struct {
	port, more                  int
	kept, other, extra, results string
}

// text returns the i-th.
func (v *variants) text(i int) string {
	var b strings.Builder
	listen := fmt.Sprintf("[[listen]]\nprotocol = \"line\"\naddress = \"tcp://127.0.0.1:%d\"\n", v.port)
	if i%3 == 1 {
		listen += "max_line = 4096\n"
	}
	if i%4 == 2 {
		listen += fmt.Sprintf("[[listen]]\nprotocol = \"line\"\naddress = [\"tcp://127.0.0.1:%d\", \"udp://127.0.0.1:%d\"]\n", v.more, v.more)
	}
	b.WriteString(listen)
	clusters := []string{
		fmt.Sprintf("[[cluster]]\nname = \"kept\"\nconfirm = \"written\"\nendpoints = [%q]\n", v.kept),
		fmt.Sprintf("[[cluster]]\nname = \"other\"\nendpoints = [%q]\n", v.other),
		fmt.Sprintf("[[cluster]]\nname = \"results\"\nendpoints = [%q]\n", v.results),
	}
	if i%2 == 1 {
		clusters = append(clusters, fmt.Sprintf("[[cluster]]\nname = \"extra\"\nendpoints = [%q]\n", v.extra))
	}
	if i%5 == 3 {
		slices.Reverse(clusters)
	}
	b.WriteString(strings.Join(clusters, ""))
	fold := fmt.Sprintf("[[rule]]\nmatch = \"folded.*\"\nstop = true\n[rule.aggregate]\nperiod = \"1s\"\nwait = \"%ds\"\nfunctions = [\"sum\", \"count\"]\nsend = [\"results\"]\n", 1+i%2)
	rules := []string{"[[rule]]\nmatch = \"kept.*\"\nsend = [\"kept\"]\n", fold}
	if i%3 == 2 {
		slices.Reverse(rules)
		rules = append(rules, "[[rule]]\nmatch = \"none.**\"\ndrop = true\n")
	}
	if i%2 == 1 {
		rules = append(rules, "[[rule]]\nmatch = \"extra.*\"\nsend = [\"extra\"]\n")
	}
	if i%4 == 1 { // aggregates that come and go, and what they emit goes nowhere
		rules = append([]string{"[[rule]]\nmatch = \"other.*\"\n[rule.aggregate]\nperiod = \"1s\"\nname = \"gone\"\nmemonly = true\n"}, rules...)
	}
	b.WriteString(strings.Join(rules, ""))
	b.WriteString("[[rule]]\nmatch = \"**\"\nsend = [\"other\"]\n")
	return b.String()
}

// openFiles counts the files that a process has open.
func openFiles(t *testing.T, pid int) int {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// goroutines counts those of the daemon.
func (d *daemon) goroutines() int {
	d.t.Helper()
	_, text, err := d.get("/metrics")
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "go_goroutines" {
			n, _ := strconv.Atoi(f[1])
			return n
		}
	}
	d.t.Fatal("no go_goroutines")
	return 0
}
