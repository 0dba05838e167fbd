package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A marker is an endpoint in a process of its own, which may be killed: it counts each numbered line in a file that is
// mapped into its memory, so that what it knows survives it.
type marker struct {
	t    *testing.T
	addr string
	file string
	args []string // of its process: marks, address, and what spoils it
	in   []string // a command to run it in
	cmd  *exec.Cmd
	m    []byte // the counts, as this process sees them
}

// markerEnv makes this program a marker.
const markerEnv = "PLUMBAGO_E2E_MARKER"

// newMarker starts a marker for the numbers below n. stall is after how long, and for how long, it reads nothing; reset
// after how long it breaks its connections; 0 is never. in is a command to run it in, if any.
func newMarker(t *testing.T, addr string, n int, stall, reset time.Duration, in ...string) *marker {
	t.Helper()
	file := filepath.Join(t.TempDir(), "marks")
	write(t, file, "")
	if err := os.Truncate(file, int64(n)); err != nil {
		t.Fatal(err)
	}
	m := &marker{t: t, addr: addr, file: file, args: []string{file, addr, stall.String(), reset.String()}, in: in}
	var err error
	if m.m, err = mapMarks(file); err != nil {
		t.Fatal(err)
	}
	m.start()
	t.Cleanup(func() {
		m.kill(syscall.SIGKILL)
		unix.Munmap(m.m)
	})
	return m
}

// start starts the process and waits until it listens.
func (m *marker) start() {
	m.t.Helper()
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	words := append(append([]string{}, m.in...), self)
	m.cmd = exec.Command(words[0], append(words[1:], m.args...)...)
	m.cmd.Env = append(os.Environ(), markerEnv+"=1")
	m.cmd.Stderr = os.Stderr
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	if n, err := out.Read(make([]byte, 64)); n == 0 {
		m.t.Fatalf("the marker did not start: %v", err)
	}
}

// kill ends the process by a signal.
func (m *marker) kill(s syscall.Signal) {
	if m.cmd.ProcessState == nil {
		m.cmd.Process.Signal(s)
		m.cmd.Wait()
	}
}

// tally returns of the first n numbers how many are missing, and how many times others came again.
func (m *marker) tally(n int64) (missing int, again int64) {
	for _, times := range m.m[:n] {
		if times == 0 {
			missing++
		} else {
			again += int64(times - 1)
		}
	}
	return missing, again
}

func mapMarks(file string) ([]byte, error) {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// beMarker is what the process of a marker does.
func beMarker(args []string) error {
	marks, err := mapMarks(args[0])
	if err != nil {
		return err
	}
	stall, err := time.ParseDuration(args[2])
	if err != nil {
		return err
	}
	reset, err := time.ParseDuration(args[3])
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", args[1])
	if err != nil {
		return err
	}
	fmt.Println("listening")
	var mu sync.Mutex // of the marks and the connections
	conns := map[*net.TCPConn]bool{}
	if reset > 0 {
		go func() {
			for range time.Tick(reset) {
				mu.Lock()
				for c := range conns {
					c.SetLinger(0)
					c.Close()
				}
				clear(conns)
				mu.Unlock()
			}
		}()
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		mu.Lock()
		conns[c.(*net.TCPConn)] = true
		mu.Unlock()
		go func() {
			defer func() {
				c.Close()
				mu.Lock()
				delete(conns, c.(*net.TCPConn))
				mu.Unlock()
			}()
			// As small as go-carbon's: what is read and not yet marked when the process is killed is beyond any proof.
			buf, tail := make([]byte, 4096), []byte(nil)
			for {
				if stall > 0 {
					if into := time.Duration(time.Now().UnixNano()) % (2 * stall); into < stall {
						time.Sleep(stall - into)
					}
				}
				n, err := c.Read(buf)
				mu.Lock()
				tail = mark(marks, append(tail, buf[:n]...))
				mu.Unlock()
				if err != nil {
					return
				}
			}
		}()
	}
}

// mark counts the whole lines of b and returns the rest.
func mark(marks, b []byte) []byte {
	for {
		line, rest, ok := bytes.Cut(b, []byte("\n"))
		if !ok {
			return append([]byte(nil), b...)
		}
		if words := bytes.Fields(line); len(words) == 3 {
			if n, err := strconv.Atoi(string(words[1])); err == nil && n < len(marks) && marks[n] < 255 {
				marks[n]++
			}
		}
		b = rest
	}
}
