package ingest

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// A socket is a connection for those who read it in layers. Past a deadline it still gives what has arrived, within
// bounds: so that nothing which was sent before a stop is lost.
type socket struct {
	net.Conn
	raw  syscall.RawConn // nil for a pipe
	rest []byte          // read before, and given first
	came bool            // whether anything has come
	left int             // what may still be read past the deadline; -1 before it
}

func newSocket(conn net.Conn) *socket {
	s := &socket{Conn: conn, left: -1}
	if c, ok := conn.(syscall.Conn); ok {
		s.raw, _ = c.SyscallConn()
	}
	return s
}

// Read reads what is there, and waits for it until the deadline.
func (s *socket) Read(p []byte) (n int, err error) {
	if len(s.rest) > 0 {
		n = copy(p, s.rest)
		s.rest = s.rest[n:]
		return n, nil
	}
	if n, err = s.Conn.Read(p); s.raw != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		n, err = s.readPast(p, err)
	}
	s.came = s.came || n > 0
	return n, err
}

// readPast reads what has arrived, when the deadline is past; if that is nothing it returns late.
func (s *socket) readPast(p []byte, late error) (n int, err error) {
	if e := s.raw.Control(func(fd uintptr) {
		if s.left < 0 {
			s.left = unread(fd) + drainMore
		}
		n, err = read(fd, p[:min(len(p), s.left)])
	}); e != nil {
		return 0, e
	}
	s.left -= n
	switch {
	case err == syscall.EAGAIN || err == nil && s.left == 0:
		return n, late
	case n == 0 && err == nil && len(p) > 0:
		return 0, io.EOF
	}
	return n, err
}
