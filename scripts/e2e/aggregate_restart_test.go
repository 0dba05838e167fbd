package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Lives are what several runs of the daemon get to see, one after the other.
type lives struct {
	conf   string
	lines  [][]string // of each life
	claims []claim
}

// newLives makes rules of every kind of state, and samples for them of which a part comes in each of n lives: into slices
// that are open at the end of one, that have left and will be amended, into counters' baselines, rollups and windows.
func newLives(r *rand.Rand, n int) *lives {
	b := &lives{lines: make([][]string, n)}
	keys := "wait = \"400ms\"\ngrace = \"2m\"\n"
	windows := []slider{{10, 4, []string{"avg", "max", "count", "stddev", "p90"}, "{name}.w40.{fn}"}, {60, 5, []string{"sum", "unique", "last"}, "{name}.w300.{fn}"}}
	raw := &tree{match: "raw.*", period: 10, rollups: []int64{60, 300}, functions: rawFunctions, windows: windows, keys: keys}
	group := &tree{match: "group.*.*", name: "group.$2", period: 10, rollups: []int64{60}, functions: rawFunctions, windows: windows, keys: keys, end: true}
	twice := &tree{match: "twice.*", period: 10, rollups: []int64{60}, functions: rawFunctions, keys: keys + "dedup = \"first\"\n"}
	diff := &tree{match: "diff.*.*", name: "diff.all", period: 10, rollups: []int64{60, 300}, diff: true,
		functions: []string{"avg", "max", "sum", "count", "rate", "delta", "p90", "sources", "stddev"},
		windows:   []slider{{10, 6, []string{"rate", "delta", "avg"}, "{name}.w60.{fn}"}}, keys: keys}
	for _, o := range []*tree{raw, group, twice, diff} {
		b.conf += o.toml()
	}
	add := func(life int, rd reading, kind string) {
		b.lines[life] = append(b.lines[life], fmt.Sprintf("%s %v %d.%03d%s\n", rd.input, rd.v, rd.ms/1000, rd.ms%1000, kind))
	}
	for i := range 12 {
		c := claim{tree: raw, series: fmt.Sprintf("raw.s%d", i)}
		for j := range 200 {
			rd := reading{c.series, someHour*1000 + int64(j)*3000 + r.Int64N(3000), float64(r.IntN(2000)-700) / 8, 0}
			life := j * n / 200 // in the order of time, so that a restart is in mid-slice
			if i%2 == 0 {
				life = r.IntN(n)
			}
			add(life, rd, "")
			c.rs = append(c.rs, rd)
		}
		b.claims = append(b.claims, c)
	}
	shared := claim{tree: group, series: "group.x"}
	for j := range 600 {
		rd := reading{fmt.Sprintf("group.h%d.x", r.IntN(8)), someHour*1000 + int64(j)*1000 + r.Int64N(1000), float64(r.IntN(2000)) / 8, 0}
		add(r.IntN(n), rd, "")
		shared.rs = append(shared.rs, rd)
	}
	again := claim{tree: twice, series: "twice.x"}
	for j := range 300 {
		rd := reading{"twice.x", someHour*1000 + int64(j)*2000, float64(r.IntN(2000)) / 8, 0}
		for life := r.IntN(n); life < n; life++ { // what came before a restart comes again after it
			add(life, rd, "")
		}
		again.rs = append(again.rs, rd)
	}
	rates := claim{tree: diff, series: "diff.all"}
	for i := range int64(5) {
		c := &counter{name: fmt.Sprintf("diff.h%d.rx", i), policy: "zero", ms: someHour*1000 + i, at: someHour*1000 + i}
		for j := range 200 {
			c.ms += 8 * (100 + r.Int64N(500))
			c.total += float64(r.IntN(100)) * 8
			if r.IntN(30) == 0 {
				c.total = 8
			}
			add(j*n/200, reading{c.name, c.ms, c.total, 0}, " D")
			if v, ok, _ := c.take(); ok {
				rates.rs = append(rates.rs, v)
			}
		}
	}
	b.claims = append(b.claims, shared, again, rates)
	return b
}

// snapshotted returns when the last snapshot was written.
func snapshotted(dir string) time.Time {
	info, err := os.Stat(filepath.Join(dir, "aggregates.state"))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// TestRestartInMidSlice restarts a daemon that keeps its state, several times: in order, and by kill -9 once a snapshot was
// written. Every slice, rollup and window, every function, baseline and repetition must be what one run would have made
// of it. PLUMBAGO_E2E_SEED and PLUMBAGO_E2E_LIVES vary it.
func TestRestartInMidSlice(t *testing.T) {
	n := number(t, "PLUMBAGO_E2E_LIVES", 3)
	b := newLives(rand.New(rand.NewPCG(uint64(number(t, "PLUMBAGO_E2E_SEED", 71)), 72)), n)
	out, port, dir := newWords(t, nil), freePort(t), t.TempDir()
	conf := fmt.Sprintf("[state]\ndir = %q\nsnapshot = \"1s\"\n", dir) + oneOut(port, out.addr) + b.conf
	// Of what comes and goes nowhere there is always something new for a snapshot.
	conf += "[[rule]]\nmatch = \"ticks\"\nstop = true\n[rule.aggregate]\nperiod = \"1h\"\nmemonly = true\n"
	for life, lines := range b.lines {
		d := start(t, setup{conf: conf})
		c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		third := len(lines) / 3
		put(t, c, []byte(strings.Join(lines[:third], "")))
		d.await("something is emitted", func(l *ledger) bool { return l.Emitted > 0 })
		put(t, c, []byte(strings.Join(lines[third:], "")))
		if l := d.received(int64(len(lines))); l.Dropped["late"] != 0 {
			t.Errorf("%d late", l.Dropped["late"])
		}
		switch {
		case life == n-1:
			out.hold(t, b.claims)
			d.stop()
		case life%2 == 0:
			snapshots(t, dir, 2, func() { put(t, c, fmt.Appendf(nil, "ticks 1 %d\n", someHour)) })
			d.signal(syscall.SIGKILL)
			<-d.done
		default:
			d.stop()
		}
	}
}

// snapshots waits for n snapshots to be written: what came before is surely in the second. Where nothing has changed
// none is written, so that it has something change.
func snapshots(t *testing.T, dir string, n int, change func()) {
	t.Helper()
	for range n {
		was := snapshotted(dir)
		eventually(t, "a snapshot", func() bool {
			change()
			return snapshotted(dir).After(was)
		})
	}
}

// TestKilled kills a daemon that gets a sample every few milliseconds: what it had folded before the last two snapshots is
// not lost.
func TestKilled(t *testing.T) {
	out, port, dir := newWords(t, nil), freePort(t), t.TempDir()
	o := &tree{match: "**", period: 60, functions: []string{"count", "last"}, keys: "wait = \"100ms\"\ngrace = \"2m\""}
	conf := fmt.Sprintf("[state]\ndir = %q\nsnapshot = \"1s\"\n", dir) + oneOut(port, out.addr) + o.toml()
	d := start(t, setup{conf: conf})
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	sent := 0
	next := func() {
		say(t, c, "k", float64(sent), someHour*1000+int64(sent)+1)
		sent++
	}
	for range 50 {
		next()
	}
	least := sent
	eventually(t, "the slice is emitted", func() bool { v, _ := out.last("k.count", someHour); return v == float64(least) })
	snapshots(t, dir, 2, next)
	d.signal(syscall.SIGKILL)
	<-d.done
	out.emptied()
	out.forget()
	d = start(t, setup{conf: conf})
	// What it emits anew shows what it has kept; the time of this one lies before all others'.
	say(t, dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port)), "k", -1, someHour*1000)
	var kept, last float64
	eventually(t, "the slice is emitted again", func() (ok bool) {
		last, _ = out.last("k.last", someHour)
		kept, ok = out.last("k.count", someHour)
		return ok && last == kept-2
	})
	if kept--; kept < float64(least) || kept > float64(sent) {
		t.Errorf("%v samples were kept, want at least %d of %d", kept, least, sent)
	}
	d.stop()
	t.Logf("%v of %d samples were kept, at least %d had to be", kept, sent, least)
}

// TestRestartIsNotPartial restarts a daemon in the middle of a live slice, which was seen whole all the same.
func TestRestartIsNotPartial(t *testing.T) {
	out, port := newWords(t, nil), freePort(t)
	conf := fmt.Sprintf("[state]\ndir = %q\n", t.TempDir()) + oneOut(port, out.addr) + `
[[rule]]
match = "**"
[rule.aggregate]
period = "5s"
functions = ["count", "sum"]
wait = "200ms"
send = "out"
[[rule.aggregate.output]]
window = 3
functions = ["count"]
as = "{name}.w.{fn}"
`
	d := start(t, setup{bin: program, conf: conf})
	k := time.Now().Unix()/5*5 + 5
	<-time.After(time.Until(time.Unix(k, 0)))
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	nc(t, addr, fmt.Sprintf("a 1 %d\na 2 %d\n", k, k+1))
	d.received(2)
	d.stop()
	if _, sent := out.last("a.sum", k); sent && time.Now().Unix() < k+5 {
		t.Error("the slice was sent at the stop")
	}
	d = start(t, setup{bin: program, conf: conf})
	nc(t, addr, fmt.Sprintf("a 4 %d\n", k+4))
	for _, want := range []point{{"a.count", 3, k}, {"a.sum", 7, k}, {"a.w.count", 3, k}} {
		eventually(t, want.String(), func() bool { v, ok := out.last(want.Name, want.Time); return ok && v == want.Value })
	}
	d.stop()
}

// TestRestartOfChains stops a daemon again and again while results of one rule are on their way into another: each must
// get there once. PLUMBAGO_E2E_LIVES is how often.
func TestRestartOfChains(t *testing.T) {
	const parts, series = 25, 4000
	lives := int64(number(t, "PLUMBAGO_E2E_LIVES", 3))
	out, port := newWords(t, nil), freePort(t)
	conf := fmt.Sprintf("[state]\ndir = %q\n", t.TempDir()) + oneOut(port, out.addr) + `
[[rule]]
match = "chain.*"
[rule.aggregate]
functions = ["sum"]
wait = "200ms"
[[rule]]
match = "chain.*.sum"
[rule.aggregate]
name = "total"
functions = ["sum", "count"]
wait = "1s"
send = "out"
`
	for life := range lives {
		d := start(t, setup{bin: program, conf: conf})
		c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		for part := range parts { // so that there are results at any time, also while the daemon stops
			var text []byte
			for i := range series {
				text = fmt.Appendf(text, "chain.s%d-%d 2 %d\n", part, i, someHour+60*life)
			}
			put(t, c, text)
			<-time.After(20 * time.Millisecond)
		}
		d.received(parts * series)
		d.stop()
		c.Close()
	}
	d := start(t, setup{bin: program, conf: conf})
	for life := range lives {
		for _, want := range []point{{"total.count", parts * series, someHour + 60*life}, {"total.sum", 2 * parts * series, someHour + 60*life}} {
			var v float64
			for begin := time.Now(); v != want.Value; <-time.After(20 * time.Millisecond) {
				if v, _ = out.last(want.Name, want.Time); v > want.Value || time.Since(begin) > patience {
					t.Fatalf("%v of %v", v, want)
				}
			}
		}
	}
	d.stop()
}
