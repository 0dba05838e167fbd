package aggregate

import (
	"bytes"
	"context"
	"time"

	"plumbago/aggregate/history"
)

// Remember has the past of what is emitted be kept. It must be called before Start.
func (a *Aggregator) Remember(o history.Options) {
	if o.Keep == 0 {
		return
	}
	a.rooms = history.NewRoom(o.Series, o.Bytes)
	for _, s := range a.shards {
		s.past = history.NewStore(o.Keep, a.rooms)
	}
}

// RememberAnew changes what is kept of the past while the shards run.
func (a *Aggregator) RememberAnew(ctx context.Context, o history.Options) error {
	a.forgetting.Lock()
	defer a.forgetting.Unlock()
	if a.rooms == nil || o.Keep == 0 {
		a.rooms = history.NewRoom(o.Series, o.Bytes)
	}
	a.rooms.Resize(o.Series)
	for _, s := range a.shards {
		if err := a.ask(ctx, s, func() { s.rememberAnew(o, a.rooms) }); err != nil {
			return err
		}
	}
	return nil
}

func (s *shard) rememberAnew(o history.Options, room *history.Room) {
	switch {
	case o.Keep == 0:
		s.past = nil
		for _, t := range s.tables {
			if t != nil {
				t.kept = memories{}
			}
		}
	case s.past == nil:
		s.past = history.NewStore(o.Keep, room)
	default:
		s.past.Resize(o.Keep)
	}
}

// memories say where the shard's past has the results of a table.
type memories struct {
	handles rows[history.Handle] // so many per series as there are results; only as long as needed
	source  *history.Source
}

// remember keeps a result of the given name.
func (s *shard) remember(t *table, slot uint32, o *output, res *result, stamp int64, v float64, name []byte) {
	if s.past == nil {
		return
	}
	point := history.Point{Time: stamp / 1000, Value: v}
	if h := t.handle(slot, res.number); h != 0 {
		s.past.Put(h, point)
		return
	}
	if s.past.Sweep(s.now / 1000); !s.past.Wants(name) {
		return
	}
	label := t.label(slot, o, res, string(name))
	h := s.past.Adopt(&label)
	if h == 0 {
		h = s.past.Open(label)
	}
	if h == 0 {
		return
	}
	t.open(slot, res.number, h)
	s.past.Put(h, point)
}

// label says what the past of a result of a series is.
func (t *table) label(slot uint32, o *output, res *result, name string) history.Label {
	if t.kept.source == nil {
		t.kept.source = &history.Source{Functions: t.rule.Functions}
	}
	return history.Label{
		Name: name, Of: string(nameOf(t.names.name(slot))), Fn: res.name,
		Period: time.Duration(t.rule.tiers[o.tier].period) * time.Millisecond, Own: o.tier == 0 && o.window == 0,
		Diff: t.series.at(int(slot)).diff, Source: t.kept.source,
	}
}

// open notes where the past has a result of a series.
func (t *table) open(slot uint32, number int, h history.Handle) {
	at := int(slot)*t.rule.results + number
	t.kept.handles.grow(at + 1)
	*t.kept.handles.at(at) = h
}

// handle returns where the past has a result of a series; zero if it is not kept.
func (t *table) handle(slot uint32, number int) history.Handle {
	if at := int(slot)*t.rule.results + number; at < t.kept.handles.len() {
		return *t.kept.handles.at(at)
	}
	return 0
}

// nameOf returns the name of the series with the given key.
func nameOf(key []byte) []byte {
	name, _, _ := bytes.Cut(key, []byte{keyMark})
	return name
}

// pastStep is how many series of the past are looked at between two of a shard's blocks.
const pastStep = 256

// Past shows f each series of the past. f is run by the shards, one after the other: it must be quick, and keep nothing
// of what it is shown but copies of points.
func (a *Aggregator) Past(ctx context.Context, f func(*history.Series)) error {
	for _, s := range a.shards {
		for from, more := 0, true; more; {
			err := a.ask(ctx, s, func() {
				if more = s.past != nil; !more {
					return
				}
				s.past.Sweep(time.Now().Unix())
				from, more = s.past.Each(from, pastStep, f)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Trim drops what the past has from before a time in Unix seconds, however new the newest is that is kept of a series.
func (a *Aggregator) Trim(ctx context.Context, before int64) error {
	for _, s := range a.shards {
		if s.past == nil {
			continue
		}
		if err := a.ask(ctx, s, func() { s.past.Trim(before) }); err != nil {
			return err
		}
	}
	return nil
}

// PastFigures are how much of the past is kept.
type PastFigures struct {
	history.Figures
	NotKept int64 // results of live series of which nothing is kept, for want of room
}

// PastFigures counts what is kept of the past.
func (a *Aggregator) PastFigures(ctx context.Context) (sum PastFigures, err error) {
	full, live, seats := false, int64(0), a.Seats()
	for i, s := range a.shards {
		err := a.ask(ctx, s, func() {
			if s.past == nil {
				return
			}
			f := s.past.Figures()
			sum.Series += f.Series
			sum.Orphans += f.Orphans
			sum.Points += f.Points
			sum.Bytes += f.Bytes
			full = full || s.past.Full()
			for _, seat := range seats {
				live += seat.tables[i].registry.count() * int64(seat.results)
			}
		})
		if err != nil {
			return sum, err
		}
	}
	if full {
		sum.NotKept = max(0, live-(sum.Series-sum.Orphans))
	}
	return sum, nil
}
