package ingest

import (
	"net/netip"
	"sync"

	"plumbago/carbon"
)

// mostPeers is how many addresses a generation of a limiter knows.
const mostPeers = 8192

// A limiter holds each address to so many samples a second, with bursts of up to one second's worth. It knows the
// addresses in two generations: who sends moves to the young one, and when that is full the old one is forgotten. Who
// was forgotten has one burst again, which is what anybody has after a silent second.
type limiter struct {
	rate       int64
	mu         sync.Mutex // taken once a batch
	young, old map[netip.Addr]budget
}

// A budget is what an address may still send, in thousandths of a sample, as of a Unix millisecond: so that it grows by
// the rate every millisecond, exactly.
type budget struct{ left, at int64 }

// newLimiter returns a limiter, or nil if rate is 0.
func newLimiter(rate int) *limiter {
	if rate == 0 {
		return nil
	}
	return &limiter{rate: int64(rate), young: map[netip.Addr]budget{}, old: map[netip.Addr]budget{}}
}

// limit takes out of b what its peer may not send any more, and returns how much.
func (l *limiter) limit(b *carbon.Batch, peer netip.Addr) (over int) {
	keep := l.take(peer, len(b.Points), b.Arrival)
	over = len(b.Points) - keep
	b.Points = b.Points[:keep]
	b.Limited += uint32(over)
	return over
}

// take spends up to n samples of peer's budget at now, and returns how many.
func (l *limiter) take(peer netip.Addr, n int, now int64) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.young[peer]
	if !known {
		if b, known = l.old[peer]; !known {
			b = budget{left: 1000 * l.rate, at: now}
		}
		if len(l.young) >= mostPeers {
			l.young, l.old = l.old, l.young
			clear(l.young)
		}
	}
	switch past := now - b.at; {
	case past > 0:
		b.left, b.at = min(1000*l.rate, b.left+min(past, 1000)*l.rate), now
	case past < -1000: // the clock was set back; less is the work of a worker that was slower than another
		b.at = now
	}
	n = int(min(int64(n), b.left/1000))
	b.left -= 1000 * int64(n)
	l.young[peer] = b
	return n
}
