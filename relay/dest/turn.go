package dest

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"
)

// A lookup returns the addresses of a host.
type lookup func(ctx context.Context, host string) ([]string, error)

// A turn says when a connection should be made anew though nothing is wrong with it: it is old, or the endpoint's name
// does not stand for its address any more. It looks by itself, so nobody waits for a resolver.
type turn struct {
	lookedUp string        // the name; empty if nothing is to be looked up
	every    time.Duration // between two looks
	age      time.Duration // 0 for no bound
	find     lookup
	log      *zap.Logger

	due  chan struct{} // of the connection there is; closed when its turn is over
	stop context.CancelFunc
	wg   sync.WaitGroup
}

func newTurn(host string, o Options, log *zap.Logger) turn {
	if o.Resolve <= 0 {
		host = ""
	}
	return turn{lookedUp: host, every: o.Resolve, age: o.MaxConnAge, find: net.DefaultResolver.LookupHost, log: log}
}

// stale is closed when the connection should be made anew.
func (t *turn) stale() <-chan struct{} { return t.due }

// over says whether it is.
func (t *turn) over() bool {
	select {
	case <-t.due:
		return true
	default:
		return false
	}
}

// begin starts the turn of a connection to an address.
func (t *turn) begin(remote net.Addr) {
	t.end()
	address, ok := addressOf(remote)
	if t.age <= 0 && (t.lookedUp == "" || !ok) {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	due := make(chan struct{})
	t.due, t.stop = due, stop
	t.wg.Go(func() {
		if why := t.watch(ctx, address); why != "" {
			t.log.Info("making the connection anew", zap.String("why", why), zap.Stringer("address", remote))
			close(due)
		}
	})
}

// end ends the turn without a word; what it looks up at this moment is given up.
func (t *turn) end() {
	if t.stop != nil {
		t.stop()
		t.wg.Wait()
		t.due, t.stop = nil, nil
	}
}

// watch returns why the turn is over, or nothing if ctx ended first. Ages are spread, or a hundred connections that were
// made at once would be made anew at once.
func (t *turn) watch(ctx context.Context, address netip.Addr) (why string) {
	var old, again <-chan time.Time
	if t.age > 0 {
		timer := time.NewTimer(t.age - t.age/10 + rand.N(t.age/5+1))
		defer timer.Stop()
		old = timer.C
	}
	if t.lookedUp != "" && address.IsValid() {
		ticker := time.NewTicker(t.every)
		defer ticker.Stop()
		again = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return ""
		case <-old:
			return "it is as old as max_conn_age allows"
		case <-again:
			if t.vanished(ctx, address) {
				return "its address is none of the endpoint's any more"
			}
		}
	}
}

// vanished says whether the name stands for other addresses now. A resolver that fails, or knows none, proves nothing.
func (t *turn) vanished(ctx context.Context, address netip.Addr) bool {
	ctx, cancel := context.WithTimeout(ctx, t.every)
	defer cancel()
	found, err := t.find(ctx, t.lookedUp)
	if err != nil || len(found) == 0 {
		return false
	}
	for _, text := range found {
		if a, err := netip.ParseAddr(text); err != nil || a.Unmap().WithZone("") == address {
			return false
		}
	}
	return true
}

// addressOf returns the IP address of a, if it has one.
func addressOf(a net.Addr) (netip.Addr, bool) {
	with, ok := a.(interface{ AddrPort() netip.AddrPort })
	if !ok {
		return netip.Addr{}, false
	}
	ip := with.AddrPort().Addr().Unmap().WithZone("")
	return ip, ip.IsValid()
}
