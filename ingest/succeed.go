package ingest

import (
	"context"
	"net"
	"os"
)

// Succeed has l, when it is opened, take over the sockets that some listeners have for addresses of its own, instead of binding
// what is bound. Both then take what comes, until Yield.
func (l *Listener) Succeed(before []*Listener) { l.before = before }

// A passage is a socket that goes from one listener to another.
type passage struct {
	before   *Listener
	from, to *acceptor // or
	old, new *packetSocket
}

// inheritFrom takes over what a listener before has for a. It reports false if none has anything.
func (l *Listener) inheritFrom(a Address) (ok bool, err error) {
	for _, before := range l.before {
		for _, from := range before.acceptors {
			if !from.at.sameSocket(a) {
				continue
			}
			f, err := from.socket.File()
			if err != nil {
				return false, err
			}
			s, err := net.FileListener(f)
			f.Close()
			if err != nil {
				return false, err
			}
			l.addAcceptor(a, s.(listenSocket), socketFile{}, from.lent)
			l.passages = append(l.passages, passage{before: before, from: from, to: l.acceptors[len(l.acceptors)-1]})
			l.addBoundOnce(a, s.Addr(), !ok)
			ok = true
		}
		for _, old := range before.packets {
			if !old.at.sameSocket(a) {
				continue
			}
			if err := l.inheritPackets(a, old, !ok); err != nil {
				return false, err
			}
			ok = true
		}
		if ok {
			return true, nil
		}
	}
	return false, nil
}

func (l *Listener) inheritPackets(a Address, old *packetSocket, first bool) error {
	f, err := old.conn.File()
	if err != nil {
		return err
	}
	c, err := filePackets(f)
	if err != nil {
		return err
	}
	if err := l.addPackets(a, c, socketFile{}, old.lent); err != nil {
		return err
	}
	l.passages = append(l.passages, passage{before: old.listener, old: old, new: l.packets[len(l.packets)-1]})
	l.addBoundOnce(a, c.LocalAddr(), first)
	return nil
}

// filePackets makes a socket of a file, which it closes.
func filePackets(f *os.File) (packetConn, error) {
	defer f.Close()
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return c.(packetConn), nil
}

// addBoundOnce is addBound of the first of an address's sockets.
func (l *Listener) addBoundOnce(a Address, at net.Addr, first bool) {
	if first {
		l.addBound(a, at)
	}
}

// Assume makes the sockets that l has taken over its own: the files of unix sockets too. Nobody may have been told to Yield yet,
// and l must not be started. It returns whose they were.
func (l *Listener) Assume() (whose []*Listener) {
	for _, p := range l.passages {
		whose = append(whose, p.before)
		if p.from != nil {
			p.to.file, p.from.passed = p.from.file, true
		} else {
			p.new.file, p.old.passed = p.old.file, true
		}
	}
	l.before, l.passages = nil, nil
	return whose
}

// Yield has l take nothing more by its sockets, some of which others have assumed; the rest it closes as Close does. Connections
// go on as they are, until their ends or Close. It returns once the sockets are free.
func (l *Listener) Yield() {
	close(l.yield)
	for _, a := range l.acceptors {
		_ = a.socket.SetDeadline(longAgo())
	}
	for _, p := range l.packets {
		if !p.passed {
			p.shut()
		}
		_ = p.conn.SetReadDeadline(longAgo())
	}
	l.accepting.Wait()
	l.receiving.Wait()
}

// Ended returns when the last connection of a listener that has yielded has ended, or ctx is done, which it reports.
func (l *Listener) Ended(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		l.reading.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// yielded says whether Yield has begun.
func (l *Listener) yielded() bool {
	select {
	case <-l.yield:
		return true
	default:
		return false
	}
}

// sameSocket says whether one socket would do for both addresses.
func (a Address) sameSocket(b Address) bool {
	base := func(network string) string {
		if network == "tls" {
			return "tcp"
		}
		return network
	}
	return base(a.Network) == base(b.Network) && a.Host == b.Host
}
