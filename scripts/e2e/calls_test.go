package e2e

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
)

// callWith sends a request to the API, with a token unless it is empty.
func (d *daemon) callWith(method, path, token, text string) (code int, body string) {
	d.t.Helper()
	r, err := http.NewRequest(method, d.admin+path, strings.NewReader(text))
	if err != nil {
		d.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: patience}
	resp, err := client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(all)
}

// answersCalls makes the calls of the API that no other test makes of a running daemon, right and wrong. Its token is secret, and it
// has got the names a and b.
func (d *daemon) answersCalls() {
	d.t.Helper()
	f := func(method, path, token, text string, code int, want string) {
		d.t.Helper()
		if got, body := d.callWith(method, path, token, text); got != code || !strings.Contains(body, want) {
			d.t.Errorf("%s %s: %d %.300s, want %d and %s", method, path, got, body, code, want)
		}
	}
	get := func(path string, code int, want string) {
		d.t.Helper()
		f(http.MethodGet, path, "", "", code, want)
	}
	for _, path := range []string{"/-/healthy", "/healthcheck", "/health", "/livez", "/ping"} {
		get(path, 200, "ok\n")
	}
	for _, path := range []string{"/-/ready", "/lb_check", "/ready"} {
		get(path, 200, "ready\n")
	}
	get("/", 200, "<!doctype html>")
	get("/api/explain?name=..a", 200, `{"name":"a","steps":[{"rule":1,`)
	get("/api/explain", 400, `{"error":"which name?`)
	get("/api/explain?name=a%20b", 400, `is no name`)
	get("/api/prefixes?depth=1&sort=lines", 200, `{"depth":1,`)
	get("/api/prefixes?depth=3", 400, `depth=3 is neither 1 nor 2`)
	get("/api/peers?depth=1", 400, `is no parameter here`)
	get("/api/series/refused", 200, `{`)
	get("/api/log/level", 200, `{"level":"info"}`)
	f(http.MethodPut, "/api/log/level", "", `{"level":"debug"}`, 401, `needs the token`)
	f(http.MethodPut, "/api/log/level", "secret", `{"level":"loud"}`, 400, `{"error":`)
	f(http.MethodPut, "/api/log/level?level=debug", "secret", "", 200, `{"level":"debug"}`)
	get("/debug/pprof/heap", 401, `needs the token`)
	f(http.MethodGet, "/debug/pprof/goroutine?debug=1", "secret", "", 200, "goroutine profile: total ")
	f(http.MethodPost, "/api/ledger", "", "", 405, `/api/ledger takes GET or HEAD, not POST`)
	f(http.MethodPut, "/api/config", "wrong", "x", 401, `needs the token`)
	f(http.MethodPut, "/api/config", "secret", "[self]\ninterval = \"soon\"\n", 400, `"faults":[{`)
}

// commandsNeedToken runs commands that change something, with the token and without, and those that need no daemon.
func (d *daemon) commandsNeedToken(token string) {
	d.t.Helper()
	f := func(want string, code int, args ...string) {
		d.t.Helper()
		text, stderr, got := run(d.t, "", args...)
		if got != code || !strings.Contains(text+stderr, want) {
			d.t.Errorf("%v: exit code %d, %.300s%.300s, want %d and %s", args, got, text, stderr, code, want)
		}
	}
	empty := filepath.Join(d.t.TempDir(), "empty")
	write(d.t, empty, "")
	f("needs the token", 1, "reload", "--admin", d.admin)
	f("nothing", 0, "reload", "--admin", d.admin, "--token-file", token)
	f("no such file", 1, "reload", "--admin", d.admin, "--token-file", token+".not")
	f("plumbago: ", 1, "reload", "--admin", d.admin, "--token-file", empty)
	f("_plumbago", 0, "completion", "bash")
	f(`there is no command "csh"`, 2, "completion", "csh")
	f(".TH PLUMBAGO 1 ", 0, "man")
	f("there is no command \"nonsense\"", 2, "nonsense")
}

// otherFigures has a running daemon send its own figures, under the names of carbon-c-relay.
func (d *daemon) otherFigures(out *sink) {
	d.t.Helper()
	_, text := d.callWith(http.MethodGet, "/api/config", "", "")
	text = strings.Replace(text, "interval = \"0\"\ncompat = \"\"", "interval = \"1s\"\ncompat = \"carbon-c-relay\"", 1)
	if code, body := d.callWith(http.MethodPut, "/api/config", "secret", text); code != 200 || !strings.Contains(body, `self.compat: \"\" -\u003e \"carbon-c-relay\"`) {
		d.t.Errorf("PUT /api/config: %d %s", code, body)
	}
	eventually(d.t, "they come", func() bool {
		all := strings.Join(out.got(), "\n")
		return strings.Contains(all, ".metricsReceived 3 ") && strings.Contains(all, fmt.Sprintf(".destinations.%s.queued ", strings.ReplaceAll(out.addr, ".", "_")))
	})
}
