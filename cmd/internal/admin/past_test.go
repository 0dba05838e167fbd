package admin

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/zap"

	"plumbago/cmd/internal/daemon"
	"plumbago/conf"
)

// remembering returns the routes over a daemon that was given some samples of old times and has emitted all that came of
// them: a1 and a2 with points of 1 and 2 every 10 s from 1000000000 on, and the counter b.
func remembering(t *testing.T) http.Handler {
	t.Helper()
	const text = `
[[listen]]
address = "tcp://127.0.0.1:0"
[[cluster]]
name = "a"
protocol = "log"
endpoints = ["stderr"]
[[rule]]
match = "hidden.*"
stop = true
[rule.aggregate]
memonly = true
[[rule]]
match = "**"
[rule.aggregate]
rollups = ["1m"]
send = "a"
`
	f, faults := conf.Parse("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	d, err := daemon.New(f, zap.NewNop(), daemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	feed(t, d, strings.Join([]string{
		"web.a1 1 1000000000", "web.a1 2 1000000010", "web.a1 4 1000000020", "web.a2 10 1000000000",
		"web.b 100 1000000000 D", "web.b 150 1000000010 D", "hidden.c 7 1000000000", "",
	}, "\n"))
	d.Close(context.Background())
	return (&Server{daemon: d, log: zap.NewNop()}).Handler()
}

// What history can be asked for is listed by name, found by parts of it, and told by series.
func TestResults(t *testing.T) {
	h := remembering(t)
	f := func(path string, status int, want ...string) {
		t.Helper()
		got, body := get(t, h, path)
		for _, part := range want {
			if got != status || !strings.Contains(body, part) {
				t.Errorf("%s answers %d %s, want %d with %s", path, got, body, status, part)
			}
		}
	}
	f("/api/results?series=web.a1", 200, `{"results":[{"name":"web.a1.1m.avg","series":"web.a1","fn":"avg","period":"1m","stands":false,"time":1000000020,`,
		`{"name":"web.a1.max","series":"web.a1","fn":"max","period":"10s","stands":false,"time":1000000020,"last":4}`, `"total":4`)
	f("/api/results?series=web.a1", 200, `"fn":"avg","period":"10s","stands":true,`)
	f("/api/results?search=1M+A1", 200, `"name":"web.a1.1m.avg"`, `"name":"web.a1.1m.max"`, `"total":2`)
	f("/api/results?search=hidden", 200, `"series":"hidden.c"`, `"total":2`)
	f("/api/results?search=web&limit=1", 200, `{"results":[{"name":"web.a1.1m.avg",`, `}],"total":12}`)
	f("/api/results?search=nothing", 200, `{"results":[],"total":0}`)
	f("/api/results?limit=-1", 400, `{"error":`)
	f("/api/history?name=web.a1.max&after=1000000000", 200, `"points":[[1000000010,2],[1000000020,4]]`)
	f("/api/history?name=web.a1.max&after=1000000020", 200, `"points":[]`)
	f("/api/history?name=web.a1.max&after=soon", 400, `{"error":"after=soon is no time`)
}

// The live series, the past of one, and questions about it: what is asked and what is answered.
func TestPast(t *testing.T) {
	h := remembering(t)
	f := func(path string, status int, want string) {
		t.Helper()
		got, body := get(t, h, path)
		if got != status || !strings.HasPrefix(strings.TrimSpace(body), want) {
			t.Errorf("%s answers %d %s, want %d %s", path, got, body, status, want)
		}
	}
	const hidden = `{"name":"hidden.c","type":"N","last":7,"memonly":true}`
	f("/api/series", 200, `{"series":[`+hidden+`,{"name":"web.a1","type":"N","last":4,"memonly":false},`+
		`{"name":"web.a2","type":"N","last":10,"memonly":false},{"name":"web.b","type":"D","last":5,"memonly":false}],"total":4}`)
	f("/api/series?prefix=hid", 200, `{"series":[`+hidden+`],"total":1}`)
	f("/api/series?prefix=web.a&avgmax=1", 200, `{"series":[{"name":"web.a1","type":"N","last":4,"avg":2.3333333333333335,"max":4,"memonly":false},`+
		`{"name":"web.a2","type":"N","last":10,"avg":10,"max":10,"memonly":false}],"total":2}`)
	f("/api/series?match=*.b", 200, `{"series":[{"name":"web.b",`)
	f("/api/series?match=web.*&prefix=web.a&limit=1", 200, `{"series":[{"name":"web.a1","type":"N","last":4,"memonly":false}],"total":2}`)
	f("/api/series?limit=0", 200, `{"series":[],"total":4}`)
	f("/api/series?prefix=none", 200, `{"series":[],"total":0}`)
	f("/api/series?limit=x", 400, `{"error":"limit=x is no number of series"}`)
	f("/api/series?limit=-1", 400, `{"error":`)
	f("/api/series?avgmax=maybe", 400, `{"error":`)
	f("/api/series?match=a[", 400, `{"error":`)

	const points = `"points":[[1000000000,1],[1000000010,2],[1000000020,4]]}`
	f("/api/history?name=web.a1.avg", 200, `{"name":"web.a1.avg","series":"web.a1","fn":"avg","period":"10s",`+points)
	f("/api/history?name=web.a1", 200, `{"name":"web.a1.avg",`)
	f("/api/history?name=..web..a1", 200, `{"name":"web.a1.avg",`)
	f("/api/history?name=web.a1&fn=max", 200, `{"name":"web.a1.max","series":"web.a1","fn":"max","period":"10s",`+points)
	f("/api/history?name=web.a1&period=1m", 200, `{"name":"web.a1.1m.`)
	f("/api/history?name=web.a1&fn=max&period=60s", 200, `{"name":"web.a1.1m.max","series":"web.a1","fn":"max","period":"1m","points":[[999999960,2],[1000000020,4]]}`)
	f("/api/history?name=web.a1.1m.avg", 200, `{"name":"web.a1.1m.avg",`)
	f("/api/history?name=hidden.c.avg", 200, `{"name":"hidden.c.avg",`)
	f("/api/history?name=web.a1&fn=sum", 404, `{"error":"nothing is kept of web.a1"}`)
	f("/api/history?name=web.a1.avg&fn=max", 404, `{"error":`)
	f("/api/history?name=web.a1&period=5m", 404, `{"error":`)
	f("/api/history?name=web.a1&period=soon", 400, `{"error":`)
	f("/api/history", 400, `{"error":"which name?`)
	f("/api/history?name=...", 400, `{"error":`)

	ask := func(expr, at string, status int, want string) {
		t.Helper()
		f("/api/query?"+url.Values{"expr": {expr}, "at": {at}}.Encode(), status, want)
	}
	ask(`avg_over_time("web.a*", "1 minute")`, "1000000020", 200, `{"results":[{"name":"web.a*","value":4.25}]}`)
	ask(`max_over_time("web.a1", "20 seconds")`, "1000000010.7", 200, `{"results":[{"name":"web.a1","value":2}]}`)
	ask(`rate("web.*", "1 minute")`, "2001-09-09T01:47:00Z", 200, `{"results":[{"name":"web.a1","value":0.15}]}`)
	ask(`sum("web.*.max")`, "1000000030", 200, `{"results":[{"name":"web.*.max","value":19}]}`)
	ask(`sum("web.*")`, "", 200, `{"results":[]}`)
	ask(`count("web.*")`, "", 200, `{"results":[{"name":"web.*","value":0}]}`)
	ask(`sum(web)`, "", 400, `{"error":"at byte 5: there is 'w' where a text in quotes should be"}`)
	ask(`sum("web.*")`, "noon", 400, `{"error":"at=noon is no time`)
	ask(`sum("web.*")`, "-5", 400, `{"error":`)
	ask(`sum("web.*")`, "NaN", 400, `{"error":`)
	f("/api/query", 400, `{"error":"which expression?`)

	f("/metrics", 200, "")
	_, metrics := get(t, h, "/metrics")
	for _, line := range []string{"plumbago_history_series 14\n", "plumbago_history_not_kept_series 0\n", "plumbago_history_points 20\n"} {
		if !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
	f("/api/status", 200, "")
	if _, status := get(t, h, "/api/status"); !strings.Contains(status, `"history":{"series":14,"points":20,"bytes":`) {
		t.Errorf("/api/status: %s", status)
	}
}

// Series are deleted by a prefix that is given, and are gone with their past.
func TestDeleteSeries(t *testing.T) {
	h := remembering(t)
	f := func(query string, status int, want string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodDelete, "/api/series"+query, nil))
		if body := strings.TrimSpace(w.Body.String()); w.Code != status || !strings.HasPrefix(body, want) {
			t.Errorf("%q answers %d %s, want %d %s", query, w.Code, body, status, want)
		}
	}
	left := func(want string) {
		t.Helper()
		if _, body := get(t, h, "/api/series?limit=0"); !strings.Contains(body, want) {
			t.Errorf("there are %s, want %s", body, want)
		}
	}
	f("", 400, `{"error":"which series?`)
	f("?prefix=web&match=*.a1", 400, `{"error":"series are deleted by their prefix, not by match"}`)
	f("?prefix=nobody", 200, `{"deleted":0}`)
	left(`"total":4`)
	f("?prefix=web.a", 200, `{"deleted":2}`)
	left(`"total":2`)
	for name, status := range map[string]int{"web.a1.avg": 404, "web.b.avg": 200} {
		if got, body := get(t, h, "/api/history?name="+name); got != status {
			t.Errorf("the history of %s is %d %s", name, got, body)
		}
	}
	f("?prefix=", 200, `{"deleted":2}`)
	left(`"total":0`)
	if _, metrics := get(t, h, "/metrics"); !strings.Contains(metrics, "plumbago_history_series 0\n") {
		t.Error("something is kept of what was deleted")
	}
}

// What a limit refused is told by prefix and listener.
func TestRefused(t *testing.T) {
	const text = `
[[listen]]
address = "tcp://127.0.0.1:0"
[[rule]]
match = "**"
[rule.aggregate]
series = 1
`
	f, faults := conf.Parse("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	d, err := daemon.New(f, zap.NewNop(), daemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	h := (&Server{daemon: d, log: zap.NewNop()}).Handler()
	if _, body := get(t, h, "/api/series/refused"); body != `{"refused":[],"others":0}`+"\n" {
		t.Errorf("before anything: %s", body)
	}
	feed(t, d, "a.b.c 1\na.b.d 1\na.b.e 1\n")
	d.Close(context.Background())
	want := `{"refused":[{"prefix":"a.b","source":"tcp://127.0.0.1:0","rule":1,"names":2,"last":"a.b.e","senders":[{"address":"127.0.0.1","names":2}]}],"others":0}` + "\n"
	if _, body := get(t, h, "/api/series/refused"); body != want {
		t.Errorf("got %s want %s", body, want)
	}
}
