// Package tap lets people watch points as they pass. What comes in is batches, shown by those whose path they are on; what goes out
// is the lines of the points that somebody asked for, to a reader that is waited for by nobody: what it is too slow for is counted.
//
// When nobody watches, a batch costs a look at one pointer. When somebody does, most names are refused by how they begin or end; any
// other is compared once and remembered by its hash.
package tap

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"plumbago/carbon"
	"plumbago/carbon/pattern"
)

const (
	most   = 16      // taps at a time
	room   = 1 << 20 // bytes of lines that may wait for a reader
	memory = 1 << 17 // names whose verdict is remembered
)

// ErrTooMany is what Open returns when there are as many taps as there may be.
var ErrTooMany = errors.New("too many are watching already")

// Taps are all those who watch.
type Taps struct {
	mu   sync.Mutex // of who comes and goes
	open atomic.Pointer[[]*Tap]
}

// Which points a tap is shown.
type Which uint8

// The choices.
const (
	All     Which = iota
	Samples       // what came in
	Results       // what aggregates gave out
)

// Options are what somebody wants to see.
type Options struct {
	Match *pattern.Matcher
	Which Which
	Peers bool // whether lines end with a comment that says who sent them
}

// A Tap is one who watches.
type Tap struct {
	Options
	taps  *Taps
	known []atomic.Uint64 // by the lower bits of a name's hash: its other bits, and the verdict in the lowest

	mu      sync.Mutex
	lines   []byte
	skipped int64
}

// Open begins to watch.
func (t *Taps) Open(o Options) (*Tap, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []*Tap
	if old := t.open.Load(); old != nil {
		list = *old
	}
	if len(list) >= most {
		return nil, ErrTooMany
	}
	tap := &Tap{Options: o, taps: t, known: make([]atomic.Uint64, memory)}
	list = append(slices.Clone(list), tap)
	t.open.Store(&list)
	return tap, nil
}

// Close ends it. Batches that are being looked at may still be shown.
func (t *Tap) Close() {
	t.taps.mu.Lock()
	defer t.taps.mu.Unlock()
	old := t.taps.open.Load()
	list := slices.DeleteFunc(slices.Clone(*old), func(o *Tap) bool { return o == t })
	if len(list) == 0 {
		t.taps.open.Store(nil)
		return
	}
	t.taps.open.Store(&list)
}

// Watched says whether somebody watches.
func (t *Taps) Watched() bool { return t != nil && t.open.Load() != nil }

// Look shows a batch to all who watch.
func (t *Taps) Look(b *carbon.Batch) {
	list := t.open.Load()
	if list == nil {
		return
	}
	for _, tap := range *list {
		tap.look(b)
	}
}

// look takes the lines of what was asked for.
func (t *Tap) look(b *carbon.Batch) {
	locked := false
	for i := range b.Points {
		p := &b.Points[i]
		result := p.Flags&carbon.Routed != 0
		if result && t.Which == Samples || !result && t.Which == Results || !t.wants(b, p, result) {
			continue
		}
		if !locked { // once a batch, and only for what is wanted
			t.mu.Lock()
			locked = true
		}
		if len(t.lines) >= room {
			t.skipped++
			continue
		}
		t.lines = appendLine(t.lines, b, p)
		if peer := b.PeerOf(p); t.Peers && peer.IsValid() {
			t.lines = peer.AppendTo(append(t.lines, " # "...))
		}
		t.lines = append(t.lines, '\n')
	}
	if locked {
		t.mu.Unlock()
	}
}

// wants says whether a point is one that was asked for.
func (t *Tap) wants(b *carbon.Batch, p *carbon.Point, result bool) bool {
	if t.Match.Refuses(b.Name(p)) { // its bytes are at hand, what is remembered of it may be far away
		return false
	}
	hash := p.Hash
	if result { // it has none
		hash = carbon.Hash(b.Name(p), carbon.Raw)
	}
	place := &t.known[hash%memory]
	if seen := place.Load(); seen>>1 == hash>>1 && seen != 0 {
		return seen&1 != 0
	}
	is := t.Match.Match(string(b.Name(p)), nil)
	verdict := hash &^ 1
	if is {
		verdict |= 1
	}
	place.Store(verdict)
	return is
}

// Take returns the lines that came since the last call, in memory of the caller's that it had from there or nil, and how many
// there was no room for.
func (t *Tap) Take(used []byte) (lines []byte, skipped int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines, skipped = t.lines, t.skipped
	t.lines, t.skipped = used[:0], 0
	return lines, skipped
}
