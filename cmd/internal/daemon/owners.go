package daemon

import (
	"context"
	"fmt"
	"net"

	"plumbago/relay/dest"
)

// Answer asks every owner of state, one after the other: workers, shards, destinations. It returns nil if all answer before
// ctx is done, and else who did not. Waiting for an endpoint or a disk is no silence.
func (d *Daemon) Answer(ctx context.Context) error {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	nothing := func() {}
	for i, w := range d.workers {
		if err := d.ask(ctx, w, nothing); err != nil {
			return fmt.Errorf("asking worker %d: %w", i+1, err)
		}
	}
	for i := range d.aggregator.Shards() {
		if err := d.aggregator.Ask(ctx, i, nothing); err != nil {
			return fmt.Errorf("asking shard %d: %w", i+1, err)
		}
	}
	for _, c := range d.table.Clusters {
		for _, e := range c.Dests {
			if err := e.Ping(ctx); err != nil {
				return fmt.Errorf("asking the destination of cluster %q and endpoint %q: %w", c.Name, e.Endpoint(), err)
			}
		}
	}
	return nil
}

// endpointsUp counts the endpoints, and those of them that are up.
func (d *Daemon) endpointsUp() (up, all int) {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	for _, c := range d.table.Clusters {
		for _, e := range c.Dests {
			all++
			if e.Status().State == dest.Up {
				up++
			}
		}
	}
	return up, all
}

// addrs returns where the daemon listens.
func (d *Daemon) addrs() (all []net.Addr) {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	for _, l := range d.listeners {
		all = append(all, l.Addrs()...)
	}
	return all
}
