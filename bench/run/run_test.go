package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestSpread takes medians and extremes.
func TestSpread(t *testing.T) {
	f := func(want spread, text string, all ...float64) {
		t.Helper()
		if got := spreadOf(all); got != want || got.format("%.1f") != text {
			t.Errorf("of %v: %+v, %q, want %+v, %q", all, got, got.format("%.1f"), want, text)
		}
	}
	f(spread{3, 3, 3}, "3.0", 3)
	f(spread{2, 1, 3}, "2.0 (1.0–3.0)", 3, 1)
	f(spread{2, 1, 9}, "2.0 (1.0–9.0)", 9, 1, 2)
}

// TestRatios compares within rounds, also where a round is missing.
func TestRatios(t *testing.T) {
	cpu := func(m measurement) float64 { return m.CPU }
	ours := []measurement{{Round: 0, CPU: 1}, {Round: 1, CPU: 4}, {Round: 2, CPU: 9}}
	theirs := []measurement{{Round: 0, CPU: 2}, {Round: 1, CPU: 4}}
	if got := ratios(ours, theirs, cpu); !slices.Equal(got, []float64{0.5, 1}) {
		t.Errorf("ratios are %v", got)
	}
}

// TestCompare wants what is missing seen, in lines and in sums.
func TestCompare(t *testing.T) {
	var sent loadReport
	var got sinkReport
	unmarshal(t, `{"lines": 1000, "sum": 500, "start": 101, "seconds": 5, "user": 0.5, "sys": 0.25}`, &sent)
	unmarshal(t, `{"lines": 900, "last": 113.5, "ports": [{"lines": 400}, {"lines": 500}], "check": {"kept": 499, "sum": 510}}`, &got)
	f := func(s scenario, lost, lag float64) {
		t.Helper()
		var m measurement
		m.compare(s, sent, got)
		if math.Abs(m.Lost-lost) > 1e-9 || m.Lag != lag || m.Seconds != 12.5 || m.Load != 0.75 || !slices.Equal(m.Ports, []int64{400, 500}) {
			t.Errorf("%+v", m)
		}
		if want := 900 / 12.5 / 1e3; delivered(m) != want {
			t.Errorf("%v klines/s, want %v", delivered(m), want)
		}
	}
	f(scenario{}, 0.1, 7.5)
	f(scenario{aggregate: true}, 0.002, 3.5)
	got.Check.Kept = -1e153
	f(scenario{aggregate: true}, 1, 3.5)
}

// TestMissing wants what is no result at all said in a word.
func TestMissing(t *testing.T) {
	f := func(want string, taken ...measurement) {
		t.Helper()
		if got := missing(taken); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f("0.00 (0.00–50.00)", measurement{}, measurement{}, measurement{Lost: 0.5})
	f("wrong", measurement{Lost: 1, Wrong: true})
	f("0.00; wrong in 1 of 2", measurement{}, measurement{Lost: 1, Wrong: true})
	m := measurement{Check: &checkReport{Series: 1, Kept: -1e153, Sum: 1e153, Bad: 2}, Sum: 12.5}
	if got, want := m.verdict(true), "1 series; sum -1e+153 of 12.50 sent (1e+153 with slices that were corrected later); 2 bad, 0 back in time"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// unmarshal reads JSON as a program of the bench writes it.
func unmarshal(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatal(err)
	}
}

// TestUsed compares what /proc says of this process with what the kernel says to it, and finds a child.
func TestUsed(t *testing.T) {
	before, err := used(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	own := func() float64 {
		var self, children syscall.Rusage
		syscall.Getrusage(syscall.RUSAGE_SELF, &self)
		syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children)
		return float64(self.Utime.Nano()+self.Stime.Nano()+children.Utime.Nano()+children.Stime.Nano()) / 1e9
	}
	start, sum := own(), 0.0
	for own()-start < 0.3 { // burn
		for i := range 10000 {
			sum += math.Sqrt(float64(i))
		}
	}
	after, err := used(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	burnt, u := own()-start, after.since(before)
	if u.cpu < 0.29 || u.cpu > burnt+0.1 || math.Abs(u.user+u.sys-u.cpu) > 1e-9 {
		t.Errorf("used %+v, burnt %.3f s (%v)", u, burnt, sum)
	}
	if u.peak < 1<<20 || u.peak > 8<<30 {
		t.Errorf("a peak of %d bytes", u.peak)
	}

	child := exec.Command("cat")
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	all, err := tree(os.Getpid())
	if err != nil || !slices.Contains(all, child.Process.Pid) {
		t.Errorf("the tree is %v (%v), without the child %d", all, err, child.Process.Pid)
	}
	in.Close()
	child.Wait()
}

// TestScenarios wants scenarios that can be found, with entries that are systems and what they are compared to.
func TestScenarios(t *testing.T) {
	b := &bench{bin: "bin"}
	table := b.table()
	for _, s := range find("all") {
		if found := find(s.name); len(found) != 1 || !slices.ContainsFunc(find(s.name[:strings.IndexByte(s.name, '-')]), func(o scenario) bool { return o.name == s.name }) {
			t.Errorf("%s is found %d times", s.name, len(found))
		}
		for _, e := range s.entries {
			if _, ok := table[e.system]; !ok {
				t.Errorf("%s: there is no system %q", s.name, e.system)
			}
			if !slices.ContainsFunc(s.entries, func(o entry) bool { return o.label == s.baseline(e) }) {
				t.Errorf("%s: %s is compared to %q, which is not there", s.name, e.label, s.baseline(e))
			}
		}
	}
	if found := find("Z"); found != nil {
		t.Errorf("Z is %v", found)
	}
}

// TestPeers fills in every configuration of bench/peers: what a template asks for has to be there.
func TestPeers(t *testing.T) {
	dir := filepath.Join("..", "peers")
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	w := work{
		In: "127.0.0.1:1", InHost: "127.0.0.1", InPort: "1", Out: []string{"127.0.0.1:2", "127.0.0.1:3"}, Policy: "carbon_ch",
		Rules: rules([]string{"a.b.", "c.d.", "e.f."}, 3, ""), Dir: "/tmp/x",
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		conf, err := w.fill(f.Name(), string(text))
		leads := strings.Contains(conf, "127.0.0.1:2") || f.Name() == "redis.conf" || f.Name() == "plumbago-hits.toml" // hits go nowhere
		if err != nil || strings.Contains(conf, "{{") || !leads {
			t.Errorf("%s: %v\n%s", f.Name(), err, conf)
		}
		if strings.Contains(f.Name(), "forward") && (strings.Count(conf, "a.b.")+strings.Count(conf, `a\.b\.`) != 1 || !strings.Contains(conf, `^e\.f\.node`)) {
			t.Errorf("%s lacks rules:\n%s", f.Name(), conf)
		}
	}
}

// newBench builds the programs for a test.
func newBench(t *testing.T, programs ...string) *bench {
	t.Helper()
	t.Chdir("../..")
	b := &bench{root: ".", bin: t.TempDir(), peers: "bench/peers", results: t.TempDir(), runs: 1, verify: true}
	if err := b.build(context.Background(), programs...); err != nil {
		t.Fatal(err)
	}
	return b
}

// exact measures entries for a second each, and wants every line there, in order.
func exact(t *testing.T, b *bench, s scenario) {
	t.Helper()
	for _, e := range s.entries {
		m, err := b.measure(context.Background(), s, e)
		if err != nil || m.Skipped != "" {
			t.Fatalf("%s: %v, skipped: %s", e.label, err, m.Skipped)
		}
		if m.Sent != s.rate || m.Got != m.Sent || m.Lost != 0 || m.Check.Series != s.names || m.Check.Bad+m.Check.Early+m.Check.Lost+m.Check.Again != 0 ||
			math.Abs(m.Check.Sum-m.Sum) > 1e-6*m.Sum {
			t.Errorf("%s: %+v with %+v", e.label, m, m.Check)
		}
		if e.system != "direct" && (m.CPU <= 0 || m.CPU > 10 || m.Peak < 1<<20 || m.Context == 0) {
			t.Errorf("%s: it cost nothing, or too much: %+v", e.label, m)
		}
	}
}

// TestCopy drives sink and copy with a few thousand lines: all have to be counted, by port and by series.
func TestCopy(t *testing.T) {
	exact(t, newBench(t, "load", "sink", "copy"), scenario{
		name: "copy", names: 1000, rate: 4000, seconds: 1, outs: 3,
		entries: []entry{{label: "copy", system: "copy", rules: 1}},
	})
}

// TestPlumbago runs the scenarios' plumbago for a second each, and writes a result. It is an end-to-end test and runs as
// these do.
func TestPlumbago(t *testing.T) {
	if os.Getenv("PLUMBAGO_E2E") == "" {
		t.Skip("the end-to-end tests run with PLUMBAGO_E2E=1, as scripts/e2e/run does")
	}
	b := newBench(t, "load", "sink", "plumbago")
	direct := entry{label: "no relay", system: "direct", rules: 1}
	ours := entry{label: "plumbago", system: "plumbago", rules: 1}
	exact(t, b, scenario{name: "one", names: 1000, rate: 20000, seconds: 1, outs: 1, entries: []entry{direct, ours}})

	b.systems, b.seconds = []string{"plumbago"}, 1
	if _, err := b.scenario(context.Background(), find("A-100k")[0]); err != nil {
		t.Fatal(err)
	}
	written, err := filepath.Glob(b.results + "/*-A-100k.*")
	if err != nil || len(written) != 2 {
		t.Fatalf("%v %v was written", written, err)
	}
	text, err := os.ReadFile(written[0])
	if err != nil {
		t.Fatal(err)
	}
	var r result
	unmarshal(t, string(text), &r)
	if len(r.Measurements) != 1 || r.Measurements[0].Sent == 0 || r.Machine.Cores == 0 || r.Machine.Commit == "" {
		t.Errorf("the result is %s", text)
	}
}
