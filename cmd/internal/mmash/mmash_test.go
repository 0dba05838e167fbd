package mmash

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbago/ingest/mmstats"
)

// serve returns a server over two processes' files, and one that is damaged.
func serve(t *testing.T) *Server {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"a.mmstats", "b.mmstats"} {
		f, err := mmstats.Create(mmstats.Options{Path: dir, Filename: name, Bare: true})
		if err != nil {
			t.Fatal(err)
		}
		mmstats.NewCounter(f, "a.b").Add(int64(i + 1))
		mmstats.NewGauge[float64](f, "a.bc").Set(float64(i) * 4)
		mmstats.NewStaticText(f, "text", "<b>")
		if i == 0 {
			var zero float64
			mmstats.NewGauge[float64](f, "nan").Set(zero / zero)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "odd.mmstats"), []byte("odd"), 0o600); err != nil {
		t.Fatal(err)
	}
	return New(filepath.Join(dir, "*.mmstats"))
}

// TestRoutes asks for everything there is.
func TestRoutes(t *testing.T) {
	h := serve(t).Handler()
	f := func(path string, code int, want string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if got := strings.TrimSpace(w.Body.String()); w.Code != code || got != want && (want[0] != '~' || !strings.Contains(got, want[1:])) {
			t.Errorf("%s: %d %s, want %d %s", path, w.Code, got, code, want)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", path, w.Header())
		}
	}
	f("/stats/", 200, `{"stats":["a.b","a.bc","nan","text"]}`)
	f("/stats/a.b", 200, `{"a.b":[1,2],"a.bc":[0,4]}`)
	f("/stats/a.b?exact", 200, `{"a.b":[1,2]}`)
	f("/stats/a.b?glob=b*", 200, `{"a.b":[2],"a.bc":[4]}`)
	f("/stats/nan", 200, `{"nan":[null]}`)
	f("/stats/text", 200, `~{"text":["\u003cb\u003e","\u003cb\u003e"]}`)
	f("/stats/none", 200, `{}`)
	for aggr, want := range map[string]string{"avg": "2", "one": "0", "max": "4", "min": "0", "sum": "4", "nonzero-min": "4", "nonzero-avg": "4"} {
		f("/stats/a.bc?aggr="+aggr, 200, `{"a.bc":`+want+`}`)
	}
	f("/stats/a.bc?aggr=unknown", 200, `{"a.bc":[0,4]}`)
	f("/stats/text?aggr=sum", 400, `{"error":"text: a text cannot be put together with others"}`)
	f("/stats/none?aggr=sum", 400, `{"error":"no field begins with \"none\""}`)
	f("/files/", 200, `{"files":["a.mmstats","b.mmstats"]}`)
	f("/files/a*", 200, `{"files":["a.mmstats"]}`)
	f("/files/%2e%2e/x", 400, `{"error":"the glob \"../x\" leads out of the folder"}`)
	f("/stats/a?glob=/etc/*", 400, `{"error":"the glob \"/etc/*\" leads out of the folder"}`)
	f("/stats/a?glob=x/../../*", 400, `{"error":"the glob \"x/../../*\" leads out of the folder"}`)
	f("/stats/a?glob=[", 400, `{"error":"the glob \"[\": syntax error in pattern"}`)
	f("/", 200, `~<li><a href="/stats/a.bc">a.bc</a></li>`)
	f("/graph/", 200, "~<p>&lt;b&gt;</p>")
	f("/graph/", 200, `~<section data-label="a.b">`)
	f("/web/graph.js", 200, `~"use strict"`)
	f("/none", 404, "404 page not found")
}

// TestNothing shows pages without a file.
func TestNothing(t *testing.T) {
	h := New(filepath.Join(t.TempDir(), "*")).Handler()
	for _, path := range []string{"/", "/graph/"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if !strings.Contains(w.Body.String(), "No file has a field.") {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
}
