package daemon

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"plumbago/carbon/stat"
	"plumbago/ingest"
)

// samplesShown is how many messages are shown of what a sender sent and was refused for one reason.
const samplesShown = 3

// BadList is what was lately refused, the most frequent first.
type BadList struct {
	Bad []Bad `json:"bad"`
}

// Bad is what a sender sent that was refused for one reason.
type Bad struct {
	Peer     string    `json:"peer"`     // its address, "" of a unix socket
	Listener string    `json:"listener"` // the address that it sends to
	Reason   string    `json:"reason"`   // as in the ledger
	Lines    int64     `json:"lines"`    // how many, since they are counted for this sender
	Last     time.Time `json:"last"`
	Samples  []BadLine `json:"samples"` // the newest first
}

// A BadLine is a message that was refused.
type BadLine struct {
	At   time.Time `json:"at"`
	Peer string    `json:"peer"`          // address and port
	Text string    `json:"text"`          // as it came, with escapes for what cannot be shown, and \\ for a backslash
	Cut  bool      `json:"cut,omitempty"` // there was more of it
}

// Bad lists what was lately refused.
func (d *Daemon) Bad(ctx context.Context) (BadList, error) {
	type key struct {
		ingest.Sender
		why stat.Reason
	}
	known := map[key]*Bad{}
	for _, w := range d.workers {
		var some []ingest.Bad
		if err := d.ask(ctx, w, func() { some = w.Bad() }); err != nil {
			return BadList{}, err
		}
		for i := range some {
			b := &some[i]
			k := key{b.Sender, b.Why}
			if known[k] == nil {
				known[k] = &Bad{Peer: address(b.Addr), Listener: b.Listener, Reason: b.Why.String(), Samples: []BadLine{}}
			}
			known[k].add(b)
		}
	}
	l := BadList{Bad: []Bad{}}
	for _, b := range known {
		slices.SortStableFunc(b.Samples, func(a, b BadLine) int { return b.At.Compare(a.At) })
		b.Samples = b.Samples[:min(samplesShown, len(b.Samples))]
		l.Bad = append(l.Bad, *b)
	}
	slices.SortFunc(l.Bad, func(a, b Bad) int {
		return cmp.Or(cmp.Compare(b.Lines, a.Lines), cmp.Compare(a.Peer, b.Peer), cmp.Compare(a.Listener, b.Listener), cmp.Compare(a.Reason, b.Reason))
	})
	return l, nil
}

// add adds what another worker knows.
func (b *Bad) add(o *ingest.Bad) {
	b.Lines += o.Lines
	if last := time.UnixMilli(o.Last); last.After(b.Last) {
		b.Last = last
	}
	for _, s := range o.Samples {
		one := BadLine{At: time.UnixMilli(s.At), Text: escape(s.Text), Cut: s.Cut}
		if s.From.IsValid() {
			one.Peer = netip.AddrPortFrom(s.From.Addr().Unmap(), s.From.Port()).String()
		}
		b.Samples = append(b.Samples, one)
	}
}

// escape makes text fit to be shown anywhere: what cannot be shown becomes an escape of Go's, and a backslash two.
func escape(text string) string {
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// address writes an address; the zero one is "".
func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
