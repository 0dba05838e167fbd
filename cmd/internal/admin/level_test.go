package admin

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"plumbago/carbon/transport"
	"plumbago/carbon/transport/certtest"
	"plumbago/cmd/internal/daemon"
	"plumbago/conf"
)

// leveled returns a server over a daemon whose log can be changed, and that log.
func leveled(t *testing.T) (*Server, *observer.ObservedLogs) {
	t.Helper()
	f, faults := conf.Parse("test.toml", []byte(configuration), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	level := zap.NewAtomicLevelAt(zapcore.WarnLevel)
	core, logs := observer.New(level)
	d, err := daemon.New(f, zap.New(core), daemon.Options{Level: &level})
	if err != nil {
		t.Fatal(err)
	}
	return &Server{daemon: d, log: zap.New(core)}, logs
}

// The level of the log changes at run time, and the change is told.
func TestLevel(t *testing.T) {
	s, logs := leveled(t)
	h := s.Handler()
	f := func(method, path, body string, status int, want string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		if w.Code != status || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%s %s %s: %d %s, want %d %s", method, path, body, w.Code, w.Body, status, want)
		}
	}
	f("GET", "/api/log/level", "", 200, `{"level":"warn"}`)
	f("PUT", "/api/log/level", `{"level": "debug"}`, 200, `{"level":"debug"}`)
	f("PUT", "/api/log/level?level=ERROR", "", 200, `{"level":"error"}`)
	f("GET", "/api/log/level", "", 200, `{"level":"error"}`)
	f("PUT", "/api/log/level?level=loud", "", 400, `{"error":"\"loud\" is no level: there are debug, info, warn and error"}`)
	f("PUT", "/api/log/level", "loud", 400, `{"error":"which level? (?level=debug, or {\"level\": \"debug\"})"}`)
	f("POST", "/api/log/level", "", 405, `{"error":"/api/log/level takes GET or HEAD or PUT, not POST"}`)
	if n := logs.FilterMessage("changed the level of the log").Len(); n != 2 {
		t.Errorf("%d changes were told", n)
	}
}

// Every name by which operators ask for health, and Go's profiles, which the token guards.
func TestAliases(t *testing.T) {
	s, _ := leveled(t)
	file := t.TempDir() + "/token"
	if err := os.WriteFile(file, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.tokenFile = func() string { return file }
	h := s.Handler()
	f := func(path string, status int, part string) {
		t.Helper()
		if got, body := get(t, h, path); got != status || !strings.Contains(body, part) {
			t.Errorf("%s: %d %.200s, want %d %s", path, got, body, status, part)
		}
	}
	for _, path := range []string{"/healthz", "/health", "/livez", "/ping", "/-/healthy", "/healthcheck"} {
		f(path, 200, "ok\n")
	}
	for _, path := range []string{"/readyz", "/ready", "/-/ready", "/lb_check"} {
		f(path, 503, `{"error":"not listening"}`)
	}
	f("/status", 200, `{"version":`)
	f("/debug/pprof/heap", 401, `{"error":`)
	r := httptest.NewRequest(http.MethodGet, "/debug/pprof/goroutine?debug=1", nil)
	r.Header.Set("Authorization", "Bearer secret")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "goroutine profile:") {
		t.Errorf("a profile: %d %.100s", w.Code, w.Body)
	}
}

// The API by TLS, with a certificate of an authority that the client is told of.
func TestTLS(t *testing.T) {
	s, logs := leveled(t)
	authority := certtest.NewAuthority(t, "ours")
	pair := authority.Issue(t, nil, "127.0.0.1")
	level := s.daemon.SetLevel("info")
	if level != nil {
		t.Fatal(level)
	}
	served, err := Serve(conf.Admin{Address: "127.0.0.1:0", TLS: &transport.ServerTLS{Cert: pair.Cert, Key: pair.Key}}, s.daemon, s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close(t.Context())
	address, _ := logs.FilterMessage("answering").All()[0].ContextMap()["admin"].(string)
	text, err := os.ReadFile(authority.File)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	f := func(url string, config *tls.Config, want string) {
		t.Helper()
		client := http.Client{Transport: &http.Transport{TLSClientConfig: config}}
		defer client.CloseIdleConnections()
		res, err := client.Get(url)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			got = res.Status + " " + string(body)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
	f("https://"+address+"/healthz", &tls.Config{RootCAs: pool}, "200 OK ok")
	f("https://"+address+"/healthz", nil, "unknown authority")
	f("http://"+address+"/healthz", nil, "400 Bad Request")
	if _, err := Serve(conf.Admin{Address: "127.0.0.1:0", TLS: &transport.ServerTLS{Cert: "/nowhere"}}, s.daemon, s.log); err == nil {
		t.Error("served without its certificate")
	}
}
