package e2e

import (
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// eventually polls until ok says true. What it polls belongs to another process, so there is nothing to select on; the
// pause between two looks only spares the processor.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	if !within(patience, ok) {
		t.Fatalf("waited %v in vain: %s", patience, what)
	}
}

// within waits for so long for ok, and says whether it came.
func within(d time.Duration, ok func() bool) bool {
	for deadline := time.Now().Add(d); ; time.Sleep(5 * time.Millisecond) {
		if ok() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

// ports are those given out by freePort, so that no two parts of a test get the same one.
var ports = struct {
	sync.Mutex
	given map[int]bool
}{given: map[int]bool{}}

// freePort returns a port of 127.0.0.1 that was free for TCP and UDP a moment ago, for programs that must be told one.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		u, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
		l.Close()
		if err != nil {
			continue
		}
		u.Close()
		ports.Lock()
		taken := ports.given[port]
		ports.given[port] = true
		ports.Unlock()
		if !taken {
			return port
		}
	}
	t.Fatal("no free port on 127.0.0.1")
	return 0
}

// write makes a file.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// read returns a file's text, "" if there is none.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}
