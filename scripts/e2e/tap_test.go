package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

const tapped = `
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "g"
endpoints = [%q]
[[rule]]
match = "web.*.hits"
[rule.aggregate]
name = "web.all.hits"
functions = "sum"
wait = "10ms"
send = "g"
[[rule]]
match = "**"
send = "g"
`

// TestTap watches some of what passes: what comes in with who sent it, and what an aggregate makes of it.
func TestTap(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	d := start(t, setup{conf: fmt.Sprintf(tapped, port, out.addr)})
	res, err := http.Get(d.admin + "/api/tap?match=web.**")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	defer res.Body.Close()
	const old = 1600000000
	send(t, "tcp", addr, fmt.Sprintf("other 1 %d\nweb.a.hits 2.0 %d\nweb.b.hits 3 %d\n", old, old, old))
	stream := bufio.NewReader(res.Body)
	for _, want := range []string{"web.a.hits 2.0 1600000000\n", "web.b.hits 3 1600000000\n", "web.all.hits.sum 5 1600000000\n"} {
		if line, err := stream.ReadString('\n'); err != nil || line != want {
			t.Errorf("watching: %q %v, want %q", line, err, want)
		}
	}

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		text, stderr, code := run(t, "", "tap", "o*", "--peers", "--lines", "2", "--admin", d.admin)
		if code != 0 || !regexp.MustCompile(`^(other 1 17 # 127\.0\.0\.1:\d+\n){2}$`).MatchString(text) {
			t.Errorf("tap: exit code %d, %s%s", code, text, stderr)
		}
	}()
	eventually(t, "the command has seen enough", func() bool {
		select {
		case <-ended:
			return true
		default:
			send(t, "tcp", addr, "other 1 17\n")
			return false
		}
	})
	for want, args := range map[string][]string{
		"1 plumbago: the daemon answers 400": {"tap", "a[", "--admin", d.admin}, "2 plumbago: tap takes no argument": {"tap", "a", "b"},
	} {
		if _, stderr, code := run(t, "", args...); !strings.HasPrefix(fmt.Sprint(code, " ", stderr), want) {
			t.Errorf("%v: exit code %d, %s", args, code, stderr)
		}
	}
	d.stop() // with one who watches
	if _, err := io.Copy(io.Discard, stream); err != nil {
		t.Errorf("the stream ends with %v", err)
	}
}
