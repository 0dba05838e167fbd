package stat

// A Loss says why a point that was in an endpoint's queue will not be delivered.
type Loss uint8

// The losses, in the order in which the ledger prints them.
const (
	LossOverflow   Loss = iota // the queue was full
	LossExpired                // spooled for longer than spool_age
	LossWriteError             // the endpoint cannot hold it: a file that cannot be written, a datagram too large
	LossShutdown               // still queued when the drain's time was over
	LossDiskFull               // the spool had no room
	LossCorrupt                // the spool was damaged
	LossRemoved                // a reload removed the endpoint
	NLosses        = int(LossRemoved) + 1
)

var lossNames = [NLosses]string{"overflow", "expired", "write_error", "shutdown", "disk_full", "corrupt", "removed"}

// String returns the ledger's name of l.
func (l Loss) String() string { return lossNames[l] }

// EndpointCounts is an endpoint's part of the ledger, in points. Its law, at any moment:
//
//	enqueued = delivered + unproven + sum(dropped) + queued + spooled
type EndpointCounts struct {
	Enqueued  int64  `json:"enqueued"`
	Delivered int64  `json:"delivered"`
	Dropped   Losses `json:"dropped"`
	Queued    int64  `json:"queued"`
	Unproven  int64  `json:"unproven"`
	Spooled   int64  `json:"spooled"`
	Resent    int64  `json:"resent"` // written again after a break; beside the law
	Moved     int64  `json:"moved"`  // handed to another member; beside the law
}

// Add adds the account of another.
func (c *EndpointCounts) Add(o *EndpointCounts) {
	c.Enqueued += o.Enqueued
	c.Delivered += o.Delivered
	for i, n := range o.Dropped {
		c.Dropped[i] += n
	}
	c.Queued += o.Queued
	c.Unproven += o.Unproven
	c.Spooled += o.Spooled
	c.Resent += o.Resent
	c.Moved += o.Moved
}

// Balanced says whether the endpoint's law holds.
func (c *EndpointCounts) Balanced() bool {
	return c.Enqueued == c.Delivered+c.Unproven+sum(c.Dropped[:])+c.Queued+c.Spooled
}
