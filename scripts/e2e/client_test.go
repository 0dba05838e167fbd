package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// nc sends text to a TCP listener with netcat, as people do, and returns when plumbago has closed the connection, which
// it does once it has read everything.
func nc(t *testing.T, addr, text string) {
	t.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	netcat(t, text, "-N", host, port)
}

// netcat runs netcat with args and text as its input.
func netcat(t *testing.T, text string, args ...string) {
	t.Helper()
	cmd := exec.Command(part(t, "netcat-openbsd", "nc.openbsd", "nc"), args...)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nc %v: %v: %s", args, err, out)
	}
}

// send writes text to a fresh connection and closes it.
func send(t *testing.T, network, addr, text string) {
	t.Helper()
	c := dial(t, network, addr)
	defer c.Close()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// dial connects; reads and writes on the connection end after the test's patience.
func dial(t *testing.T, network, addr string) net.Conn {
	t.Helper()
	c, err := net.DialTimeout(network, addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(2 * patience))
	t.Cleanup(func() { c.Close() })
	return c
}

// python returns the Python that knows Debian's packages.
func python(t *testing.T) string {
	t.Helper()
	return part(t, "python3", "/usr/bin/python3", "python3")
}

// runPython runs a Python program and reads the JSON that it prints into out.
func runPython(t *testing.T, program, stdin string, out any, args ...string) {
	t.Helper()
	cmd := exec.Command(python(t), append([]string{"-c", program}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	if err := cmd.Run(); err != nil {
		t.Fatalf("python3: %v\n%s", err, e.String())
	}
	if err := json.Unmarshal(o.Bytes(), out); err != nil {
		t.Fatalf("python3 printed no JSON: %v: %.300s", err, o.String())
	}
}

// unpickle decodes frames as carbon does: with Python's own pickle, and with nothing in scope but data.
const unpickle = `
import sys, json, base64, io, pickle
class Data(pickle.Unpickler):
    def find_class(self, module, name):
        raise ValueError("a frame names %s.%s" % (module, name))
out = []
for line in sys.stdin:
    for item in Data(io.BytesIO(base64.b64decode(line))).load():
        (name, (time, value)) = item
        assert isinstance(item, tuple) and isinstance(time, int) and isinstance(value, (int, float)), item
        out.append({"Name": name, "Value": value, "Time": time})
json.dump(out, sys.stdout)
`

// points decodes the frames that a pickle sink got.
func (s *sink) points(t *testing.T) []point {
	t.Helper()
	var in strings.Builder
	s.mu.Lock()
	for _, f := range s.frames {
		in.WriteString(base64.StdEncoding.EncodeToString(f) + "\n")
	}
	s.mu.Unlock()
	var ps []point
	runPython(t, unpickle, in.String(), &ps)
	return ps
}

// rss returns a process's resident bytes now (VmRSS) or at their highest (VmHWM).
func rss(t *testing.T, pid int, field string) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatalf("no %s in /proc/%d/status", field, pid)
	return 0
}

// cpu returns how much of the processor a process has used.
func cpu(t *testing.T, pid int) time.Duration {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	ticks := 0
	for _, field := range fields[11:13] { // user and system, in hundredths of a second
		n, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// forgetPeak makes the kernel measure the highest resident size anew.
func forgetPeak(t *testing.T, pid int) {
	t.Helper()
	if err := os.WriteFile("/proc/"+strconv.Itoa(pid)+"/clear_refs", []byte("5"), 0o200); err != nil {
		absent(t, "the kernel does not let the peak of a process's memory be reset: "+err.Error())
	}
}
