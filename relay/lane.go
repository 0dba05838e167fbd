package relay

import (
	"time"

	"plumbago/aggregate"
	"plumbago/carbon"
	"plumbago/carbon/stat"
	"plumbago/relay/dest"
)

// forget is how long a name is remembered at least after its last sample; at most twice as long.
const forget = 10 * time.Minute

// tick is how often a lane is flushed: what need not gather for longer is handed on each time.
const tick = 5 * time.Millisecond

// slack is by how many milliseconds a frame may be younger than it should be when it is handed on, so that one which was
// opened just after a tick need not wait for a second one.
const slack = 2

// A Lane applies a Table to batches: it is the path of a line. It has one owner, a worker or a shard, and nothing in it
// locks, allocates or reads the clock per line.
type Lane struct {
	table   *Table
	memory  memory
	routes  []route
	targets []target          // of all routes
	met     [][]int           // of each route: the indexes of the rules that its names meet
	past    []Tally           // what rules met by routes that are forgotten; nil if there are none
	known   map[string]uint32 // the indexes of routes, by their key
	ways    []way             // of results, see Way
	shared  map[uint32]uint32 // the ways of results that are only sent, by their routes
	fixed   map[fixed]uint32  // those of them that the results of a rule take whatever they are called
	latest  latest            // of fixed, the one that was asked for last, as it will be next
	unused  []uint32          // ways that were given back
	swept   int               // as many ways has forget looked at
	busy    bool              // in the middle of a batch, or of handing samples on
	after   []func()          // to be run after that
	boxes   []box             // one per place
	placeOf []uint32          // where each share goes, as the members of its cluster stand
	follows []follow          // the clusters of which that may change
	scatter *aggregate.Scatter
	renamed *carbon.Batch // scratch: a point under another name
	asking  asking        // scratch
	touched uint32        // see lookUp
	counts  stat.Counts
	busiest prefixes
	source  int64 // 0 for a worker's lane; 1 for a shard's: its points are emitted, not received
	own     int64 // 1 while a batch of plumbago's own figures is taken, which are not received either
	aged    time.Time
	asks    <-chan func() // of the lane's owner
	waits   bool          // for room, between two batches; a shard does so itself
	held    []heldFrame   // frames that their destinations have no room for yet
	give    func(*dest.Dest, *carbon.Frame)
}

// An asking is scratch of who asks the table, so that a new name costs little.
type asking struct {
	walker  walker
	targets []target
	shares  []int
	key     []byte
	refs    []aggregate.Ref
	kept    carbon.Text
}

// A follow is a cluster whose shares move when its members come and go.
type follow struct {
	cluster *Cluster
	index   int    // of the cluster in the table
	seen    uint32 // the cluster's changes that placeOf knows of
}

// A route is where the points of a name are sent, what they count as if they are neither sent nor aggregated, and how
// many there were. Names alike share one. It is small and has no pointers, as every line touches one.
type route struct {
	hits int64
	last int64  // Unix milliseconds of the arrival of the latest point, 0 for none
	at   uint32 // its targets are Lane.targets[at:at+n], the name's own form first
	n    uint16
	end  end
}

// A target is a share that points are sent to, under the name that they have there.
type target struct {
	share uint32 // of the table
	form  uint32 // 0 is the name as it came, 1 the first of its other forms, and so on
}

// An end is what becomes of a sample that is neither sent nor aggregated.
type end uint8

const (
	unrouted end = iota
	dropped
)

// A fixed is the results of a rule for one of its targets, all of which go the same way.
type fixed struct {
	rule   *rule
	target int
}

// A latest is a way of fixed, without a look into maps; 0 for none.
type latest struct {
	rule, target int
	way          uint32
}

// A way is what the table says of a result.
type way struct {
	route        uint32
	rule, target uint16 // whose it is; for one that is shared, nobody's
	stale        bool   // it leads to what was forgotten: to be asked for anew
	refs         []aggregate.Ref
	forms        []byte
}

// NewLane returns the lane of a worker. asks are functions that the worker's owner wants run: the lane runs them while it
// waits for a shard's inbox.
func (t *Table) NewLane(asks <-chan func()) *Lane {
	l := t.lane(func(shard int, s *aggregate.Samples) {
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
	l.asks, l.waits = asks, true
	return l
}

// Start starts the aggregator, each shard with a lane of its own, which never waits.
func (t *Table) Start() {
	outlets := make([]aggregate.Outlet, len(t.lanes))
	for i, lane := range t.lanes {
		outlets[i] = lane
	}
	t.Aggregator.Start(outlets)
}

func (t *Table) lane(hand func(int, *aggregate.Samples)) *Lane {
	l := &Lane{renamed: new(carbon.Batch), busiest: newPrefixes(), scatter: aggregate.NewScatter(t.Aggregator.Shards(), hand), aged: time.Now()}
	l.begin(t)
	return l
}

// begin makes the lane follow a table of which it knows nothing yet.
func (l *Lane) begin(t *Table) {
	l.table, l.memory, l.known, l.shared = t, memory{}, map[string]uint32{}, map[uint32]uint32{}
	l.fixed, l.latest = map[fixed]uint32{}, latest{}
	l.memory.most, l.memory.kept, l.give = t.names/2, l.kept, l.offer
	l.routes, l.targets, l.met, l.ways, l.unused = nil, nil, nil, make([]way, 1), nil
	l.boxes, l.follows, l.placeOf = nil, nil, make([]uint32, t.shares)
	for i, c := range t.Clusters {
		for place := range c.places() {
			l.boxes = append(l.boxes, box{cluster: c, place: place})
		}
		f := follow{cluster: c, index: i, seen: c.changes.Load()}
		if c.policy == "any" {
			l.follows = append(l.follows, f)
		}
		l.place(&f)
	}
}

// follow moves the shares of clusters whose members have come or gone since the last time.
func (l *Lane) follow() {
	for i := range l.follows {
		f := &l.follows[i]
		if now := f.cluster.changes.Load(); now != f.seen {
			f.seen = now
			l.place(f)
		}
	}
}

// place finds where the shares of a cluster go.
func (l *Lane) place(f *follow) {
	share, place := l.table.firstShare[f.index], l.table.firstPlace[f.index]
	for i := range f.cluster.shares() {
		l.placeOf[share+i] = uint32(place + f.cluster.place(i))
	}
}

// Accept takes a batch down the table.
func (l *Lane) Accept(b *carbon.Batch) {
	l.busy = true
	l.follow()
	l.accept(b)
	l.rest()
	l.settle()
}

// rest ends what set busy, and runs what waited for that.
func (l *Lane) rest() {
	l.busy = false
	for len(l.after) > 0 {
		f := l.after[0]
		l.after = l.after[1:]
		f()
	}
}

func (l *Lane) accept(b *carbon.Batch) {
	for why, n := range b.Bad {
		l.counts.Invalid[why] += int64(n)
		l.counts.Received += int64(n)
	}
	l.counts.Received += int64(b.Limited)
	l.counts.Accepted += int64(b.Limited)
	l.counts.Dropped[stat.DropRateLimit] += int64(b.Limited)
	if l.own = 0; b.Own {
		l.own = 1
	}
	if l.source == 0 && !b.Own {
		l.busiest.sample(b)
	}
	if l.table.Taps.Watched() {
		l.table.Taps.Look(b)
	}
	var found [glance]*seen
	for points := b.Points; len(points) > 0; {
		n := min(len(points), glance)
		if points[0].Flags&carbon.Routed != 0 {
			l.results(b, points[:n])
		} else {
			l.lookUp(b, points[:n], &found)
			for i := 0; i < n; {
				s := found[i]
				if s == nil { // new, or made known earlier in this glance
					s = l.know(b, &points[i])
				}
				r := &l.routes[s.route]
				if r.n == 1 && s.folds == 0 {
					i += l.convoy(b, points[i:n], s, found[i+1:n])
					continue
				}
				g := &l.memory.young
				l.take(b, &points[i], r, g.refsOf(s), g.formsOf(s))
				i++
			}
		}
		points = points[n:]
	}
	b.Free()
}

// results takes the results of aggregates, whose ways are known.
func (l *Lane) results(b *carbon.Batch, points []carbon.Point) {
	for i := 0; i < len(points); {
		w := &l.ways[points[i].Hash]
		if w.stale {
			l.renew(w, b.Name(&points[i]))
		}
		r := &l.routes[w.route]
		if r.n != 1 || len(w.refs)+len(w.forms) != 0 {
			l.take(b, &points[i], r, w.refs, w.forms)
			i++
			continue
		}
		end := i + 1
		for end < len(points) && points[end].Hash == points[i].Hash {
			end++
		}
		l.run(b, points[i:end], r)
		i = end
	}
}

// take does with one point what the table says, and counts it. forms are the names under which it is sent besides its
// own.
func (l *Lane) take(b *carbon.Batch, p *carbon.Point, r *route, refs []aggregate.Ref, forms []byte) {
	r.hits++
	r.last = b.Arrival
	l.counts.Emitted += l.source
	l.counts.Self += l.own
	l.counts.Accepted += 1 - l.source - l.own
	l.counts.Received += 1 - l.source - l.own
	sent := r.n > 0
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
	form, from, point := uint32(0), b, p
	for _, t := range l.targets[r.at : r.at+uint32(r.n)] {
		if t.form != form {
			var name []byte
			form = t.form
			name, forms = nextForm(forms)
			from, point = l.renamed, b.Rename(l.renamed, p, name)
		}
		l.append(l.placeOf[t.share], from, point)
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

// Flush hands on what is open: samples at once, frames once they are as old as their cluster lets them grow. It says
// whether anything is still open.
func (l *Lane) Flush() (stillOpen bool) {
	l.busy = true
	l.scatter.Flush()
	l.rest()
	now := time.Now()
	for i := range l.boxes {
		x := &l.boxes[i]
		switch {
		case x.frame == nil:
		case x.cluster.gather <= tick, now.UnixMilli()-x.frame.Oldest+slack >= x.cluster.gather.Milliseconds():
			x.push(l.give)
		default:
			stillOpen = true
		}
	}
	if now.Sub(l.aged) > forget || l.memory.full() {
		l.memory.age()
		l.prune()
		l.aged = now
	} else if l.memory.spent() {
		l.memory.drop()
	}
	l.settle()
	return stillOpen
}

// Close hands on everything, or holds it: see Held.
func (l *Lane) Close() {
	l.busy = true
	l.scatter.Flush()
	l.rest()
	l.pushAll()
}

// Counts returns the lane's part of the ledger. Only its owner may ask.
func (l *Lane) Counts() stat.Counts { return l.counts }
