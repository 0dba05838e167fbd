package stat

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// A Ledger is the whole account, as /api/ledger shows it.
type Ledger struct {
	Counts
	Endpoints []Endpoint `json:"endpoints"`
	Balanced  bool       `json:"balanced"` // as of Settle
}

// An Endpoint is one endpoint's line in the ledger.
type Endpoint struct {
	Cluster  string `json:"cluster"`
	Endpoint string `json:"endpoint"`
	EndpointCounts
	Removed bool `json:"removed,omitempty"` // by a reload; what is left of it is its account
}

// Settle sets Balanced: whether every law holds.
func (l *Ledger) Settle() {
	l.Balanced = l.Counts.Balanced()
	for i := range l.Endpoints {
		l.Balanced = l.Balanced && l.Endpoints[i].Balanced()
	}
}

// Delivered returns how many points the endpoints got.
func (l *Ledger) Delivered() (n int64) {
	for i := range l.Endpoints {
		n += l.Endpoints[i].Delivered
	}
	return n
}

// Lost returns how many points were taken for an endpoint and will not be delivered, for whatever reason.
func (l *Ledger) Lost() (n int64) {
	for i := range l.Endpoints {
		n += sum(l.Endpoints[i].Dropped[:])
	}
	return n
}

// Unproven returns how many points were written and may have been lost on their way.
func (l *Ledger) Unproven() (n int64) {
	for i := range l.Endpoints {
		n += l.Endpoints[i].Unproven
	}
	return n
}

// Left returns how many points wait for their endpoints.
func (l *Ledger) Left() (n int64) {
	for i := range l.Endpoints {
		e := &l.Endpoints[i]
		n += e.Queued + e.Unproven + e.Spooled
	}
	return n
}

// Invalids counts what was refused, by Reason; in JSON an object with the reasons as keys.
type Invalids [NReasons]int64

// Drops counts samples that met no other end, by Drop.
type Drops [NDrops]int64

// Losses counts an endpoint's lost points, by Loss.
type Losses [NLosses]int64

// MarshalJSON writes every reason, also those that never happened.
func (v Invalids) MarshalJSON() ([]byte, error) { return marshal(reasonNames[:], v[:]), nil }

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Invalids) UnmarshalJSON(text []byte) error { return unmarshal(reasonNames[:], v[:], text) }

// MarshalJSON writes every reason, also those that never happened.
func (v Drops) MarshalJSON() ([]byte, error) { return marshal(dropNames[:], v[:]), nil }

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Drops) UnmarshalJSON(text []byte) error { return unmarshal(dropNames[:], v[:], text) }

// MarshalJSON writes every reason, also those that never happened.
func (v Losses) MarshalJSON() ([]byte, error) { return marshal(lossNames[:], v[:]), nil }

// UnmarshalJSON reads what MarshalJSON wrote.
func (v *Losses) UnmarshalJSON(text []byte) error { return unmarshal(lossNames[:], v[:], text) }

// marshal writes counts under their names, in order.
func marshal(names []string, counts []int64) []byte {
	out := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, name), ':')
		out = strconv.AppendInt(out, counts[i], 10)
	}
	return append(out, '}')
}

func unmarshal(names []string, counts []int64, text []byte) error {
	var by map[string]int64
	if err := json.Unmarshal(text, &by); err != nil {
		return err
	}
	for i, name := range names {
		counts[i] = by[name]
		delete(by, name)
	}
	for name := range by {
		return fmt.Errorf("unknown count %q", name)
	}
	return nil
}
