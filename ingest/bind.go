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
)

// socketMode is what a unix socket's file may be used by: its owner and group. Who is to send without being in
// plumbago's group needs a directory or a group for it.
const socketMode = 0o660

// bind opens the socket of a, unless the process was given one for it.
func (l *Listener) bind(a Address) error {
	if ok, err := l.inheritFrom(a); ok || err != nil {
		return err
	}
	if given := l.opts.Inherited.take(a); given != nil {
		return l.adopt(a, given)
	}
	switch a.Network {
	case "tcp", "tls":
		var c net.ListenConfig
		c.SetMultipathTCP(false) // its sockets cannot refuse what comes after the stop
		s, err := c.Listen(context.Background(), "tcp", a.Host)
		if err != nil {
			return err
		}
		l.addAcceptor(a, s.(*net.TCPListener), socketFile{}, false)
		l.addBound(a, s.Addr())
	case "udp":
		return l.bindUDP(a)
	case "redis", "rediss":
		s, err := newListSource(l, a)
		l.lists = append(l.lists, s)
		return err
	case "file":
		s, err := newFileSource(l, a)
		l.files = append(l.files, s)
		return err
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
		l.addAcceptor(a, s, file, false)
		l.addBound(a, s.Addr())
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
		l.addBound(a, conn.LocalAddr())
		return errors.Join(err, l.addPackets(a, conn, file, false))
	}
	return nil
}

// addAcceptor adds a socket for connections. lent says that it was inherited.
func (l *Listener) addAcceptor(a Address, s listenSocket, file socketFile, lent bool) {
	l.acceptors = append(l.acceptors, &acceptor{
		listener: l, socket: s, file: file, at: a, lent: lent, name: a.String(), secure: a.Network == "tls", reserve: openReserve(),
	})
}

// addBound notes where l listens for the sake of a.
func (l *Listener) addBound(a Address, at net.Addr) {
	if a.Network == "tls" {
		at = secureAddr{at}
	}
	l.bound = append(l.bound, at)
}

// addPackets adds a socket for datagrams. lent says that it was inherited.
func (l *Listener) addPackets(a Address, conn packetConn, file socketFile, lent bool) error {
	if a.Network == "udp" {
		quiet, err := newQuietSocket(conn)
		if err != nil {
			return err
		}
		conn = quiet
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	w, d := l.turn()
	p := &packetSocket{
		listener: l, worker: w, conn: conn, raw: raw, file: file, at: a, lent: lent, unix: a.Network == "unixgram",
		lines: l.opts.Protocol != "pickle", drops: &drops{raw: raw},
		from: &origin{decoder: d, listener: a.String(), limiter: l.limiter, limited: &l.counts.rateLimited, received: &l.counts.received, kinds: l.kinds, callers: &l.callers, hurry: l.opts.Linger <= 0},
	}
	p.attempt = p.tryReceive
	if p.unix {
		p.rx = newReceiver(unixSlots, unixSlot)
	} else {
		p.rx = newReceiver(udpSlots, udpSlot)
		p.rx.name()
	}
	p.drops.forget()
	l.packets = append(l.packets, p)
	return l.sizeBuffer(p)
}

// A secureAddr is the address of a TCP socket on which TLS is spoken.
type secureAddr struct{ net.Addr }

// Network returns "tls".
func (secureAddr) Network() string { return "tls" }

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
