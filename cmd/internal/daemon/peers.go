package daemon

import (
	"cmp"
	"context"
	"slices"
	"time"

	"plumbago/ingest"
)

// PeerList are those who have sent the most.
type PeerList struct {
	Peers []Peer `json:"peers"`
	Total int    `json:"total"` // how many are known, shown or not
}

// A Peer is what a sender has sent since it is known. Of very many senders those that send the most are known.
type Peer struct {
	Peer     string    `json:"peer"`     // its address, "" of a unix socket
	Listener string    `json:"listener"` // the address that it sends to
	Lines    int64     `json:"lines"`    // good or bad
	Bytes    int64     `json:"bytes"`
	Bad      int64     `json:"bad"`          // lines that were refused
	Limited  int64     `json:"rate_limited"` // lines that were dropped as they were too many
	Rate     float64   `json:"lines_per_second"`
	Last     time.Time `json:"last"`                   // when the latest line came
	Skew     *float64  `json:"skew_seconds,omitempty"` // how far its newest sample of the last minute was ahead of our clock
	Before   int64     `json:"lines_before,omitempty"` // at most so many more came before it was known
}

// The orders in which peers are listed.
var peerOrders = map[string]func(a, b *Peer) int{
	"lines": func(a, b *Peer) int { return cmp.Compare(b.Lines, a.Lines) },
	"rate":  func(a, b *Peer) int { return cmp.Compare(b.Rate, a.Rate) },
	"bytes": func(a, b *Peer) int { return cmp.Compare(b.Bytes, a.Bytes) },
	"bad":   func(a, b *Peer) int { return cmp.Compare(b.Bad, a.Bad) },
	"skew":  func(a, b *Peer) int { return cmp.Compare(b.skew(), a.skew()) },
}

// PeerOrders are the orders in which peers can be listed: the largest first.
func PeerOrders() []string { return []string{"lines", "rate", "bytes", "bad", "skew"} }

// skew returns how far the peer's clock is off, either way.
func (p *Peer) skew() float64 {
	if p.Skew == nil {
		return -1
	}
	return max(*p.Skew, -*p.Skew)
}

// Peers lists the first so many of those who have sent the most, in an order of PeerOrders.
func (d *Daemon) Peers(ctx context.Context, order string, limit int) (PeerList, error) {
	known := map[ingest.Sender]*Peer{}
	for _, w := range d.workers {
		var some []ingest.Sent
		if err := d.ask(ctx, w, func() { some = w.Sent() }); err != nil {
			return PeerList{}, err
		}
		for i := range some {
			p := &some[i]
			if known[p.Sender] == nil {
				known[p.Sender] = &Peer{Peer: address(p.Addr), Listener: p.Listener}
			}
			known[p.Sender].add(p)
		}
	}
	l := PeerList{Peers: []Peer{}, Total: len(known)}
	for _, p := range known {
		l.Peers = append(l.Peers, *p)
	}
	slices.SortFunc(l.Peers, func(a, b Peer) int {
		return cmp.Or(peerOrders[order](&a, &b), cmp.Compare(b.Lines, a.Lines), cmp.Compare(a.Peer, b.Peer), cmp.Compare(a.Listener, b.Listener))
	})
	l.Peers = l.Peers[:min(limit, len(l.Peers))]
	return l, nil
}

// add adds what another worker knows.
func (p *Peer) add(o *ingest.Sent) {
	p.Lines, p.Bytes, p.Bad, p.Limited = p.Lines+o.Lines, p.Bytes+o.Bytes, p.Bad+o.Bad, p.Limited+o.Limited
	p.Rate, p.Before = p.Rate+o.PerSec, p.Before+o.Over
	if last := time.UnixMilli(o.Last); last.After(p.Last) {
		p.Last = last
	}
	if skew := float64(o.Skew) / 1000; o.Timed && (p.Skew == nil || skew > *p.Skew) {
		p.Skew = &skew
	}
}
