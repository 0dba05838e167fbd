package browser

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. It is an upper bound: every wait ends with its event.
const patience = 30 * time.Second

// demand says how much of the machine the tests may miss, as in the tests next door: nothing ("1"), anything ("have"), or
// all of it ("").
var demand = os.Getenv("PLUMBAGO_E2E")

// absent ends a test for want of something.
func absent(t *testing.T, what string) {
	t.Helper()
	if demand == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// A daemon is a running plumbago.
type daemon struct {
	t     *testing.T
	admin string // URL of its page and API
	lines string // where it takes lines
	pid   int
}

// program returns the path of plumbago as users build it.
func program(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("PLUMBAGO_BIN"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "plumbago")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/plumbago")
	cmd.Dir = filepath.Join("..", "..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building plumbago: %v\n%s", err, out)
	}
	return path
}

// start runs a daemon with a line listener and, behind it, the configuration conf. It ends with the test.
func start(t *testing.T, bin, conf string) *daemon {
	t.Helper()
	d := &daemon{t: t, admin: "http://127.0.0.1:" + freePort(t), lines: "127.0.0.1:" + freePort(t)}
	file := filepath.Join(t.TempDir(), "plumbago.toml")
	text := fmt.Sprintf("[admin]\naddress = %q\n[[listen]]\naddress = [\"tcp://%s\", \"udp://127.0.0.1:0\"]\n%s", strings.TrimPrefix(d.admin, "http://"), d.lines, conf)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	cmd := exec.Command(bin, "run", "-c", file)
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	d.pid = cmd.Process.Pid
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("the daemon's log:\n%.4000s", said.String())
		}
	})
	d.eventually("the daemon is ready", func() bool {
		resp, err := http.Get(d.admin + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	return d
}

// eventually polls until ok says true.
func (d *daemon) eventually(what string, ok func() bool) {
	d.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// send sends text to the line listener.
func (d *daemon) send(text string) {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.lines)
	if err != nil {
		d.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		d.t.Fatal(err)
	}
}

// ask decodes what the API answers into v.
func (d *daemon) ask(v any, path string, parameters ...string) {
	d.t.Helper()
	q := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		q.Set(parameters[i], parameters[i+1])
	}
	resp, err := http.Get(d.admin + path + "?" + q.Encode())
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		d.t.Fatalf("GET %s answers %s", path, resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(v); err != nil {
		d.t.Fatalf("GET %s: %v", path, err)
	}
}

// answers says whether the daemon has a call.
func (d *daemon) answers(path string) bool {
	resp, err := http.Get(d.admin + path)
	if err != nil {
		d.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// lastPort is the one given out last: no two parts of a test get the same one.
var lastPort atomic.Int64

// freePort returns a port of 127.0.0.1 that nobody listens on, below those that the system gives out by itself.
func freePort(t *testing.T) string {
	t.Helper()
	const lowest, highest = 10_000, 15_000
	lastPort.CompareAndSwap(0, rand.Int64N(highest-lowest)) // others may run the same tests
	for range 1000 {
		port := strconv.FormatInt(lowest+lastPort.Add(1)%(highest-lowest), 10)
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no free port on 127.0.0.1")
	return ""
}

// A sink takes what is sent to it and forgets it.
func sink(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, c)
		}
	}()
	return l.Addr().String()
}
