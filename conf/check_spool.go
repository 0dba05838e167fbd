package conf

import (
	"fmt"
	"time"

	"plumbago/relay"
)

// leastSpool is room for the segments that what overflows is dropped by.
const leastSpool = 1 << 20

// spool checks what a cluster says of its spools.
func (c *checker) spool(p Place, o *relay.ClusterOptions) {
	if o.SpoolSync < 100*time.Millisecond {
		c.fault(p, "spool_sync", "must be at least 100ms", "")
	}
	if o.Replay < 0 {
		c.fault(p, "replay", fmt.Sprintf("must be a number of points a second, or 0, not %d", o.Replay), "")
	}
	switch {
	case o.Protocol == "log" || o.Transport == "udp" || c.isKnown(p.File, p.Key+".spool"):
	case o.Spool == 0:
		d := relay.DefaultClusterOptions()
		for key, other := range map[string]bool{"spool_age": o.SpoolAge != d.SpoolAge, "spool_sync": o.SpoolSync != d.SpoolSync, "replay": o.Replay != d.Replay} {
			if other {
				c.fault(p, key, "has no effect without a spool", `say how much may lie on disk, as spool = "1GB"`)
			}
		}
	case o.Spool < leastSpool:
		c.fault(p, "spool", "must be at least "+bytes(leastSpool)+", not "+bytes(o.Spool), `"0" turns it off`)
	case c.file.State.Dir == "" && !c.isKnown(c.file.name, "state.dir"):
		c.fault(p, "spool", "needs a directory to lie in", "set dir in [state]")
	}
}
