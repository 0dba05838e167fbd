package aggregate

import "sync"

// A table is what one shard keeps of one rule: its series, the baselines of their inputs and their slices. All of it is
// the shard's but the registry, which Bind writes under a lock.
type table struct {
	rule     *Rule
	registry registry
	names    nameIndex // a copy of the registry's headers: the names that the shard knows
	series   []series
	inputs   []baseline
	heads    []head    // of slices, used and free
	cells    []float64 // of slices: rule.layout.width each
	unused   uint32    // the first free head + 1
	ways     []uint32  // of results: one per series and output, 0 until asked
	figures  Figures
}

// Figures count what a rule met, beside the ledger.
type Figures struct {
	Series  int64
	Emitted int64
	Amended int64 // of these, results of slices that had been emitted before
	Late    int64
	Refused int64 // samples of series that a limit forbids
	Cases   [NCases]int64
}

// A registry numbers a table's series and inputs. Lanes add to it, once a name.
type registry struct {
	sync.Mutex
	series nameIndex
	inputs nameIndex
	groups []uint32 // of inputs: the series they feed
}

// count returns how many series were made.
func (r *registry) count() int64 {
	r.Lock()
	defer r.Unlock()
	return int64(len(r.series.entries))
}

// A series is one result line's state: its horizon and its slices, the newest first.
type series struct {
	horizon int64  // Unix milliseconds: samples before it are late
	alarm   int64  // the next time at which something is due, 0 if nothing is
	slices  uint32 // the newest slice's head + 1, 0 if there is none
}

// A head is the part of a slice that is not its columns.
type head struct {
	due   int64  // when it is to be emitted (open), emitted again (amended) or freed (kept)
	until int64  // open: when it is emitted at the latest; else: when it is freed
	k     uint32 // it spans [k*period, (k+1)*period)
	older uint32 // the next older slice's head + 1, 0 if it is the oldest; of a free head, the next free one
	state state
}

// A state is where in its life a slice is.
type state uint8

const (
	open    state = iota // gathering, not emitted yet
	kept                 // emitted, and could still be amended
	amended              // emitted, amended since, to be emitted again
)

// sync brings the shard's view up to the registry's: new series and inputs since the last time.
func (t *table) sync() {
	r := &t.registry
	r.Lock()
	defer r.Unlock()
	t.names.entries, t.names.bytes = r.series.entries, r.series.bytes
	for len(t.series) < len(t.names.entries) {
		t.series = append(t.series, series{})
		for range t.rule.outputs {
			t.ways = append(t.ways, 0)
		}
	}
	for n := len(t.inputs); n < len(r.groups); n++ {
		t.inputs = append(t.inputs, baseline{group: r.groups[n]})
	}
}

// slice finds slice k of a series, or makes it. at is its head + 1.
func (t *table) slice(s *series, k uint32) (at uint32, isNew bool) {
	link := &s.slices
	for *link != 0 {
		h := &t.heads[*link-1]
		if h.k == k {
			return *link, false
		}
		if h.k < k {
			break
		}
		link = &h.older
	}
	older := *link
	at = t.unused
	if at != 0 {
		t.unused = t.heads[at-1].older
		*link = at
	} else {
		at = uint32(len(t.heads)) + 1
		*link = at // before heads may move
		t.heads = append(t.heads, head{})
		for range t.rule.layout.width {
			t.cells = append(t.cells, 0)
		}
	}
	t.heads[at-1] = head{k: k, older: older}
	t.rule.layout.clear(t.cellsOf(at))
	return at, true
}

// cellsOf returns the columns of the slice whose head + 1 is at.
func (t *table) cellsOf(at uint32) []float64 {
	w := t.rule.layout.width
	return t.cells[int(at-1)*w : int(at)*w]
}

// free gives the slice back that *link points to.
func (t *table) free(link *uint32) {
	at := *link
	h := &t.heads[at-1]
	*link = h.older
	h.older = t.unused
	t.unused = at
	poison(t.cellsOf(at))
}
