package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbago/relay"
)

const explained = `[[listen]]
address = "tcp://127.0.0.1:0"
[[cluster]]
name = "graphite"
endpoints = ["10.0.0.1:2003", "10.0.0.2:2003"]
[[rule]]
match = "noise.**"
drop = true
[[rule]]
match = "web.*.hits"
[rule.aggregate]
name = "all.hits"
functions = ["sum", "max"]
[[rule]]
match = "**"
send = "graphite"
`

// configure writes a configuration and returns its path.
func configure(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// command runs one command line and holds its exit status to code.
func command(t *testing.T, code int, in string, args ...string) (out string) {
	t.Helper()
	var b strings.Builder
	if got := execute(args, strings.NewReader(in), &b); got != code {
		t.Errorf("%v ends with %d, want %d; it printed\n%s", args, got, code, &b)
	}
	return b.String()
}

// Explain says for people what each rule does, of names from the command line and from standard input.
func TestExplain(t *testing.T) {
	file := configure(t, "x.toml", explained)
	got := command(t, 0, "\n..noise.a \r\nother\n", "explain", "-c", file, "web.1.hits", "-")
	want := strings.ReplaceAll(`web.1.hits
  rule 2 (FILE:9), match web.*.hits: aggregate into all.hits.sum, all.hits.max, which walk on
  rule 3 (FILE:14), match **: send to graphite [10.0.0.1:2003 10.0.0.2:2003]; stop
  sent
noise.a
  rule 1 (FILE:6), match noise.**: drop; stop
  dropped
other
  rule 3 (FILE:14), match **: send to graphite [10.0.0.1:2003 10.0.0.2:2003]; stop
  sent
`, "FILE", file)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A rewritten name shows where it is rewritten.
func TestExplainRewrite(t *testing.T) {
	var b strings.Builder
	printExplanation(&b, &relay.Explanation{Name: "a", End: "sent", Steps: []relay.Step{
		{Rule: 1, Line: 4, Match: "a", Action: "rewrite", Name: "b"},
		{Rule: 2, Line: 9, Match: "**", Action: "send", Name: "b", To: []relay.Target{{Cluster: "g", Endpoints: []string{"h:1"}}}, Stop: true},
	}})
	want := "a\n  rule 1 (line 4), match a: rewrite; becomes b\n  rule 2 (line 9), match **: send to g [h:1]; stop\n  sent\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
}

// Wrong use and wrong names have their exit statuses, and do not hide what is right.
func TestExplainStatus(t *testing.T) {
	file := configure(t, "x.toml", explained)
	command(t, 2, "", "explain", "-c", file)
	command(t, 2, "", "explain", "-c", file, "--admin", "http://127.0.0.1:1", "a")
	command(t, 1, "", "explain", "--admin", "http://127.0.0.1:1", "a")
	command(t, 1, "", "explain", "-c", file+".none", "a")
	command(t, 1, strings.Repeat("a", 100<<10), "explain", "-c", file, "-")
	command(t, 0, "", "explain", "-c", file, "-")
	if out := command(t, 1, "", "explain", "-c", file, "..", "noise.a"); !strings.Contains(out, "dropped") {
		t.Errorf("a name after one that is none: %s", out)
	}
}

// Ten thousand names are one object each.
func TestExplainMany(t *testing.T) {
	const many = 10_000
	var names strings.Builder
	for i := range many {
		fmt.Fprintf(&names, "web.%d.hits\n", i)
	}
	out := command(t, 0, names.String(), "explain", "-c", configure(t, "x.toml", explained), "--json", "-")
	n := 0
	for d := json.NewDecoder(strings.NewReader(out)); d.More(); n++ {
		var x relay.Explanation
		if err := d.Decode(&x); err != nil || x.Name != fmt.Sprintf("web.%d.hits", n) || x.End != "sent" {
			t.Fatalf("object %d is %+v (%v)", n, x, err)
		}
	}
	if n != many {
		t.Errorf("%d objects", n)
	}
}

// A running daemon is asked with the name's clean form and the token, and its refusal is told.
func TestExplainAdmin(t *testing.T) {
	var asked []string
	daemon := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Query().Get("name")
		asked = append(asked, r.URL.Path+" "+name+" "+r.Header.Get("Authorization"))
		if name == "refused" {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"error":"not today"}`)
			return
		}
		json.NewEncoder(w).Encode(relay.Explanation{Name: name, Steps: []relay.Step{}, End: "unrouted"})
	}))
	defer daemon.Close()
	token := configure(t, "token", "s3cret\n")
	out := command(t, 0, "", "explain", "--admin", daemon.URL+"/", "--token-file", token, "a..b;y=1;x=2", "c")
	if want := "a.b;x=2;y=1\n  unrouted\nc\n  unrouted\n"; out != want {
		t.Errorf("got %q, want %q", out, want)
	}
	if want := "[/api/explain a.b;x=2;y=1 Bearer s3cret /api/explain c Bearer s3cret]"; fmt.Sprint(asked) != want {
		t.Errorf("asked %v, want %s", asked, want)
	}
	command(t, 1, "", "explain", "--admin", strings.TrimPrefix(daemon.URL, "http://"), "refused")
}

// An expression is printed as it is written, in JSON too.
func TestExplainVerbatim(t *testing.T) {
	var b strings.Builder
	if err := printJSON(&b, map[string]string{"match": `^(?P<host>a&b)`}); err != nil || b.String() != `{"match":"^(?P<host>a&b)"}`+"\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}
