package dest

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxUnsent is how much the kernel may hold of what it has not sent yet. Less held there is less lost when the endpoint
// dies, and a slow endpoint's progress shows sooner.
const maxUnsent = 512 << 10

// tune sets what the dialer cannot: how long written bytes may stay without an acknowledgement, or the endpoint's
// window shut, before the kernel gives the connection up (by default a quarter of an hour, or never).
func tune(conn net.Conn, unread time.Duration) {
	if _, ok := conn.(*net.TCPConn); !ok {
		return
	}
	control(conn, func(fd int) {
		ms := max(unread, time.Second).Milliseconds()
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(ms))
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, maxUnsent)
	})
}

// unacknowledged returns how much the endpoint has not acknowledged, or, on a unix socket, not read; 0 if conn is no
// connection of the system's.
func unacknowledged(conn net.Conn) (n int) {
	control(conn, func(fd int) { n, _ = unix.IoctlGetInt(fd, unix.SIOCOUTQ) })
	return n
}

func control(conn net.Conn, f func(fd int)) {
	system, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := system.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) { f(int(fd)) })
	}
}
