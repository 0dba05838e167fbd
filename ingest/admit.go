package ingest

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// A Quota bounds something of several listeners together: their connections, or bytes. A nil one bounds nothing.
type Quota struct{ most, open atomic.Int64 }

// NewQuota returns a quota of so many.
func NewQuota(most int) *Quota {
	q := new(Quota)
	q.Resize(most)
	return q
}

// Resize changes how many there may be. Those that are too many stay.
func (q *Quota) Resize(most int) { q.most.Store(int64(most)) }

// take takes a place, if there is one.
func (q *Quota) take() bool {
	if q == nil {
		return true
	}
	if q.open.Add(1) > q.most.Load() {
		q.open.Add(-1)
		return false
	}
	return true
}

// add takes n more of what is counted, or gives so many back if n is below 0; it reports false, and takes nothing, if there
// is not so much.
func (q *Quota) add(n int64) bool {
	if q == nil || n == 0 {
		return true
	}
	if q.open.Add(n) > q.most.Load() && n > 0 {
		q.open.Add(-n)
		return false
	}
	return true
}

func (q *Quota) give() {
	if q != nil {
		q.open.Add(-1)
	}
}

// ParsePrefix reads an address or a CIDR range: what allow lists.
func ParsePrefix(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("%q is neither an IP address nor a CIDR range", text)
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return p, fmt.Errorf("%q is neither an IP address nor a CIDR range", text)
	case p.Addr().Is4In6():
		return p, fmt.Errorf("%q is an IPv4 range written as IPv6: leave out the prefix ::ffff:0:0", text)
	case p != p.Masked():
		return p, fmt.Errorf("%q has bits set beyond its length: want %q", text, p.Masked())
	}
	return p, nil
}

// prefixes are ranges of addresses; none is every address.
type prefixes []netip.Prefix

func parsePrefixes(texts []string) (ps prefixes, err error) {
	for _, text := range texts {
		p, err := ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// admit says whether a is in one of the ranges.
func (ps prefixes) admit(a netip.Addr) bool {
	for _, p := range ps {
		if p.Contains(a) {
			return true
		}
	}
	return len(ps) == 0
}

// remote returns the address of a connection's peer, the zero AddrPort if it has none: a unix socket, or a pipe.
func remote(conn net.Conn) netip.AddrPort {
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return plainAddr(a.AddrPort())
	}
	return netip.AddrPort{}
}

// plainAddr returns an address in the one form in which it is compared: IPv4 as such, and without a zone.
func plainAddr(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// notTrusted counts a connection that proxy_from refused.
func (l *Listener) notTrusted(name, peer string) {
	l.counts.notTrusted.Add(1)
	if held, ok := l.sayNotTrusted.now(1); ok {
		l.log.Warn("refusing a connection from an address that is not in proxy_from", zap.String("listener", name),
			zap.String("peer", legible(peer)), zap.Int64("refused", held))
	}
}

// notAllowed counts n connections or datagrams that allow refused, of which the last came from peer.
func (l *Listener) notAllowed(what, name, peer string, n int64) {
	l.counts.notAllowed.Add(n)
	if held, ok := l.sayNotAllowed.now(n); ok {
		l.log.Warn("refusing "+what+" from an address that is not in allow", zap.String("listener", name),
			zap.String("peer", legible(peer)), zap.Int64("refused", held))
	}
}

// overLimit counts a connection that was refused for the number of those that are open.
func (l *Listener) overLimit(name, peer string) {
	l.counts.overLimit.Add(1)
	if held, ok := l.sayOverLimit.now(1); ok {
		l.log.Warn("refusing a connection: there are as many as the limit on connections allows",
			zap.String("listener", name), zap.String("peer", legible(peer)), zap.Int64("refused", held))
	}
}

// crowded tells of a connection that is ended for the memory that unfinished messages take.
func (l *Listener) crowded(s *stream) {
	if held, ok := l.sayCrowded.now(1); ok {
		l.log.Warn("ending a connection within a message: unfinished ones take as much memory as limits.memory has for them",
			zap.String("listener", s.from.listener), zap.String("peer", s.name()), zap.Int64("ended", held))
	}
}

// seldomEvery is the least time between two messages of a kind that senders can cause at will.
const seldomEvery = time.Minute

// A seldom lets one message through at a time, and tells it how many events it stands for.
type seldom struct {
	mu   sync.Mutex
	last time.Time
	held int64
}

// now counts n events. It reports whether to write the message now, and of how many events.
func (s *seldom) now(n int64) (events int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held += n
	now := time.Now()
	if !s.last.IsZero() && now.Sub(s.last) < seldomEvery {
		return 0, false
	}
	s.last, events, s.held = now, s.held, 0
	return events, true
}
