package ingest

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A quietSocket is a UDP socket that tells of datagrams once each time it is asked to. One that Go's runtime waits for wakes a
// thread with every datagram, also while nobody wants to know: at 90,000 a second that was a third of all that the daemon did.
// It has an epoll of its own with the socket in it, armed for one event, and it is this that the runtime waits for.
type quietSocket struct {
	local net.Addr
	epoll *os.File
	wait  syscall.RawConn // of epoll
	mu    sync.RWMutex    // of fd: written to by Close
	fd    int             // -1 once it is closed

	// Of Read, which has one caller.
	attempt func(fd uintptr) bool
	ready   func(epoll uintptr) bool // q.attemptOrArm, made once
	armed   bool                     // the epoll may tell of a datagram, or has
	told    [1]unix.EpollEvent
	event   unix.EpollEvent
	err     error
}

// newQuietSocket takes a socket over from conn, which it closes.
func newQuietSocket(conn packetConn) (*quietSocket, error) {
	defer conn.Close()
	q := &quietSocket{local: conn.LocalAddr(), fd: -1}
	q.ready = q.attemptOrArm
	if err := control(conn, func(fd uintptr) (err error) {
		q.fd, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
		return err
	}); err != nil {
		return nil, err
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err == nil {
		err = unix.SetNonblock(epoll, true) // or the runtime would not wait for it
		q.epoll = os.NewFile(uintptr(epoll), "epoll")
	}
	if err == nil {
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, q.fd, &unix.EpollEvent{Events: unix.EPOLLONESHOT})
	}
	if err == nil {
		q.wait, err = q.epoll.SyscallConn()
	}
	if err != nil {
		_ = q.Close()
		return nil, err
	}
	return q, nil
}

// Read calls f until it returns true, each time that there are datagrams. It fails past the deadline.
func (q *quietSocket) Read(f func(fd uintptr) bool) error {
	q.attempt, q.err = f, nil
	if err := q.wait.Read(q.ready); err != nil {
		return err
	}
	return q.err
}

// attemptOrArm reports whether Read is over. If not, the epoll tells of the next datagram, or of one that has come meanwhile.
func (q *quietSocket) attemptOrArm(epoll uintptr) bool {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.fd < 0 {
		q.err = net.ErrClosed
		return true
	}
	if q.armed { // it is silent only once its event was fetched
		n, _ := unix.EpollWait(int(epoll), q.told[:], 0)
		q.armed = n < 1
	}
	if q.attempt(uintptr(q.fd)) {
		return true
	}
	q.event = unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLONESHOT}
	q.err = unix.EpollCtl(int(epoll), unix.EPOLL_CTL_MOD, q.fd, &q.event)
	q.armed = q.err == nil
	return !q.armed
}

// Control calls f with the descriptor, which stays open meanwhile.
func (q *quietSocket) Control(f func(fd uintptr)) error {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.fd < 0 {
		return net.ErrClosed
	}
	f(uintptr(q.fd))
	return nil
}

// Write implements syscall.RawConn; nobody writes.
func (q *quietSocket) Write(func(fd uintptr) bool) error { return syscall.EINVAL }

// SyscallConn returns q itself.
func (q *quietSocket) SyscallConn() (syscall.RawConn, error) { return q, nil }

// File returns a copy of the socket.
func (q *quietSocket) File() (f *os.File, err error) {
	e := q.Control(func(fd uintptr) {
		var copied int
		if copied, err = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			f = os.NewFile(uintptr(copied), q.local.String())
		}
	})
	if e != nil {
		err = e
	}
	return f, err
}

// LocalAddr returns the address that the socket is bound to.
func (q *quietSocket) LocalAddr() net.Addr { return q.local }

// SetReadDeadline ends a Read that waits, and those that follow, at a time.
func (q *quietSocket) SetReadDeadline(t time.Time) error { return q.epoll.SetReadDeadline(t) }

// Close closes the socket.
func (q *quietSocket) Close() error {
	if q.epoll != nil {
		_ = q.epoll.Close() // which waits for a Read, and that for mu
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.fd < 0 {
		return net.ErrClosed
	}
	fd := q.fd
	q.fd = -1
	return unix.Close(fd)
}
