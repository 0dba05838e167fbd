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
	r.hits += int64(len(points))
	r.last = b.Arrival
	l.carry(b, points, r)
}

// convoy does what run does with the first of some points, which is of the name that s is of, and with those of the others behind it
// that go to the same place, whatever their routes: of many rules most send to one. It returns how many it took.
func (l *Lane) convoy(b *carbon.Batch, points []carbon.Point, s *seen, others []*seen) (n int) {
	first := &l.routes[s.route]
	for r := first; ; {
		alike := s.alike(others[n:])
		r.hits += int64(alike)
		r.last = b.Arrival
		if n += alike; n > len(others) {
			break
		}
		if s = others[n-1]; s == nil || s.folds != 0 {
			break
		}
		if r = &l.routes[s.route]; r.n != 1 || l.targets[r.at].share != l.targets[first.at].share {
			break
		}
	}
	l.carry(b, points[:n], first)
	return n
}

// carry copies points to the place that a route leads to, and counts them.
func (l *Lane) carry(b *carbon.Batch, points []carbon.Point, r *route) {
	n := int64(len(points))
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
