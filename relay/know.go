package relay

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"plumbago/aggregate"
	"plumbago/carbon"
)

// know asks the table about a name that the lane does not know, and remembers the answer.
func (l *Lane) know(b *carbon.Batch, p *carbon.Point) *seen {
	name := b.Name(p)
	if s := l.memory.find(p.Hash, name); s != nil {
		return s
	}
	if !b.Own {
		l.busiest.meet(name, p.Hash, b.Arrival)
	}
	var v *verdict
	if p.Kind.Statsd() {
		v = l.table.measure(&l.asking.walker, string(name), p.Kind, b.Source)
	} else { // the batch's own bytes, as nothing of the verdict outlives it
		v = l.table.walk(&l.asking.walker, unsafe.String(unsafe.SliceData(name), len(name)), 0, nil)
	}
	w := l.bind(name, p.Kind, aggregate.Origin{Listener: b.Source, Peer: b.PeerOf(p).Addr()}, v)
	if len(w.forms) > 0 { // which lie behind their name
		l.asking.kept = carbon.Text{}
	}
	return l.memory.young.add(p.Hash, name, w, l.asking.kept)
}

// kept returns where a name lies that one of the aggregates keeps whose series its samples go into: a million names need not
// be in memory twice. It is no text if none does.
func (l *Lane) kept(refs []aggregate.Ref, name []byte) carbon.Text {
	for _, ref := range refs {
		if ref.None() {
			continue
		}
		if r := l.table.byID[ref.Rule]; r != nil && r.seat != nil {
			if text := r.seat.Text(ref, name); !text.None() {
				return text
			}
		}
	}
	return carbon.Text{}
}

// Way asks the table about a result of the aggregate rule with the given ID, for one of its targets.
func (l *Lane) Way(name []byte, k carbon.Kind, rule, target int) uint32 {
	if last := &l.latest; last.way != 0 && last.rule == rule && last.target == target {
		return last.way
	}
	alike := fixed{l.table.byID[rule], target}
	if at, ok := l.fixed[alike]; ok {
		l.latest = latest{rule, target, at}
		return at
	}
	w := l.bind(name, k, aggregate.Origin{Listener: aggregate.Results}, l.table.way(&l.asking.walker, string(name), rule, target))
	w.refs = slices.Clone(w.refs)
	if len(w.refs) == 0 && len(w.forms) == 0 { // most results are only sent, and most of them alike
		at, ok := l.shared[w.route]
		if !ok {
			at = uint32(len(l.ways))
			l.shared[w.route] = at
			l.ways = append(l.ways, w)
		}
		if l.table.sendsAlike(rule, target) {
			l.fixed[alike] = at
		}
		return at
	}
	w.rule, w.target = uint16(rule), uint16(target)
	if last := len(l.unused) - 1; last >= 0 {
		at := l.unused[last]
		l.unused = l.unused[:last]
		l.ways[at] = w
		return at
	}
	l.ways = append(l.ways, w)
	return uint32(len(l.ways)) - 1
}

// renew asks again for a way of the result with the given name.
func (l *Lane) renew(w *way, name []byte) {
	rule, target := w.rule, w.target
	*w = l.bind(name, carbon.Raw, aggregate.Origin{Listener: aggregate.Results}, l.table.way(&l.asking.walker, string(name), int(rule), int(target)))
	w.refs, w.rule, w.target = slices.Clone(w.refs), rule, target
}

// bind makes a verdict ready for the path of a line. from says where the name came from. The references are good until the next time;
// l.asking.kept is then what kept says of them.
func (l *Lane) bind(name []byte, k carbon.Kind, from aggregate.Origin, v *verdict) (w way) {
	w.refs, l.asking.kept = l.asking.refs[:0], carbon.Text{}
	for _, f := range v.folds {
		ref, text := f.rule.seat.BindText(k, name, f.key, from)
		if w.refs = append(w.refs, ref); l.asking.kept.None() {
			l.asking.kept = text
		}
	}
	l.asking.refs = w.refs
	e := unrouted
	if v.dropped {
		e = dropped
	}
	targets := l.asking.targets[:0]
	form, forms := 0, uint32(0)
	for _, s := range v.sends { // ordered by form
		if s.form != form {
			form = s.form
			forms++
			w.forms = appendForm(w.forms, v.names[form])
		}
		l.asking.shares = l.table.Clusters[s.cluster].sharesOf(l.asking.shares[:0], v.names[form])
		for _, share := range l.asking.shares {
			targets = append(targets, target{share: uint32(l.table.firstShare[s.cluster] + share), form: forms})
		}
	}
	l.asking.targets = targets
	w.route = l.intern(e, v.met, targets)
	return w
}

// intern returns the index of a route: there are few of them, however many names.
func (l *Lane) intern(e end, met []int, targets []target) uint32 {
	key := append(l.asking.key[:0], byte(e))
	for _, rule := range met {
		key = binary.AppendUvarint(key, uint64(rule)+1)
	}
	key = append(key, 0)
	for _, t := range targets {
		key = binary.AppendUvarint(binary.AppendUvarint(key, uint64(t.share)), uint64(t.form))
	}
	l.asking.key = key
	at, ok := l.known[string(key)]
	if !ok {
		at = uint32(len(l.routes))
		l.routes = append(l.routes, route{end: e, at: uint32(len(l.targets)), n: uint16(len(targets))})
		l.targets, l.met = append(l.targets, targets...), append(l.met, slices.Clone(met))
		l.known[string(key)] = at
	}
	return at
}

// A Tally is what one rule met.
type Tally struct {
	Hits int64 // samples and results that met it, not stopped before
	Last int64 // Unix milliseconds when the latest of them arrived, 0 for never
}

// Tally adds up in sum, by the places from 0 of t's rules, what the lane's points met; nothing if the lane follows another
// table at this moment. Only the lane's owner may call it.
func (l *Lane) Tally(t *Table, sum []Tally) {
	if l.table == t {
		l.tally(sum)
	}
}

func (l *Lane) tally(sum []Tally) {
	for i, t := range l.past {
		sum[i].add(t)
	}
	for i := range l.routes {
		l.routes[i].tally(sum, l.met[i])
	}
}

// tally adds what the route counted to the rules that its names met.
func (r *route) tally(sum []Tally, met []int) {
	for _, rule := range met {
		sum[rule].add(Tally{r.hits, r.last})
	}
}

func (t *Tally) add(more Tally) { t.Hits, t.Last = t.Hits+more.Hits, max(t.Last, more.Last) }
