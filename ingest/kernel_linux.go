package ingest

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// read is read(2) on a socket that does not block; it returns 0 and no error at the end of a stream. The scheduler is not told of
// the call, which never waits: that would wake its watching thread, which after every idle moment sleeps in steps of 20 us for a while,
// some four context switches a tick.
func read(fd uintptr, p []byte) (int, error) {
	for {
		n, _, err := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch err {
		case 0:
			return int(n), nil
		case unix.EINTR:
			continue
		}
		return 0, err
	}
}

// setLowWater has the system tell of a stream only once so many bytes of it have arrived, or its end. It can be read before.
// A unix socket takes no notice of it.
func setLowWater(fd uintptr, n int) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVLOWAT, n)
}

// unread returns how many bytes wait in the receive buffer of a stream.
func unread(fd uintptr) int {
	n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return n
}

// accept takes a connection out of a listening socket's queue. It returns EAGAIN if none waits.
func accept(fd uintptr) (net.Conn, error) {
	for {
		n, _, err := unix.Accept4(int(fd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			f := os.NewFile(uintptr(n), "")
			defer f.Close()
			return net.FileConn(f) // has a descriptor of its own
		case unix.EINTR, unix.ECONNABORTED:
			continue
		}
		return nil, err
	}
}

// refuse takes a connection out of a listening socket's queue, closes it and says whose it was, if that has an address.
// It returns EAGAIN if none waits.
func refuse(fd uintptr) (peer netip.Addr, err error) {
	for {
		n, from, err := unix.Accept4(int(fd), unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			return addressOf(from), unix.Close(n)
		case unix.EINTR, unix.ECONNABORTED:
			continue
		}
		return peer, err
	}
}

// addressOf returns the IP address in a, the zero one if there is none.
func addressOf(a unix.Sockaddr) netip.Addr {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(a.Addr)
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(a.Addr).Unmap()
	}
	return netip.Addr{}
}

// refuseAll has the kernel drop what comes to an IP socket from now on, as if it had been lost on the way. What the
// socket has already stays readable: it is all that was acknowledged, and it ends.
func refuseAll(fd uintptr) error {
	return filter(fd, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0})
}

// refuseShared has the kernel cut down to nothing what comes to a UDP socket by broadcast or multicast: it gives a copy to
// every socket of an address, and one is enough.
func refuseShared(fd uintptr) error {
	const packetType = uint32(0xfffff000) + 4 // SKF_AD_OFF + SKF_AD_PKTTYPE
	return filter(fd,
		unix.SockFilter{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: packetType},
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.PACKET_HOST, Jf: 1},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 20},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 1}, // the header stays; 0 would count as dropped
	)
}

// refuseNone takes a filter off again.
func refuseNone(fd uintptr) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
}

func filter(fd uintptr, program ...unix.SockFilter) error {
	return unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
}

// reusePort lets a socket share its address with others that do the same, of the same user.
func reusePort(fd uintptr) error {
	return unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}

// shutRead has the kernel fail who sends to a unix socket from now on. What the socket has already stays readable.
func shutRead(fd uintptr) error { return unix.Shutdown(int(fd), unix.SHUT_RD) }

// setRecvBuffer asks for a receive buffer of size bytes and returns how many were granted.
func setRecvBuffer(fd uintptr, size int) (granted int, err error) {
	if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil {
		if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, size); err != nil {
			return 0, fmt.Errorf("setting SO_RCVBUF: %w", err)
		}
	}
	n, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
	return n / 2, err // the kernel doubles it, for its own book-keeping
}

// growRecvBuffer does so on a socket whose buffer is another's work, and may be larger than we are allowed to make one:
// it is only ever enlarged.
func growRecvBuffer(fd uintptr, size int) (granted int, err error) {
	has, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
	if err != nil || has/2 >= size {
		return has / 2, err
	}
	trial, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(trial)
	if may, err := setRecvBuffer(uintptr(trial), size); err != nil || may <= has/2 {
		return has / 2, err
	}
	return setRecvBuffer(fd, size)
}

// kernelDrops returns how many datagrams the kernel dropped because the socket's receive buffer was full.
func kernelDrops(fd uintptr) uint32 {
	const memInfoDrops = 8 // SK_MEMINFO_DROPS, the last of the array
	var info [memInfoDrops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0
	}
	return info[memInfoDrops]
}

// A receiver takes several datagrams out of a socket with one call. The memory of its slots is touched only as far as
// datagrams were long.
type receiver struct {
	space []byte
	size  int // of a slot
	next  int // from the start of a slot to that of the next
	heads []mmsghdr
	iovs  []unix.Iovec
	names []unix.RawSockaddrInet6 // who sent them; nil if nobody asks. An IPv4 address fits as well
}

// mmsghdr is the kernel's struct of that name.
type mmsghdr struct {
	head unix.Msghdr
	size uint32
}

// slotSkew keeps the slots from lying at multiples of a large power of two, where all of them would fall into the same few places of
// the processor's caches: what was received last would have left them before it is looked at.
const slotSkew = 1536

func newReceiver(slots, size int) *receiver {
	next := size + slotSkew
	r := &receiver{
		space: make([]byte, slots*next), size: size, next: next, heads: make([]mmsghdr, slots), iovs: make([]unix.Iovec, slots),
	}
	for i := range slots {
		r.iovs[i].Base = &r.space[i*next]
		r.iovs[i].SetLen(size)
		r.heads[i].head.Iov = &r.iovs[i]
		r.heads[i].head.SetIovlen(1)
	}
	return r
}

// name has the receiver say who sent the datagrams, by their IP addresses.
func (r *receiver) name() {
	r.names = make([]unix.RawSockaddrInet6, len(r.heads))
	for i := range r.names {
		r.heads[i].head.Name = (*byte)(unsafe.Pointer(&r.names[i]))
		r.heads[i].head.Namelen = unix.SizeofSockaddrInet6
	}
}

// peer returns who sent the i-th datagram received.
func (r *receiver) peer(i int) netip.AddrPort {
	if r.names == nil {
		return netip.AddrPort{}
	}
	r.heads[i].head.Namelen = unix.SizeofSockaddrInet6 // the kernel has put in what it used
	switch n := &r.names[i]; n.Family {
	case unix.AF_INET:
		n := (*unix.RawSockaddrInet4)(unsafe.Pointer(n))
		return netip.AddrPortFrom(netip.AddrFrom4(n.Addr), networkOrder(n.Port))
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16(n.Addr).Unmap(), networkOrder(n.Port))
	}
	return netip.AddrPort{}
}

// networkOrder reads a number that lies in memory with its high byte first.
func networkOrder(n uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], n)
	return binary.BigEndian.Uint16(b[:])
}

// receive takes up to as many datagrams as there are slots, and returns how many; EAGAIN if none waits.
func (r *receiver) receive(fd uintptr) (int, error) {
	for {
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&r.heads[0])), uintptr(len(r.heads)),
			unix.MSG_DONTWAIT, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
			continue
		}
		return 0, errno
	}
}

// datagram returns the i-th datagram received, valid until the next call, and whether the slot held only its start.
func (r *receiver) datagram(i int) (p []byte, cut bool) {
	h := &r.heads[i]
	return r.space[i*r.next:][:h.size], h.head.Flags&unix.MSG_TRUNC != 0
}
