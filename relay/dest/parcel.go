package dest

import "plumbago/carbon"

// A parcel is a frame on its way and how far it got.
type parcel struct {
	frame *carbon.Frame
	left  int64  // its points that have not met their end yet
	done  int    // how many of its bytes need not be written again
	size  int    // how many bytes it has, once it is in the trail
	mark  uint64 // where the spool goes on behind it; 0 if it is not from there
	cut   bool   // all or a part of what follows done went out before the way broke: it goes out again
	own   bool   // the queue's own frame, which nobody else holds: small frames are gathered in it
	parts []part

	// What a wire says of one send; settle moves it into the counts.
	delivered, failed int64
	resent            bool
}

// A part is a frame as it was pushed, in a frame that gathered several; it is kept where each is a datagram by itself.
type part struct{ size, points int32 }

// finished says whether nothing of p is to be written any more.
func (p *parcel) finished() bool { return p.done == len(p.frame.Bytes) }

// deliver marks all that is left of p as written.
func (p *parcel) deliver() {
	p.delivered = p.left - p.failed
	p.done = len(p.frame.Bytes)
	p.resent = p.cut
}
