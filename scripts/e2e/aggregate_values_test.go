package e2e

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
)

// someHour is the beginning of an hour in the past, the same in every run.
const someHour = 1_700_000_000 / 3600 * 3600

// oddPickle is a frame of items that are no numbers, or are; it prints it in base64.
const oddPickle = `
import pickle, struct, base64, json, sys
at = int(sys.argv[1])
values = [float("nan"), float("inf"), float("-inf"), "nan", "inf", "x", "", 1e308 * 10, 16, "2.5"]
p = pickle.dumps([("p.x", (at + i, v)) for i, v in enumerate(values)], protocol=2)
json.dump(base64.b64encode(struct.pack("!I", len(p)) + p).decode(), sys.stdout)
`

// TestPoison mixes what is no number into good samples, as lines and as pickles: none of it may enter an aggregate, each
// is counted under its reason, and results that are no numbers are not sent.
func TestPoison(t *testing.T) {
	out, port, pickles := newWords(t, nil), freePort(t), freePort(t)
	o := &tree{match: "p.*", period: 60, rollups: []int64{3600}, functions: rawFunctions, windows: []slider{
		{60, 10, []string{"avg", "sum", "count", "max", "stddev"}, "{name}.w10.{fn}"},
	}}
	counter := &tree{match: "c.*", period: 60, functions: []string{"avg", "delta", "count", "rate"}, diff: true}
	d := start(t, setup{conf: oneOut(port, out.addr) +
		fmt.Sprintf("[[listen]]\nprotocol = \"pickle\"\naddress = \"tcp://127.0.0.1:%d\"\n", pickles) + o.toml() + counter.toml()})
	bad := map[string][]string{
		"bad_value": {"p.x NaN %d", "p.x nan %d", "p.x -nan %d", "p.x +NaN %d", "p.x Inf %d", "p.x -inf %d", "p.x +Infinity %d",
			"p.x 1e999 %d", "p.x -1e309 %d", "p.x text %d", "p.x 0x1p4 %d", "p.x 0x10 %d", "p.x 1_000 %d", "p.x 1,5 %d", "p.x \"\" %d",
			"p.x 1.2.3 %d", "p.x - %d", "p.x e5 %d", "p.x 5e %d", "c.x nan %d D", "c.x inf %d D", "p.x 0b1 %d", "p.x １ %d"},
		"bad_time":   {"p.x 1 nan", "p.x 1 inf", "p.x 1 0x10", "p.x 1 %d000", "p.x 1 -5", "c.x 1 nan D"},
		"bad_fields": {"p.x", "p.x 1 %d D x", "p.x 1 %d X"},
		"bad_name":   {"p.x\x01y 1 %d", "... 1 %d"},
		"bad_utf8":   {"p.\xff 1 %d"},
	}
	r := rand.New(rand.NewPCG(31, 32))
	var text strings.Builder
	claims := []claim{{tree: o, series: "p.x"}, {tree: o, series: "p.big"}, {tree: counter, series: "c.x"}}
	var n int64
	good := func(which int, at int64, format string, v float64) {
		fmt.Fprintf(&text, format+"\n", v, at)
		n++
		claims[which].rs = append(claims[which].rs, reading{input: "i", ms: at * 1000, v: v})
	}
	want := map[string]int64{}
	for round := range int64(20) {
		at := int64(someHour) + round*97
		for reason, lines := range bad {
			for _, line := range lines {
				if strings.Contains(line, "%d") {
					line = fmt.Sprintf(line, at+r.Int64N(50))
				}
				text.WriteString(line + "\n")
				want[reason]++
				if r.IntN(3) == 0 {
					good(0, at+r.Int64N(50), "p.x %v %d", float64(r.IntN(800)-200)/8)
				}
			}
		}
		good(1, at, "p.big %g %d", []float64{1.7e308, 1.6e308, -1e-320, 5e-324, 0}[round%5])
		// The counter grows by 8 a second whatever stands between.
		fmt.Fprintf(&text, "c.x %d %d D\n", 8*at, at)
		if n++; round > 0 {
			claims[2].rs = append(claims[2].rs, reading{input: "i", ms: at * 1000, v: 8, growth: 8 * 97})
		}
	}
	nc(t, fmt.Sprintf("127.0.0.1:%d", port), text.String())
	lines := n + sum(want)
	d.received(lines)
	var frame string
	runPython(t, oddPickle, "", &frame, fmt.Sprint(someHour+2500))
	raw, err := base64.StdEncoding.DecodeString(frame)
	if err != nil {
		t.Fatal(err)
	}
	put(t, dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", pickles)), raw)
	l := d.received(lines + 10)
	want["bad_value"] += 8
	claims[0].rs = append(claims[0].rs, reading{input: "i", ms: (someHour + 2508) * 1000, v: 16}, reading{input: "i", ms: (someHour + 2509) * 1000, v: 2.5})
	for reason, n := range l.Invalid {
		if n != want[reason] {
			t.Errorf("%s: %d, want %d", reason, n, want[reason])
		}
	}
	if l.Accepted != n+2 || l.Aggregated != n+2 {
		t.Errorf("accepted %d, aggregated %d, want %d", l.Accepted, l.Aggregated, n+2)
	}
	out.hold(t, claims)
	d.stop()
}

// A distribution is what latencies look like.
type distribution struct {
	name string
	draw func(r *rand.Rand) float64
}

var distributions = []distribution{
	{"uniform", func(r *rand.Rand) float64 { return r.Float64() * 1000 }},
	{"lognormal", func(r *rand.Rand) float64 { return math.Exp(3 + 2*r.NormFloat64()) }},
	{"bimodal", func(r *rand.Rand) float64 {
		if r.IntN(10) < 7 {
			return 10 + r.NormFloat64()
		}
		return 1000 + 50*r.NormFloat64()
	}},
	{"negative", func(r *rand.Rand) float64 { return 100 * r.NormFloat64() }},
	{"user", nil}, // each another one
}

// TestSketches sends four distributions, and numbers such as users have, once as one input and once split over eight inputs on
// eight connections, into the slices of a group, which are rolled up. Percentiles must be within 1 %, unique within 2 %
// of the numbers and within four standard errors of the rest, and the group must say the same as the one input. PLUMBAGO_E2E_VALUES is how many values of each.
func TestSketches(t *testing.T) {
	values := number(t, "PLUMBAGO_E2E_VALUES", 20_000)
	out, port := newWords(t, nil), freePort(t)
	functions := []string{"p05", "p25", "median", "p90", "p99", "p999", "unique", "count", "sum", "min", "max", "stddev"}
	whole := &tree{match: "whole.*", period: 600, rollups: []int64{3600}, functions: functions, keys: "grace = \"5m\"", windows: []slider{
		{600, 3, []string{"p50", "p99", "unique"}, "{name}.w30m.{fn}"},
	}}
	parts := *whole
	parts.match, parts.name = "part.*.*", "parts.$2"
	parts.functions = append(functions, "sources")
	d := start(t, setup{bin: program, conf: oneOut(port, out.addr) + whole.toml() + parts.toml()})

	var text [9]strings.Builder
	var claims []claim
	for i, dist := range distributions {
		r := rand.New(rand.NewPCG(41, uint64(i)))
		one, group := claim{tree: whole, series: "whole." + dist.name}, claim{tree: &parts, series: "parts." + dist.name}
		for j := range values {
			v, ms := 100_000_000+float64(j), someHour*1000+int64(j)*3_599_000/int64(values)
			if dist.draw != nil {
				v = dist.draw(r)
			}
			part := r.IntN(8)
			input := fmt.Sprintf("part.h%d.%s", part, dist.name)
			fmt.Fprintf(&text[8], "whole.%s %v %d.%03d\n", dist.name, v, ms/1000, ms%1000)
			fmt.Fprintf(&text[part], "%s %v %d.%03d\n", input, v, ms/1000, ms%1000)
			one.rs = append(one.rs, reading{"", ms, v, 0})
			group.rs = append(group.rs, reading{input, ms, v, 0})
		}
		claims = append(claims, one, group)
	}
	var wg sync.WaitGroup
	for i := range text {
		c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		wg.Go(func() { net.Conn(c).Write([]byte(text[i].String())); c.Close() })
	}
	wg.Wait()
	n := int64(2 * values * len(distributions))
	if l := d.received(n); l.Aggregated != n {
		t.Errorf("%d aggregated, want %d", l.Aggregated, n)
	}
	out.hold(t, claims)
	if v, _ := out.last("whole.user.1h.unique", someHour); math.Abs(v/float64(values)-1) > 0.02 {
		t.Errorf("%v different users, want %d", v, values)
	}
	for key, word := range out.said {
		name, ok := strings.CutPrefix(key.name, "whole.")
		if fn := name[strings.LastIndexByte(name, '.')+1:]; !ok || fn[0] != 'p' && fn != "median" && fn != "unique" {
			continue
		}
		if v, ok := out.last("parts."+name, key.time); !ok || v != word.v {
			t.Errorf("%s is %v of one input and %v of eight", name, word.v, v)
		}
	}
	d.stop()
}
