package aggregate

import (
	"bytes"
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"sync"
)

// An Origin is where a name came from.
type Origin struct {
	Listener uint16     // that it came by, or Results
	Peer     netip.Addr // who sent it; the zero Addr if nobody knows
}

// A Refusal is a group of series that a limit refused: those of one rule and listener whose names begin alike.
type Refusal struct {
	Rule    int      // its ID
	Source  int      // the listener that they came by; -1 if they were other aggregates' results
	Prefix  string   // the first two nodes of the names
	Names   int64    // how many were refused; one that was forgotten meanwhile counts again
	Last    string   // the latest of them
	Senders []Sender // who sent most of them, the busiest first
}

// A Sender is how many of the refused names of a group one address sent.
type Sender struct {
	Peer  netip.Addr
	Names int64 // once there were more than are told apart, at most that many
}

// Results is the source of samples that are results of aggregates.
const Results = 1<<16 - 1

// How many groups are told apart, and in each how many senders.
const (
	mostRefusals = 1000
	mostSenders  = 8
)

// refusals are what was refused since the start.
type refusals struct {
	sync.Mutex
	by     map[refusalKey]*Refusal
	others int64 // names of groups beyond the bound
}

type refusalKey struct {
	rule   int
	source uint16
	prefix string
}

// add notes a refused series.
func (r *refusals) add(rule int, from Origin, key []byte) {
	name, _, _ := bytes.Cut(key, []byte{keyMark})
	prefix, _, _ := bytes.Cut(name, []byte{';'})
	if first := bytes.IndexByte(prefix, '.'); first >= 0 {
		if second := bytes.IndexByte(prefix[first+1:], '.'); second >= 0 {
			prefix = prefix[:first+1+second]
		}
	}
	r.Lock()
	defer r.Unlock()
	at := refusalKey{rule, from.Listener, string(prefix)}
	group := r.by[at]
	switch {
	case group != nil:
	case len(r.by) >= mostRefusals:
		r.others++
		return
	case r.by == nil:
		r.by = map[refusalKey]*Refusal{}
		fallthrough
	default:
		group = &Refusal{Rule: rule, Source: int(from.Listener), Prefix: at.prefix}
		if from.Listener == Results {
			group.Source = -1
		}
		r.by[at] = group
	}
	group.Names++
	group.Last = string(name)
	if from.Peer.IsValid() {
		group.sent(from.Peer)
	}
}

// sent counts a name of a sender. One too many takes the place of the least busy, and what that counted: so whoever sends
// much is among them, whenever he began.
func (g *Refusal) sent(peer netip.Addr) {
	least := 0
	for i := range g.Senders {
		s := &g.Senders[i]
		if s.Peer == peer {
			s.Names++
			return
		}
		if s.Names < g.Senders[least].Names {
			least = i
		}
	}
	if len(g.Senders) < mostSenders {
		g.Senders = append(g.Senders, Sender{peer, 1})
		return
	}
	g.Senders[least].Peer = peer
	g.Senders[least].Names++
}

// Refused returns what the limits refused, the largest groups first, and how many names were in groups beyond the
// thousand that are told apart.
func (a *Aggregator) Refused() (groups []Refusal, others int64) {
	r := &a.refused
	r.Lock()
	defer r.Unlock()
	for _, group := range r.by {
		one := *group
		one.Senders = slices.Clone(group.Senders)
		slices.SortFunc(one.Senders, func(a, b Sender) int { return cmp.Or(cmp.Compare(b.Names, a.Names), a.Peer.Compare(b.Peer)) })
		groups = append(groups, one)
	}
	slices.SortFunc(groups, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(b.Names, a.Names), cmp.Compare(a.Prefix, b.Prefix), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Source, b.Source))
	})
	return groups, r.others
}

// drop forgets what a rule refused.
func (r *refusals) drop(rule int) {
	r.Lock()
	defer r.Unlock()
	maps.DeleteFunc(r.by, func(at refusalKey, _ *Refusal) bool { return at.rule == rule })
}
