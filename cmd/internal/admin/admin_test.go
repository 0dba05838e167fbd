package admin

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"

	"plumbago/carbon/stat"
	"plumbago/cmd/internal/daemon"
	"plumbago/conf"
)

const configuration = `
[[listen]]
protocol = "line"
address = "tcp://127.0.0.1:0"
[[cluster]]
name = "a"
protocol = "log"
endpoints = ["stderr"]
[[rule]]
match = "x.**"
[rule.aggregate]
send = ["a"]
`

// serve returns the routes over a daemon that is not started yet.
func serve(t *testing.T) (*daemon.Daemon, http.Handler) {
	t.Helper()
	f, faults := conf.Parse("test.toml", []byte(configuration), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	d, err := daemon.New(f, zap.NewNop(), daemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{daemon: d, log: zap.NewNop()}
	return d, s.Handler()
}

func get(t *testing.T, h http.Handler, path string) (status int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// Each route through the life of a daemon: what it says, and that wrong use is answered as such.
func TestRoutes(t *testing.T) {
	d, h := serve(t)
	f := func(path string, status int, part string) {
		t.Helper()
		got, body := get(t, h, path)
		if got != status || !strings.Contains(body, part) {
			t.Errorf("%s answers %d %q, want %d and %q", path, got, body, status, part)
		}
	}
	f("/healthz", 200, "ok")
	f("/readyz", 503, `"error"`)
	f("/api/ledger", 200, `"balanced":true`)
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	f("/readyz", 200, "ready")
	f("/api/explain?name=x.y", 200, `"x.y.avg"`)
	f("/api/explain", 400, `"error"`)
	f("/nowhere", 404, `{"error":"there is no /nowhere here"}`)
	feed(t, d, "x.y 1\nnobody 2\nbroken\n")
	f("/api/ledger", 200, `"unrouted":1,"aggregated":1`)
	f("/metrics", 200, `plumbago_invalid_total{reason="bad_fields"} 1`)
	f("/metrics", 200, `plumbago_endpoint_up{cluster="a",endpoint="stderr"}`)
	_, text := get(t, h, "/api/status")
	var status daemon.Status
	if err := json.Unmarshal([]byte(text), &status); err != nil || status.Rules[0].Aggregate.Series != 1 || status.Config != "test.toml" ||
		status.Listeners[0].Received != 3 {
		t.Errorf("status %+v (%v)", status, err)
	}
	d.Close(context.Background())
	f("/readyz", 503, `"error"`)
	_, text = get(t, h, "/api/ledger")
	var l stat.Ledger
	if err := json.Unmarshal([]byte(text), &l); err != nil || !l.Balanced || l.Emitted != 2 || l.Delivered() != 2 {
		t.Errorf("the last ledger is %s (%v)", text, err)
	}
}

// A name is asked about in the form that a listener would give it, and what cannot be one is refused.
func TestExplainCleansNames(t *testing.T) {
	_, h := serve(t)
	f := func(name string, status int, part string) {
		t.Helper()
		got, body := get(t, h, "/api/explain?name="+url.QueryEscape(name))
		if got != status || !strings.Contains(body, part) {
			t.Errorf("%q gives %d %s, want %d and %s", name, got, body, status, part)
		}
	}
	f("..x..y.", 200, `{"name":"x.y","steps":[{"rule":1,`)
	f("x/y;b=2;a=1", 200, `{"name":"x_y;a=1;b=2"`)
	f("", 400, `{"error":"which name?`)
	f("...", 400, `is no name: bad_name"}`)
	f("a b", 400, `is no name: bad_name"}`)
	f("a\x00b", 400, `is no name: bad_name"}`)
	f("a\xffb", 400, `is no name: bad_utf8"}`)
	f(strings.Repeat("a", 5000), 400, `is no name: too_long"}`)
}

// A route that is there for another method says for which.
func TestMethods(t *testing.T) {
	_, h := serve(t)
	f := func(method, path string, status int, allow, body string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Code != status || w.Header().Get("Allow") != allow || !strings.Contains(w.Body.String(), body) {
			t.Errorf("%s %s gives %d, Allow %q, %s; want %d, %q, %s", method, path, w.Code, w.Header().Get("Allow"), w.Body, status, allow, body)
		}
	}
	f("POST", "/api/ledger", 405, "GET, HEAD", `{"error":"/api/ledger takes GET or HEAD, not POST"}`)
	f("PUT", "/healthz", 405, "GET, HEAD", `{"error":`)
	f("BREW", "/api/explain?name=a", 405, "GET, HEAD", `{"error":`)
	f("DELETE", "/metrics", 405, "GET, HEAD", `{"error":`)
	f("POST", "/api/nothing", 404, "", `{"error":"there is no /api/nothing here"}`)
	f("HEAD", "/api/ledger", 200, "", "")
}

// feed sends text to the first listener and waits until it was walked: the daemon reads to the end before it closes.
func feed(t *testing.T, d *daemon.Daemon, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", d.Listener(0).Addrs()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	conn.Close()
	lines := int64(strings.Count(text, "\n"))
	for t.Context().Err() == nil {
		l, err := d.Ledger(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if l.Received == lines {
			return
		}
	}
}

// The names of what is exported follow Prometheus' conventions.
func TestMetricNames(t *testing.T) {
	d, _ := serve(t)
	problems, err := testutil.GatherAndLint(registry(d))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}
