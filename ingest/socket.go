package ingest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// openingTime is how long a connection may take for what comes before its samples: a PROXY header, a handshake.
const openingTime = 10 * time.Second

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

// A layer is what a stream may be wrapped in.
type layer int

const (
	proxyLayer layer = iota
	nLayers
)

// A fault is why a layer cannot be read on. It is its sender's, or something's on the way.
type fault struct {
	layer layer
	why   error
}

func (f *fault) Error() string { return f.why.Error() }

func (f *fault) Unwrap() error { return f.why }

// isLayered says whether the stream begins with anything but its messages.
func (s *stream) isLayered() bool { return s.listener.opts.ProxyProtocol }

// readLayers reads a stream that is wrapped.
func (s *stream) readLayers() error {
	in := newSocket(s.conn)
	s.deadline(time.Now().Add(openingTime))
	if s.listener.opts.ProxyProtocol {
		if err := s.readHeader(in); err != nil {
			return err
		}
	}
	s.deadline(time.Time{})
	if len(in.rest) > 0 {
		if err := s.feed(in.rest); err != nil {
			return err
		}
	}
	if in.raw != nil {
		return s.readRaw(in.raw)
	}
	return s.readPlain(in)
}

// deadline sets the deadline of the stream's reads, unless it is to end.
func (s *stream) deadline(at time.Time) {
	s.listener.mu.Lock()
	defer s.listener.mu.Unlock()
	if !s.ending {
		_ = s.conn.SetReadDeadline(at)
	}
}

// readHeader reads the PROXY header and takes from it who the peer is. What was read beyond it is left in in.
func (s *stream) readHeader(in *socket) error {
	b := make([]byte, 0, 256)
	for {
		n, err := in.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		h, size, bad := parseProxy(b)
		switch {
		case bad != nil:
			return &fault{proxyLayer, fmt.Errorf("its PROXY header is broken: %w", bad)}
		case size > 0:
			in.rest = b[size:]
			return s.introduce(h)
		case err == io.EOF && len(b) > 0:
			return &fault{proxyLayer, errors.New("it ends within its PROXY header")}
		case errors.Is(err, os.ErrDeadlineExceeded) && !s.isEnding():
			return &fault{proxyLayer, fmt.Errorf("its PROXY header did not come within %v", openingTime)}
		case err != nil:
			return err
		}
		if len(b) == cap(b) {
			b = append(make([]byte, 0, maxProxyHeader), b...)
		}
	}
}

// errNotAllowed is what a reader ends with whose client may not send.
var errNotAllowed = errors.New("the client is not in allow")

// introduce takes over what the PROXY header says.
func (s *stream) introduce(h proxyHeader) error {
	l := s.listener
	if h.peer.IsValid() {
		l.mu.Lock()
		s.peer = h.peer
		l.mu.Unlock()
	}
	if !h.local && s.peer.IsValid() && !l.allow.admit(s.peer.Addr()) {
		l.notAllowed("a connection", s.from.listener, s.name(), 1)
		return errNotAllowed
	}
	return nil
}

func (s *stream) isEnding() bool {
	s.listener.mu.Lock()
	defer s.listener.mu.Unlock()
	return s.ending
}

// broken counts a stream that a layer's fault has ended, and says why.
func (l *Listener) broken(s *stream, f *fault) {
	l.counts.broken[f.layer].Add(1)
	l.log.Warn(closingBroken, zap.String("listener", s.from.listener), zap.String("peer", s.name()),
		zap.String("reason", legible(f.Error())))
}
