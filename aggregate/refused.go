package aggregate

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
)

// A Refusal is a group of series that a limit refused: those of one rule and listener whose names begin alike.
type Refusal struct {
	Rule   int    // its ID
	Source int    // the listener that the first sample came by; -1 if it was another aggregate's result
	Prefix string // the first two nodes of the names
	Names  int64  // how many were refused; one that was forgotten meanwhile counts again
	Last   string // the latest of them
}

// Results is the source of samples that are results of aggregates.
const Results = 1<<16 - 1

// mostRefusals bounds how many groups are told apart.
const mostRefusals = 1000

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
func (r *refusals) add(rule int, source uint16, key []byte) {
	name, _, _ := bytes.Cut(key, []byte{keyMark})
	prefix, _, _ := bytes.Cut(name, []byte{';'})
	if first := bytes.IndexByte(prefix, '.'); first >= 0 {
		if second := bytes.IndexByte(prefix[first+1:], '.'); second >= 0 {
			prefix = prefix[:first+1+second]
		}
	}
	r.Lock()
	defer r.Unlock()
	at := refusalKey{rule, source, string(prefix)}
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
		group = &Refusal{Rule: rule, Source: int(source), Prefix: at.prefix}
		if source == Results {
			group.Source = -1
		}
		r.by[at] = group
	}
	group.Names++
	group.Last = string(name)
}

// Refused returns what the limits refused, the largest groups first, and how many names were in groups beyond the
// thousand that are told apart.
func (a *Aggregator) Refused() (groups []Refusal, others int64) {
	r := &a.refused
	r.Lock()
	defer r.Unlock()
	for _, group := range r.by {
		groups = append(groups, *group)
	}
	slices.SortFunc(groups, func(a, b Refusal) int {
		return cmp.Or(cmp.Compare(b.Names, a.Names), cmp.Compare(a.Prefix, b.Prefix), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Source, b.Source))
	})
	return groups, r.others
}
