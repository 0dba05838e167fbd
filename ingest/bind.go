package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// socketMode is what a unix socket's file may be used by: its owner and group. Who is to send without being in
// plumbago's group needs a directory or a group for it.
const socketMode = 0o660

// bind opens the socket of a.
func (l *Listener) bind(a Address) error {
	switch a.Network {
	case "tcp", "tls":
		var c net.ListenConfig
		c.SetMultipathTCP(false) // its sockets cannot refuse what comes after the stop
		s, err := c.Listen(context.Background(), "tcp", a.Host)
		if err != nil {
			return err
		}
		l.addAcceptor(a, s.(*net.TCPListener), socketFile{})
	case "udp":
		conn, err := net.ListenPacket("udp", a.Host)
		if err != nil {
			return err
		}
		return l.addPackets(a, conn.(*net.UDPConn), socketFile{})
	case "unix":
		if err := removeStale(a); err != nil {
			return err
		}
		s, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix", Name: a.Host})
		if err != nil {
			return err
		}
		s.SetUnlinkOnClose(false) // the file may be another's by then
		file, err := ownFile(a)
		l.addAcceptor(a, s, file)
		return err
	case "unixgram":
		if err := removeStale(a); err != nil {
			return err
		}
		conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: a.Host})
		if err != nil {
			return err
		}
		file, err := ownFile(a)
		return errors.Join(err, l.addPackets(a, conn, file))
	}
	return nil
}

func (l *Listener) addAcceptor(a Address, s listenSocket, file socketFile) {
	l.acceptors = append(l.acceptors, &acceptor{
		listener: l, socket: s, file: file, name: a.String(), secure: a.Network == "tls", reserve: openReserve(),
	})
	if at := s.Addr(); a.Network == "tls" {
		l.bound = append(l.bound, secureAddr{at})
	} else {
		l.bound = append(l.bound, at)
	}
}

func (l *Listener) addPackets(a Address, conn packetConn, file socketFile) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	w, d := l.turn()
	p := &packetSocket{
		listener: l, worker: w, conn: conn, raw: raw, file: file, unix: a.Network == "unixgram",
		lines: l.opts.Protocol == "line",
		from:  &origin{decoder: d, listener: a.String(), limiter: l.limiter, limited: &l.counts.rateLimited},
	}
	p.attempt = p.tryReceive
	if p.unix {
		p.rx = newReceiver(unixSlots, unixSlot)
	} else {
		p.rx = newReceiver(udpSlots, udpSlot)
		p.rx.name()
	}
	l.packets = append(l.packets, p)
	l.bound = append(l.bound, conn.LocalAddr())
	return l.sizeBuffer(a, raw)
}

// A secureAddr is the address of a TCP socket on which TLS is spoken.
type secureAddr struct{ net.Addr }

// Network returns "tls".
func (secureAddr) Network() string { return "tls" }

// sizeBuffer gives a datagram socket the receive buffer that is wanted, or says once what keeps it from that.
func (l *Listener) sizeBuffer(a Address, raw syscall.RawConn) error {
	if l.opts.RecvBuffer == 0 {
		return nil
	}
	var granted int
	var err error
	if e := raw.Control(func(fd uintptr) { granted, err = setRecvBuffer(fd, l.opts.RecvBuffer) }); e != nil {
		return e
	}
	if err == nil && granted < l.opts.RecvBuffer {
		l.log.Warn("the kernel grants a smaller receive buffer; raise net.core.rmem_max with sysctl, or set recv_buffer",
			zap.String("listener", a.String()), zap.Int("wanted", l.opts.RecvBuffer), zap.Int("granted", granted))
	}
	return err
}

// removeStale removes the file of a unix socket on which nobody answers any more.
func removeStale(a Address) error {
	if strings.HasPrefix(a.Host, "@") {
		return nil
	}
	switch info, err := os.Lstat(a.Host); {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != os.ModeSocket:
		return fmt.Errorf("%s exists and is no socket", a.Host)
	}
	// A file says not whether its socket is of streams or of datagrams; each refuses the other's call in a way of its
	// own, so only a refusal to the right call tells that nobody is there.
	for _, network := range []string{a.Network, "unix", "unixgram"} {
		conn, err := net.DialTimeout(network, a.Host, time.Second)
		if err == nil {
			_ = conn.Close()
			return fmt.Errorf("%s is in use: another process answers on it", a.Host)
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			return os.Remove(a.Host)
		}
		if !errors.Is(err, syscall.EPROTOTYPE) {
			return fmt.Errorf("asking whether %s is in use: %w", a.Host, err)
		}
	}
	return fmt.Errorf("%s is in use", a.Host)
}

// A socketFile is the file of a unix socket of ours; the zero value is none.
type socketFile struct {
	path string
	info os.FileInfo
}

// ownFile opens the file of a socket that was just bound to its group, and remembers which file it is.
func ownFile(a Address) (f socketFile, err error) {
	if strings.HasPrefix(a.Host, "@") {
		return f, nil
	}
	if err := os.Chmod(a.Host, socketMode); err != nil {
		return f, err
	}
	f.path = a.Host
	f.info, err = os.Lstat(a.Host)
	return f, err
}

// remove removes the file, unless it is not ours any more.
func (f socketFile) remove() {
	if f.path == "" {
		return
	}
	if now, err := os.Lstat(f.path); err == nil && os.SameFile(now, f.info) {
		_ = os.Remove(f.path)
	}
}
