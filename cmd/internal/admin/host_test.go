package admin

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.uber.org/zap"

	"plumbago/conf"
)

// Only who calls the daemon by a name that is its own is answered, but for probes and scrapers.
func TestGate(t *testing.T) {
	inner := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	g := newGate(conf.Admin{Address: "Relay1.example.com:2080", Hosts: []string{"graphs.example.com"}}, inner)
	f := func(host, path string, status int) {
		t.Helper()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = host
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != status || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%q %s gives %d %s, want %d", host, path, w.Code, w.Body, status)
		}
		if status == 403 && !strings.Contains(w.Body.String(), "hosts in [admin]") {
			t.Errorf("%q %s says %s", host, path, w.Body)
		}
	}
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{
		"127.0.0.1:2080", "127.0.0.1", "10.1.2.3:2080", "[::1]:2080", "[::1]", "localhost:2080", "LOCALHOST", "plumbago.localhost:1",
		"relay1.example.com:2080", "relay1.example.com.", "graphs.example.com", machine + ":2080", "",
	} {
		f(host, "/", 200)
		f(host, "/api/ledger", 200)
	}
	for _, host := range []string{
		"evil.example.com:2080", "evil.example.com", "localhost.evil.com", "127.0.0.1.evil.com:2080", "evil.com:2080:2080", "[evil.com]", "xrelay1.example.com",
	} {
		f(host, "/", 403)
		f(host, "/api/ledger", 403)
		f(host, "/render", 403)
		f(host, "/metrics", 200)
		f(host, "/healthz", 200)
		f(host, "/-/ready", 200)
	}
}

// What Serve serves is behind the gate.
func TestServeIsGated(t *testing.T) {
	d, _ := serve(t)
	s, err := Serve(conf.Admin{Address: "127.0.0.1:0"}, d, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(t.Context())
	r := httptest.NewRequest(http.MethodGet, "/api/ledger", nil)
	r.Host = "evil.example.com:2080"
	w := httptest.NewRecorder()
	s.http.Handler.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("under another name it answers %d %s", w.Code, w.Body)
	}
}
