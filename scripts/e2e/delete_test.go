package e2e

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const deleting = `
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "g"
endpoints = [%q]
[[rule]]
match = "**"
[rule.aggregate]
period = "1s"
wait = "10ms"
send = "g"
`

// erase sends DELETE to the API, with a token unless it is empty.
func (d *daemon) erase(path, token string) (code int, body string) {
	d.t.Helper()
	code, body = d.callWith(http.MethodDelete, path, token, "")
	return code, strings.TrimSpace(body)
}

// TestDelete deletes series, with a token and without, and shows that they begin anew.
func TestDelete(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, "secret\n")
	d := start(t, setup{conf: fmt.Sprintf(deleting, port, out.addr), admin: fmt.Sprintf("token_file = %q", file)})
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	send(t, "tcp", addr, "web.a 1 1600000000\nweb.b 100 1600000000 D\nweb.b 300 1600000001 D\ndb.a 1 1600000000\n")
	d.await("all is emitted", func(l *ledger) bool { return l.Emitted == 6 })
	f := func(path, token string, code int, want string) {
		t.Helper()
		if got, body := d.erase(path, token); got != code || !strings.HasPrefix(body, want) {
			t.Errorf("DELETE %s: %d %s, want %d %s", path, got, body, code, want)
		}
	}
	names := func(want string) {
		t.Helper()
		_, body, err := d.get("/api/series?avgmax=1")
		var got []string
		for _, part := range strings.Split(string(body), `"name":"`)[1:] {
			name, _, _ := strings.Cut(part, `"`)
			got = append(got, name)
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("there are %v (%s, %v), want %s", got, body, err, want)
		}
	}
	f("/api/series?prefix=web.", "", 401, `{"error":`)
	f("/api/series?prefix=web.", "wrong", 401, `{"error":`)
	f("/api/series", "secret", 400, `{"error":`)
	names("db.a web.a web.b")
	f("/api/series?prefix=web.", "secret", 200, `{"deleted":2}`)
	names("db.a")
	f("/api/series?prefix=web.", "secret", 200, `{"deleted":0}`)
	// The counter begins anew: it has a first sample again.
	send(t, "tcp", addr, "web.b 1000 1600000002 D\nweb.b 1007 1600000003 D\n")
	d.await("the new series is emitted", func(l *ledger) bool { return l.Emitted == 8 })
	if _, body, err := d.get("/api/history?name=web.b.avg"); err != nil || !strings.Contains(string(body), `"points":[[1600000003,7]]`) {
		t.Errorf("its history is %s, %v", body, err)
	}
	write(t, file, "other\n")
	f("/api/series?prefix=", "secret", 401, `{"error":`)
	f("/api/series?prefix=", "other", 200, `{"deleted":2}`)
	names("")
	d.stop()
}

// TestDeleteUnderLoad deletes series over and over while samples of them come: no sample is lost from the account.
func TestDeleteUnderLoad(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(deleting, port, out.addr)})
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const rounds, series = 200, 500
	sent := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < rounds && err == nil; i++ {
			var block strings.Builder
			for n := range series {
				fmt.Fprintf(&block, "s%d.raw %d\ns%d.total %d -1 D\n", n, n, n, i)
			}
			_, err = io.WriteString(conn, block.String())
		}
		sent <- err
	}()
	for deadline := time.Now().Add(4 * patience); time.Now().Before(deadline); {
		if code, body := d.erase("/api/series?prefix=s1", ""); code != 200 && code != 503 { // not in time
			t.Fatalf("DELETE: %d %s", code, body)
		}
		select {
		case err := <-sent:
			if err != nil {
				t.Fatal(err)
			}
			d.received(2 * rounds * series)
			eventually(t, "all is deleted", func() bool { code, _ := d.erase("/api/series?prefix=", ""); return code == 200 })
			d.stop()
			return
		default:
		}
	}
	t.Fatal("the samples were not taken")
}
