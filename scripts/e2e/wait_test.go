package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync/atomic"
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

// Ports for programs that must be told one lie below those that the system gives out by itself, to connections too, so
// that none is taken between now and when it is listened on, or while an endpoint is away.
const lowestPort, highestPort = 15_000, 32_000

// lastPort is the one given out last: no two parts of a test get the same one.
var lastPort atomic.Int64

// freePort returns a port of 127.0.0.1 that is free for TCP and UDP, for programs that must be told one.
func freePort(t *testing.T) int {
	t.Helper()
	lastPort.CompareAndSwap(0, rand.Int64N(highestPort-lowestPort)) // others may run the same tests
	for range 1000 {
		port := lowestPort + int(lastPort.Add(1)%(highestPort-lowestPort))
		addr := fmt.Sprintf("127.0.0.1:%d", port)
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		u, err := net.ListenPacket("udp", addr)
		l.Close()
		if err != nil {
			continue
		}
		u.Close()
		return port
	}
	t.Fatal("no free port on 127.0.0.1")
	return 0
}

// someAddr returns an address at such a port.
func someAddr(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("127.0.0.1:%d", freePort(t))
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
