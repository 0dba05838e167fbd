package e2e

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A sink is a carbon endpoint that remembers what it got. One sink speaks one protocol.
type sink struct {
	t    *testing.T
	addr string
	read func(s *sink, c io.Reader, stop <-chan struct{}) // reads one connection to its end

	mu     sync.Mutex
	ln     net.Listener
	udp    net.PacketConn
	conns  map[net.Conn]bool
	lines  []string // plaintext
	frames [][]byte // pickle, without the length prefix
	pace   pace     // called after each line, nil for as fast as possible
	stop   chan struct{}
	wg     sync.WaitGroup
}

// A pace slows a sink down: it returns when the next line may be read, or when stop is closed.
type pace func(stop <-chan struct{})

// newSink opens a sink of plaintext lines over TCP.
func newSink(t *testing.T) *sink {
	s := &sink{t: t, read: (*sink).readLines, conns: map[net.Conn]bool{}}
	s.open(someAddr(t), 0)
	t.Cleanup(s.close)
	return s
}

// newSlowSink opens a plaintext sink with a small receive buffer that calls p after each line.
func newSlowSink(t *testing.T, p pace) *sink {
	s := &sink{t: t, read: (*sink).readLines, conns: map[net.Conn]bool{}, pace: p}
	s.open(someAddr(t), 4096)
	t.Cleanup(s.close)
	return s
}

// newPickleSink opens a sink of pickle frames over TCP.
func newPickleSink(t *testing.T) *sink {
	s := &sink{t: t, read: (*sink).readFrames, conns: map[net.Conn]bool{}}
	s.open(someAddr(t), 0)
	t.Cleanup(s.close)
	return s
}

// newRawSink opens a sink over TCP that lets read take each connection to its end.
func newRawSink(t *testing.T, read func(c io.Reader)) *sink {
	s := &sink{t: t, conns: map[net.Conn]bool{}, read: func(_ *sink, c io.Reader, _ <-chan struct{}) { read(c) }}
	s.open(someAddr(t), 0)
	t.Cleanup(s.close)
	return s
}

// newUDPSink opens a sink of plaintext datagrams.
func newUDPSink(t *testing.T) *sink {
	t.Helper()
	u, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{t: t, udp: u, addr: u.LocalAddr().String(), conns: map[net.Conn]bool{}}
	s.wg.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, _, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.lines = append(s.lines, strings.Split(strings.TrimSuffix(string(buf[:n]), "\n"), "\n")...)
			s.mu.Unlock()
		}
	})
	t.Cleanup(s.close)
	return s
}

// open listens on addr; rcvbuf bounds the kernel's buffer of each connection, 0 leaves it alone.
func (s *sink) open(addr string, rcvbuf int) {
	s.t.Helper()
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			if rcvbuf > 0 {
				syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, rcvbuf)
			}
		})
	}}
	ln, err := lc.Listen(context.Background(), "tcp", addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.ln, s.addr, s.stop = ln, ln.Addr().String(), make(chan struct{})
	stop := s.stop
	s.mu.Unlock()
	s.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			if s.ln != ln { // closed meanwhile, so nobody would close it
				s.mu.Unlock()
				c.Close()
				return
			}
			s.conns[c] = true
			s.mu.Unlock()
			s.wg.Go(func() {
				s.read(s, c, stop)
				c.Close()
				s.mu.Lock()
				delete(s.conns, c)
				s.mu.Unlock()
			})
		}
	})
}

// close ends the sink and its connections; open revives it.
func (s *sink) close() {
	s.mu.Lock()
	if s.ln != nil {
		s.ln.Close()
		close(s.stop)
		s.ln = nil
	}
	if s.udp != nil {
		s.udp.Close()
	}
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// readLines takes whole lines; a last one without its newline was cut and is not taken.
func (s *sink) readLines(c io.Reader, stop <-chan struct{}) {
	r := bufio.NewReaderSize(c, 64<<10)
	if s.pace != nil {
		r = bufio.NewReaderSize(c, 512)
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		s.mu.Lock()
		s.lines = append(s.lines, strings.TrimSuffix(line, "\n"))
		s.mu.Unlock()
		if s.pace != nil {
			s.pace(stop)
		}
	}
}

// readFrames takes whole pickle frames.
func (s *sink) readFrames(c io.Reader, _ <-chan struct{}) {
	for {
		var n uint32
		if binary.Read(c, binary.BigEndian, &n) != nil {
			return
		}
		f := make([]byte, n)
		if _, err := io.ReadFull(c, f); err != nil {
			return
		}
		s.mu.Lock()
		s.frames = append(s.frames, f)
		s.mu.Unlock()
	}
}

// got returns the lines so far.
func (s *sink) got() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// count returns how many lines there are so far.
func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.lines)
}

// tail returns the last n lines so far, or all.
func (s *sink) tail(n int) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines[max(0, len(s.lines)-n):])
}

// await waits for at least n lines and returns all.
func (s *sink) await(n int) []string {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("%d lines at the sink", n), func() bool { return s.count() >= n })
	return s.got()
}

// finish waits for n lines and, the daemon having ended, until every connection has been read to its end, so that a line
// too many is seen too; it returns the lines.
func (s *sink) finish(n int) []string {
	s.t.Helper()
	s.await(n)
	s.emptied()
	return s.got()
}

// emptied waits, the daemon having ended, until every connection has been read to its end: what the daemon counts as
// delivered may still lie in the kernel, also in a connection that was not accepted yet. Those are taken in order, so one
// that is made now comes after them.
func (s *sink) emptied() {
	s.t.Helper()
	s.mu.Lock()
	open := s.ln != nil
	s.mu.Unlock()
	if open {
		last, err := net.Dial("tcp", s.addr)
		if err != nil {
			s.t.Fatal(err)
		}
		eventually(s.t, "the sink has taken all connections", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			for c := range s.conns {
				if c.RemoteAddr().String() == last.LocalAddr().String() {
					return true
				}
			}
			return false
		})
		last.Close()
	}
	eventually(s.t, "the sink's connections end", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.conns) == 0
	})
}

// never is the pace of a sink that stalls.
func never(stop <-chan struct{}) { <-stop }

// every is a pace of one line per d.
func every(d time.Duration) pace {
	tick := time.NewTicker(d)
	return func(stop <-chan struct{}) {
		select {
		case <-tick.C:
		case <-stop:
		}
	}
}
