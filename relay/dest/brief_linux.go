package dest

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A message is what the system is told of several buffers that are sent together.
type message struct {
	head unix.Msghdr
	list [maxHand]unix.Iovec
}

// send sends what the socket takes of rest, at most maxHand buffers, and returns how many bytes that was; EAGAIN if it takes nothing
// at the moment.
func (m *message) send(fd uintptr, rest net.Buffers) (int, error) {
	used := m.list[:0]
	for _, b := range rest {
		if len(b) > 0 {
			v := unix.Iovec{Base: unsafe.SliceData(b)}
			v.SetLen(len(b))
			used = append(used, v)
		}
	}
	m.head = unix.Msghdr{Iov: unsafe.SliceData(used)}
	m.head.SetIovlen(len(used))
	defer clear(used)
	for {
		n, _, err := unix.RawSyscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&m.head)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		switch err {
		case 0:
			return int(n), nil
		case syscall.EINTR:
			continue
		}
		return 0, err
	}
}
