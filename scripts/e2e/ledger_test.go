package e2e

import (
	"bytes"
	"encoding/json"
	"testing"
)

// A ledger is the answer of /api/ledger.
type ledger struct {
	Received   int64            `json:"received"`
	Invalid    map[string]int64 `json:"invalid"`
	Accepted   int64            `json:"accepted"`
	Emitted    int64            `json:"emitted"`
	Self       int64            `json:"self"`
	Both       int64            `json:"both"`
	Dropped    map[string]int64 `json:"dropped"`
	Unrouted   int64            `json:"unrouted"`
	Aggregated int64            `json:"aggregated"`
	Sent       int64            `json:"sent"`
	Endpoints  []endpoint       `json:"endpoints"`
	Balanced   bool             `json:"balanced"`
}

// An endpoint is its part of the ledger.
type endpoint struct {
	Cluster   string           `json:"cluster"`
	Endpoint  string           `json:"endpoint"`
	Enqueued  int64            `json:"enqueued"`
	Delivered int64            `json:"delivered"`
	Dropped   map[string]int64 `json:"dropped"`
	Queued    int64            `json:"queued"`
	Unproven  int64            `json:"unproven"`
	Spooled   int64            `json:"spooled"`
	Resent    int64            `json:"resent"`
	Moved     int64            `json:"moved"`
	Removed   bool             `json:"removed"`
}

// The reasons that a ledger must name, whether or not they have happened.
var (
	invalidReasons = []string{"bad_name", "bad_value", "bad_time", "bad_fields", "bad_utf8", "too_long", "unterminated", "bad_pickle"}
	dropReasons    = []string{"rule", "late", "series_limit", "rate_limit"}
	lossReasons    = []string{"overflow", "expired", "write_error", "shutdown", "disk_full", "corrupt", "removed"}
)

// parseLedger reads a ledger and holds it to its form and to its three laws.
func parseLedger(t *testing.T, text []byte) *ledger {
	t.Helper()
	l := &ledger{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(l); err != nil {
		t.Fatalf("reading the ledger: %v: %s", err, text)
	}
	reasons(t, "invalid", l.Invalid, invalidReasons)
	reasons(t, "dropped", l.Dropped, dropReasons)
	for _, e := range l.Endpoints {
		reasons(t, e.Endpoint+": dropped", e.Dropped, lossReasons)
	}
	l.laws(t)
	return l
}

// reasons holds a table of counts to the names it must have.
func reasons(t *testing.T, where string, got map[string]int64, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("the ledger's %s has %d reasons, want %v: %v", where, len(got), want, got)
	}
	for _, name := range want {
		if n, ok := got[name]; !ok || n < 0 {
			t.Errorf("the ledger's %s lacks %s or has it below 0: %v", where, name, got)
		}
	}
}

// laws holds the ledger to its three laws and to what it says of itself.
func (l *ledger) laws(t *testing.T) {
	t.Helper()
	if l.Received != l.Accepted+sum(l.Invalid) {
		t.Errorf("received %d is not accepted %d + invalid %d", l.Received, l.Accepted, sum(l.Invalid))
	}
	in, out := l.Accepted+l.Emitted+l.Self+l.Both, sum(l.Dropped)+l.Unrouted+l.Aggregated+l.Sent
	if in != out {
		t.Errorf("accepted %d + emitted %d + self %d + both %d = %d is not dropped %d + unrouted %d + aggregated %d + sent %d = %d",
			l.Accepted, l.Emitted, l.Self, l.Both, in, sum(l.Dropped), l.Unrouted, l.Aggregated, l.Sent, out)
	}
	for _, e := range l.Endpoints {
		if e.Enqueued != e.Delivered+e.Unproven+sum(e.Dropped)+e.Queued+e.Spooled {
			t.Errorf("%s %s: enqueued is not the sum of its ends: %+v", e.Cluster, e.Endpoint, e)
		}
	}
	if !l.Balanced {
		t.Error("the ledger says of itself that it does not balance")
	}
}

// endpoint returns the first endpoint of a cluster.
func (l *ledger) endpoint(t *testing.T, cluster string) endpoint {
	t.Helper()
	for _, e := range l.Endpoints {
		if e.Cluster == cluster {
			return e
		}
	}
	t.Fatalf("the ledger has no endpoint of cluster %q: %+v", cluster, l.Endpoints)
	return endpoint{}
}

// lost is how many points the endpoint will not get.
func (e endpoint) lost() int64 { return sum(e.Dropped) }

func sum(counts map[string]int64) (s int64) {
	for _, n := range counts {
		s += n
	}
	return s
}
