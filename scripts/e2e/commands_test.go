package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestConfig shows that the built-in default is a configuration, and one that can be copied and edited.
func TestConfig(t *testing.T) {
	outside(t)
	text, stderr, code := run(t, "", "config")
	if code != 0 || stderr != "" {
		t.Fatalf("config: exit code %d, %q", code, stderr)
	}
	conf := filepath.Join(t.TempDir(), "plumbago.toml")
	write(t, conf, text)
	if _, stderr, code := run(t, "", "check", "-c", conf); code != 0 {
		t.Errorf("check of the built-in default: exit code %d, %q", code, stderr)
	}
}

// TestVersion wants one line that begins with the program's name.
func TestVersion(t *testing.T) {
	outside(t)
	text, _, code := run(t, "", "version")
	if code != 0 || !strings.HasPrefix(text, "plumbago ") || strings.Count(text, "\n") != 1 {
		t.Errorf("version: exit code %d, %q", code, text)
	}
}

// A walk is what explain says of a name.
type walk struct {
	Name  string `json:"name"`
	Steps []struct {
		Rule    int      `json:"rule"`
		Line    int      `json:"line"`
		Match   string   `json:"match"`
		Action  string   `json:"action"`
		Name    string   `json:"name"`
		Outputs []string `json:"outputs"`
		To      []struct {
			Cluster   string   `json:"cluster"`
			Endpoints []string `json:"endpoints"`
		} `json:"to"`
		Stop bool `json:"stop"`
	} `json:"steps"`
	End string `json:"end"`
}

const explained = `
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "graphite"
endpoints = ["10.0.0.1:2003", "10.0.0.2:2003"]
[[rule]]
match = "noise.**"
drop = true
[[rule]]
match = "web.*.hits"
[rule.aggregate]
name = "web.all.hits"
functions = ["sum", "max"]
send = "graphite"
[[rule]]
match = "web.**"
send = "graphite"
`

// TestExplain walks names through a table: on the command line, as JSON and for people, and on the running table.
func TestExplain(t *testing.T) {
	outside(t)
	conf := filepath.Join(t.TempDir(), "plumbago.toml")
	write(t, conf, fmt.Sprintf(explained, freePort(t)))
	names := []string{"noise.a", "web.1.hits", "other"}
	text, stderr, code := run(t, "", append([]string{"explain", "-c", conf, "--json"}, names...)...)
	if code != 0 {
		t.Fatalf("explain: exit code %d, %q", code, stderr)
	}
	var walks []walk
	for dec := json.NewDecoder(strings.NewReader(text)); dec.More(); {
		var w walk
		if err := dec.Decode(&w); err != nil {
			t.Fatalf("explain --json: %v: %s", err, text)
		}
		walks = append(walks, w)
	}
	if len(walks) != len(names) {
		t.Fatalf("explain --json printed %d objects, want %d: %s", len(walks), len(names), text)
	}
	for i, want := range []struct{ name, end, actions string }{
		{"noise.a", "dropped", "drop"}, {"web.1.hits", "sent", "aggregate send"}, {"other", "unrouted", ""},
	} {
		var actions []string
		for _, s := range walks[i].Steps {
			actions = append(actions, s.Action)
		}
		if w := walks[i]; w.Name != want.name || w.End != want.end || strings.Join(actions, " ") != want.actions {
			t.Errorf("explain %s: %+v, want end %s by %q", want.name, w, want.end, want.actions)
		}
	}
	if a := walks[1].Steps[0]; a.Rule != 2 || a.Line != 10 || a.Match != "web.*.hits" ||
		!reflect.DeepEqual(a.Outputs, []string{"web.all.hits.sum", "web.all.hits.max"}) {
		t.Errorf("the aggregate's step: %+v", a)
	}
	if s := walks[1].Steps[1]; s.Rule != 3 || s.Line != 16 || len(s.To) != 1 || s.To[0].Cluster != "graphite" || !s.Stop ||
		!reflect.DeepEqual(s.To[0].Endpoints, []string{"10.0.0.1:2003", "10.0.0.2:2003"}) {
		t.Errorf("the send's step: %+v", s)
	}
	if text, _, code := run(t, "", "explain", "-c", conf, "web.1.hits"); code != 0 || !strings.Contains(text, "web.all.hits.sum") ||
		!strings.Contains(text, "10.0.0.2:2003") {
		t.Errorf("explain for people: exit code %d: %s", code, text)
	}
}

// TestAdmin asks the API's other calls and the ledger command of a running daemon.
func TestAdmin(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	token := filepath.Join(t.TempDir(), "token")
	write(t, token, "secret\n")
	d := start(t, setup{admin: fmt.Sprintf("token_file = %q", token), conf: fmt.Sprintf("[[listen]]\naddress = \"tcp://127.0.0.1:%d\"\n[[cluster]]\nname = \"g\"\nendpoints = [%q]\n[[rule]]\nmatch = \"**\"\nsend = \"g\"\n", port, out.addr)})
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), "a 1\nb 2\nc x\n")
	d.received(3)
	out.await(2)
	for path, want := range map[string]string{
		"/healthz": "", "/readyz": "", "/api/status": `"version"`, "/metrics": "# TYPE ",
	} {
		code, body, err := d.get(path)
		if err != nil || code != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("GET %s: %d %.200s %v; want 200 and %s", path, code, body, err, want)
		}
	}
	code, body, err := d.get("/api/nothing")
	var e struct{ Error string }
	if err != nil || code != http.StatusNotFound || json.Unmarshal(body, &e) != nil || e.Error == "" {
		t.Errorf("GET /api/nothing: %d %s %v; want 404 and an error in JSON", code, body, err)
	}
	text, stderr, status := run(t, "", "ledger", "--json", "--admin", d.admin)
	if status != 0 {
		t.Fatalf("ledger: exit code %d, %q", status, stderr)
	}
	if l := parseLedger(t, []byte(text)); l.Received != 3 || l.Sent != 2 || l.Invalid["bad_value"] != 1 {
		t.Errorf("ledger --json: %+v", l)
	}
	if text, _, status := run(t, "", "ledger", "--admin", d.admin); status != 0 || !strings.Contains(text, "received") {
		t.Errorf("ledger for people: exit code %d: %s", status, text)
	}
	if text, stderr, status := run(t, "..b.c\n", "explain", "--json", "--admin", d.admin, "a", "-"); status != 0 ||
		!strings.Contains(text, `{"name":"b.c",`) || strings.Count(text, `"end":"sent"`) != 2 {
		t.Errorf("explain of a running daemon: exit code %d, %s%s", status, text, stderr)
	}
	d.answersCalls()
	d.commandsNeedToken(token)
	d.otherFigures(out)
	d.stop()
	if _, _, status := run(t, "", "ledger", "--admin", d.admin); status != 1 {
		t.Errorf("ledger of a daemon that is gone: exit code %d, want 1", status)
	}
}
