package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// remembering has aggregates whose results are called what their series are, and some that are not.
const remembering = `
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "g"
endpoints = [%q]
[[rule]]
match = "sw1.**"
[rule.aggregate]
functions = "last"
as = "{name}"
period = "1m"
wait = "10ms"
send = "g"
[[rule]]
match = "web.**"
[rule.aggregate]
wait = "10ms"
send = "g"
`

// TestPast sends a replay of old samples, and asks for what was made of it in every way.
func TestPast(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(remembering, port, out.addr)})
	const base = 1600000020 // a full minute
	var lines strings.Builder
	emitted := int64(0)
	for name, points := range map[string][][2]int{
		"sw1.if.1.rx": {{0, 100}, {60, 160}, {120, 400}, {180, 400}, {240, 1000}, {300, 1300}},
		"sw1.if.2.rx": {{0, 50}, {60, 50}, {120, 20}, {180, 80}, {240, 90}, {300, 95}},
		"sw1.if.3.rx": {{180, 7}, {300, 10}},
		"sw1.if.4.tx": {{300, 5}},
	} {
		for _, p := range points {
			fmt.Fprintf(&lines, "%s %d %d\n", name, p[1], base+p[0])
			emitted++
		}
	}
	for i, v := range []int{1000, 1100, 1150, 1200} {
		fmt.Fprintf(&lines, "web.reqs %d %d D\nweb.load %d %d\n", v, base+10*i, i, base+10*i)
	}
	emitted += 2 * (3 + 4)
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), lines.String())
	d.await("all is emitted", func(l *ledger) bool { return l.Emitted >= emitted })

	t.Run("query", func(t *testing.T) { askPast(t, d.with(t), base) })
	t.Run("series", func(t *testing.T) { listPast(t, d.with(t)) })
	t.Run("history", func(t *testing.T) {
		for query, want := range map[string]string{
			"name=web.load.max":             `"points":[[1600000020,0],[1600000030,1],[1600000040,2],[1600000050,3]]`,
			"name=web.load&fn=max":          `{"name":"web.load.max","series":"web.load","fn":"max","period":"10s",`,
			"name=sw1.if.3.rx&period=1m":    `"points":[[1600000200,7],[1600000320,10]]`,
			"name=web.reqs&fn=avg&period=5": `{"error":`,
			"name=web.nobody":               `{"error":`,
		} {
			if _, body, err := d.get("/api/history?" + query); err != nil || !strings.Contains(string(body), want) {
				t.Errorf("%s: %s %v, want %s", query, body, err, want)
			}
		}
	})
	d.stop()
}

// askPast holds what query answers to a fixed reading of the functions.
func askPast(t *testing.T, d *daemon, base int64) {
	t.Helper()
	type result struct {
		Name  string
		Value float64
	}
	f := func(expr string, at int64, want ...result) {
		t.Helper()
		expr = strings.ReplaceAll(expr, "RX", `"sw1.if.*.rx"`)
		code, body, err := d.get("/api/query?" + url.Values{"expr": {expr}, "at": {fmt.Sprint(base + at)}}.Encode())
		var got struct{ Results []result }
		if err != nil || code != http.StatusOK || json.Unmarshal(body, &got) != nil || got.Results == nil {
			t.Errorf("%s: %d %s %v", expr, code, body, err)
			return
		}
		for i := range got.Results {
			if i >= len(want) || got.Results[i].Name != want[i].Name || math.Abs(got.Results[i].Value-want[i].Value) > 1e-9 {
				break
			}
			if i == len(want)-1 && len(want) == len(got.Results) {
				return
			}
		}
		if len(want)+len(got.Results) > 0 {
			t.Errorf("%s at %d: %+v, want %+v", expr, at, got.Results, want)
		}
	}
	all := func(v float64) result { return result{"sw1.if.*.rx", v} }
	for _, w := range []struct {
		at, minutes              int64
		count, sum, least, most  float64
		avg, mean, one, two, six float64 // rates, 0 for none
	}{
		{300, 5, 12, 3612, 7, 1300, 301, 242.5, 4.75, 0.3958333333333333, 0.025},
		{300, 2, 5, 2495, 10, 1300, 499, 417.5, 5, 0.08333333333333333, 0},
		{300, 1, 3, 1405, 10, 1300, 468.3333333333333, 468.3333333333333, 0, 0, 0},
	} {
		over := func(fn, more string) string { return fmt.Sprintf(`%s(RX, "%dm"%s)`, fn, w.minutes, more) }
		f(over("count_over_time", ""), w.at, all(w.count))
		f(over("sum_over_time", ""), w.at, all(w.sum))
		f(over("min_over_time", ""), w.at, all(w.least))
		f(over("max_over_time", ""), w.at, all(w.most))
		f(over("avg_over_time", ""), w.at, all(w.avg))
		f(over("avg_over_time", `, "mean"`), w.at, all(w.mean))
		var rates []result
		for i, v := range []float64{w.one, w.two, w.six} {
			if v > 0 {
				rates = append(rates, result{fmt.Sprintf("sw1.if.%d.rx", i+1), v})
			}
		}
		f(over("rate", ""), w.at, rates...)
	}
	f(`count_over_time(RX, "5 minutes")`, 1000, all(0))
	f(`avg_over_time(RX, "5 minutes")`, 1000)
	f(`count(RX)`, 300, all(3))
	f(`sum(RX)`, 300, all(1405))
	f(`min(RX)`, 300, all(10))
	f(`max(RX)`, 300, all(1300))
	f(`avg(RX)`, 300, all(1405.0/3))

	text, stderr, code := run(t, "", "query", "--admin", d.admin, "--at", fmt.Sprint(base+300), `max("sw1.if.*.rx")`)
	if code != 0 || text != "sw1.if.*.rx 1300\n" {
		t.Errorf("query: exit code %d, %q, %q", code, text, stderr)
	}
	text, stderr, code = run(t, "", "query", "--admin", d.admin, "--json", "--at", fmt.Sprint(base+1000), `max("sw1.if.*.rx")`)
	if code != 1 || text != `{"results":[]}`+"\n" || !strings.Contains(stderr, "no result") {
		t.Errorf("query of nothing: exit code %d, %q, %q", code, text, stderr)
	}
	text, stderr, code = run(t, "", "query", "--admin", d.admin, `max("sw1.if.*.rx"`)
	if code != 1 || text != "" || !strings.Contains(stderr, "at byte 18: the expression ends") {
		t.Errorf("a broken query: exit code %d, %q, %q", code, text, stderr)
	}
}

// listPast lists live series, on the command line and over HTTP.
func listPast(t *testing.T, d *daemon) {
	t.Helper()
	f := func(want string, code int, args ...string) {
		t.Helper()
		text, stderr, got := run(t, "", append([]string{"series", "--admin", d.admin}, args...)...)
		if got != code || text != want {
			t.Errorf("series %v: exit code %d, %q (%q); want %d, %q", args, got, text, stderr, code, want)
		}
	}
	f("name      type  last\nweb.load  N     3\nweb.reqs  D     5\n", 0, "web.")
	f("name      type  last  avg                max\nweb.load  N     3     1.5                3\nweb.reqs  D     5     6.666666666666667  10\n", 0, "web.", "--avgmax")
	f(`{"series":[{"name":"web.load","type":"N","last":3,"avg":1.5,"max":3,"memonly":false}],"total":2}`+"\n", 0, "web.", "--avgmax", "--json", "--limit", "1")
	f("", 1, "nobody")
	code, body, err := d.get("/api/series?match=sw1.if.*.tx")
	if err != nil || code != http.StatusOK || strings.TrimSpace(string(body)) != `{"series":[{"name":"sw1.if.4.tx","type":"N","last":5,"memonly":false}],"total":1}` {
		t.Errorf("/api/series: %d %s %v", code, body, err)
	}
}
