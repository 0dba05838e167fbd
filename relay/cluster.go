package relay

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/relay/dest"
	"plumbago/relay/ring"
)

// A Cluster is a named group of destinations and the policy that picks among them.
//
// The policy divides names into shares, and a share's points go to one place: an open frame that a lane keeps. Which
// shares a name belongs to never changes, so lanes remember it; where a share goes may change with the members' state.
//
//	forward, failover   one share, one place: who gets the frame is decided when it is full
//	the hashing ones    a share and a place for each member; a name has one share per copy
//	any                 a place for each member and several shares for each, so that those of a member that is gone can
//	                    be spread over the others
type Cluster struct {
	Name    string
	Dests   []*dest.Dest
	options ClusterOptions
	policy  string
	encoder carbon.Encoder      // without state: lanes share it
	lines   *carbon.LineEncoder // it too, if it is one, else nil
	gather  time.Duration       // how long a lane keeps a frame open at most
	ring    *ring.Ring          // of the hashing policies, else nil
	style   string              // whose placement is reproduced

	changes atomic.Uint32 // how often a member went or came back
	turn    atomic.Uint32 // who gets the next frame of a member that is gone
}

// NewCluster makes a cluster and its destinations; it starts nothing. dial is nil but in tests.
func NewCluster(o ClusterOptions, dial dest.Dialer, log *zap.Logger) (*Cluster, error) {
	return (*Cluster)(nil).Renew(o, dial, log)
}

// Renew makes the cluster that is to take the place of c: c itself if o is what c was made of. Destinations of which nothing has
// changed are c's own, with their connections and queues. It starts and changes nothing.
func (c *Cluster) Renew(o ClusterOptions, dial dest.Dialer, log *zap.Logger) (*Cluster, error) {
	if c != nil && reflect.DeepEqual(o, c.options) {
		return c, nil
	}
	kept := c.keep(&o)
	made := &Cluster{options: o, Name: o.Name, policy: o.Policy, encoder: dest.Encoder(o.Options), gather: o.Flush, style: o.Ring}
	made.lines, _ = made.encoder.(*carbon.LineEncoder)
	for _, endpoint := range o.Endpoints {
		address := o.addressOf(endpoint)
		if i := slices.IndexFunc(kept, func(d *dest.Dest) bool { return d.Address() == address }); i >= 0 {
			made.Dests = append(made.Dests, kept[i])
			kept = slices.Delete(kept, i, i+1)
			continue
		}
		d, err := dest.New(o.Name, address, o.Options, dial, log)
		if err != nil {
			return nil, fmt.Errorf("cluster %s: endpoint %s: %w", o.Name, dest.Shown(endpoint), err)
		}
		made.Dests = append(made.Dests, d)
	}
	if options, ok := o.RingOptions(); ok {
		var err error
		if made.ring, err = ring.New(options, o.Members()); err != nil {
			return nil, fmt.Errorf("cluster %s: %w", o.Name, err)
		}
	}
	return made, nil
}

// Open opens the destinations' spools, or none.
func (c *Cluster) Open() error {
	for i, d := range c.Dests {
		if err := d.Open(); err != nil {
			for _, opened := range c.Dests[:i] {
				opened.Unopen()
			}
			return fmt.Errorf("cluster %s: %w", c.Name, err)
		}
	}
	return nil
}

// Unopen undoes Open.
func (c *Cluster) Unopen() {
	for _, d := range c.Dests {
		d.Unopen()
	}
}

// keep returns the destinations that would be of use to a cluster with the given options.
func (c *Cluster) keep(o *ClusterOptions) []*dest.Dest {
	if c == nil || c.Name != o.Name || !reflect.DeepEqual(c.options.Options, o.Options) {
		return nil
	}
	return slices.Clone(c.Dests)
}

// Start launches the destinations that do not run yet. Those that ran for another cluster are this one's from now on.
func (c *Cluster) Start() {
	for i, d := range c.Dests {
		s := dest.Standby{}
		if c.standsIn() {
			s = dest.Standby{Changed: func() { c.changes.Add(1) }, Relieve: func() { c.relieve(i) }}
		}
		d.StandBy(s)
		d.Start()
	}
}

// lookEvery is how often Close looks whether the members that are gone still hold what others could take.
const lookEvery = 10 * time.Millisecond

// Close gets out what is queued until ctx is done. What waits for members that are gone, or that turn out to be at their
// next attempt to connect, is moved to the others, which end only after that. Where none is connected, those in doubt are the
// others: each keeps what it has until it is known to be gone.
func (c *Cluster) Close(ctx context.Context) {
	var wg sync.WaitGroup
	rest := c.Dests
	if c.standsIn() {
		rest = nil
		up := slices.ContainsFunc(c.Dests, (*dest.Dest).Connected)
		for i, d := range c.Dests {
			if d.Alive() && (d.Connected() || !up) {
				rest = append(rest, d)
				continue
			}
			c.relieve(i)
			wg.Go(func() { d.Close(ctx) })
		}
		c.handOver(ctx, up)
	}
	for _, d := range rest {
		wg.Go(func() { d.Close(ctx) })
	}
	wg.Wait()
}

// handOver waits until no member that is gone, or with doubt may be, holds anything that another could take.
func (c *Cluster) handOver(ctx context.Context, doubt bool) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for c.holdsBack(doubt) && ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// holdsBack says whether a member that is gone, or with doubt may be, holds anything while another is there.
func (c *Cluster) holdsBack(doubt bool) bool {
	alive := c.alive()
	held := int64(0)
	for i, d := range c.Dests {
		if !slices.Contains(alive, i) || doubt && !d.Connected() {
			held += d.Counts().Queued
		}
	}
	return len(alive) > 0 && held > 0
}

// append adds the first of points, at least one, to a frame and returns how many; 0 if the frame has no room for the first.
func (c *Cluster) append(f *carbon.Frame, b *carbon.Batch, points []carbon.Point) int {
	if c.lines != nil {
		return c.lines.AppendRun(f, b, points)
	}
	for i := range points {
		if !c.encoder.Append(f, b, &points[i]) {
			return i
		}
	}
	return len(points)
}

// push finishes a frame of one of the cluster's places and gives it to those who are to get it.
func (c *Cluster) push(place int, f *carbon.Frame, give func(*dest.Dest, *carbon.Frame)) {
	c.encoder.Finish(f)
	switch {
	case c.policy == "failover":
		give(c.Dests[c.first()], f)
	case c.places() > 1:
		give(c.Dests[place], f)
	default:
		f.Retain(len(c.Dests) - 1)
		for _, d := range c.Dests {
			give(d, f)
		}
	}
}

// Gone returns the destinations that clusters before have and clusters now have not.
func Gone(before, now []*Cluster) (gone []*dest.Dest) {
	has := map[*dest.Dest]bool{}
	for _, c := range now {
		for _, d := range c.Dests {
			has[d] = true
		}
	}
	for _, c := range before {
		for _, d := range c.Dests {
			if !has[d] {
				gone = append(gone, d)
			}
		}
	}
	return gone
}

// Heir returns the destination of clusters now that takes the place of one before: for the same endpoint of the cluster with the
// same name, and spoken to alike, so that what was encoded for the one is good for the other. It is nil if there is none.
func Heir(d *dest.Dest, before, now []*Cluster) *dest.Dest {
	for _, c := range before {
		if !slices.Contains(c.Dests, d) {
			continue
		}
		for _, x := range now {
			if x.Name != c.Name || x.options.Protocol != c.options.Protocol || x.options.Types != c.options.Types || x.options.Transport != c.options.Transport {
				continue
			}
			if i := slices.IndexFunc(x.Dests, func(e *dest.Dest) bool { return e.Endpoint() == d.Endpoint() }); i >= 0 {
				return x.Dests[i]
			}
		}
	}
	return nil
}
