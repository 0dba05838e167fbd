package aggregate

import "plumbago/aggregate/sketch"

// A table is what one shard keeps of one rule: its series, the baselines of their inputs and their slices. All of it is
// the shard's but the registry, which Bind writes under a lock. Nothing in it holds a pointer for each series or slice,
// but the sides, which few rules ask for.
type table struct {
	rule     *Rule
	start    int64 // when the rule started, Unix milliseconds: slices that contain it were not seen whole
	registry registry
	names    nameIndex // a copy of the registry's headers: the keys that the shard knows
	series   rows[series]
	upper    rows[track] // of the higher tiers, so many per series
	pulses   rows[pulse] // of the tiers that have windows, so many per series
	inputs   rows[baseline]
	sources  rows[uint64] // hashes of the inputs' names, where the rule asks whose samples are
	runs     *runs
	cells    slab[float64] // of slices: the rule's columns
	side     sides
	late     map[uint32]uint32 // cells of amended slices that feed others -> cells of what came late
	window   uint32            // a cell in which windows are added up
	look     view              // scratch of view
	ways     rows[uint32]      // of results: so many per series, 0 until asked
	kept     memories          // of results, in the same places
	figures  Figures
}

// Figures count what a rule met, beside the ledger.
type Figures struct {
	Series   int64
	Emitted  int64
	Amended  int64 // of these, results of slices that had been emitted before
	Late     int64 // samples refused for their time
	Early    int64 // of these, those too far ahead
	Missed   int64 // slices that a rollup does not hold, since it was over when they came
	Refused  int64 // samples of series that a limit forbids
	Repeated int64 // samples that dedup took for one that came before
	Cases    [NCases]int64
}

func (f *Figures) add(o *Figures) {
	f.Series += o.Series
	f.Emitted += o.Emitted
	f.Amended += o.Amended
	f.Late += o.Late
	f.Early += o.Early
	f.Missed += o.Missed
	f.Refused += o.Refused
	f.Repeated += o.Repeated
	for i, n := range o.Cases {
		f.Cases[i] += n
	}
}

// A series is one result line's state.
type series struct {
	alarm int64  // the next time at which something is due, Unix milliseconds; 0 if nothing is
	heard uint32 // when its last sample arrived, Unix seconds; 0 if the shard does not know it (yet, or any more), or deleted
	base  track  // of the base tier
	diff  bool   // its samples are running totals
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
	known := t.series.len()
	t.grow(t.names.entries.len())
	for n := known; n < t.series.len(); n++ {
		t.series.at(n).diff = *r.diffs.at(n)
	}
	t.inputs.grow(r.groups.len())
	if t.rule.perInput() {
		t.sources.grow(r.groups.len())
	}
}

// grow makes room for so many series.
func (t *table) grow(n int) {
	t.series.grow(n)
	t.upper.grow(n * (len(t.rule.tiers) - 1))
	t.pulses.grow(n * t.rule.pulses)
	t.ways.grow(n * t.rule.results)
}

// adopt makes the series at a slot known to the shard: it is new, or one that was made where another was forgotten. Lanes wait for
// the registry's lock, so it is left alone where an earlier sync has brought all there is to know.
func (t *table) adopt(slot uint32) {
	if !t.has(slot) {
		t.sync()
	}
	mustBe(t.names.entries.at(int(slot)).length() > 0, "a sample for a series that was forgotten")
}

// has says whether the shard's view has a series that a sample came for. Its entry was written before that was sent, and where it lies
// has not changed since sync; but its name may be in a chunk that is newer.
func (t *table) has(slot uint32) bool {
	if int(slot) >= t.series.len() {
		return false
	}
	e := t.names.entries.at(int(slot))
	return e.length() > 0 && t.names.bytes[e.side()].Has(e.at)
}

// adoptInput makes an input known to the shard.
func (t *table) adoptInput(n uint32) {
	t.sync()
	t.registry.Lock()
	defer t.registry.Unlock()
	name := t.registry.inputs.name(n)
	mustBe(len(name) > 0, "a sample of an input that was forgotten")
	*t.inputs.at(int(n)) = baseline{group: *t.registry.groups.at(int(n)), time: unset}
	if t.rule.perInput() {
		*t.sources.at(int(n)) = sketch.Hash(name)
	}
}

// track returns the slices of one tier of a series.
func (t *table) track(slot uint32, tier int) *track {
	if tier == 0 {
		return &t.series.at(int(slot)).base
	}
	return t.upper.at(int(slot)*(len(t.rule.tiers)-1) + tier - 1)
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
	if x.cell != 0 {
		t.merge(cell, x.cell-1)
		return
	}
	t.rule.layout.fold(t.cells.at(cell), x)
	if t.side.set != 0 {
		source := uint64(0)
		if t.side.set&sideSources != 0 {
			source = *t.sources.at(int(x.input))
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
