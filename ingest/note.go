package ingest

import (
	"bytes"
	"net/netip"
	"time"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// A notebook is what a worker knows of those who send to it: how much, and what of it was no sample. It is kept a batch
// at a time.
type notebook struct {
	senders senders
	bad     badLines
	lines   []int64 // scratch: of each part of a batch
}

func newNotebook() notebook { return notebook{senders: newSenders(), bad: newBadLines()} }

// open is told of a batch before it is decoded: how many lines each part has shows only then.
func (n *notebook) open(b *carbon.Batch) {
	n.lines = n.lines[:0]
	if len(b.Parts) < 2 {
		return
	}
	from := uint32(0)
	for _, part := range b.Parts {
		n.lines = append(n.lines, int64(bytes.Count(b.Bytes[from:part.End], newline)))
		from = part.End
	}
}

var newline = []byte{'\n'}

// close notes what a batch of so many bytes was, once it is decoded.
func (n *notebook) close(k *work, size int) {
	b := k.batch
	now := b.Arrival
	if now == 0 { // nothing was decoded: the reader has refused all
		now = time.Now().UnixMilli()
	}
	bad := badTotal(&b.Bad)
	if len(n.lines) > 0 {
		from := uint32(0)
		for i := range b.Parts {
			part := &b.Parts[i]
			n.senders.add(k.from.sender(part.Peer), part.Peer, tally{n.lines[i], int64(part.End - from), badTotal(&part.Bad), 0}, now)
			from = part.End
		}
	} else if lines := int64(len(b.Points)) + int64(b.Limited) + bad; lines > 0 {
		p := n.senders.add(k.from.sender(k.peer), k.peer, tally{lines, int64(size), bad, int64(b.Limited)}, now)
		if last := len(b.Points) - 1; last >= 0 && !b.Points[last].Kind.Statsd() {
			p.clock(b.Points[last].Time, now)
		}
	}
	if bad > 0 {
		n.bad.note(k, now)
	}
}

// addPart notes that the bytes which p's batch now ends with came from peer.
func addPart(b *carbon.Batch, peer netip.AddrPort) {
	if n := len(b.Parts); n == 0 || b.Parts[n-1].Peer != peer {
		b.Parts = append(b.Parts, carbon.Part{Peer: peer})
	}
	b.Parts[len(b.Parts)-1].End = uint32(len(b.Bytes))
}

// sender returns who sends from an address.
func (o *origin) sender(from netip.AddrPort) Sender { return Sender{o.listener, from.Addr().Unmap()} }

func badTotal(bad *[stat.NReasons]uint32) (n int64) {
	for _, one := range bad {
		n += int64(one)
	}
	return n
}

// Peers returns who has sent the most. Only the worker's own goroutine may call it: see Ask.
func (w *Worker) Sent() []Sent { return w.notebook.senders.list(time.Now().UnixMilli()) }

// Bad returns what was lately refused. Only the worker's own goroutine may call it: see Ask.
func (w *Worker) Bad() []Bad { return w.notebook.bad.list(time.Now().UnixMilli()) }
