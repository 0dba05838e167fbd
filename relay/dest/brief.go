package dest

import (
	"net"
	"os"
	"syscall"

	"plumbago/carbon"
)

// mostBrief is how many bytes are written without telling the runtime's scheduler of the call, which so cannot give the processor to others
// meanwhile: copying them takes some 20 us. To tell it wakes its watching thread, which then sleeps in steps of 20 us for as long as
// anything runs: some three context switches a tick.
const mostBrief = carbon.FrameSize

// A brief is a socket's way to write little without waiting. It has one user at a time.
type brief struct {
	raw   syscall.RawConn // nil if the socket is not the system's
	try   func(fd uintptr)
	rest  net.Buffers
	space message
	n     int
	err   error
}

// newBrief readies the way of a connection, if it has one.
func newBrief(conn net.Conn) *brief {
	b := new(brief)
	if system, ok := conn.(syscall.Conn); ok {
		b.raw, _ = system.SyscallConn()
	}
	b.try = func(fd uintptr) { b.n, b.err = b.space.send(fd, b.rest) }
	return b
}

// write writes what the system takes of rest at once, and takes that off it; nothing if rest is much, or the socket closed.
func (b *brief) write(rest *net.Buffers) (written int64, err error) {
	if b.raw == nil || !isBrief(*rest) {
		return 0, nil
	}
	b.rest, b.n, b.err = *rest, 0, nil
	if b.raw.Control(b.try) != nil {
		return 0, nil // whoever writes in the usual way gets the reason
	}
	b.rest = nil
	if b.err != nil && b.err != syscall.EAGAIN {
		return 0, os.NewSyscallError("sendmsg", b.err)
	}
	written = int64(b.n)
	for left := b.n; left > 0; {
		first := (*rest)[0]
		if left < len(first) {
			(*rest)[0] = first[left:]
			break
		}
		left -= len(first)
		*rest = (*rest)[1:]
	}
	return written, nil
}

// isBrief says whether there is so little that it may be written so.
func isBrief(rest net.Buffers) bool {
	size := 0
	for _, b := range rest {
		size += len(b)
	}
	return size <= mostBrief && len(rest) <= maxHand
}
