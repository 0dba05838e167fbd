package carbon

import (
	"net/netip"
	"sync"

	"plumbago/carbon/stat"
)

// BlockSize is the room of a fresh Batch in bytes: what one read can bring.
const BlockSize = 64 << 10

// Batches larger than these go to the collector when freed, so that one odd message does not stay in the pool for ever.
const (
	maxPooledBytes  = 256 << 10
	maxPooledPoints = 16 << 10
)

// A Batch is a block of input and the points in it. It has one owner, who hands it on or frees it; nobody keeps a slice
// of one.
type Batch struct {
	Bytes   []byte                // one read, whole messages only; decoders may rewrite it in place and append to it
	Points  []Point               // what a Decoder found in Bytes
	Arrival int64                 // Unix milliseconds when it was read: the clock is asked once a batch
	Source  uint16                // the listener it came by
	Bad     [stat.NReasons]uint32 // what was refused, by reason: refusing costs no more than taking
	Limited uint32                // samples that were decoded and taken out: their peer sends more than its listener allows
	Cleaned uint32                // names that were put into their clean form, and tags that were dropped; beside the ledger

	Peer     netip.AddrPort // who sent it, or the last of them; the zero one if nobody knows
	Own      bool           // its points are plumbago's own figures: nobody sent them
	Parts    []Part         // who sent which part of Bytes, if several did
	Refusals []Refusal      // the first of what was refused
	refused  []byte         // their texts
	part     int            // the part that the last of them lay in
}

var batches = sync.Pool{New: func() any {
	return &Batch{Bytes: make([]byte, 0, BlockSize), Points: make([]Point, 0, 1024)}
}}

// NewBatch returns an empty batch with at least BlockSize bytes of room.
func NewBatch() *Batch { return batches.Get().(*Batch) }

// Free gives b back. Its owner must not touch it, nor any slice of it, afterwards.
func (b *Batch) Free() {
	b.poison()
	if cap(b.Bytes) < BlockSize || cap(b.Bytes) > maxPooledBytes || cap(b.Points) > maxPooledPoints {
		return
	}
	kept, points, parts, refusals, refused := b.Bytes[:0], b.Points[:0], b.Parts[:0], b.Refusals[:0], b.refused[:0]
	*b = Batch{} // a value made with these in it would lie on the stack: of ten thousand silent connections, each its own
	b.Bytes, b.Points, b.Parts, b.Refusals, b.refused = kept, points, parts, refusals, refused
	batches.Put(b)
}

// Name returns the name of p, valid until b is freed.
func (b *Batch) Name(p *Point) []byte { return b.Bytes[p.name : p.name+uint32(p.size)] }

// Text returns the text p came in, "name value" or (Stamped) "name value time", or nil if it came in none.
func (b *Batch) Text(p *Point) []byte {
	if p.end == 0 {
		return nil
	}
	return b.Bytes[p.name:p.end]
}

// Add appends a point that came in no text: its name is copied into b, so b needs no input. A name over 65,535 bytes is
// a bug of the caller.
func (b *Batch) Add(name []byte, k Kind, value float64, ms int64) *Point {
	at := uint32(len(b.Bytes))
	b.Bytes = append(b.Bytes, name...)
	b.Points = append(b.Points, Point{
		Hash: Hash(name, k), Value: value, Time: ms, name: at, size: uint16(len(name)), Kind: k, Flags: tagged(name),
	})
	return &b.Points[len(b.Points)-1]
}

// more appends a point whose fields are all still to be set, where it is to lie: made elsewhere and copied it would cost twice.
func (b *Batch) more() *Point {
	if n := len(b.Points); n < cap(b.Points) {
		b.Points = b.Points[:n+1]
	} else {
		b.Points = append(b.Points, Point{})
	}
	return &b.Points[len(b.Points)-1]
}

// AddStatsd appends a point of one of statsd's kinds, whose name is b.Bytes[from:to] and clean; salt parts the names of one
// listener from those of another. extra is Point.Extra.
func (b *Batch) AddStatsd(from, to int, k Kind, salt uint64, value float64, extra uint64) {
	b.AddUntagged(from, to, k, salt, value, extra)
	b.Points[len(b.Points)-1].Flags = tagged(b.Bytes[from:to])
}

// AddUntagged is AddStatsd of a name that is known to have no tags.
func (b *Batch) AddUntagged(from, to int, k Kind, salt uint64, value float64, extra uint64) {
	name := b.Bytes[from:to]
	b.Points = append(b.Points, Point{
		Hash: Hash(name, k) ^ salt, Value: value, Time: int64(extra), name: uint32(from), size: uint16(len(name)), Kind: k,
	})
}

// Rename makes dst, a scratch batch, hold p of b alone, under another name and with the rest of its text. The name is
// copied; one over 65,535 bytes is a bug of the caller.
func (b *Batch) Rename(dst *Batch, p *Point, name []byte) *Point {
	q := *p
	dst.Bytes = append(dst.Bytes[:0], name...)
	if p.end != 0 {
		dst.Bytes = append(dst.Bytes, b.Bytes[p.name+uint32(p.size):p.end]...)
		q.end = uint32(len(dst.Bytes))
	}
	q.name, q.size = 0, uint16(len(name))
	q.Flags = q.Flags&^Tagged | tagged(name)
	dst.Points, dst.Arrival = append(dst.Points[:0], q), b.Arrival
	return &dst.Points[0]
}

// A Decoder finds the points of the whole messages in b.Bytes and appends them to b.Points; now is the time of arrival
// in Unix milliseconds. What it refuses it counts in b.Bad. An error means that the stream cannot go on (a refused
// pickle frame): it says why, and the points decoded before it stand.
//
// A Decoder has one user at a time; it may keep scratch between calls, but no slice of b.
type Decoder interface {
	Decode(b *Batch, now int64) error
}

// A Sink takes batches over. Accept owns b from the call on and keeps no slice of it past its return. Flush hands on
// what is half full; it says whether anything was still open.
type Sink interface {
	Accept(b *Batch)
	Flush() bool
}
