package daemon

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate/sketch"
	"plumbago/relay"
)

// PrefixList are the busiest beginnings of names.
type PrefixList struct {
	Depth    int      `json:"depth"` // of how many nodes they are
	Prefixes []Prefix `json:"prefixes"`
	Total    int      `json:"total"` // how many are known, shown or not
}

// A Prefix is what came under names that begin with the same nodes.
type Prefix struct {
	Prefix string  `json:"prefix"`
	Lines  float64 `json:"lines_per_second"`  // about, over the last minute or two
	Series uint64  `json:"series"`            // different names since the start, about
	Growth float64 `json:"growth_per_minute"` // names that were not known, over the last minute or two
}

// The orders in which prefixes are listed, the largest first.
var prefixOrders = map[string]func(a, b *Prefix) int{
	"lines":  func(a, b *Prefix) int { return cmp.Compare(b.Lines, a.Lines) },
	"series": func(a, b *Prefix) int { return cmp.Compare(b.Series, a.Series) },
	"growth": func(a, b *Prefix) int { return cmp.Compare(b.Growth, a.Growth) },
}

// PrefixOrders are the orders in which prefixes can be listed.
func PrefixOrders() []string { return []string{"lines", "series", "growth"} }

// Prefixes lists the first so many of the busiest prefixes of one node or two, in an order of PrefixOrders.
func (d *Daemon) Prefixes(ctx context.Context, depth int, order string, limit int) (PrefixList, error) {
	l := PrefixList{Depth: depth, Prefixes: []Prefix{}}
	known := map[string]*Prefix{}
	names := map[string]*sketch.Distinct{}
	now := time.Now().UnixMilli()
	for i, w := range d.workers {
		var some []relay.Prefix
		if err := d.ask(ctx, w, func() { some = d.lanes[i].Prefixes(now) }); err != nil {
			return l, err
		}
		for j := range some {
			p := &some[j]
			name := p.Name
			if depth == 1 {
				name, _, _ = strings.Cut(name, ".")
			}
			if known[name] == nil {
				known[name], names[name] = &Prefix{Prefix: name}, new(sketch.Distinct)
			}
			known[name].Lines += p.Lines
			known[name].Growth += p.New
			names[name].Merge(&p.Names)
		}
	}
	for name, p := range known {
		p.Series = names[name].Estimate()
		l.Prefixes = append(l.Prefixes, *p)
	}
	l.Total = len(known)
	slices.SortFunc(l.Prefixes, func(a, b Prefix) int {
		return cmp.Or(prefixOrders[order](&a, &b), cmp.Compare(b.Lines, a.Lines), cmp.Compare(a.Prefix, b.Prefix))
	})
	l.Prefixes = l.Prefixes[:min(limit, len(l.Prefixes))]
	return l, nil
}
