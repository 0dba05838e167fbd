package relay

import (
	"slices"

	"plumbago/aggregate"
	"plumbago/carbon"
)

// know asks the table about a name that the lane does not know, and remembers the answer.
func (l *Lane) know(b *carbon.Batch, p *carbon.Point) *seen {
	name := b.Name(p)
	if s := l.memory.find(p.Hash, name); s != nil {
		return s
	}
	route, refs := l.bind(name, p.Kind, l.table.walk(string(name), 0, nil))
	return l.memory.young.add(p.Hash, name, route, refs)
}

// Way asks the table about a result of the aggregate rule with the given ID.
func (l *Lane) Way(name []byte, k carbon.Kind, rule int) uint32 {
	route, refs := l.bind(name, k, l.table.way(string(name), rule))
	if len(refs) == 0 { // most results are only sent, and most of them alike
		for i, w := range l.ways[1:] {
			if w.route == route && len(w.refs) == 0 {
				return uint32(i) + 1
			}
		}
	}
	l.ways = append(l.ways, way{route, refs})
	return uint32(len(l.ways)) - 1
}

// bind makes a verdict ready for the path of a line.
func (l *Lane) bind(name []byte, k carbon.Kind, v verdict) (at uint32, refs []aggregate.Ref) {
	for _, f := range v.folds {
		refs = append(refs, l.table.Aggregator.Bind(f.rule.fold, k, name, []byte(f.name)))
	}
	e := unrouted
	if v.dropped {
		e = dropped
	}
	return l.intern(route{v.targets, e}), refs
}

// intern returns the index of a route: there are few of them, however many names.
func (l *Lane) intern(r route) uint32 {
	for i := range l.routes {
		if l.routes[i].end == r.end && slices.Equal(l.routes[i].targets, r.targets) {
			return uint32(i)
		}
	}
	l.routes = append(l.routes, r)
	return uint32(len(l.routes)) - 1
}
