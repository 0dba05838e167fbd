package aggregate

import "math"

// never is when something is due that is not.
const never = math.MaxInt64

// stepPart is how many series a step looks at before it asks whether it has done enough.
const stepPart = 64

// step looks at series that are due at now, until it has looked at n or made as many results, and says whether more are. In
// a replay one series has many.
func (s *shard) step(now int64, n int) (more bool) {
	s.now = now
	for n > 0 {
		due, ok := s.agenda.next()
		if !ok || due > now {
			break
		}
		s.folded++
		_, s.scratch = s.agenda.pop(s.scratch[:0], min(n, stepPart))
		n -= len(s.scratch)
		s.made = 0
		for _, e := range s.scratch {
			t := s.tables[e.rule]
			if t == nil || int(e.series) >= t.series.len() {
				continue // it was deleted, and the table is smaller now, or gone
			}
			if se := t.series.at(int(e.series)); se.alarm == due {
				s.attend(t, e.series, se)
			}
		}
		n -= s.made
	}
	s.handOn()
	due, ok := s.agenda.next()
	return ok && due <= now
}

// attend does what is due for one series, tier by tier from the base up, so that what a slice gives to a higher one is
// there when that is looked at.
func (s *shard) attend(t *table, slot uint32, se *series) {
	se.alarm = 0
	for i := range t.rule.tiers {
		s.emitDue(t, slot, i)
		if t.rule.tiers[i].widest > 0 {
			s.slide(t, slot, i)
		}
		if t.rule.statsd != nil && len(s.touched) > 0 {
			s.roll(t, slot, se)
		}
		t.sweep(slot, i, s.now)
	}
	for i := range t.rule.tiers {
		if due, end := s.nextDue(t, slot, i); due != never {
			s.alarm(t, slot, se, due, end)
		}
	}
}

// emitDue emits, for the first time or again, the slices of a tier for which that is due, the oldest first. It notes them
// in s.touched.
func (s *shard) emitDue(t *table, slot uint32, tier int) {
	s.touched = s.touched[:0]
	list := t.runs.view(t.track(slot, tier))
	for i := range list {
		sl := &list[i]
		switch st := sl.state(); {
		case st == open && s.ripe(t, slot, tier, sl):
			s.emitSlice(t, slot, tier, sl, t.rule.tiers[tier].partial(sl.k, t.start))
		case st == amended && (tier > 0 || t.rule.due(sl, t.rule.tiers[0].end(sl.k)) <= s.now):
			s.emitSlice(t, slot, tier, sl, t.rule.tiers[tier].partial(sl.k, t.start))
		}
	}
}

// ripe says whether it is time to emit an open slice: one of a higher tier once no slice below it is open.
func (s *shard) ripe(t *table, slot uint32, tier int, sl *slice) bool {
	end := t.rule.tiers[tier].end(sl.k)
	if tier == 0 {
		return t.rule.due(sl, end) <= s.now
	}
	return t.rule.dueAbove(sl, end) <= s.now && !t.openBelow(slot, tier, sl.k)
}

// dueAbove returns when an open slice of a higher tier is emitted at the earliest. Where it cannot be amended it waits for as
// long as what fills it may go on to do so: for its end as a replay tells the time.
func (r *Rule) dueAbove(sl *slice, end int64) int64 {
	if r.keep == 0 {
		return end + max(r.wait, lagTime(sl.last))
	}
	return end + r.wait
}

// openBelow says whether a slice is open that slice k of a tier waits for.
func (t *table) openBelow(slot uint32, tier int, k uint32) bool {
	top := &t.rule.tiers[tier]
	for from := top.from; from >= 0; from = t.rule.tiers[from].from {
		ratio := top.period / t.rule.tiers[from].period
		list := t.runs.view(t.track(slot, from))
		i, _ := search(list, uint32(int64(k)*ratio))
		for ; i < len(list) && int64(list[i].k) < (int64(k)+1)*ratio; i++ {
			if list[i].state() == open {
				return true
			}
		}
	}
	return false
}

// emitSlice emits a slice as it stands and gives to the tiers above what they do not have of it yet.
func (s *shard) emitSlice(t *table, slot uint32, tier int, sl *slice, partial bool) {
	ti, cell := &t.rule.tiers[tier], sl.columns()
	again := sl.state() == amended
	if sl.set(kept); !again {
		sl.first = lag(s.now - ti.end(sl.k))
		if tier == 0 {
			t.settle(sl)
		} else {
			sl.first = max(sl.first, sl.last)
		}
	}
	s.touched = append(s.touched, touch{sl.k, !again})
	v := t.view(slot, cell, float64(ti.period)/1000)
	for _, o := range ti.plain {
		s.emit(t, slot, &t.rule.outputs[o], v, sl.k, partial, again)
	}
	if !again {
		t.lift(slot, tier, sl.k, cell, s.now)
	} else if late, ok := t.late[cell]; ok { // only of the base: what comes late for others was lifted further at once
		t.lift(slot, tier, sl.k, late, s.now)
		t.freeCell(late)
		delete(t.late, cell)
	}
}

// lift merges a cell, all of slice k of a tier or what came late for it, into the slices above. One that is open will give
// it on itself when it is emitted; one that was emitted has done so, and so has one that is gone.
//
// A slice that is fed remembers how far behind its end the latest of those was that fed it: in a replay, whose slices of an hour
// can come for an hour, it stays for that long.
func (t *table) lift(slot uint32, tier int, k uint32, cell uint32, now int64) {
	below := &t.rule.tiers[tier]
	behind := lag(now - below.end(k))
	for _, above := range below.feeds {
		tr := t.track(slot, above)
		up := uint32(int64(k) * below.period / t.rule.tiers[above].period)
		i, found := t.runs.find(tr, up)
		switch {
		case !found && up >= tr.horizon:
			sl := t.runs.insert(tr, i, slice{k: up, cell: t.newCell(), last: behind})
			t.merge(sl.columns(), cell)
			continue
		case found:
			sl := &t.runs.view(tr)[i]
			if sl.state() == past {
				t.figures.Missed++
				break
			}
			if t.merge(sl.columns(), cell); sl.state() == open {
				sl.last = behind
				continue
			}
			sl.first = max(sl.first, behind)
			sl.set(amended)
		default:
			t.figures.Missed++
		}
		t.lift(slot, above, up, cell, now)
	}
}

// sweep frees the slices of a tier whose time is over, and moves the horizon behind them. Those that windows still look
// at are kept as past: windows that end at the horizon or after it, or with a slice that is not over yet.
func (t *table) sweep(slot uint32, tier int, now int64) {
	ti, tr := &t.rule.tiers[tier], t.track(slot, tier)
	over, least := false, uint32(math.MaxUint32)
	list := t.runs.view(tr)
	for i := range list {
		sl := &list[i]
		switch {
		case sl.state() == kept && (t.rule.keep == 0 || ti.end(sl.k)+lagTime(sl.first)+t.rule.keep <= now): // a lag is rounded up
			sl.set(past)
			tr.horizon = max(tr.horizon, sl.k+1)
			over = true
		case sl.state() != past:
			least = min(least, sl.k)
		}
	}
	if !over {
		return
	}
	least = min(least, tr.horizon)
	t.runs.keep(tr, func(sl *slice) bool {
		if sl.state() != past || ti.widest > 0 && int64(sl.k)+ti.widest > int64(least) {
			return true
		}
		t.freeCell(sl.columns())
		return false
	})
}

// nextDue returns when a tier of a series must be looked at next, and the end of the slice for which that is.
func (s *shard) nextDue(t *table, slot uint32, tier int) (due, end int64) {
	ti := &t.rule.tiers[tier]
	due = never
	list := t.runs.view(t.track(slot, tier))
	for i := range list {
		sl := &list[i]
		at, ends := int64(never), ti.end(sl.k)
		switch st := sl.state(); {
		case tier == 0 && st != past:
			at = t.rule.due(sl, ends)
		case st == open && t.rule.dueAbove(sl, ends) > s.now: // else it waits for one below, whose due is looked at too
			at = t.rule.dueAbove(sl, ends)
		case st == kept:
			at = ends + lagTime(sl.first) + t.rule.keep
		}
		if at < due {
			due, end = at, ends
		}
	}
	if ti.widest > 0 {
		if at, ends := s.nextSlide(t, slot, tier); at < due {
			due, end = at, ends
		}
	}
	return due, end
}
