// Package stat is plumbago's own account: what became of every sample, by reason, and whether it adds up.
//
// Owners (a lane, a shard, a destination) hold plain counters that nobody else touches and hand out copies between two
// of their batches; a reader adds the copies up. Nothing here locks, and nothing on the path of a line does more than
// add one.
package stat

// A Reason says why something received was not accepted as a sample. The names are the ledger's.
type Reason uint8

// The reasons, in the order in which the ledger prints them.
const (
	BadName      Reason = iota // empty, or holds control bytes
	BadValue                   // not a finite decimal
	BadTime                    // outside what Whisper can hold, or no number
	BadFields                  // too few, too many, or a type nobody knows
	BadUTF8                    // bytes that are no UTF-8
	TooLong                    // a line over max_line, a name over max_name
	Unterminated               // the stream ended inside a line
	BadPickle                  // a refused frame
	NReasons     = int(BadPickle) + 1
)

var reasonNames = [NReasons]string{
	"bad_name", "bad_value", "bad_time", "bad_fields", "bad_utf8", "too_long", "unterminated", "bad_pickle",
}

// String returns the ledger's name of r.
func (r Reason) String() string { return reasonNames[r] }

// Reasons returns the names of all reasons.
func Reasons() []string { return reasonNames[:] }

// A Drop says why an accepted sample, or a result, met no other end.
type Drop uint8

// The drops, in the order in which the ledger prints them.
const (
	DropRule        Drop = iota // a rule said so
	DropLate                    // before the horizon of its series
	DropSeriesLimit             // limits.series is reached
	DropRateLimit               // its peer sends more than its listener allows
	NDrops          = int(DropRateLimit) + 1
)

var dropNames = [NDrops]string{"rule", "late", "series_limit", "rate_limit"}

// String returns the ledger's name of d.
func (d Drop) String() string { return dropNames[d] }

// Counts is one owner's part of the ledger. A single owner's numbers may be negative (a shard takes back what a lane
// had counted as aggregated); the sums over all owners never are. Each owner's Counts satisfy both of the ledger's
// laws for samples whenever it is between two batches, so every sum of such copies does too.
type Counts struct {
	Received   int64    `json:"received"`
	Invalid    Invalids `json:"invalid"`
	Accepted   int64    `json:"accepted"`
	Emitted    int64    `json:"emitted"`
	Self       int64    `json:"self"`
	Both       int64    `json:"both"` // aggregated and sent
	Dropped    Drops    `json:"dropped"`
	Unrouted   int64    `json:"unrouted"`
	Aggregated int64    `json:"aggregated"`
	Sent       int64    `json:"sent"`
}

// Add adds o to c.
func (c *Counts) Add(o *Counts) {
	c.Received += o.Received
	for i, n := range o.Invalid {
		c.Invalid[i] += n
	}
	c.Accepted += o.Accepted
	c.Emitted += o.Emitted
	c.Self += o.Self
	c.Both += o.Both
	for i, n := range o.Dropped {
		c.Dropped[i] += n
	}
	c.Unrouted += o.Unrouted
	c.Aggregated += o.Aggregated
	c.Sent += o.Sent
}

// Balanced says whether both laws for samples hold:
//
//	received = accepted + sum(invalid)
//	accepted + emitted + self + both = sum(dropped) + unrouted + aggregated + sent
func (c *Counts) Balanced() bool {
	return c.Received == c.Accepted+sum(c.Invalid[:]) &&
		c.Accepted+c.Emitted+c.Self+c.Both == sum(c.Dropped[:])+c.Unrouted+c.Aggregated+c.Sent
}

// InvalidTotal returns how much was received that was no sample.
func (c *Counts) InvalidTotal() int64 { return sum(c.Invalid[:]) }

// DroppedTotal returns how many samples and results met no other end.
func (c *Counts) DroppedTotal() int64 { return sum(c.Dropped[:]) }

func sum(ns []int64) (s int64) {
	for _, n := range ns {
		s += n
	}
	return s
}
