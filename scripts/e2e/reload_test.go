package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// call makes a request that may change something.
func (d *daemon) call(method, path, body string) (code int, answer string) {
	d.t.Helper()
	req, err := http.NewRequest(method, d.admin+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// A reloading is what the status says of the last reload.
type reloading struct {
	Done, Failed int64
	Error        string
	Memory       bool `json:"memory_only"`
}

func (d *daemon) reloading() reloading {
	d.t.Helper()
	var s struct {
		Reload reloading
		Hash   string `json:"config_hash"`
	}
	_, body, err := d.get("/api/status")
	if err == nil {
		err = json.Unmarshal(body, &s)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return s.Reload
}

// A faulty configuration changes nothing, whichever way it comes, and all that is wrong is said as check says it.
func TestReloadRefusesAll(t *testing.T) {
	a := newSink(t)
	port := freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
protocol = "line"
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "a"
endpoints = [%q]
[[rule]]
match = "**"
send = ["a"]
`, port, a.addr)})
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	io.WriteString(c, "one 1 1000000000\n")
	a.await(1)

	good := read(t, d.conf)
	bad := strings.Replace(good, "[[rule]]", "[[rule]]\nmatch = 3\n[[rule]]\nmatsch = \"x\"\nsend = [\"b\"]\n[[rule]]", 1)
	write(t, d.conf, bad)
	out, said, code := run(t, "", "reload", "--admin", d.admin)
	_, checked, _ := run(t, "", "check", "-c", d.conf)
	if code != 1 || out != "" || said != checked || strings.Count(said, "\n") < 3 {
		t.Errorf("reload: exit code %d, output %q\nsaid    %s\nchecked %s", code, out, said, checked)
	}
	d.signal(syscall.SIGHUP)
	eventually(t, "the reload by SIGHUP failed", func() bool { return d.reloading().Failed == 2 })
	if status, answer := d.call("PUT", "/api/config", bad); status != 400 || strings.Count(answer, `"line":`) < 3 || strings.Contains(answer, d.conf) {
		t.Errorf("PUT: %d %s", status, answer)
	}
	for _, no := range [][2]string{
		{`address = "127.0.0.1`, `address = "127.0.0.2`},             // the API's own
		{`level = "info"`, "level = \"info\"\nformat = \"console\""}, // the log's format
	} {
		if status, answer := d.call("PUT", "/api/config", strings.Replace(good, no[0], no[1], 1)); status != 400 || !strings.Contains(answer, "while plumbago runs") {
			t.Errorf("%s: %d %s", no[1], status, answer)
		}
	}
	taken := strings.Replace(good, "[[cluster]]", fmt.Sprintf("[[listen]]\nprotocol = \"line\"\naddress = \"tcp://%s\"\n[[cluster]]", a.addr), 1)
	taken = strings.Replace(taken, `match = "**"`, `match = "none"`, 1)
	if status, answer := d.call("PUT", "/api/config", taken); status != 409 && status != 400 {
		t.Errorf("an address that is taken: %d %s", status, answer)
	}
	io.WriteString(c, "two 2 1000000000\n")
	a.await(2)
	if r := d.reloading(); r.Done != 0 || r.Failed != 6 || r.Error == "" {
		t.Errorf("the status says %+v", r)
	}
	d.stop()
	a.finish(2)
}

// What is put in is in force at once, in memory only or in the file too, and what is shown can be put back in. What came from the
// environment is not shown.
func TestPutConfiguration(t *testing.T) {
	a, b := newSink(t), newSink(t)
	port := freePort(t)
	d := start(t, setup{env: []string{"SECRET_SINK=" + a.addr}, conf: fmt.Sprintf(`
[[listen]]
protocol = "line"
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "a"
endpoints = ["${SECRET_SINK}"]
[[rule]]
match = "**"
send = ["a"]
`, port)})
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	show := func() string {
		t.Helper()
		code, text, err := d.get("/api/config")
		if err != nil || code != 200 || strings.Contains(string(text), a.addr) {
			t.Fatalf("GET /api/config: %d %v\n%s", code, err, text)
		}
		return string(text)
	}
	put := func(query, text, want string) {
		t.Helper()
		if code, answer := d.call("PUT", "/api/config"+query, text); code != 200 || !strings.Contains(answer, want) {
			t.Fatalf("PUT: %d %s, want %q", code, answer, want)
		}
	}
	was := show()
	put("", was, `"changes":[]`)
	more := strings.Replace(was, "[[rule]]", "[[rule]]\nmatch = \"b.**\"\nsend = [\"b\"]\n\n[[rule]]", 1) +
		fmt.Sprintf("\n[[cluster]]\nname = \"b\"\nendpoints = [%q]\n", b.addr)
	put("", more, "cluster b: added")
	io.WriteString(c, "a.one 1 1000000000\nb.one 1 1000000000\n")
	a.await(1)
	b.await(1)
	if r := d.reloading(); !r.Memory {
		t.Error("nothing says that what is running is in no file")
	}

	out, said, code := run(t, "", "reload", "--admin", d.admin)
	if code != 0 || !strings.Contains(out, "cluster b: removed\n") {
		t.Errorf("reload: exit code %d: %s%s", code, out, said)
	}
	io.WriteString(c, "b.two 2 1000000000\n")
	a.await(2)
	put("?save=1", more, "cluster b: added")
	if text := read(t, d.conf); text != more {
		t.Errorf("the file holds\n%s", text)
	}
	if out, said, code = run(t, "", "reload", "--admin", d.admin); code != 0 || out != "nothing changed\n" {
		t.Errorf("reload: exit code %d: %s%s", code, out, said)
	}
	io.WriteString(c, "b.three 3 1000000000\n")
	b.await(2)
	l := d.stop()
	a.finish(2)
	b.finish(2)
	if l.ledger.Sent != 4 {
		t.Errorf("sent %d", l.ledger.Sent)
	}
}
