package dest

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// A memory is one end of a connection in memory that behaves as a system's does: what is written waits in the other end
// until it is read, one side can be ended by itself, and closing with anything unread is a reset.
type memory struct {
	mu    *sync.Mutex // of both ends
	cond  *sync.Cond
	other *memory
	in    []byte // what waits here
	eof   bool   // nothing more comes
	err   error  // the other end was reset
	done  bool   // this end is closed
	ended bool   // this end's side is
}

// connection makes both ends of one.
func connection() (a, b *memory) {
	mu := &sync.Mutex{}
	a, b = &memory{mu: mu, cond: sync.NewCond(mu)}, &memory{mu: mu, cond: sync.NewCond(mu)}
	a.other, b.other = b, a
	return a, b
}

func (m *memory) Read(b []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		switch {
		case m.done:
			return 0, net.ErrClosed
		case m.err != nil:
			return 0, m.err
		case len(m.in) > 0:
			n := copy(b, m.in)
			m.in = m.in[n:]
			return n, nil
		case m.eof:
			return 0, io.EOF
		}
		m.cond.Wait()
	}
}

func (m *memory) Write(b []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.done || m.ended:
		return 0, net.ErrClosed
	case m.err != nil:
		return 0, m.err
	case m.other.done:
		m.err = syscall.ECONNRESET // what comes to a closed socket is answered so
		m.cond.Broadcast()
		return len(b), nil
	}
	m.other.in = append(m.other.in, b...)
	m.other.cond.Broadcast()
	return len(b), nil
}

// unread returns what waits to be read.
func (m *memory) unread() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return string(m.in)
}

func (m *memory) CloseWrite() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended, m.other.eof = true, true
	m.other.cond.Broadcast()
	return nil
}

// Close is also what becomes of an end whose process dies.
func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.done {
		m.done, m.other.eof = true, true
		if len(m.in) > 0 {
			m.other.err = syscall.ECONNRESET
		}
		m.cond.Broadcast()
		m.other.cond.Broadcast()
	}
	return nil
}

func (m *memory) LocalAddr() net.Addr              { return &net.UnixAddr{} }
func (m *memory) RemoteAddr() net.Addr             { return &net.UnixAddr{} }
func (m *memory) SetDeadline(time.Time) error      { return nil }
func (m *memory) SetReadDeadline(time.Time) error  { return nil }
func (m *memory) SetWriteDeadline(time.Time) error { return nil }

// memories is a Dialer of connections in memory; the endpoint's ends come out of the channel. An end of nil refuses.
func memories() (Dialer, chan *memory) {
	ends := make(chan *memory, 100)
	return func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := connection()
		select {
		case ends <- theirs:
			return ours, nil
		default:
			return nil, errors.New("nobody accepts")
		}
	}, ends
}
