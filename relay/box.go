package relay

import (
	"plumbago/carbon"
	"plumbago/relay/dest"
)

// A box is a place of a cluster, and the frame that the lane has open for it.
type box struct {
	frame   *carbon.Frame
	cluster *Cluster
	place   int // among the cluster's
}

// append writes a point into the open frame of a place.
func (l *Lane) append(place uint32, b *carbon.Batch, p *carbon.Point) {
	x := &l.boxes[place]
	if x.frame == nil {
		x.open(b)
	}
	if !x.cluster.encoder.Append(x.frame, b, p) {
		x.push(l.give)
		x.open(b)
		x.cluster.encoder.Append(x.frame, b, p)
	}
}

func (x *box) open(b *carbon.Batch) {
	x.frame = carbon.NewFrame()
	x.frame.Oldest = b.Arrival
}

func (x *box) push(give func(*dest.Dest, *carbon.Frame)) {
	f := x.frame
	x.frame = nil
	x.cluster.push(x.place, f, give)
}

// pushAll hands on every frame that is open.
func (l *Lane) pushAll() {
	for i := range l.boxes {
		if x := &l.boxes[i]; x.frame != nil {
			x.push(l.give)
		}
	}
}

// run does what take does with each of some points, which all take the same route, to one place, into no series and under no other name.
func (l *Lane) run(b *carbon.Batch, points []carbon.Point, r *route) {
	n := int64(len(points))
	r.hits += n
	r.last = b.Arrival
	l.counts.Emitted += n * l.source
	l.counts.Self += n * l.own
	came := n * (1 - l.source - l.own)
	l.counts.Accepted += came
	l.counts.Received += came
	l.counts.Sent += n
	x := &l.boxes[l.placeOf[l.targets[r.at].share]]
	for len(points) > 0 {
		if x.frame == nil {
			x.open(b)
		}
		done := x.cluster.append(x.frame, b, points)
		if points = points[done:]; done == 0 {
			x.push(l.give)
		}
	}
}
