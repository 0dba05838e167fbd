package aggregate

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"plumbago/aggregate/state"
)

// StateVersion is of what the records of a snapshot hold. It also stands for the hash and the encoding of sketches.
const StateVersion = 1

// The first byte of a record of a snapshot says what it is.
const (
	recordRule   = 'R' // a rule: those that follow are of it
	recordSeries = 'S' // series of one shard
	recordInputs = 'I' // inputs of series that came before
	recordPast   = 'P' // the kept past of series that came before
)

// savePart is how many series are written between two looks at a shard's inbox, and recordSize about how large a record
// becomes.
const (
	savePart   = 4096
	recordSize = 1 << 20
)

// identities are what makes the state of each rule its own: a rule of another definition does not take it over. Equal rules
// are told apart by their order.
func identities(rules []*Rule) []string {
	same := map[string]int{}
	all := make([]string, len(rules))
	for i, r := range rules {
		definition := r.definition()
		all[i] = fmt.Sprintf("%s\n%d", definition, same[definition])
		same[definition]++
	}
	return all
}

// rulesOf returns the rules of seats.
func rulesOf(seats []*Seat) (rules []*Rule) {
	for _, s := range seats {
		rules = append(rules, s.Rule)
	}
	return rules
}

func (r *Rule) definition() string {
	o := &r.Options
	var windowed []string // the periods over which windows slide
	for i := range r.tiers {
		if r.tiers[i].widest > 0 {
			windowed = append(windowed, r.tiers[i].name())
		}
	}
	return fmt.Sprintf("%q %s %q %q %q %v %q %v %s %s %t %s %x %x %v", r.Match, o.Type, o.Name, o.By, o.Without, o.Period, o.Functions, o.Rollups,
		o.Clock, o.Compat, o.Percent, strings.Join(o.Templates()[1:], "\n"), r.layout.set, r.asks, windowed)
}

// Changes counts what may have changed the state since the start: a snapshot need not be written again while it stays the same.
func (a *Aggregator) Changes(ctx context.Context) (n uint64, err error) {
	for _, s := range a.shards {
		if err := a.ask(ctx, s, func() { n += s.folded }); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// Save writes a snapshot of every series to a file. Each series is consistent in itself, and with its inputs unless they
// are very many; the file is not of one instant.
func (a *Aggregator) Save(ctx context.Context, path string) error {
	w, err := state.Create(path, StateVersion, time.Now())
	if err != nil {
		return err
	}
	if err := a.SaveTo(ctx, w, false); err != nil {
		w.Abort()
		return err
	}
	return w.Commit()
}

// SaveTo writes the records of a snapshot, with the kept past of its series if that is wanted. They begin with capital
// letters; others may stand before and behind them.
func (a *Aggregator) SaveTo(ctx context.Context, w *state.Writer, past bool) error {
	a.forgetting.Lock() // slots must not be given to others meanwhile
	defer a.forgetting.Unlock()
	seats := a.Seats()
	names := identities(rulesOf(seats))
	for rule := len(seats) - 1; rule >= 0; rule-- { // so that what goes down the table meanwhile is not there twice
		tables := seats[rule].tables
		head := state.AppendText([]byte{recordRule}, names[rule])
		w.Record(binary.AppendVarint(head, tables[0].start))
		for i, s := range a.shards {
			if err := a.saveTable(ctx, w, i, s, tables[i]); err != nil {
				return err
			}
		}
		for i, s := range a.shards {
			if !past || s.past == nil {
				continue
			}
			if err := a.savePast(ctx, w, s, tables[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// saveTable writes what one shard has of one rule, part by part. Series with inputs are written at once with them as far
// as that goes, so that a baseline fits the slices that its growth went into.
func (a *Aggregator) saveTable(ctx context.Context, w *state.Writer, shard int, s *shard, t *table) error {
	p := packer{shard: shard}
	for from, part, more := 0, savePart, true; more; from += part {
		if err := a.ask(ctx, s, func() {
			if from == 0 {
				s.catchUp()
				t.sync()
			}
			if t.inputs.len() > 0 {
				part = partSize
			}
			for slot := from; slot < min(from+part, t.series.len()); slot++ {
				if t.series.at(int(slot)).heard > deleted {
					p.next(recordSeries)
					p.text = t.appendSeries(p.text, uint32(slot))
				}
			}
			for n := from; n < min(from+part, t.inputs.len()); n++ {
				if in := t.inputs.at(n); in.heard > deleted && t.series.at(int(in.group)).heard > deleted {
					p.next(recordInputs)
					p.text = t.appendInput(p.text, uint32(n))
				}
			}
			more = from+part < max(t.series.len(), t.inputs.len())
		}); err != nil {
			return err
		}
		for _, record := range p.take() {
			w.Record(record)
		}
	}
	return nil
}

// A packer puts series into records of one kind each.
type packer struct {
	shard   int
	text    []byte // the record at hand
	records [][]byte
}

// next makes sure that the record at hand is of the given kind and has room.
func (p *packer) next(kind byte) {
	if len(p.text) == 0 || p.text[0] != kind || len(p.text) > recordSize {
		p.close()
		p.text = binary.AppendUvarint([]byte{kind}, uint64(p.shard))
	}
}

func (p *packer) close() {
	if len(p.text) > 0 {
		p.records = append(p.records, p.text)
		p.text = nil
	}
}

// take returns the records made since the last time.
func (p *packer) take() [][]byte {
	p.close()
	records := p.records
	p.records = nil
	return records
}

// appendSeries appends all that is known of a series.
func (t *table) appendSeries(dst []byte, slot uint32) []byte {
	se := t.series.at(int(slot))
	dst = binary.AppendUvarint(dst, uint64(slot))
	dst = state.AppendText(dst, t.names.name(slot))
	dst = append(dst, flag(se.diff))
	dst = binary.AppendUvarint(dst, uint64(se.heard))
	for tier := range t.rule.tiers {
		tr := t.track(slot, tier)
		list := t.runs.view(tr)
		dst = binary.AppendUvarint(dst, uint64(tr.horizon))
		dst = binary.AppendUvarint(dst, uint64(len(list)))
		for i := range list {
			dst = t.appendSlice(dst, &list[i])
		}
	}
	for i := range t.rule.pulses {
		p := t.pulses.at(int(slot)*t.rule.pulses + i)
		dst = binary.AppendUvarint(binary.AppendUvarint(dst, uint64(p.next)), uint64(p.lag))
	}
	return dst
}

func flag(set bool) byte {
	if set {
		return 1
	}
	return 0
}

func (t *table) appendSlice(dst []byte, sl *slice) []byte {
	late, amending := t.late[sl.columns()]
	dst = append(dst, byte(sl.state()), flag(amending))
	dst = binary.AppendUvarint(dst, uint64(sl.k))
	dst = binary.AppendUvarint(dst, uint64(sl.first))
	dst = binary.AppendUvarint(dst, uint64(sl.last))
	if dst = t.appendCell(dst, sl.columns()); amending {
		dst = t.appendCell(dst, late)
	}
	return dst
}

// appendCell appends a cell: its columns, and what is beside them.
func (t *table) appendCell(dst []byte, cell uint32) []byte {
	for _, v := range t.cells.at(cell) {
		dst = state.AppendFloat(dst, v)
	}
	if t.side.set&sideQuantiles != 0 {
		dst = t.side.quantiles[cell].Append(dst)
	}
	if t.side.set&sideUnique != 0 {
		dst = t.side.unique[cell].Append(dst)
	}
	if t.side.set&sideSources != 0 {
		dst = t.side.sources[cell].Append(dst)
	}
	if t.side.set&sideValues != 0 {
		dst = t.side.values[cell].Append(dst)
	}
	if t.side.set&sideStamps != 0 {
		var list []stamp
		if st := t.side.stampsOf(cell); st != nil {
			list = st.list
		}
		dst = binary.AppendUvarint(dst, uint64(len(list)))
		for i := range list {
			dst = state.AppendFloat(binary.AppendVarint(dst, list[i].ms), list[i].v)
			dst = binary.LittleEndian.AppendUint64(dst, list[i].source)
		}
	}
	return dst
}

// appendInput appends an input: its name, its series' slot and its baseline.
func (t *table) appendInput(dst []byte, n uint32) []byte {
	in := t.inputs.at(int(n))
	t.registry.Lock()
	dst = state.AppendText(dst, t.registry.inputs.name(n))
	t.registry.Unlock()
	dst = binary.AppendUvarint(dst, uint64(in.group))
	dst = binary.AppendUvarint(dst, uint64(in.heard))
	return state.AppendFloat(binary.AppendVarint(dst, in.time), in.value)
}
