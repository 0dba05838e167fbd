package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestResultsWalkDown wants results to go on from the rule below theirs, never back: rules that would match their own
// results, or those of rules below, see each sample once, and the number of series stays what it is.
func TestResultsWalkDown(t *testing.T) {
	out, side, port := newWords(t, nil), newWords(t, nil), freePort(t)
	d := start(t, setup{conf: oneOut(port, out.addr) + fmt.Sprintf(`
[[cluster]]
name = "side"
endpoints = [%q]
[[rule]]
match = "loop.**"
stop = true
[rule.aggregate]
name = "loop.$0"
functions = ["sum", "count"]
wait = "200ms"
[[rule]]
match = "loop.*.*.sum"
rewrite = "second.$1.sum"
[[rule]]
match = "second.*.sum"
[rule.aggregate]
name = "second.all"
period = "1m"
functions = ["sum", "count", "sources"]
wait = "200ms"
send = "side"
[[rule.aggregate.output]]
window = 2
functions = ["max"]
as = "{name}.peak"
send = ["out", "side"]
[[rule]]
match = "second.**"
drop = true
[[rule]]
match = "loop.**"
[rule.aggregate]
name = "$0"
as = "{name}"
functions = "last"
period = "1m"
memonly = true
[[rule]]
match = "**"
send = "out"
`, side.addr)})
	// Four slices of 10 s a minute, two inputs: each slice's sum is a sample to the minute.
	var text strings.Builder
	for i := range 8 {
		for _, name := range []string{"a", "b"} {
			fmt.Fprintf(&text, "loop.%s %d %d\nloop.%[1]s 1 %[3]d\n", name, i, someHour+int64(i)*15)
		}
	}
	nc(t, fmt.Sprintf("127.0.0.1:%d", port), text.String())
	// Sums are dropped below the second aggregate, counts are sent. The second minute's results stand for the first's too.
	first, second := int64(2*(0+1+2+3+4)), int64(2*(4+5+6+7+4))
	want := map[stampedName]float64{
		{"second.all.sum", someHour}: float64(first), {"second.all.sum", someHour + 60}: float64(second),
		{"second.all.count", someHour}: 8, {"second.all.count", someHour + 60}: 8,
		{"second.all.sources", someHour}: 2, {"second.all.sources", someHour + 60}: 2,
		{"second.all.peak", someHour}: 4, {"second.all.peak", someHour + 60}: 8,
	}
	eventually(t, "what the second aggregate makes of the first one's results", func() bool {
		for key, v := range want {
			if got, ok := side.last(key.name, key.time); !ok || got != v {
				return false
			}
		}
		return true
	})
	for _, rule := range []struct{ rule, series int }{{1, 2}, {3, 1}, {5, 2}} {
		if f := d.folding(rule.rule); f.Series != int64(rule.series) {
			t.Errorf("rule %d has %d series, want %d", rule.rule, f.Series, rule.series)
		}
	}
	// 32 samples, 16 slices with two results of which each is folded once: sums by the second rule, counts by the last.
	// On a machine that stood still some of them came after the second aggregate had left.
	emitted := int64(16*2+len(want)) + d.folding(3).Amended
	end := d.stop().ledger
	if end.Received != 32 || end.Emitted != emitted || end.Aggregated != 32+16+16 || end.Dropped["rule"] != 0 {
		t.Errorf("%+v; want 32 received, %d emitted, 64 aggregated", end, emitted)
	}
	counts := 0
	for key := range out.said {
		switch {
		case key.name == "loop.loop.a.count" || key.name == "loop.loop.b.count":
			counts++
		case key.name != "second.all.peak":
			t.Errorf("unexpected at out: %s", key.name)
		}
	}
	if counts != 16 || len(side.said) != len(want) {
		t.Errorf("%d counts at out, %d points at side: %v", counts, len(side.said), side.said)
	}
}

// TestTwoOutputsOneName wants check to warn where two outputs can have one name, and only there.
func TestTwoOutputsOneName(t *testing.T) {
	var conf strings.Builder
	conf.WriteString("[[listen]]\naddress = \"tcp://127.0.0.1:0\"\n[[cluster]]\nname = \"out\"\nendpoints = [\"127.0.0.1:1\"]\n")
	var want []bool
	rule := func(warned bool, match, keys string) {
		fmt.Fprintf(&conf, "[[rule]]\nmatch = %q\n[rule.aggregate]\nsend = \"out\"\n%s\n", match, keys)
		want = append(want, warned)
	}
	window := func(keys string) string { return "[[rule.aggregate.output]]\nwindow = 3\n" + keys }
	rule(false, "a.*", "")
	rule(false, "b.*", "")
	rule(true, "b.*", "")
	rule(false, "c.*", `functions = ["min"]`)
	rule(false, "c.*", `functions = ["max"]`)
	rule(false, "d.*", `name = "x"`)
	rule(true, "e.*", `name = "x"`)
	rule(false, "f.*", `name = "f.x.$1"`)
	rule(true, "g.*", `name = "f.x.$1"`)
	rule(false, "h.*", `name = "h.x.$1"`)
	rule(true, "i.*", "rollups = [\"1m\"]\nas_rollup = \"{name}.{fn}\"")
	rule(false, "j.*", "rollups = [\"1m\", \"5m\"]\nas_rollup = \"{name}.{period}.{fn}\"")
	rule(true, "k.*", window(""))
	rule(true, "l.*", window(`as = "{name}.w.{fn}"`)+"\n"+window(`as = "{name}.w.{fn}"`))
	rule(true, "m.*", "rollups = [\"1m\"]\n"+window("period = \"1m\"\nas = \"{name}.1m.{fn}\""))
	rule(false, "n.*", "")
	rule(true, "n.*", `period = "1m"`)
	rule(false, "n.*", "memonly = true")
	rule(true, "n.*", "name = \"f.x.y\"\nas = \"f.x.$1.{fn}\"")
	path := filepath.Join(t.TempDir(), "plumbago.toml")
	write(t, path, conf.String())
	stdout, stderr, code := run(t, "", "check", "-c", path)
	if code != 0 {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	for i, warned := range want {
		got := strings.Contains(stdout+stderr, fmt.Sprintf("rule[%d].aggregate", i+1))
		if got != warned {
			t.Errorf("rule %d: warned %t, want %t", i+1, got, warned)
		}
	}
	if t.Failed() {
		t.Log(stdout + stderr)
	}
}

// TestArrivalClock wants values in the slices of their arrival, whatever their own times say, and rates over their own times.
func TestArrivalClock(t *testing.T) {
	out, port := newWords(t, nil), freePort(t)
	d := start(t, setup{conf: oneOut(port, out.addr) + `
[[rule]]
match = "**"
[rule.aggregate]
period = "1s"
functions = ["count", "sum", "max", "delta"]
clock = "arrival"
partial = "emit"
wait = "100ms"
send = "out"
`})
	begin := time.Now().Unix()
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, "raw %d %d\ncount %d %d D\n", i, 1000+37*i, 500*i, 1_600_000_000+50*i)
	}
	nc(t, fmt.Sprintf("127.0.0.1:%d", port), text.String())
	d.received(200)
	end := time.Now().Unix()
	total := func(name string) (sum float64) {
		out.mu.Lock()
		defer out.mu.Unlock()
		for key, said := range out.said {
			if key.time < begin || key.time > end || said.times > 1 && d.folding(1).Amended == 0 {
				t.Errorf("%s %v", key.name, said)
			}
			if key.name == name {
				sum += said.v
			}
		}
		return sum
	}
	eventually(t, "all of it", func() bool { return total("raw.count") == 100 && total("count.count") == 99 })
	d.stop()
	if s, g := total("raw.sum"), total("count.delta"); s != 4950 || g != 99*500 {
		t.Errorf("sum %v, growth %v", s, g)
	}
	if v := total("count.sum"); v != 990 {
		t.Errorf("the rates are %v together, want 10 each", v)
	}
}
