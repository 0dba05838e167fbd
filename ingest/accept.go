package ingest

import (
	"errors"
	"net"
	"net/netip"
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
	at       Address
	lent     bool // inherited: who waits in it at the stop is the next process's
	passed   bool // another listener has it too; to be read once the listener has yielded
	name     string
	secure   bool
	reserve  *os.File // a descriptor to refuse connections with when there is no other; nil if there was not even this one
}

// listenSocket is what *net.TCPListener and *net.UnixListener have in common.
type listenSocket interface {
	net.Listener
	syscall.Conn
	SetDeadline(time.Time) error
	File() (*os.File, error)
}

// run accepts until the stop.
func (a *acceptor) run() {
	defer a.close()
	backoff, told := time.Duration(0), false
	for {
		conn, err := a.socket.Accept()
		switch {
		case err == nil:
			if told {
				a.listener.log.Info("accepting connections again", zap.String("listener", a.name))
			}
			backoff, told = 0, false
			a.listener.serve(conn, a.name, a.secure)
			continue
		case isDone(err):
			a.drain()
			return
		}
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			a.refuseWaiting()
		}
		if events, ok := a.listener.sayNoRoom.now(1); ok {
			told = true
			a.listener.log.Warn("cannot accept connections; trying on", zap.String("listener", a.name), zap.Error(err),
				zap.Int64("times", events))
		}
		backoff = min(max(2*backoff, minBackoff), maxBackoff)
		if !a.listener.pause(backoff) {
			a.drain()
			return
		}
	}
}

// refuseWaiting closes the connections that wait when the process has no descriptor left to serve them with: their
// senders are to know, and go elsewhere, rather than believe themselves connected.
func (a *acceptor) refuseWaiting() {
	raw, err := a.socket.SyscallConn()
	if err != nil || a.reserve == nil {
		a.reserve = openReserve()
		return
	}
	_ = a.reserve.Close()
	var peer netip.Addr
	for range maxQueue {
		if raw.Control(func(fd uintptr) { peer, err = refuse(fd) }) != nil || err != nil {
			break
		}
		a.listener.counts.noDescriptor.Add(1)
		a.listener.callers.note(peer, wasRefused)
	}
	a.reserve = openReserve()
}

// openReserve returns an open file of no use, or nil if there is none to be had.
func openReserve() *os.File {
	f, err := os.Open(os.DevNull)
	if err != nil {
		return nil
	}
	return f
}

// drain accepts at the stop the connections that wait: their senders were told that they are connected, and may have
// sent all that they had. First nobody else may come, so that it ends.
func (a *acceptor) drain() {
	if a.lent || a.handedOn() {
		return
	}
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
		a.listener.serve(conn, a.name, a.secure)
	}
	if err != syscall.EAGAIN {
		a.listener.log.Warn("leaving connections that waited to be accepted", zap.String("listener", a.name), zap.Error(err))
	}
}

// maxQueue is the largest queue that a listening socket can have.
const maxQueue = 1 << 16

// handedOn says whether another listener takes what comes by the socket now.
func (a *acceptor) handedOn() bool { return a.listener.yielded() && a.passed }

func (a *acceptor) close() {
	if !a.handedOn() {
		a.file.remove()
	}
	_ = a.socket.Close()
	if a.reserve != nil {
		_ = a.reserve.Close()
	}
}

// isDone reports whether err is a deadline or a closed socket: the stop, not a fault.
func isDone(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed)
}
