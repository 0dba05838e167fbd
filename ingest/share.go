package ingest

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// bindUDP binds one socket for each worker to a UDP address. The kernel spreads the peers over them by their addresses
// and ports, so that the datagrams of one stay in one socket, and so in order.
func (l *Listener) bindUDP(a Address) error {
	first, err := net.ListenPacket("udp", a.Host) // alone: it fails if anybody else has the address
	if err != nil {
		return err
	}
	conns := []*net.UDPConn{first.(*net.UDPConn)}
	l.addBound(a, first.LocalAddr())
	if len(l.workers) > 1 {
		if conns, err = shareAddress(conns[0], len(l.workers)); err != nil {
			l.log.Warn("cannot share an address among sockets; reading it by one", zap.Stringer("listener", a), zap.Error(err))
			conns, err = unshare(conns), nil
		}
	}
	for _, conn := range conns {
		err = errors.Join(err, l.addPackets(a, conn, socketFile{}, false))
	}
	return err
}

// unshare undoes what shareAddress could not finish.
func unshare(conns []*net.UDPConn) []*net.UDPConn {
	for _, conn := range conns[1:] {
		_ = conn.Close()
	}
	_ = control(conns[0], refuseNone) // fails if there is no filter
	return conns[:1]
}

// shareAddress binds sockets to the address of first until there are n. Which socket is a peer's changes with their
// number, so none takes anything before all are bound. With an error it returns what there is.
func shareAddress(first *net.UDPConn, n int) (conns []*net.UDPConn, err error) {
	conns = append(conns, first)
	join := func(_, _ string, c syscall.RawConn) (err error) {
		if e := c.Control(func(fd uintptr) { err = errors.Join(refuseAll(fd), reusePort(fd)) }); e != nil {
			return e
		}
		return err
	}
	raw, err := first.SyscallConn()
	if err != nil {
		return conns, err
	}
	if err := join("", "", raw); err != nil {
		return conns, err
	}
	config := net.ListenConfig{Control: join}
	for len(conns) < n {
		conn, err := config.ListenPacket(context.Background(), "udp", first.LocalAddr().String())
		if err != nil {
			return conns, err
		}
		conns = append(conns, conn.(*net.UDPConn))
	}
	for i, conn := range conns {
		admit := refuseShared
		if i == 0 {
			admit = refuseNone
		}
		if err := control(conn, admit); err != nil {
			return conns, err
		}
	}
	return conns, nil
}

// control calls f with the descriptor of c.
func control(c syscall.Conn, f func(fd uintptr) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) { err = f(fd) }); e != nil {
		return e
	}
	return err
}

// sizeBuffer gives a datagram socket the receive buffer that is wanted, or says once what keeps it from that.
func (l *Listener) sizeBuffer(p *packetSocket) error {
	if !p.unix {
		p.gather = leastGather
	}
	if l.opts.RecvBuffer == 0 {
		return nil
	}
	var granted int
	var err error
	set := setRecvBuffer
	if p.lent {
		set = growRecvBuffer
	}
	if e := p.raw.Control(func(fd uintptr) { granted, err = set(fd, l.opts.RecvBuffer) }); e != nil {
		return e
	}
	if !p.unix {
		p.gather = min(mostGather, max(leastGather, leastGather*time.Duration(granted/gatherShare)))
	}
	if err == nil && granted < l.opts.RecvBuffer {
		if _, ok := l.saySmall.now(1); ok {
			l.log.Warn("the kernel grants a smaller receive buffer; raise net.core.rmem_max with sysctl, or set recv_buffer",
				zap.String("listener", p.from.listener), zap.Int("wanted", l.opts.RecvBuffer), zap.Int("granted", granted))
		}
	}
	return err
}

// drops counts what the kernel drops of a socket's datagrams for want of room in its receive buffer. The kernel's own
// counter has 32 bits and is gone with the socket.
type drops struct {
	raw syscall.RawConn

	mu   sync.Mutex
	last uint32 // what the kernel said when it was asked last
	sum  int64
}

// forget begins anew: what was dropped so far concerns those who had the socket before.
func (d *drops) forget() {
	d.count()
	d.sum = 0
}

// count returns how many were dropped, until the socket was closed if it is.
func (d *drops) count() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.raw.Control(func(fd uintptr) {
		now := kernelDrops(fd)
		d.sum += int64(now - d.last)
		d.last = now
	})
	return d.sum
}
