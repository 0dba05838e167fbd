package admin

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/zap"
)

// What changes something needs the token, as it stands in its file at that moment, and no other site's page can do it.
func TestToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	changed := 0
	f := func(s *Server, header, value string, status int) {
		t.Helper()
		r := httptest.NewRequest(http.MethodDelete, "/api/thing", nil)
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		before := changed
		s.changing(func(http.ResponseWriter, *http.Request) { changed++ })(w, r)
		if w.Code != status || (changed > before) != (status == http.StatusOK) {
			t.Errorf("%s: %s gives %d, want %d; %d changes", header, value, w.Code, status, changed-before)
		}
		if challenged := w.Header().Get("WWW-Authenticate") != ""; challenged != (status == http.StatusUnauthorized) {
			t.Errorf("%s: %s: challenged: %v", header, value, challenged)
		}
	}
	guarded, open := &Server{log: zap.NewNop(), tokenFile: func() string { return file }}, &Server{log: zap.NewNop()}
	write("secret\n")
	f(guarded, "Authorization", "Bearer secret", 200)
	f(guarded, "Authorization", "bearer secret", 200)
	f(guarded, "Authorization", "Bearer secret2", 401)
	f(guarded, "Authorization", "Bearer ", 401)
	f(guarded, "Authorization", "Bearer", 401)
	f(guarded, "Authorization", "Basic secret", 401)
	f(guarded, "Authorization", "secret", 401)
	f(guarded, "Accept", "*/*", 401)
	write("other")
	f(guarded, "Authorization", "Bearer secret", 401)
	f(guarded, "Authorization", "Bearer other", 200)
	write(" \n")
	f(guarded, "Authorization", "Bearer ", 503)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	f(guarded, "Authorization", "Bearer other", 503)
	f(open, "Accept", "*/*", 200)
	f(open, "Sec-Fetch-Site", "same-origin", 200)
	f(open, "Sec-Fetch-Site", "cross-site", 403)
	f(open, "Origin", "https://elsewhere.example", 403)
}
