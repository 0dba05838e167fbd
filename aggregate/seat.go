package aggregate

import (
	"bytes"
	"sync/atomic"

	"plumbago/carbon"
)

// A Seat is a rule at work in an Aggregator: the rule, and where its state is. It never changes: a rule that is changed in
// place gets another seat with the same number and the same state.
type Seat struct {
	*Rule
	of     *Aggregator
	tables []*table // by shard
	room   *room
}

// A room is how many series a rule has made.
type room struct {
	used atomic.Int64
	full atomic.Bool // a limit has refused one
}

// newSeat returns a seat of a rule without any state.
func (a *Aggregator) newSeat(id int, r *Rule) *Seat {
	r.ID = id
	s := &Seat{Rule: r, of: a, room: new(room)}
	for range a.shards {
		t := new(table)
		t.prepare(r)
		s.tables = append(s.tables, t)
	}
	return s
}

// occupy has every shard know the tables of seats. It is called before they run.
func (a *Aggregator) occupy(seats []*Seat) {
	for i, s := range a.shards {
		for _, seat := range seats {
			s.tables[seat.ID] = seat.tables[i]
		}
	}
}

// Seats returns the rules at work, in the table's order.
func (a *Aggregator) Seats() []*Seat {
	a.life.Lock()
	defer a.life.Unlock()
	return a.seated
}

// Bind is Seat.Bind of a rule by its place among those that the Aggregator was made with.
func (a *Aggregator) Bind(rule int, k carbon.Kind, input, key []byte, from Origin) Ref {
	return a.Seats()[rule].Bind(k, input, key, from)
}

// Bind finds where the samples of one name and kind, which come from the given origin, go for a rule that folds them into
// the series with the given key (see Options.Key), making the series if it is new. Where a limit forbids that, or the key
// can name none, the reference is to no series: the shard counts the samples that come by it as refused. It is asked once
// a name, by any lane.
func (s *Seat) Bind(k carbon.Kind, input, key []byte, from Origin) Ref {
	ref, _ := s.BindText(k, input, key, from)
	return ref
}

// BindText is Bind, and returns with the reference what Text says of it and the input, as who meets a name needs both.
func (s *Seat) BindText(k carbon.Kind, input, key []byte, from Origin) (Ref, carbon.Text) {
	diff := s.diff(k)
	hash := carbon.Hash(key, kindOf(diff))
	ref := Ref{Rule: uint16(s.ID), Shard: uint16(int(hash>>32) % len(s.tables))}
	slot, kept := s.tables[ref.Shard].registry.bind(s.Rule, diff, hash, input, key, s.take)
	if ref.Slot = slot; slot == noSlot {
		s.of.refused.add(s.ID, from, key)
	}
	return ref, partOf(kept, input)
}

// Text returns where the name lies that the seat keeps of what a reference leads to, or a part of it that says the same as name, so that
// whoever remembers the name can share it. It is no text if there is none.
func (s *Seat) Text(ref Ref, name []byte) carbon.Text {
	return partOf(s.tables[ref.Shard].registry.text(ref.Slot), name)
}

// partOf returns the part of a text that says the same as name, if it begins or ends with that, or no text.
func partOf(kept carbon.Text, name []byte) carbon.Text {
	if kept.None() {
		return kept
	}
	switch whole := kept.Bytes(); {
	case bytes.HasSuffix(whole, name):
		return kept.Part(len(whole)-len(name), len(name))
	case bytes.HasPrefix(whole, name):
		return kept.Part(0, len(name))
	}
	return carbon.Text{}
}

// take takes a new series and a new input of one from what the limits allow: all that are new, or none.
func (s *Seat) take(series, input bool) bool {
	a, n := s.of, int64(0)
	if series {
		n++
	}
	if input {
		n++
	}
	if a.made.Add(n) > a.limit.Load() || a.tight.Load() {
		a.made.Add(-n)
		s.room.full.Store(true)
		return false
	}
	if most := int64(s.Series); series && s.room.used.Add(1) > most && most > 0 {
		s.room.used.Add(-1)
		a.made.Add(-n)
		s.room.full.Store(true)
		return false
	}
	return true
}

// hasRoom says whether a new series, with an input, would be let in.
func (s *Seat) hasRoom() bool {
	most := int64(s.Series)
	return !s.of.tight.Load() && s.of.made.Load()+2 <= s.of.limit.Load() && (most == 0 || s.room.used.Load() < most)
}

// mostID returns the largest number of a rule, -1 if there is none.
func mostID(seats []*Seat) int {
	most := -1
	for _, s := range seats {
		most = max(most, s.ID)
	}
	return most
}
