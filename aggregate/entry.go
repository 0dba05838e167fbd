package aggregate

import (
	"errors"
	"math"

	"plumbago/carbon/stat"
)

// An Entry is values that somebody else has added up, told by their figures.
type Entry struct {
	N        int64 // how many values
	Mean     float64
	Dev      float64 // their standard deviation (of the population)
	Min, Max float64
}

// Check says what is wrong with an entry that no values can have.
func (e *Entry) Check() error {
	for _, x := range [...]float64{e.Mean, e.Dev, e.Min, e.Max} {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return errors.New("an entry has a figure that is not finite")
		}
	}
	switch {
	case e.N < 1:
		return errors.New("an entry is of no value")
	case e.Min > e.Max:
		return errors.New("an entry has its smallest value above its largest")
	case e.Mean < e.Min, e.Mean > e.Max:
		return errors.New("an entry has its mean outside its values")
	case e.Dev < 0:
		return errors.New("an entry has a negative deviation")
	}
	return nil
}

// Entered is an entry on its way into one series, beside the samples of a block.
type entered struct {
	Entry
	time   int64 // Unix milliseconds
	slot   uint32
	rule   uint16
	ticket Ticket
}

// mostEntries is how many entries a block holds.
const mostEntries = 256

// Enter gives an entry, which must be good, to each of refs, as Fold does with a sample. The series must not be of
// running totals. Of an entry and a sample of one time in one block the entry is the later one.
func (s *Scatter) Enter(refs []Ref, e Entry, ms, arrival int64) {
	var ticket Ticket
	if len(refs) > 1 {
		ticket = s.number(len(refs))
	}
	for _, ref := range refs {
		b := s.block(ref, len(refs) > 1)
		b.Arrival = arrival
		b.entries = append(b.entries, entered{e, ms, ref.Slot, ref.Rule, ticket})
		if len(b.entries) >= mostEntries {
			s.open[ref.Shard] = nil
			s.Hand(int(ref.Shard), b)
		}
	}
}

// enter adds a block's entries to their slices: each as a slice that leaves is added to a higher one.
func (s *shard) enter(block *Samples) {
	heard := heardAt(block.Arrival)
	for i := range block.entries {
		e := &block.entries[i]
		t := s.tables[e.rule]
		slot := e.slot
		if slot == noSlot {
			t.figures.Refused++
			s.refuse(block, e.ticket, stat.DropSeriesLimit)
			continue
		}
		x := value{v: e.Mean, ms: e.time}
		if slot&inputBit != 0 {
			slot, _ = t.take(slot&^inputBit, &x, block.Arrival)
		} else {
			if int(slot) >= t.series.len() || t.series.at(int(slot)).heard == 0 {
				t.adopt(slot)
			}
			t.series.at(int(slot)).heard = heard
		}
		mustBe(!t.series.at(int(slot)).diff, "an entry for running totals")
		x.cell = t.entryCell(e, x.input) + 1
		at := e.time
		if t.rule.Clock == "arrival" {
			at = block.Arrival
		}
		if !s.add(t, slot, &x, at, block.Arrival) {
			s.tooLate(t, block, e.ticket)
		}
		t.freeCell(x.cell - 1)
	}
}

// entryCell returns a cell that holds an entry. What an entry does not tell is taken as if all its values were its mean.
func (t *table) entryCell(e *entered, input uint32) uint32 {
	cell := t.newCell()
	t.rule.layout.enter(t.cells.at(cell), e)
	if t.side.set&sideQuantiles != 0 {
		t.side.quantiles[cell].Add(e.Mean, uint64(e.N))
	}
	if t.side.set&sideUnique != 0 {
		t.side.unique[cell].AddFloat(e.Mean)
	}
	if t.side.set&sideSources != 0 {
		t.side.sources[cell].AddHash(*t.sources.at(int(input)))
	}
	return cell
}

// enter makes an empty cell that of an entry.
func (l *layout) enter(cell []float64, e *entered) {
	n, ms := float64(e.N), float64(e.time)
	columns := [nColumns]float64{
		colCount: n, colSum: n * e.Mean, colMin: e.Min, colMax: e.Max, colFirst: e.Mean, colFirstTime: ms, colLast: e.Mean,
		colLastTime: ms, colMean: e.Mean, colScatter: n * e.Dev * e.Dev,
	}
	if e.Mean > 0 {
		columns[colPositive], columns[colPositives] = n*e.Mean, n
	}
	for c := range nColumns {
		if l.has(column(c)) {
			cell[l.at[c]] = columns[c]
		}
	}
}
