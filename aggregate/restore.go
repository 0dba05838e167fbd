package aggregate

import (
	"errors"
	"io"
	"time"

	"plumbago/aggregate/sketch"
	"plumbago/aggregate/state"
	"plumbago/carbon"
)

// A Restored says what was taken over from a snapshot.
type Restored struct {
	At     time.Time // when it was begun
	Series int
	Others int // series of rules that are gone or were changed
	NoRoom int // series for which the limits leave no room
}

// errContents is of a snapshot whose frame is whole, but whose records say what they cannot.
var errContents = errors.New("its records make no sense")

// Restore takes over a snapshot that Save has written. It must be called before Start. If it fails nothing is taken over.
func (a *Aggregator) Restore(path string) (Restored, error) {
	r := a.restorer()
	at, err := state.Read(path, StateVersion, r.record)
	if r.sum.At = at; err != nil {
		a.reset()
	}
	return r.sum, err
}

// RestoreFrom takes over what SaveTo has written to a stream of the given version. Records that are not its go to other.
// It must be called before Start. If it fails, the past may have something of it.
func (a *Aggregator) RestoreFrom(in io.Reader, version uint32, other func(record []byte) error) (Restored, error) {
	r := a.restorer()
	r.other = other
	at, err := state.ReadFrom(in, version, r.record)
	if r.sum.At = at; err != nil {
		a.reset()
	}
	return r.sum, err
}

func (a *Aggregator) restorer() *restorer {
	r := &restorer{a: a, identities: map[string]*Seat{}}
	seats := a.Seats()
	for i, identity := range identities(rulesOf(seats)) {
		r.identities[identity] = seats[i]
	}
	return r
}

// reset forgets everything, before Start.
func (a *Aggregator) reset() {
	for _, seat := range a.seated {
		for i, r := range seat.tables {
			*r = table{}
			r.prepare(seat.Rule)
			a.shards[i].agenda = newAgenda()
		}
		seat.room.used.Store(0)
	}
	a.made.Store(0)
}

// A restorer reads the records of a snapshot.
type restorer struct {
	a          *Aggregator
	identities map[string]*Seat
	seat       *Seat                     // whose records are at hand; nil if nobody wants them
	at         map[place]*place          // where the series at a slot of the snapshot is now
	other      func(record []byte) error // takes what is not a snapshot's; may be nil
	sum        Restored
}

// A place is a slot of a shard.
type place struct {
	shard int
	slot  uint32
}

func (r *restorer) record(text []byte) error {
	d := state.NewDecoder(text[1:])
	switch text[0] {
	case recordRule:
		r.seat = r.identities[string(d.Text())]
		start := d.Int()
		if r.seat != nil {
			for _, t := range r.seat.tables {
				t.start = start
			}
		}
		r.at = map[place]*place{}
	case recordSeries, recordInputs:
		shard := int(d.Uint32())
		for !d.Failed() && len(d.Rest()) > 0 {
			if r.seat == nil {
				if text[0] == recordSeries {
					r.sum.Others++ // at least: what follows in the record cannot be read
				}
				return nil
			}
			if text[0] == recordSeries {
				r.series(d, shard)
			} else {
				r.input(d, shard)
			}
		}
	case recordPast:
		for r.seat != nil && !d.Failed() && len(d.Rest()) > 0 {
			if !r.past(d) {
				return errContents
			}
		}
	default:
		if r.other != nil {
			return r.other(text)
		}
		return errContents
	}
	if d.Failed() {
		return errContents
	}
	return nil
}

// series takes a series over.
func (r *restorer) series(d *state.Decoder, shard int) {
	slot, key, diff := d.Uint32(), d.Text(), d.Uint32() != 0
	heard := d.Uint32()
	if d.Failed() {
		return
	}
	hash := carbon.Hash(key, kindOf(diff))
	to := place{shard: int(hash>>32) % len(r.a.shards)}
	t := r.seat.tables[to.shard]
	kept := false
	if _, known := t.registry.series.find(hash, key); !known {
		if kept = r.seat.take(true, false); kept {
			to.slot = t.registry.addSeries(hash, key, diff)
			r.at[place{shard, slot}] = &to
			t.sync()
		} else {
			r.sum.NoRoom++
		}
	}
	if !kept { // it is read all the same, into a series that is not one
		t = &table{}
		t.prepare(r.seat.Rule)
		t.grow(1)
	} else {
		r.sum.Series++
	}
	t.series.at(int(to.slot)).heard = max(heard, deleted+1)
	for tier := range t.rule.tiers {
		tr := t.track(to.slot, tier)
		tr.horizon = d.Uint32()
		for i := range d.Count(5) {
			t.readSlice(d, tr, i)
		}
	}
	for i := range t.rule.pulses {
		*t.pulses.at(int(to.slot)*t.rule.pulses + i) = pulse{next: d.Uint32(), lag: d.Uint32()}
	}
}

// readSlice reads the i-th slice of a track.
func (t *table) readSlice(d *state.Decoder, tr *track, i int) {
	status, amending := d.Uint32(), d.Uint32() != 0
	sl := slice{k: d.Uint32(), first: d.Uint32(), last: d.Uint32(), cell: t.newCell()}
	t.readCell(d, sl.cell)
	if amending {
		late := t.newCell()
		t.late[sl.cell] = late
		t.readCell(d, late)
	}
	sl.set(past & sliceState(status))
	t.runs.insert(tr, i, sl)
}

func (t *table) readCell(d *state.Decoder, cell uint32) {
	columns := t.cells.at(cell)
	for i := range columns {
		columns[i] = d.Float()
	}
	if t.side.set&sideQuantiles != 0 {
		d.Skip(t.side.quantiles[cell].Decode(d.Rest()))
	}
	if t.side.set&sideUnique != 0 {
		d.Skip(t.side.unique[cell].Decode(d.Rest()))
	}
	if t.side.set&sideSources != 0 {
		d.Skip(t.side.sources[cell].Decode(d.Rest()))
	}
	if t.side.set&sideValues != 0 {
		d.Skip(t.side.values[cell].Decode(d.Rest()))
	}
	if t.side.set&sideStamps != 0 {
		st := new(stamps)
		for range d.Count(17) {
			ms, v := d.Int(), d.Float()
			st.add(stampKey{ms, d.Word()}, v)
		}
		t.side.stamps = put(t.side.stamps, cell, st)
	}
}

// input takes an input over, if its series was.
func (r *restorer) input(d *state.Decoder, shard int) {
	name := d.Text()
	from := place{shard, d.Uint32()}
	in := baseline{heard: max(d.Uint32(), deleted+1), time: d.Int(), value: d.Float()}
	to := r.at[from]
	if d.Failed() || to == nil {
		return
	}
	t := r.seat.tables[to.shard]
	hash := carbon.Hash(name, kindOf(t.series.at(int(to.slot)).diff))
	if _, known := t.registry.findInput(hash, name, to.slot); known || !r.seat.take(false, true) {
		return
	}
	n := t.registry.inputs.add(hash, name, &t.registry.unused)
	t.registry.groups.add(to.slot)
	t.sync()
	in.group = to.slot
	se := t.series.at(int(to.slot))
	se.heard = max(se.heard, in.heard) // it may have been written a little before the input was
	*t.inputs.at(int(n)) = in
	if t.rule.perInput() {
		*t.sources.at(int(n)) = sketch.Hash(name)
	}
}

// begin makes the shard ready to run: rules without a snapshot start now, and what was restored is looked at at once.
func (s *shard) begin(now int64) {
	for id, t := range s.tables {
		if t.start == 0 {
			t.start = now
		}
		for slot := range t.series.len() {
			t.series.at(int(slot)).alarm = now
			s.agenda.add(now, entry{uint16(id), uint32(slot)})
		}
	}
}
