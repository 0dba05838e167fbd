package carbon

import (
	"net/netip"
	"sort"

	"plumbago/carbon/stat"
)

// How many refused messages of a batch are kept for people to look at, and how much of each. What is refused beyond that
// is only counted.
const (
	mostRefusals = 16
	refusalSize  = 256
)

// A Refusal is a message that was refused, as it came.
type Refusal struct {
	Why  stat.Reason
	Cut  bool // there was more of it
	Part int  // whose it is: an index of Batch.Parts, 0 if there are none
	from uint32
	to   uint32
}

// A Part is a stretch of a batch that came from one peer. Only batches with the datagrams of several peers have some.
type Part struct {
	End  uint32 // where in Batch.Bytes it ends; it begins where the one before it does
	Peer netip.AddrPort
	Bad  [stat.NReasons]uint32 // its share of Batch.Bad
}

// Refuse counts one message that could not be read as a sample, of which there is nothing to see.
func (b *Batch) Refuse(why stat.Reason) {
	b.Bad[why]++
	if len(b.Parts) > 0 {
		b.Parts[b.part].Bad[why]++
	}
}

// RefuseText counts one message that could not be read as a sample, and keeps its text if there is room. It lies in Bytes, and
// begins at the given place there.
func (b *Batch) RefuseText(why stat.Reason, at int, text []byte) {
	for b.part < len(b.Parts)-1 && at >= int(b.Parts[b.part].End) { // decoders go forward
		b.part++
	}
	b.Refuse(why)
	if len(b.Refusals) == mostRefusals {
		return
	}
	r := Refusal{Why: why, Part: b.part, from: uint32(len(b.refused)), Cut: len(text) > refusalSize}
	b.refused = append(b.refused, text[:min(len(text), refusalSize)]...)
	r.to = uint32(len(b.refused))
	b.Refusals = append(b.Refusals, r)
}

// RefusedText returns the text of a refusal, valid until b is freed.
func (b *Batch) RefusedText(r *Refusal) []byte { return b.refused[r.from:r.to] }

// PeerOf returns who sent a point; the zero one if nobody knows.
func (b *Batch) PeerOf(p *Point) netip.AddrPort {
	if len(b.Parts) == 0 {
		return b.Peer
	}
	i := sort.Search(len(b.Parts), func(i int) bool { return p.name < b.Parts[i].End })
	if i == len(b.Parts) { // its name was put together behind what came
		return netip.AddrPort{}
	}
	return b.Parts[i].Peer
}
