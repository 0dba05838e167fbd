package aggregate

import "context"

// deleted stands where the time of the last sample would, in what was deleted and got none since. It is silent, however long
// its rule keeps what is.
const deleted = 1

// Delete forgets the series whose names is says so of, and their past, and returns how many they were. What they have
// gathered is never emitted. A series that gets another sample begins anew; Forget gives back the memory of the others.
func (a *Aggregator) Delete(ctx context.Context, is func(name []byte) bool) (n int, err error) {
	a.forgetting.Lock()
	defer a.forgetting.Unlock()
	of := func(name string) bool { return is([]byte(name)) }
	seats := a.Seats()
	for i, s := range a.shards {
		for _, seat := range seats {
			t, more := seat.tables[i], true
			for from := 0; more && err == nil; from += partSize {
				err = a.ask(ctx, s, func() {
					s.drain()
					gone, to := s.deleteSeries(t, from, is)
					n, more = n+gone, to
				})
			}
			// Inputs without their series must not be left, so this has all its time: a shard waits for nobody.
			calm := context.WithoutCancel(ctx)
			more = true
			for from := 0; more; from += partSize {
				if failed := a.ask(calm, s, func() { more = t.deleteInputs(from) }); failed != nil {
					return n, failed
				}
			}
		}
		if err == nil && s.past != nil {
			err = a.ask(ctx, s, func() { s.past.ForgetOrphans(of) })
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// deleteSeries empties the series of a part of a table that is says so of.
func (s *shard) deleteSeries(t *table, from int, is func([]byte) bool) (n int, more bool) {
	for slot := from; slot < min(from+partSize, t.series.len()); slot++ {
		se := t.series.at(int(slot))
		if se.heard <= deleted || !is(nameOf(t.names.name(uint32(slot)))) {
			continue
		}
		n++
		s.folded++
		t.empty(uint32(slot))
		se.heard = deleted
		for i := range t.rule.results {
			if h := t.handle(uint32(slot), i); h != 0 {
				s.past.Forget(h)
				*t.kept.handles.at(slot*t.rule.results + i) = 0
			}
		}
	}
	return n, from+partSize < t.series.len()
}

// deleteInputs deletes the inputs in a part of a table whose series were: the next sample of one is its first.
func (t *table) deleteInputs(from int) (more bool) {
	for n := from; n < min(from+partSize, t.inputs.len()); n++ {
		in := t.inputs.at(n)
		if in.heard > deleted && t.series.at(int(in.group)).heard == deleted {
			*in = baseline{group: in.group, time: unset, heard: deleted}
		}
	}
	return from+partSize < t.inputs.len()
}
