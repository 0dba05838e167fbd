package aggregate

import (
	"sync"
	"sync/atomic"
)

// BlockSize is how many samples a block holds.
const BlockSize = 1024

// A Sample is one value on its way into one series: 24 bytes and no pointers.
type Sample struct {
	Value  float64
	Time   int64 // Unix milliseconds
	Slot   uint32
	Rule   uint16
	Ticket Ticket
}

// A Ticket says what else became of a sample, so that a shard that must refuse it knows how to correct the ledger. The
// zero Ticket is of a sample that goes into this one series and nowhere else.
type Ticket uint16

// ticketSent marks a sample that was sent too; the bits below it are its place in the block's Refusals plus one, or 0
// for a sample that goes into one series only.
const ticketSent Ticket = 1 << 15

// Samples is a block of samples for one shard. It has one owner, who hands it on or frees it.
type Samples struct {
	List     []Sample
	Arrival  int64     // Unix milliseconds when they were read
	entries  []entered // what comes added up already; few senders have any
	refusals *Refusals // of the samples in it that go into several series; nil if none does
}

var blocks = sync.Pool{New: func() any { return &Samples{List: make([]Sample, 0, BlockSize)} }}

// NewSamples returns an empty block.
func NewSamples() *Samples { return blocks.Get().(*Samples) }

// Full says whether the block has no room for another sample.
func (s *Samples) Full() bool { return len(s.List) == BlockSize }

// Free gives the block back.
func (s *Samples) Free() {
	if s.refusals != nil {
		s.refusals.free()
	}
	s.List, s.entries, s.refusals = s.List[:0], s.entries[:0], nil
	blocks.Put(s)
}

// Refusals counts, for samples that go into several series, how many of these have not refused it yet. A sample is
// aggregated once however many series take it, so only the refusal of the last one is one to the ledger, and the series
// may belong to different shards.
type Refusals struct {
	left []atomic.Int32
	used int
	refs atomic.Int32
}

var refusalPool = sync.Pool{New: func() any { return &Refusals{left: make([]atomic.Int32, BlockSize)} }}

// newRefusals returns an empty set with one reference.
func newRefusals() *Refusals {
	r := refusalPool.Get().(*Refusals)
	r.used = 0
	r.refs.Store(1)
	return r
}

func (r *Refusals) free() {
	if r.refs.Add(-1) == 0 {
		refusalPool.Put(r)
	}
}

// A Scatter hands the samples of one lane to the series they were bound to, gathering them in one open block a shard.
type Scatter struct {
	Hand     func(shard int, s *Samples) // takes a full block over; may wait
	open     []*Samples
	refusals *Refusals
}

// NewScatter returns a Scatter over so many shards.
func NewScatter(shards int, hand func(shard int, s *Samples)) *Scatter {
	return &Scatter{Hand: hand, open: make([]*Samples, shards)}
}

// Fold gives one sample, which arrived at the given time, to each of refs. sent says that it was sent as well.
func (s *Scatter) Fold(refs []Ref, value float64, ms, arrival int64, sent bool) {
	var ticket Ticket
	if sent {
		ticket = ticketSent
	}
	if len(refs) > 1 {
		ticket |= s.number(len(refs))
	}
	for _, ref := range refs {
		b := s.block(ref, len(refs) > 1)
		b.Arrival = arrival
		b.List = append(b.List, Sample{Value: value, Time: ms, Slot: ref.Slot, Rule: ref.Rule, Ticket: ticket})
		if b.Full() {
			s.open[ref.Shard] = nil
			s.Hand(int(ref.Shard), b)
		}
	}
}

// block returns the open block of a series' shard. shared says that the sample goes into other series too.
func (s *Scatter) block(ref Ref, shared bool) *Samples {
	b := s.open[ref.Shard]
	if b == nil {
		b = NewSamples()
		s.open[ref.Shard] = b
	}
	if shared && b.refusals == nil {
		s.refusals.refs.Add(1)
		b.refusals = s.refusals
	}
	return b
}

// number gives a sample that goes into n series its place in the Refusals. All open blocks share one set, so a full one
// is replaced only after they were handed on.
func (s *Scatter) number(n int) Ticket {
	if s.refusals != nil && s.refusals.used == len(s.refusals.left) {
		s.Flush()
	}
	if s.refusals == nil {
		s.refusals = newRefusals()
	}
	r := s.refusals
	r.left[r.used].Store(int32(n))
	r.used++
	return Ticket(r.used)
}

// Flush hands on what is open.
func (s *Scatter) Flush() {
	for shard, b := range s.open {
		if b != nil {
			s.open[shard] = nil
			s.Hand(shard, b)
		}
	}
	if s.refusals != nil {
		s.refusals.free()
		s.refusals = nil
	}
}

// Open says whether anything waits to be handed on.
func (s *Scatter) Open() bool {
	for _, b := range s.open {
		if b != nil {
			return true
		}
	}
	return false
}
