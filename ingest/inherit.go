package ingest

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// Sockets are those that the process was given at its start by whoever holds them open while it is restarted. A listener
// takes those that fit its addresses instead of binding its own. It never shuts them, and at its end leaves what waits
// in them: that is for the process that gets them next.
type Sockets struct {
	log *zap.Logger
	all []*inherited
}

// An inherited is one of them. Its file stays open, so that a listener which is made later can have the socket.
type inherited struct {
	file    *os.File
	network string // tcp, udp, unix or unixgram
	addr    net.Addr
	used    bool
}

// NewSockets takes over files. Those that nothing can come by are closed at once.
func NewSockets(files []*os.File, log *zap.Logger) *Sockets {
	s := &Sockets{log: log}
	for _, f := range files {
		g, err := identify(f)
		if err != nil {
			log.Warn("closing an inherited file that is of no use", zap.String("name", legible(f.Name())), zap.Error(err))
			_ = f.Close()
			continue
		}
		s.all = append(s.all, g)
	}
	return s
}

// identify finds out what f is.
func identify(f *os.File) (*inherited, error) {
	g := &inherited{file: f}
	var kind, proto, listening int
	err := control(f, func(fd uintptr) (err error) {
		if kind, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TYPE); err != nil {
			return err
		}
		proto, _ = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_PROTOCOL)
		listening, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
		return err
	})
	switch {
	case err == syscall.ENOTSOCK:
		return nil, errors.New("it is no socket")
	case err != nil:
		return nil, err
	case kind == unix.SOCK_STREAM && listening == 0:
		return nil, errors.New("it does not listen (with systemd: Accept=yes)")
	case kind == unix.SOCK_STREAM && (proto == unix.IPPROTO_TCP || proto == unix.IPPROTO_MPTCP || proto == 0):
		l, err := net.FileListener(f)
		if err != nil {
			return nil, err
		}
		defer l.Close()
		g.addr = l.Addr()
	case kind == unix.SOCK_DGRAM && (proto == unix.IPPROTO_UDP || proto == 0):
		c, err := net.FilePacketConn(f)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		g.addr = c.LocalAddr()
	default:
		return nil, fmt.Errorf("it is a socket of type %d and protocol %d", kind, proto)
	}
	g.network = g.addr.Network()
	return g, nil
}

// take returns the sockets that fit a, which stay s's own: a listener opens copies of them.
func (s *Sockets) take(a Address) (given []*os.File) {
	if s == nil {
		return nil
	}
	for _, g := range s.all {
		if g.fits(a) {
			g.used = true
			given = append(given, g.file)
			s.log.Info("using an inherited socket", zap.Stringer("listener", a), zap.String("name", legible(g.file.Name())))
		}
	}
	return given
}

// CloseUnused closes the sockets that no listener has taken. What comes to them is then refused, instead of waiting for
// nobody.
func (s *Sockets) CloseUnused() {
	if s == nil {
		return
	}
	var kept []*inherited
	for _, g := range s.all {
		if g.used {
			kept = append(kept, g)
			continue
		}
		s.log.Warn("closing an inherited socket that no listener has an address for", zap.String("name", legible(g.file.Name())),
			zap.String("address", g.network+"://"+legible(g.addr.String())))
		_ = g.file.Close()
	}
	s.all = kept
}

// fits says whether g is what a asks for. Every wildcard is alike: whether both versions of IP come by it is decided by who
// made the socket.
func (g *inherited) fits(a Address) bool {
	switch at := g.addr.(type) {
	case *net.TCPAddr:
		if a.Network != "tcp" && a.Network != "tls" {
			return false
		}
		want, err := net.ResolveTCPAddr("tcp", a.Host)
		return err == nil && sameAddr(at.AddrPort(), want.AddrPort())
	case *net.UDPAddr:
		if a.Network != "udp" {
			return false
		}
		want, err := net.ResolveUDPAddr("udp", a.Host)
		return err == nil && sameAddr(at.AddrPort(), want.AddrPort())
	case *net.UnixAddr:
		return a.Network == g.network && a.Host == at.Name
	}
	return false
}

// sameAddr compares a socket's address with one that is wanted, in which no address at all is the wildcard.
func sameAddr(has, want netip.AddrPort) bool {
	h, w := has.Addr().Unmap(), want.Addr().Unmap()
	wild := !w.IsValid() || w.IsUnspecified()
	return has.Port() == want.Port() && (h == w || wild && h.IsUnspecified())
}

// adopt has l listen by the sockets that were given for a.
func (l *Listener) adopt(a Address, given []*os.File) error {
	for i, f := range given {
		var at net.Addr
		switch a.Network {
		case "udp", "unixgram":
			c, err := net.FilePacketConn(f)
			if err != nil {
				return err
			}
			at = c.LocalAddr()
			if err := l.addPackets(a, c.(packetConn), socketFile{}, true); err != nil {
				return err
			}
		default:
			s, err := net.FileListener(f)
			if err != nil {
				return err
			}
			at = s.Addr()
			l.addAcceptor(a, s.(listenSocket), socketFile{}, true)
		}
		if i == 0 {
			l.addBound(a, at)
		}
	}
	return nil
}
