package relay

import (
	"fmt"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/relay/dest"
)

// A Cluster is a named group of destinations and the policy that picks among them.
type Cluster struct {
	Name    string
	Dests   []*dest.Dest
	encoder carbon.Encoder // without state: lanes share it
	gather  time.Duration  // how long a lane keeps a frame open at most
}

// NewCluster makes a cluster and its destinations; it starts nothing. dial is nil but in tests.
func NewCluster(o ClusterOptions, dial dest.Dialer, log *zap.Logger) (*Cluster, error) {
	c := &Cluster{Name: o.Name, encoder: dest.Encoder(o.Options), gather: o.Flush}
	for _, endpoint := range o.Endpoints {
		d, err := dest.New(o.Name, endpoint, o.Options, dial, log)
		if err != nil {
			return nil, fmt.Errorf("cluster %s: endpoint %s: %w", o.Name, endpoint, err)
		}
		c.Dests = append(c.Dests, d)
	}
	return c, nil
}

// push hands a finished frame to every member: the policy "forward".
func (c *Cluster) push(f *carbon.Frame) {
	c.encoder.Finish(f)
	f.Retain(len(c.Dests) - 1)
	for _, d := range c.Dests {
		d.Push(f)
	}
}
