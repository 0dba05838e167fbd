package aggregate

import (
	"context"
	"time"

	"plumbago/aggregate/history"
)

// A Change is another list of rules for an Aggregator that runs. A rule whose definition stays what it was keeps its state,
// whatever else is different.
type Change struct {
	Seats []*Seat // of the new rules, in their order
	Gone  []*Seat // of the rules that are no more

	of     *Aggregator
	before []*Seat // for each of Seats the one whose state it has; nil if it is new
}

// Plan compares rules with those at work. It changes nothing. Until Make only one Change may be planned.
func (a *Aggregator) Plan(rules []*Rule) *Change {
	c := &Change{of: a}
	known, taken := map[string]*Seat{}, map[int]bool{}
	was := a.Seats()
	for i, identity := range identities(rulesOf(was)) {
		known[identity] = was[i]
		taken[was[i].ID] = true
	}
	free := 0
	for i, identity := range identities(rules) {
		r := rules[i]
		before := known[identity]
		delete(known, identity)
		c.before = append(c.before, before)
		if before != nil {
			r.ID = before.ID
			c.Seats = append(c.Seats, &Seat{Rule: r, of: a, tables: before.tables, room: before.room})
			continue
		}
		for taken[free] {
			free++
		}
		taken[free] = true
		c.Seats = append(c.Seats, a.newSeat(free, r))
	}
	for i, identity := range identities(rulesOf(was)) {
		if known[identity] != nil {
			c.Gone = append(c.Gone, was[i])
		}
	}
	return c
}

// Make makes the change. follow must have the lane of a shard, which asks it to, follow the new table; then others must
// have every other lane do so, handing on what it gathered, before it returns. Rules that are gone finish their slices after
// that, with results that the shards' lanes take down the new table.
func (c *Change) Make(follow func(shard int), others func()) {
	a := c.of
	a.forgetting.Lock()
	defer a.forgetting.Unlock()
	start := time.Now().UnixMilli()
	c.each(func(i int, s *shard) {
		for at, seat := range c.Seats {
			if c.before[at] == nil {
				s.admit(seat.ID, seat.tables[i], start)
			}
		}
	})
	c.each(func(i int, s *shard) {
		s.handOn()
		for at, seat := range c.Seats {
			if c.before[at] != nil {
				s.alter(seat.tables[i], seat.Rule)
			}
			seat.tables[i].ways.clear()
		}
		for _, seat := range c.Gone {
			seat.tables[i].ways.clear()
		}
		follow(i)
	})
	others()
	a.life.Lock()
	a.seated = c.Seats
	a.life.Unlock()
	whole := time.Now().UnixMilli() // since when everybody follows the new rules: a slice that was running then is partial
	c.each(func(_ int, s *shard) {
		for i, seat := range c.Seats {
			if c.before[i] == nil {
				s.tables[seat.ID].start = whole
			}
		}
		s.catchUp()
	})
	for _, seat := range c.Gone {
		c.retire(seat)
	}
}

// each has f run by every shard, one after the other. A shard waits for nobody, so this needs no deadline.
func (c *Change) each(f func(i int, s *shard)) {
	for i, s := range c.of.shards {
		_ = c.of.ask(context.Background(), s, func() { f(i, s) })
	}
}

// retire finishes the slices of a rule that is gone, part by part, and gives back what it took. Nobody has a reference to
// it any more.
func (c *Change) retire(seat *Seat) {
	for i, s := range c.of.shards {
		t := seat.tables[i]
		for from, more := 0, true; more; from += stepSize {
			_ = c.of.ask(context.Background(), s, func() { more = s.retire(t, from) })
		}
		_ = c.of.ask(context.Background(), s, func() { s.tables[seat.ID] = nil })
		c.of.made.Add(-int64(t.registry.series.n) - int64(t.registry.inputs.n))
	}
	c.of.refused.drop(seat.ID)
}

// admit makes the table of a new rule known to the shard.
func (s *shard) admit(id int, t *table, start int64) {
	for len(s.tables) <= id {
		s.tables = append(s.tables, nil)
	}
	s.tables[id], t.start = t, start
}

// retire finishes a part of the series of a rule that is gone: slices that are not over are partial. What is kept of their
// past is so for as long as a past is.
func (s *shard) retire(t *table, from int) (more bool) {
	s.takeDerived()
	t.sync()
	s.now = time.Now().UnixMilli()
	s.folded++
	for slot := from; slot < min(from+stepSize, t.series.len()); slot++ {
		s.finishSeries(t, uint32(slot), s.now)
		for i := range t.rule.results {
			if h := t.handle(uint32(slot), i); h != 0 {
				s.past.Orphan(h, s.now/1000)
				*t.kept.handles.at(slot*t.rule.results + i) = 0
			}
		}
	}
	s.handOn()
	s.open = s.out.Flush()
	return from+stepSize < t.series.len()
}

// alter gives a rule that keeps its state its new definition, as far as that differs.
func (s *shard) alter(t *table, r *Rule) {
	was := t.rule
	t.rule = r
	if r.results != was.results {
		t.ways = rows[uint32]{}
		t.ways.grow(t.series.len() * r.results)
	}
	s.rename(t, was)
	if r.wait == was.wait && r.grace == was.grace && r.keep == was.keep && r.keepZeros == was.keepZeros && r.Empty == was.Empty {
		return
	}
	now := time.Now().UnixMilli()
	for slot := range t.series.len() {
		if se := t.series.at(slot); se.alarm != 0 && se.alarm != now { // what is due when has changed
			se.alarm = now
			s.agenda.add(now, entry{uint16(r.ID), uint32(slot)})
		}
	}
}

// rename has the past of results that are still there stay theirs. That of others is no longer anybody's.
func (s *shard) rename(t *table, was *Rule) {
	moved, same := t.rule.successors(was)
	if same || t.kept.handles.len() == 0 {
		return
	}
	old := t.kept.handles
	t.kept.handles = rows[history.Handle]{}
	for at := range old.len() {
		h := *old.at(at)
		if h == 0 {
			continue
		}
		slot, number := uint32(at/was.results), at%was.results
		if to := moved[number]; to >= 0 {
			t.open(slot, to, h)
		} else {
			s.past.Orphan(h, time.Now().Unix())
		}
	}
}

// successors says which result each of an earlier definition's is now, -1 if it is none any more; same is true if all are
// what they were.
func (r *Rule) successors(was *Rule) (moved []int, same bool) {
	type called struct {
		tier     int
		window   int64
		fn, as   string
		template int
	}
	list := func(r *Rule) (all []called) {
		for _, o := range r.outputs {
			for _, res := range o.results {
				all = append(all, called{o.tier, o.window, res.name, res.as, res.own})
			}
		}
		return all
	}
	before, now := list(was), list(r)
	at := map[called]int{}
	for i := len(now) - 1; i >= 0; i-- {
		at[now[i]] = i
	}
	same = len(before) == len(now)
	for i, x := range before {
		to, ok := at[x]
		if !ok {
			to = -1
		}
		delete(at, x)
		moved = append(moved, to)
		same = same && to == i
	}
	return moved, same
}
