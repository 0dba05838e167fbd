package dest

import (
	"context"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// lookEvery is the part of the write timeout after which a write that waits is looked at: whether it moves.
const lookEvery = 20

// past is a deadline that is over.
var past = time.Unix(1, 0)

// A socket is a TCP or unix connection whose writes go on as long as the endpoint takes anything, however slowly. What
// runs over it never sees a write that ended half way by a deadline, which would break TLS for good.
type socket struct {
	net.Conn
	patience time.Duration // how long a write may make no progress at all
	written  atomic.Int64  // bytes in all, those of TLS too
	hurried  atomic.Bool
	brief    *brief
}

func newSocket(conn net.Conn, patience time.Duration) *socket {
	return &socket{Conn: conn, patience: patience, brief: newBrief(conn)}
}

// hurry ends the write that is going on and all that follow.
func (s *socket) hurry() {
	s.hurried.Store(true)
	s.SetWriteDeadline(past)
}

// CloseWrite ends our side of the connection.
func (s *socket) CloseWrite() error {
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// Write writes all of b.
func (s *socket) Write(b []byte) (int, error) {
	all := net.Buffers{b}
	n, err := s.writeAll(&all)
	return int(n), err
}

// writeAll writes all that rest holds, with one system call if the connection takes it.
func (s *socket) writeAll(rest *net.Buffers) (written int64, err error) {
	if written, err = s.writeBrief(rest); err != nil {
		return written, err
	}
	more, err := s.writeOn(rest)
	return written + more, err
}

// writeBrief writes what the connection takes at once of rest, if that is not much.
func (s *socket) writeBrief(rest *net.Buffers) (written int64, err error) {
	if !s.hurried.Load() {
		written, err = s.brief.write(rest)
		s.written.Add(written)
	}
	return written, err
}

// writeOn writes all that rest holds, waiting for the connection.
func (s *socket) writeOn(rest *net.Buffers) (written int64, err error) {
	moved, waiting := time.Now(), -1
	for len(*rest) > 0 {
		if len((*rest)[0]) == 0 { // writev leaves it there
			*rest = (*rest)[1:]
			continue
		}
		s.SetWriteDeadline(time.Now().Add(max(s.patience/lookEvery, time.Millisecond)))
		if s.hurried.Load() { // looked at after the deadline is set, which hurry's would else be replaced by
			return written, context.Canceled
		}
		n, err := rest.WriteTo(s.Conn)
		written += n
		s.written.Add(n)
		if err == nil {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		now, unread := time.Now(), unacknowledged(s.Conn)
		if n > 0 || unread < waiting {
			moved = now
		} else if now.Sub(moved) >= s.patience {
			return written, errStalled
		}
		waiting = unread
	}
	return written, nil
}
