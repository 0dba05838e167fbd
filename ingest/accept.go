package ingest

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// How long an acceptor rests when it cannot accept (the process has no descriptor left): first, and at most.
const (
	minBackoff = 10 * time.Millisecond
	maxBackoff = time.Second
)

// An acceptor is one listening socket, owned by its goroutine.
type acceptor struct {
	listener *Listener
	socket   listenSocket
	file     socketFile
	name     string
}

// listenSocket is what *net.TCPListener and *net.UnixListener have in common.
type listenSocket interface {
	net.Listener
	syscall.Conn
	SetDeadline(time.Time) error
}

// run accepts until the stop.
func (a *acceptor) run() {
	defer a.close()
	backoff := time.Duration(0)
	for {
		conn, err := a.socket.Accept()
		switch {
		case err == nil:
			if backoff > 0 {
				backoff = 0
				a.listener.log.Info("accepting connections again", zap.String("listener", a.name))
			}
			a.listener.serve(conn, a.name)
			continue
		case isDone(err):
			a.drain()
			return
		case backoff == 0:
			a.listener.log.Warn("cannot accept connections; trying on", zap.String("listener", a.name), zap.Error(err))
		}
		backoff = min(max(2*backoff, minBackoff), maxBackoff)
		if !a.listener.pause(backoff) {
			a.drain()
			return
		}
	}
}

// drain accepts at the stop the connections that wait: their senders were told that they are connected, and may have
// sent all that they had. First nobody else may come, so that it ends.
func (a *acceptor) drain() {
	a.file.remove()
	raw, err := a.socket.SyscallConn()
	if err != nil {
		return
	}
	if a.file.path == "" {
		_ = raw.Control(func(fd uintptr) { err = refuseAll(fd) })
	}
	// An abstract unix socket cannot be shut this way, hence a bound: what fits in any queue.
	for range maxQueue {
		var conn net.Conn
		if raw.Control(func(fd uintptr) { conn, err = accept(fd) }) != nil {
			return
		}
		if err != nil {
			break
		}
		a.listener.serve(conn, a.name)
	}
	if err != syscall.EAGAIN {
		a.listener.log.Warn("leaving connections that waited to be accepted", zap.String("listener", a.name), zap.Error(err))
	}
}

// maxQueue is the largest queue that a listening socket can have.
const maxQueue = 1 << 16

func (a *acceptor) close() {
	a.file.remove()
	_ = a.socket.Close()
}

// isDone reports whether err is a deadline or a closed socket: the stop, not a fault.
func isDone(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed)
}
