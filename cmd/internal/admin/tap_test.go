package admin

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A stream has what passes and ends with its reader; what makes no sense is refused.
func TestTap(t *testing.T) {
	d, h := serve(t)
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	defer d.Close(context.Background())
	f := func(path string, status int, part string) {
		t.Helper()
		if got, body := get(t, h, path); got != status || !strings.Contains(body, part) {
			t.Errorf("%s answers %d %s, want %d %s", path, got, body, status, part)
		}
	}
	f("/api/tap?match=a[", 400, `{"error":`)
	f("/api/tap?which=all", 400, `{"error":"which=all is neither samples nor results"}`)
	f("/api/tap?peers=maybe", 400, `{"error":"peers=maybe is neither 1 nor 0"}`)
	f("/api/tap?glob=a", 400, `{"error":"\"glob\" is no parameter here: there are match, which, peers"}`)

	server := httptest.NewServer(h)
	defer server.Close()
	res, err := http.Get(server.URL + "/api/tap?match=x.*&which=samples&peers=1")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	feed(t, d, "x.y 1 17\ny.x 2 17\nx.z 3.50 17 D\n")
	in := bufio.NewReader(res.Body)
	for _, want := range []string{"x.y 1 17 # 127.0.0.1:", "x.z 3.50 17 D # 127.0.0.1:"} {
		if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("got %q (%v), want %q", line, err, want)
		}
	}
	for range 15 {
		res, err := http.Get(server.URL + "/api/tap")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
	}
	f("/api/tap", 503, `{"error":"too many are watching already"}`)
}
