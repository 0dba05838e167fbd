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

// tcpClose is the state of a connection that is at its end, TCP_CLOSE.
const tcpClose = 7

// view asks the system about a TCP connection.
func view(conn net.Conn) (c Connection, ok bool) {
	if _, tcp := conn.(*net.TCPConn); !tcp {
		return c, false
	}
	control(conn, func(fd int) {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if ok = err == nil; !ok {
			return
		}
		waits, _ := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
		c = Connection{
			UnackedBytes: int64(waits), UnsentBytes: int64(info.Notsent_bytes), WindowBytes: int64(info.Snd_wnd),
			RTTMS: float64(info.Rtt) / 1000, Retransmits: int64(info.Total_retrans),
			BusyMS: int64(info.Busy_time / 1000), ReceiverLimitedMS: int64(info.Rwnd_limited / 1000),
			acked:  int64(info.Bytes_acked) - 1, // the first is no byte: it is the connection's beginning
			closed: info.State == tcpClose,
		}
	})
	return c, ok
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
