package aggregate

import (
	"context"
	"slices"
	"time"
)

// Forgotten are the series and inputs that are about to be forgotten, as references of lanes tell them.
type Forgotten struct {
	tables [][]silence // by shard and rule
	again  []bool      // by rule: what a limit refused may be bound now
}

// A silence is what one table is about to forget.
type silence struct{ series, inputs []uint32 } // in order

// Has says whether ref is to something that is about to be forgotten, or to no series where there is room again.
func (f *Forgotten) Has(ref Ref) (found bool) {
	s, slot := &f.tables[ref.Shard][ref.Rule], ref.Slot
	if slot == noSlot {
		return f.again[ref.Rule]
	}
	if slot&inputBit != 0 {
		_, found = slices.BinarySearch(s.inputs, slot&^inputBit)
	} else {
		_, found = slices.BinarySearch(s.series, slot)
	}
	return found
}

// partSize is how many slots a shard looks at between two looks at its inbox, forgetPart how many it forgets: lanes that have new names
// wait for that.
const (
	partSize   = 1 << 16
	forgetPart = 1 << 12
)

// Forget forgets the series that were silent for as long as their rules keep them, and returns how many they were. A slot is
// used again only once nobody can send samples of its last series to it. So this goes in three steps: shards name the
// silent ones; drop must have every lane forget all its references to them and hand on what it gathered, before it
// returns; then shards forget those which neither got a sample nor were bound again meanwhile.
func (a *Aggregator) Forget(ctx context.Context, drop func(*Forgotten) error) (n int, err error) {
	a.forgetting.Lock()
	defer a.forgetting.Unlock()
	now := time.Now()
	seats := a.Seats()
	ids := mostID(seats) + 1
	f := &Forgotten{tables: make([][]silence, len(a.shards)), again: make([]bool, ids)}
	defer unwatch(seats)
	found := 0
	for _, seat := range seats {
		if f.again[seat.ID] = seat.room.full.Load() && seat.hasRoom(); f.again[seat.ID] {
			seat.room.full.Store(false)
			found++
		}
	}
	for i, s := range a.shards {
		f.tables[i] = make([]silence, ids)
		for _, seat := range seats {
			sil := &f.tables[i][seat.ID]
			if err := a.scan(ctx, s, seat.tables[i], now, sil); err != nil {
				return 0, err
			}
			found += len(sil.series) + len(sil.inputs)
		}
	}
	if found == 0 {
		return 0, nil
	}
	if err := drop(f); err != nil {
		return 0, err
	}
	for i, s := range a.shards {
		for _, seat := range seats {
			sil := &f.tables[i][seat.ID]
			for part := range slices.Chunk(sil.inputs, forgetPart) { // before their series
				if err := a.ask(ctx, s, func() { s.forgetInputs(seat, i, now, part) }); err != nil {
					return n, err
				}
			}
			for part := range slices.Chunk(sil.series, forgetPart) {
				if err := a.ask(ctx, s, func() { n += s.forgetSeries(seat, i, now, part) }); err != nil {
					return n, err
				}
			}
			for more := true; more; {
				if err := a.ask(ctx, s, func() { more = seat.tables[i].tidy(forgetPart) }); err != nil {
					return n, err
				}
			}
			if err := a.ask(ctx, s, seat.tables[i].shrink); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

func unwatch(seats []*Seat) {
	for _, seat := range seats {
		for _, t := range seat.tables {
			t.registry.unwatch()
		}
	}
}

// scan finds what is silent in one table, part by part.
func (a *Aggregator) scan(ctx context.Context, s *shard, t *table, now time.Time, sil *silence) error {
	t.registry.watch()
	for from, more := 0, true; more; from += partSize {
		err := a.ask(ctx, s, func() {
			for slot := from; slot < min(from+partSize, t.series.len()); slot++ {
				if t.silent(uint32(slot), now) {
					sil.series = append(sil.series, uint32(slot))
				}
			}
			for n := from; n < min(from+partSize, t.inputs.len()); n++ {
				if t.silentInput(uint32(n), now) {
					sil.inputs = append(sil.inputs, uint32(n))
				}
			}
			more = from+partSize < max(t.series.len(), t.inputs.len())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keepFor returns for how long after its last sample a series, or an input of one, is kept: a diff's as long as its
// baseline is good, so that no input is left without its series.
func (r *Rule) keepFor(diff bool) time.Duration {
	if diff {
		return max(r.Keep, r.MaxGap)
	}
	return r.Keep
}

// forgets says whether the rule does not keep any longer what was heard of at a time; 0 is never yet.
func (r *Rule) forgets(heard uint32, diff bool, now time.Time) bool {
	switch {
	case heard == 0:
		return false
	case heard == deleted:
		return true
	}
	return r.Keep > 0 && now.Sub(time.Unix(int64(heard), 0)) >= r.keepFor(diff)
}

// silent says whether a series may be forgotten: it was heard of long ago, and nothing of it is to be emitted or amended.
func (t *table) silent(slot uint32, now time.Time) bool {
	se := t.series.at(int(slot))
	if !t.rule.forgets(se.heard, se.diff, now) {
		return false
	}
	for tier := range t.rule.tiers {
		list := t.runs.view(t.track(slot, tier))
		for i := range list {
			if list[i].state() != past {
				return false
			}
		}
	}
	return true
}

func (t *table) silentInput(n uint32, now time.Time) bool {
	in := t.inputs.at(int(n))
	return in.heard != 0 && t.rule.forgets(in.heard, t.series.at(int(in.group)).diff, now)
}

// forgetInputs forgets those of the given inputs that are still silent.
func (s *shard) forgetInputs(seat *Seat, shard int, now time.Time, inputs []uint32) {
	s.drain() // what lanes handed on before they dropped their references
	t := seat.tables[shard]
	inputs = slices.DeleteFunc(inputs, func(n uint32) bool { return !t.silentInput(n, now) })
	inputs = t.registry.forgetInputs(inputs)
	for _, n := range inputs {
		*t.inputs.at(int(n)) = baseline{}
	}
	seat.of.made.Add(-int64(len(inputs)))
}

// forgetSeries forgets those of the given series that are still silent, and returns how many they are.
func (s *shard) forgetSeries(seat *Seat, shard int, now time.Time, series []uint32) int {
	s.drain()
	t := seat.tables[shard]
	series = slices.DeleteFunc(series, func(slot uint32) bool { return !t.silent(slot, now) })
	series = t.registry.forgetSeries(series)
	t.sync()
	for _, slot := range series {
		s.folded++
		t.empty(slot)
		t.series.at(int(slot)).heard = 0
		for i := range t.rule.results {
			way := t.ways.at(int(slot)*t.rule.results + i)
			s.out.Drop(*way)
			*way = 0
			if h := t.handle(slot, i); h != 0 {
				s.past.Orphan(h, now.Unix())
				*t.kept.handles.at(int(slot)*t.rule.results + i) = 0
			}
		}
	}
	seat.of.made.Add(-int64(len(series)))
	seat.room.used.Add(-int64(len(series)))
	return len(series)
}

// empty frees the slices of a series and forgets what its windows remember.
func (t *table) empty(slot uint32) {
	for tier := range t.rule.tiers {
		t.runs.keep(t.track(slot, tier), func(sl *slice) bool {
			if late, ok := t.late[sl.columns()]; ok {
				t.freeCell(late)
				delete(t.late, sl.columns())
			}
			t.freeCell(sl.columns())
			return false
		})
		*t.track(slot, tier) = track{}
	}
	for i := range t.rule.pulses {
		*t.pulses.at(int(slot)*t.rule.pulses + i) = pulse{}
	}
	t.series.at(int(slot)).alarm = 0
}

// tidy moves up to n names out of where most of them are forgotten, and says whether more are to move.
func (t *table) tidy(n int) (more bool) {
	t.registry.Lock()
	more = t.registry.series.tidy(n)
	more = t.registry.inputs.tidy(n) || more
	t.registry.Unlock()
	t.sync()
	return more
}

// shrink gives back the slots above the last one in use, once they are most: those of a burst that is over.
func (t *table) shrink() {
	t.sync()
	t.side.shrink(t.cells.top())
	r := &t.registry
	r.Lock()
	defer r.Unlock()
	if n := r.series.used(); 2*n < t.series.len() {
		r.series.shrink(n, &r.free[0], &r.free[1])
		r.diffs.cut(n)
		t.names.entries = r.series.entries
		t.series.cut(n)
		t.upper.cut(n * (len(t.rule.tiers) - 1))
		t.pulses.cut(n * t.rule.pulses)
		t.ways.cut(n * t.rule.results)
		t.kept.handles.cut(n * t.rule.results)
	}
	if n := r.inputs.used(); 2*n < t.inputs.len() {
		r.inputs.shrink(n, &r.unused)
		r.groups.cut(n)
		t.inputs.cut(n)
		if t.rule.perInput() {
			t.sources.cut(n)
		}
	}
}
