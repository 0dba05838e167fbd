package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// from sends text from an address of this machine, over TCP and again by UDP.
func from(t *testing.T, client, addr, text string) {
	t.Helper()
	for network, local := range map[string]net.Addr{"tcp": &net.TCPAddr{IP: net.ParseIP(client)}, "udp": &net.UDPAddr{IP: net.ParseIP(client)}} {
		dialer := net.Dialer{LocalAddr: local, Timeout: patience}
		c, err := dialer.Dial(network, addr)
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := c.Write([]byte(text)); err != nil {
			t.Error(err)
		}
		c.Close()
	}
}

// TestBad has a hundred clients send at the same time, one of which sends nonsense now and then: one command finds it.
func TestBad(t *testing.T) {
	const clients, lines = 100, 5
	out := newSink(t)
	port := freePort(t)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	d := start(t, setup{conf: fmt.Sprintf(
		"[[listen]]\naddress = [\"tcp://%[1]s\", \"udp://%[1]s\"]\n[[cluster]]\nname = \"g\"\nendpoints = [%[2]q]\n[[rule]]\nmatch = \"**\"\nsend = \"g\"\n", addr, out.addr)})
	command := func(want string, code int, args ...string) {
		t.Helper()
		text, stderr, got := run(t, "", append(args, "--admin", d.admin)...)
		if got != code || !strings.Contains(text+stderr, want) {
			t.Errorf("%v: exit code %d, %s%s, want %d and %q", args, got, text, stderr, code, want)
		}
	}
	command("nothing was refused", 0, "bad")
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			client := fmt.Sprintf("127.0.0.%d", i+2)
			text := strings.Repeat(fmt.Sprintf("client%d.load 1 %d\n", i, time.Now().Unix()), lines)
			if i == 70 {
				text += "disk.\x1b[31mred 1\nload average: 0.5\n"
			}
			from(t, client, addr, text)
		})
	}
	wg.Wait()
	d.received(2 * (clients*lines + 2))

	text, stderr, status := run(t, "", "bad", "--admin", d.admin)
	for _, want := range []string{
		"127.0.0.72  bad_name: 1 line,", "127.0.0.72  bad_value: 1 line,", `"load average: 0.5"`, `"disk.\x1b[31mred 1"`, "to tcp://" + addr, "to udp://" + addr,
	} {
		if status != 0 || !strings.Contains(text, want) {
			t.Errorf("bad: exit code %d, %s%s; want %s", status, text, stderr, want)
		}
	}
	for i := range clients {
		if client := fmt.Sprintf("127.0.0.%d ", i+2); strings.Contains(text, client) != (i == 70) {
			t.Errorf("%s: listed as bad is %s", client, text)
		}
	}
	command(`"listener":"udp://`+addr+`","reason":"bad_name","lines":1,`, 0, "bad", "--json", "--peer", "127.0.0.72", "--reason", "bad_name")
	text, stderr, status = run(t, "", "top", "--once", "--interval", "100ms", "--admin", d.admin)
	for _, want := range []string{"ledger balanced", "ENDPOINT", "g " + out.addr, "PREFIX", "client", "PEER", "127.0.0."} {
		if status != 0 || !strings.Contains(text, want) {
			t.Errorf("top: exit code %d, %s%s; want %s", status, text, stderr, want)
		}
	}
	command("too short", 1, "top", "--interval", "1ms")
	command(`"weird" is no reason`, 1, "bad", "--reason", "weird")
	command("takes no argument", 2, "bad", "everything")

	var answer struct {
		Peers []struct {
			Peer, Listener    string
			Lines, Bytes, Bad int64
			Skew              *float64 `json:"skew_seconds"`
		}
		Total int
	}
	code, body, err := d.get("/api/peers?sort=bad&limit=3")
	if err != nil || code != http.StatusOK || json.Unmarshal(body, &answer) != nil {
		t.Fatalf("/api/peers: %d %s %v", code, body, err)
	}
	if p := answer.Peers; answer.Total != 2*clients || len(p) != 3 || p[0].Peer != "127.0.0.72" || p[0].Bad != 2 || p[0].Lines != lines+2 || p[2].Bad != 0 {
		t.Errorf("the worst peers: %s", body)
	} else if s := p[2].Skew; s == nil || *s < -float64(patience/time.Second) || *s > 1 {
		t.Errorf("the skew of a client on this machine: %s", body)
	}
	for path, want := range map[string]string{
		"/api/bad?reason=weird": "is no reason: there are bad_name,", "/api/bad?limit=x": "limit=x is no number", "/api/bad?color=red": "is no parameter here",
		"/api/peers?sort=name": "is no order: there are lines,", "/api/peers?limit=-1": "limit=-1 is no number",
	} {
		if code, body, err := d.get(path); err != nil || code != http.StatusBadRequest || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s %v, want 400 and %s", path, code, body, err, want)
		}
	}
	d.stop()
}
