package aggregate

import (
	"context"
	"encoding/binary"
	"math"

	"plumbago/aggregate/history"
	"plumbago/aggregate/state"
	"plumbago/carbon"
)

// savePast writes the kept past of one shard's series of one rule, part by part. What is kept of series that are
// forgotten is left out.
func (a *Aggregator) savePast(ctx context.Context, w *state.Writer, s *shard, t *table) error {
	for from, more := 0, true; more; from += pastStep {
		record := []byte{recordPast}
		if err := a.ask(ctx, s, func() {
			for slot := from; slot < min(from+pastStep, t.series.len()); slot++ {
				if t.series.at(int(slot)).heard > deleted {
					record = s.appendPast(record, t, uint32(slot))
				}
			}
			more = from+pastStep < t.series.len()
		}); err != nil {
			return err
		}
		w.Record(record)
	}
	return nil
}

// appendPast appends what is kept of a series: its key, and the points of each of its results by the name of that.
func (s *shard) appendPast(dst []byte, t *table, slot uint32) []byte {
	var kept []*history.Series
	for number := range t.rule.results {
		if h := t.handle(slot, number); h != 0 {
			kept = append(kept, s.past.Get(h))
		}
	}
	dst = state.AppendText(dst, t.names.name(slot))
	dst = append(dst, flag(t.series.at(int(slot)).diff))
	dst = binary.AppendUvarint(dst, uint64(len(kept)))
	for _, se := range kept {
		dst = state.AppendText(dst, se.Name)
		dst = binary.AppendUvarint(dst, uint64(se.Len()))
		before := int64(0)
		se.Each(math.MinInt64, math.MaxInt64, func(p history.Point) {
			dst = state.AppendFloat(binary.AppendVarint(dst, p.Time-before), p.Value)
			before = p.Time
		})
	}
	return dst
}

// past takes over what is kept of a series, as far as that is there and has such results. It reports false if there is
// something that no past has.
func (r *restorer) past(d *state.Decoder) (ok bool) {
	key, diff := d.Text(), d.Uint32() != 0
	hash := carbon.Hash(key, kindOf(diff))
	shard := int(hash>>32) % len(r.a.shards)
	s := r.a.shards[shard]
	t := r.seat.tables[shard]
	slot, known := t.registry.series.find(hash, key)
	for range d.Count(2) {
		name, h := d.Text(), history.Handle(0)
		if known && s.past != nil {
			h = s.reopen(t, slot, name)
		}
		at := int64(0)
		for range d.Count(9) {
			at += d.Int()
			v := d.Float()
			if at < 0 || at > math.MaxUint32 || math.IsNaN(v) || math.IsInf(v, 0) {
				return false
			}
			if h != 0 && !d.Failed() {
				s.past.Put(h, history.Point{Time: at, Value: v})
			}
		}
	}
	return true
}

// reopen opens the past of the result of a series that has the given name; zero if there is none, or no room.
func (s *shard) reopen(t *table, slot uint32, name []byte) history.Handle {
	for i := range t.rule.outputs {
		o := &t.rule.outputs[i]
		for j := range o.results {
			res := &o.results[j]
			if t.handle(slot, res.number) != 0 || string(t.rule.appendName(nil, t.names.name(slot), res)) != string(name) {
				continue
			}
			h := s.past.Open(t.label(slot, o, res, string(name)))
			if h != 0 {
				t.open(slot, res.number, h)
			}
			return h
		}
	}
	return 0
}
