package relay

import (
	"fmt"
	"strings"

	"plumbago/aggregate"
	"plumbago/carbon"
)

// A Measured is what becomes of the samples of statsd's kinds that come by one listener: they are folded before the table is
// walked, as if its first rules did it, and what is flushed walks it from the top.
type Measured struct {
	Source uint16   // the listener, as its batches bear it
	Also   []uint16 // listeners that are leaving, and whose samples count as its
	aggregate.Statsd
}

// measures are the rules that a listener's samples of statsd's kinds are folded by.
type measures struct {
	kinds      [carbon.Set + 1]*rule // timers: those that no histogram has
	histograms []aggregate.Histogram
	timers     []*rule // of the histograms
}

// addMeasures makes the rules of one listener, and appends those for the aggregator to folds.
func (t *Table) addMeasures(m *Measured, folds []*aggregate.Rule) ([]*aggregate.Rule, error) {
	all := &measures{histograms: m.Histograms}
	add := func(k carbon.Kind, histogram int) (*rule, error) {
		fold, err := m.Rule(len(folds), k, histogram)
		if err != nil {
			return nil, fmt.Errorf("statsd: %w", err)
		}
		r := &rule{results: [][]int{nil}} // its number is 0: results walk on from the first
		folds, t.folding = append(folds, fold), append(t.folding, r)
		return r, nil
	}
	var err error
	for k := carbon.Count; k <= carbon.Set; k++ {
		if all.kinds[k], err = add(k, -1); err != nil {
			return nil, err
		}
	}
	for i := range m.Histograms {
		r, err := add(carbon.Timer, i)
		if err != nil {
			return nil, err
		}
		all.timers = append(all.timers, r)
	}
	if t.measures == nil {
		t.measures = map[uint16]*measures{}
	}
	t.measures[m.Source] = all
	for _, source := range m.Also {
		t.measures[source] = all
	}
	return folds, nil
}

// rule returns the rule for samples of a name.
func (m *measures) rule(name string, k carbon.Kind) *rule {
	if k == carbon.Timer {
		for i := range m.histograms {
			if strings.Contains(name, m.histograms[i].Metric) {
				return m.timers[i]
			}
		}
	}
	return m.kinds[k]
}

// measure says what becomes of a name's samples of one of statsd's kinds that come by a listener.
func (t *Table) measure(w *walker, name string, k carbon.Kind, source uint16) *verdict {
	w.v = verdict{names: []string{name}}
	if m := t.measures[source]; m != nil {
		w.v.folds = append(w.v.folds, fold{m.rule(name, k), []byte(name)})
	}
	return &w.v
}

// Measures returns the rules for a listener's samples of statsd's kinds.
func (t *Table) Measures(source uint16) (seats []*aggregate.Seat) {
	m := t.measures[source]
	if m == nil {
		return nil
	}
	for _, r := range append(m.kinds[carbon.Count:], m.timers...) {
		seats = append(seats, r.seat)
	}
	return seats
}
