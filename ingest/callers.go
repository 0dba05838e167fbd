package ingest

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// mostWatched is how many addresses a listener keeps apart; mostShown how many of them it tells of.
	mostWatched = 1024
	mostShown   = 20
)

// A Caller is what one address did that a listener would rather have been spared, and how often it connected.
type Caller struct {
	Address     string    `json:"address"`
	Connections int64     `json:"connections"`  // that were taken
	Refused     int64     `json:"refused"`      // connections and datagrams that were not
	Broken      int64     `json:"broken"`       // connections and datagrams of which something could not be read on: TLS, compression, a PROXY header, a pickle
	Probes      int64     `json:"probes"`       // connections that ended before a byte came
	RateLimited int64     `json:"rate_limited"` // samples
	Last        time.Time `json:"last"`         // when the latest of these was
}

// trouble is how much of that there was.
func (p *Caller) trouble() int64 { return p.Refused + p.Broken + p.Probes + p.RateLimited }

// byTrouble puts those with the most first.
func byTrouble(a, b *Caller) int {
	return cmp.Or(cmp.Compare(b.trouble(), a.trouble()), cmp.Compare(b.Connections, a.Connections), cmp.Compare(a.Address, b.Address))
}

// callers are the addresses that a listener knows. When there are too many, the half with the least trouble is forgotten.
type callers struct {
	mu sync.Mutex
	by map[netip.Addr]*Caller
}

// note changes what is known of an address; one that is none (of a unix socket) is nobody's.
func (cs *callers) note(a netip.Addr, change func(p *Caller)) {
	if !a.IsValid() {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	p := cs.by[a]
	if p == nil {
		if len(cs.by) >= mostWatched {
			cs.thin()
		}
		if cs.by == nil {
			cs.by = map[netip.Addr]*Caller{}
		}
		p = &Caller{Address: a.String()}
		cs.by[a] = p
	}
	change(p)
	p.Last = time.Now()
}

// thin forgets half of the addresses.
func (cs *callers) thin() {
	all := make([]*Caller, 0, len(cs.by))
	for _, p := range cs.by {
		all = append(all, p)
	}
	slices.SortFunc(all, byTrouble)
	last := all[len(all)/2]
	for a, p := range cs.by {
		if byTrouble(p, last) >= 0 {
			delete(cs.by, a)
		}
	}
}

// Callers returns the addresses that gave the most trouble, or else connected most often.
func (l *Listener) Callers() []Caller {
	l.callers.mu.Lock()
	all := make([]*Caller, 0, len(l.callers.by))
	for _, p := range l.callers.by {
		copied := *p
		all = append(all, &copied)
	}
	l.callers.mu.Unlock()
	slices.SortFunc(all, byTrouble)
	shown := make([]Caller, 0, mostShown)
	for _, p := range all[:min(len(all), mostShown)] {
		shown = append(shown, *p)
	}
	return shown
}

func wasTaken(p *Caller) { p.Connections++ }

func wasRefused(p *Caller) { p.Refused++ }

func wasBroken(p *Caller) { p.Broken++ }

func wasProbe(p *Caller) { p.Probes++ }
