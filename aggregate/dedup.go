package aggregate

// Stamps are the samples of a slice whose rule collapses those of one input and time: the slice keeps them as they are
// while it is open, since a value once added up cannot be taken back, and only which there were afterwards.
type stamps struct {
	list []stamp
	at   map[stampKey]int // indexes into list, once it is long
}

type stampKey struct {
	ms     int64
	source uint64 // the hash of the input's name
}

type stamp struct {
	stampKey
	v float64
}

// manyStamps is from how many on a search through the list costs more than a map.
const manyStamps = 16

// find returns the sample of one input and time, or nil.
func (s *stamps) find(key stampKey) *stamp {
	if s.at != nil {
		if i, ok := s.at[key]; ok {
			return &s.list[i]
		}
		return nil
	}
	for i := range s.list {
		if s.list[i].stampKey == key {
			return &s.list[i]
		}
	}
	return nil
}

func (s *stamps) add(key stampKey, v float64) {
	s.list = append(s.list, stamp{key, v})
	switch {
	case s.at != nil:
		s.at[key] = len(s.list) - 1
	case len(s.list) > manyStamps:
		s.at = make(map[stampKey]int, 2*len(s.list))
		for i := range s.list {
			s.at[s.list[i].stampKey] = i
		}
	}
}

// stamp takes a raw value where the rule collapses repeated samples, and says whether that is all that is to be done with
// it: because it waits in its open slice, or because it repeats one that was emitted, which stays as it is.
func (t *table) stamp(sl *slice, x *value) (done bool) {
	st, key := t.side.stamps[sl.columns()], stampKey{x.ms, *t.sources.at(int(x.input))}
	old := st.find(key)
	if old != nil {
		t.figures.Repeated++
	} else {
		st.add(key, x.v)
	}
	if sl.closed() {
		return old != nil
	}
	switch {
	case old == nil, t.rule.Dedup == "first":
	case t.rule.Dedup == "max":
		old.v = max(old.v, x.v)
	default:
		old.v = x.v
	}
	return true
}

// settle adds up the samples that an open slice holds, before it is emitted.
func (t *table) settle(sl *slice) {
	if t.side.set&sideStamps != 0 {
		t.addUp(sl.columns(), t.side.stamps[sl.columns()])
	}
}

// addUp adds samples to a cell.
func (t *table) addUp(cell uint32, st *stamps) {
	for _, s := range st.list {
		x := value{v: s.v, ms: s.ms}
		t.rule.layout.fold(t.cells.at(cell), &x)
		t.side.fold(cell, &x, s.source)
	}
}
