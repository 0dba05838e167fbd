package e2e

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	pickle "github.com/lomik/graphite-pickle"
	"golang.org/x/sys/unix"
)

// victimEnv makes this program a victim.
const victimEnv = "PLUMBAGO_E2E_VICTIM"

// A victim is an endpoint in a process of its own, which does as it is told, and may be killed at any instruction: it
// counts each number in a file that is mapped into its memory before it takes its bytes out of the socket. So what it
// has read is counted, whatever becomes of it.
type victim struct {
	t       *testing.T
	cluster string
	args    []string // of its process: counts, address, protocol
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// newCounts makes a file of counts for the numbers below n, and returns it and what it says.
func newCounts(t *testing.T, n int64) (file string, counts []byte) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "counts")
	write(t, file, "")
	if err := os.Truncate(file, n); err != nil {
		t.Fatal(err)
	}
	counts, err := mapMarks(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(counts) })
	return file, counts
}

// newVictim starts an endpoint of a cluster.
func newVictim(t *testing.T, cluster, file, protocol string) *victim {
	t.Helper()
	v := &victim{t: t, cluster: cluster, args: []string{file, fmt.Sprintf("127.0.0.1:%d", freePort(t)), protocol}}
	v.start()
	t.Cleanup(func() { v.kill(syscall.SIGKILL) })
	return v
}

// start starts the process, if it does not run, and waits until it listens.
func (v *victim) start() {
	v.t.Helper()
	if v.cmd != nil && v.cmd.ProcessState == nil {
		return
	}
	self, err := os.Executable()
	if err != nil {
		v.t.Fatal(err)
	}
	v.cmd = exec.Command(self, v.args...)
	v.cmd.Env = append(os.Environ(), victimEnv+"=1")
	v.cmd.Stderr = os.Stderr
	if v.in, err = v.cmd.StdinPipe(); err != nil {
		v.t.Fatal(err)
	}
	out, err := v.cmd.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.out = bufio.NewReader(out)
	if _, err := v.out.ReadString('\n'); err != nil {
		v.t.Fatalf("the endpoint %s did not start: %v", v.cluster, err)
	}
}

// kill ends the process by a signal, if it runs.
func (v *victim) kill(s syscall.Signal) {
	if v.cmd.ProcessState == nil {
		v.cmd.Process.Signal(syscall.SIGCONT)
		v.cmd.Process.Signal(s)
		v.cmd.Wait()
	}
}

// tell has the process do something, if it runs, and waits until it is done.
func (v *victim) tell(what string) {
	v.t.Helper()
	if v.cmd.ProcessState != nil {
		return
	}
	v.cmd.Process.Signal(syscall.SIGCONT) // one that is stopped does not listen
	if _, err := fmt.Fprintln(v.in, what); err != nil {
		v.t.Fatal(err)
	}
	if _, err := v.out.ReadString('\n'); err != nil {
		v.t.Fatalf("the endpoint %s ended: %v", v.cluster, err)
	}
}

// suffer does what the plan of faults says.
func (v *victim) suffer(what string) {
	v.t.Helper()
	switch what {
	case "stop":
		v.cmd.Process.Signal(syscall.SIGSTOP)
	case "continue":
		v.cmd.Process.Signal(syscall.SIGCONT)
	case "kill":
		v.kill(syscall.SIGKILL)
	case "term":
		v.kill(syscall.SIGTERM)
	case "start":
		v.start()
	default:
		v.tell(what)
	}
}

// heal ends whatever it suffers from.
func (v *victim) heal() {
	v.t.Helper()
	for _, what := range []string{"start", "continue", "listen", "read"} {
		v.suffer(what)
	}
}

// A stand is what a victim's process does.
type stand struct {
	counts []byte
	addr   string
	count  func(counts, b []byte) (rest []byte)

	mu     sync.Mutex // of all below, and of counts
	going  *sync.Cond // signalled when it reads again
	stalls bool
	ln     net.Listener
	conns  map[*net.TCPConn]bool
}

// beVictim is what the process of a victim does: what it is told, until nobody tells it anything any more.
func beVictim(args []string) error {
	counts, err := mapMarks(args[0])
	if err != nil {
		return err
	}
	s := &stand{counts: counts, addr: args[1], count: mark, conns: map[*net.TCPConn]bool{}}
	s.going = sync.NewCond(&s.mu)
	if args[2] == "pickle" {
		s.count = markPickled
	}
	if err := s.listen(); err != nil {
		return err
	}
	fmt.Println("listening")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); fmt.Println("done") {
		switch in.Text() {
		case "stall", "read":
			s.mu.Lock()
			s.stalls = in.Text() == "stall"
			s.going.Broadcast()
			s.mu.Unlock()
		case "reset":
			s.reset()
		case "refuse":
			if s.ln != nil {
				s.ln.Close()
				s.ln = nil
			}
			s.reset()
		case "listen":
			if err := s.listen(); err != nil {
				return err
			}
		}
	}
	return errors.New("nobody is there any more")
}

// listen takes connections from now on.
func (s *stand) listen() error {
	if s.ln != nil {
		return nil
	}
	ln, err := net.Listen("tcp", s.addr)
	if err != nil {
		return err
	}
	s.ln = ln
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[c.(*net.TCPConn)] = true
			s.mu.Unlock()
			go s.take(c.(*net.TCPConn))
		}
	}()
	return nil
}

// reset breaks all connections.
func (s *stand) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.SetLinger(0)
		c.Close()
	}
	clear(s.conns)
}

// take reads a connection to its end. What it reads is counted while it still lies in the socket: a process that dies in
// between leaves something unread behind, so the other side cannot take its end for an answer.
func (s *stand) take(c *net.TCPConn) {
	defer func() {
		c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	var rest []byte
	for b := make([]byte, 64<<10); ; {
		n, err := 0, error(nil)
		if gone := raw.Read(func(fd uintptr) bool {
			n, _, err = unix.Recvfrom(int(fd), b, unix.MSG_PEEK)
			return err != unix.EAGAIN && err != unix.EINTR
		}); gone != nil || err != nil || n <= 0 {
			return
		}
		s.mu.Lock()
		for s.stalls {
			s.going.Wait()
		}
		rest = s.count(s.counts, append(rest, b[:n]...))
		s.mu.Unlock()
		if _, err := io.ReadFull(c, b[:n]); err != nil {
			return
		}
	}
}

// markPickled counts the points of the whole frames of b and returns the rest.
func markPickled(marks, b []byte) []byte {
	for len(b) >= 4 {
		size := int(binary.BigEndian.Uint32(b)) + 4
		if len(b) < size {
			break
		}
		if err := pickle.ParseMessage(b[4:size], func(_ string, value float64, _ int64) {
			if n := int(value); n < len(marks) && marks[n] < 255 {
				marks[n]++
			}
		}); err != nil {
			panic(err) // a frame that is cut, or mixed with others
		}
		b = b[size:]
	}
	return bytes.Clone(b)
}

// pickled is a frame of points of consecutive numbers, as pickle.dumps writes it.
func pickled(name string, first, n, at int64) []byte {
	b := []byte("\x80\x02](")
	for i := range n {
		b = append(b, 'X')
		b = binary.LittleEndian.AppendUint32(b, uint32(len(name)))
		b = append(b, name...)
		for _, number := range []int64{at, first + i} {
			b = append(b, 'J')
			b = binary.LittleEndian.AppendUint32(b, uint32(number))
		}
		b = append(b, "\x86\x86"...)
	}
	b = append(b, "e."...)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// numberedBlock is n lines with consecutive numbers.
func numberedBlock(b []byte, name string, first, n, at int64) []byte {
	for i := range n {
		b = append(append(b, name...), ' ')
		b = append(strconv.AppendInt(b, first+i, 10), ' ')
		b = append(strconv.AppendInt(b, at, 10), '\n')
	}
	return b
}
