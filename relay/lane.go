package relay

import (
	"time"

	"plumbago/aggregate"
	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// forget is how long a name is remembered at least after its last sample; at most twice as long.
const forget = 10 * time.Minute

// glance is how many names are looked up together: their places are touched one after the other before any is used, so
// that the memory's waits overlap.
const glance = 64

// slack is by how many milliseconds a frame may be younger than it should be when it is handed on, so that one which was
// opened just after a tick need not wait for a second one.
const slack = 2

// A Lane applies a Table to batches: it is the path of a line. It has one owner, a worker or a shard, and nothing in it
// locks, allocates or reads the clock per line.
type Lane struct {
	table   *Table
	memory  memory
	routes  []route
	ways    []way           // of results, see Way
	frames  []*carbon.Frame // open, one per cluster
	scatter *aggregate.Scatter
	counts  stat.Counts
	source  int64 // 0 for a worker's lane; 1 for a shard's: its points are emitted, not received
	aged    time.Time
}

// A route is where the points of a name are sent, and what they count as if they are neither sent nor aggregated.
type route struct {
	targets []int
	end     end
}

// An end is what becomes of a sample that is neither sent nor aggregated.
type end uint8

const (
	unrouted end = iota
	dropped
)

// A way is what the table says of a result.
type way struct {
	route uint32
	refs  []aggregate.Ref
}

// NewLane returns the lane of a worker. asks are functions that the worker's owner wants run: the lane runs them while it
// waits for a shard's inbox.
func (t *Table) NewLane(asks <-chan func()) *Lane {
	return t.lane(func(shard int, s *aggregate.Samples) {
		in := t.Aggregator.In(shard)
		for {
			select {
			case in <- s:
				return
			case f := <-asks:
				f()
			}
		}
	})
}

// Start starts the aggregator, each shard with a lane of its own, which never waits.
func (t *Table) Start() {
	outlets := make([]aggregate.Outlet, t.Aggregator.Shards())
	for i := range outlets {
		lane := t.lane(t.Aggregator.Derive)
		lane.source = 1
		outlets[i] = lane
	}
	t.Aggregator.Start(outlets)
}

func (t *Table) lane(hand func(int, *aggregate.Samples)) *Lane {
	return &Lane{
		table: t, memory: newMemory(), frames: make([]*carbon.Frame, len(t.Clusters)), ways: make([]way, 1),
		scatter: aggregate.NewScatter(t.Aggregator.Shards(), hand), aged: time.Now(),
	}
}

// Accept takes a batch down the table.
func (l *Lane) Accept(b *carbon.Batch) {
	for why, n := range b.Bad {
		l.counts.Invalid[why] += int64(n)
		l.counts.Received += int64(n)
	}
	l.counts.Received += int64(b.Limited)
	l.counts.Accepted += int64(b.Limited)
	l.counts.Dropped[stat.DropRateLimit] += int64(b.Limited)
	var found [glance]*seen
	for points := b.Points; len(points) > 0; {
		n := min(len(points), glance)
		if points[0].Flags&carbon.Routed != 0 {
			l.results(b, points[:n])
		} else {
			l.lookUp(b, points[:n], &found)
			for i := range n {
				s := found[i]
				if s == nil { // new, or made known earlier in this glance
					s = l.know(b, &points[i])
				}
				l.take(b, &points[i], &l.routes[s.route], l.memory.young.refsOf(s))
			}
		}
		points = points[n:]
	}
	b.Free()
}

// lookUp finds what is known of the names of points.
func (l *Lane) lookUp(b *carbon.Batch, points []carbon.Point, found *[glance]*seen) {
	g := &l.memory.young
	mask := uint64(len(g.slots) - 1)
	for i := range points {
		found[i] = &g.slots[points[i].Hash&mask]
	}
	for i := range points {
		s, p := found[i], &points[i]
		if s.hash != p.Hash || s.size == 0 || !sameName(g, s, b.Name(p)) {
			found[i] = g.find(p.Hash, b.Name(p))
		}
	}
}

// sameName says whether s is of the name.
func sameName(g *generation, s *seen, name []byte) bool {
	return string(g.names[s.name:s.name+uint32(s.size)]) == string(name)
}

// results takes the results of aggregates, whose ways are known.
func (l *Lane) results(b *carbon.Batch, points []carbon.Point) {
	for i := range points {
		w := &l.ways[points[i].Hash]
		l.take(b, &points[i], &l.routes[w.route], w.refs)
	}
}

// take does with one point what the table says, and counts it.
func (l *Lane) take(b *carbon.Batch, p *carbon.Point, r *route, refs []aggregate.Ref) {
	l.counts.Emitted += l.source
	l.counts.Accepted += 1 - l.source
	l.counts.Received += 1 - l.source
	sent := len(r.targets) > 0
	switch {
	case sent && len(refs) > 0:
		l.counts.Sent++
		l.counts.Aggregated++
		l.counts.Both++
	case sent:
		l.counts.Sent++
	case len(refs) > 0:
		l.counts.Aggregated++
	default:
		l.end(r.end)
	}
	for _, target := range r.targets {
		l.append(target, b, p)
	}
	if len(refs) > 0 {
		l.scatter.Fold(refs, p.Value, p.Time, b.Arrival, sent)
	}
}

func (l *Lane) end(e end) {
	if e == dropped {
		l.counts.Dropped[stat.DropRule]++
	} else {
		l.counts.Unrouted++
	}
}

// append writes a point into the open frame of a cluster.
func (l *Lane) append(target int, b *carbon.Batch, p *carbon.Point) {
	c, f := l.table.Clusters[target], l.frames[target]
	if f == nil {
		f = l.open(target, b)
	}
	if !c.encoder.Append(f, b, p) {
		c.push(f)
		c.encoder.Append(l.open(target, b), b, p)
	}
}

func (l *Lane) open(target int, b *carbon.Batch) *carbon.Frame {
	f := carbon.NewFrame()
	f.Oldest = b.Arrival
	l.frames[target] = f
	return f
}

// Flush hands on what is open: samples at once, frames once they are as old as their cluster lets them grow. It says
// whether anything is still open.
func (l *Lane) Flush() (stillOpen bool) {
	l.scatter.Flush()
	now := time.Now()
	for i, f := range l.frames {
		if f == nil {
			continue
		}
		if c := l.table.Clusters[i]; now.UnixMilli()-f.Oldest+slack >= c.gather.Milliseconds() {
			l.frames[i] = nil
			c.push(f)
		} else {
			stillOpen = true
		}
	}
	if now.Sub(l.aged) > forget || l.memory.full() {
		l.memory.age()
		l.aged = now
	}
	return stillOpen
}

// Close hands on everything.
func (l *Lane) Close() {
	l.scatter.Flush()
	for i, f := range l.frames {
		if f != nil {
			l.frames[i] = nil
			l.table.Clusters[i].push(f)
		}
	}
}

// Counts returns the lane's part of the ledger. Only its owner may ask.
func (l *Lane) Counts() stat.Counts { return l.counts }
