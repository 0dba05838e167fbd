package aggregate

import (
	"sync"

	"plumbago/aggregate/sketch"
)

// A table is what one shard keeps of one rule: its series, the baselines of their inputs and their slices. All of it is
// the shard's but the registry, which Bind writes under a lock. Nothing in it holds a pointer for each series or slice,
// but the sides, which few rules ask for.
type table struct {
	rule     *Rule
	registry registry
	names    nameIndex // a copy of the registry's headers: the keys that the shard knows
	series   []series
	upper    []track // of the higher tiers, so many per series
	pulses   []pulse // of the tiers that have windows, so many per series
	inputs   []baseline
	sources  []uint64 // hashes of the inputs' names, where the rule asks for sources
	runs     *runs
	cells    slab[float64] // of slices: the rule's columns
	side     sides
	late     map[uint32]uint32 // cells of amended slices that feed others -> cells of what came late
	window   uint32            // a cell in which windows are added up
	look     view              // scratch of view
	ways     []uint32          // of results: so many per series, 0 until asked
	kept     memories          // of results, in the same places
	figures  Figures
}

// Figures count what a rule met, beside the ledger.
type Figures struct {
	Series   int64
	Emitted  int64
	Amended  int64 // of these, results of slices that had been emitted before
	Late     int64
	Refused  int64 // samples of series that a limit forbids
	Repeated int64 // samples that dedup took for one that came before
	Cases    [NCases]int64
}

func (f *Figures) add(o *Figures) {
	f.Series += o.Series
	f.Emitted += o.Emitted
	f.Amended += o.Amended
	f.Late += o.Late
	f.Refused += o.Refused
	f.Repeated += o.Repeated
	for i, n := range o.Cases {
		f.Cases[i] += n
	}
}

// A registry numbers a table's series and inputs. Lanes add to it, once a name.
type registry struct {
	sync.Mutex
	series nameIndex
	inputs nameIndex
	diffs  []bool   // of series: whether their samples are running totals
	groups []uint32 // of inputs: the series they feed
}

// count returns how many series were made.
func (r *registry) count() int64 {
	r.Lock()
	defer r.Unlock()
	return int64(len(r.series.entries))
}

// A series is one result line's state.
type series struct {
	alarm int64 // the next time at which something is due, Unix milliseconds; 0 if nothing is
	base  track // of the base tier
	diff  bool  // its samples are running totals
}

// A pulse is how far the windows of one tier of one series have come.
type pulse struct {
	next uint32 // the slice after the newest at which windows were emitted; 0 if none were
	lag  uint32 // how far behind its due the newest slice was emitted: in a replay far
}

// prepare makes a zero table one of rule r.
func (t *table) prepare(r *Rule) {
	t.rule, t.runs, t.cells, t.late = r, newRuns(), newSlab[float64](r.layout.width), map[uint32]uint32{}
	t.side.set = r.asks
	if r.pulses > 0 {
		t.window = t.newCell()
	}
}

// sync brings the shard's view up to the registry's: new series and inputs since the last time.
func (t *table) sync() {
	r := &t.registry
	r.Lock()
	defer r.Unlock()
	t.names.entries, t.names.bytes = r.series.entries, r.series.bytes
	for n := len(t.series); n < len(t.names.entries); n++ {
		t.series = append(t.series, series{diff: r.diffs[n]})
		t.upper = append(t.upper, make([]track, len(t.rule.tiers)-1)...)
		t.pulses = append(t.pulses, make([]pulse, t.rule.pulses)...)
		t.ways = append(t.ways, make([]uint32, t.rule.results)...)
	}
	for n := len(t.inputs); n < len(r.groups); n++ {
		t.inputs = append(t.inputs, baseline{group: r.groups[n]})
		if t.rule.asks&sideSources != 0 {
			t.sources = append(t.sources, sketch.Hash(r.inputs.name(uint32(n))))
		}
	}
}

// track returns the slices of one tier of a series.
func (t *table) track(slot uint32, tier int) *track {
	if tier == 0 {
		return &t.series[slot].base
	}
	return &t.upper[int(slot)*(len(t.rule.tiers)-1)+tier-1]
}

// newCell returns the number of an empty cell.
func (t *table) newCell() uint32 {
	n := t.cells.take()
	t.rule.layout.clear(t.cells.at(n))
	t.side.take(n)
	return n
}

func (t *table) freeCell(n uint32) {
	poison(t.cells.at(n))
	t.cells.give(n)
	t.side.give(n)
}

// put adds a value to a cell.
func (t *table) put(cell uint32, x *value) {
	t.rule.layout.fold(t.cells.at(cell), x)
	if t.side.set != 0 {
		source := uint64(0)
		if t.side.set&sideSources != 0 {
			source = t.sources[x.input]
		}
		t.side.fold(cell, x, source)
	}
}

// merge adds what one cell holds to another.
func (t *table) merge(dst, src uint32) {
	t.rule.layout.merge(t.cells.at(dst), t.cells.at(src))
	if t.side.set != 0 {
		t.side.merge(dst, src)
	}
}
