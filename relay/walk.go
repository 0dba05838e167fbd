package relay

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"plumbago/carbon"
	"plumbago/carbon/pattern"
)

// A verdict is what the table says of a name: everything that becomes of its samples.
type verdict struct {
	names   []string // the forms that the name has on its way down: as it came first, then as rules rewrote it
	sends   []send   // ordered by form, then cluster, and each once
	folds   []fold
	met     []int // the rules, as indexes
	dropped bool
}

// A send is one cluster that gets a name's samples, in one of the name's forms.
type send struct {
	form    int // index into verdict.names
	cluster int // index into Table.Clusters
}

// A fold is one aggregate that a name feeds.
type fold struct {
	rule *rule
	key  []byte // of the series there; good for as long as the verdict
}

// A meeting is one rule that a name meets, for who explains the walk.
type meeting struct {
	rule   *rule
	before string // the name as the rule met it
	after  string // and as it went on; "" if a rewrite made no name of it
	folded string // the series that it is folded into, if the rule aggregates
}

// A walker takes names down a table, one after the other. It has one user at a time.
type walker struct {
	captures pattern.Captures
	may      []uint64 // the rules that the name may meet, a bit each
	v        verdict
	keys     [][]byte // the room of its folds' keys
}

// walk takes a name down the table from rule `from` (an index) and calls see, if given, for each rule it meets. The
// verdict is good until the next walk.
func (t *Table) walk(w *walker, name string, from int, see func(meeting)) *verdict {
	v := &w.v
	*v = verdict{names: append(v.names[:0], name), sends: v.sends[:0], folds: v.folds[:0], met: v.met[:0]}
	w.may = t.set.Candidates(name, w.may[:0])
	for i := nextRule(w.may, from); i >= 0; i = nextRule(w.may, i+1) {
		r := &t.rules[i]
		if !r.matcher.Match(name, &w.captures) {
			continue
		}
		v.met = append(v.met, i)
		m := meeting{rule: r, before: name, after: name}
		switch {
		case r.Drop:
			v.dropped = true
		case r.rewrites():
			m.after = r.rename(name, &w.captures)
			if v.dropped = m.after == ""; !v.dropped && m.after != name {
				name = m.after
				v.names = append(v.names, name)
				w.may = t.set.Candidates(name, w.may[:0])
			}
		case r.seat != nil:
			f := fold{r, r.series(w.room(len(v.folds)), name, &w.captures)}
			v.folds = append(v.folds, f)
			if see != nil {
				m.folded = string(f.key)
			}
		default:
			v.send(r.send)
		}
		if see != nil {
			see(m)
		}
		if v.dropped || r.stop {
			break
		}
	}
	v.order()
	return v
}

// room returns room for the key of the i-th of a name's folds: a new name should allocate little.
func (w *walker) room(i int) *[]byte {
	for len(w.keys) <= i {
		w.keys = append(w.keys, nil)
	}
	return &w.keys[i]
}

// nextRule returns the first of the rules in a set of bits that is not before `from`, or -1.
func nextRule(set []uint64, from int) int {
	for w := from / 64; w < len(set); w++ {
		word := set[w]
		if w == from/64 {
			word &= ^uint64(0) << (from % 64)
		}
		if word != 0 {
			return w*64 + bits.TrailingZeros64(word)
		}
	}
	return -1
}

// send notes that clusters get the name in its present form. A cluster gets each form once.
func (v *verdict) send(clusters []int) {
	for _, c := range clusters {
		s := send{len(v.names) - 1, c}
		again := func(was send) bool { return was.cluster == c && v.names[was.form] == v.names[s.form] }
		if !slices.ContainsFunc(v.sends, again) {
			v.sends = append(v.sends, s)
		}
	}
}

// rename returns what a rule that rewrites makes of a name that it matched, in its clean form; "" if that is no name.
func (r *rule) rename(name string, captures *pattern.Captures) string {
	made := []byte(name)
	if r.rewrite != nil {
		made = r.rewrite.Rename(make([]byte, 0, len(name)+32), name, captures)
	}
	if r.Map != "" {
		path, tags, tagged := strings.Cut(string(made), ";")
		if r.Map == "lower" {
			path = strings.ToLower(path)
		} else {
			path = strings.ToUpper(path)
		}
		if made = []byte(path); tagged {
			made = append(append(made, ';'), tags...)
		}
	}
	cleaned, ok := carbon.Clean(made)
	if !ok {
		return ""
	}
	return string(cleaned)
}

// series returns the key of the series of an aggregate rule that a name is folded into. It lies in room, which grows to hold it.
func (r *rule) series(room *[]byte, name string, captures *pattern.Captures) []byte {
	var filled []string
	for _, template := range r.naming[1:] {
		filled = append(filled, string(template.Fill(nil, name, captures)))
	}
	*room = r.naming[0].Append((*room)[:0], name, captures)
	return r.Aggregate.Key(name, *room, filled)
}

// order puts the sends into their order.
func (v *verdict) order() {
	if len(v.sends) < 2 {
		return
	}
	slices.SortFunc(v.sends, func(a, b send) int {
		return cmp.Or(cmp.Compare(a.form, b.form), cmp.Compare(a.cluster, b.cluster))
	})
}

// sendsAlike says whether all results of an aggregate rule for one of its targets go the same way, whatever their names.
func (t *Table) sendsAlike(id, target int) bool {
	clusters := t.byID[id].results[target]
	return clusters != nil && !slices.ContainsFunc(clusters, func(c int) bool { return t.Clusters[c].shares() > 1 })
}

// way says what becomes of a result of the aggregate rule with the given ID, for one of its targets.
func (t *Table) way(w *walker, name string, id, target int) *verdict {
	r := t.byID[id]
	if r.results[target] == nil {
		return t.walk(w, name, r.number, nil)
	}
	w.v = verdict{names: []string{name}}
	w.v.send(r.results[target])
	w.v.order()
	return &w.v
}
