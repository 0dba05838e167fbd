package stat

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The ledger is scripted against: its keys, their order and the verdict.
func TestLedgerJSON(t *testing.T) {
	l := Ledger{
		Counts: Counts{Received: 11, Accepted: 10, Emitted: 2, Both: 1, Aggregated: 4, Sent: 8, Unrouted: 0},
		Endpoints: []Endpoint{{"graphite", "10.0.0.1:2003", EndpointCounts{
			Enqueued: 8, Delivered: 5, Queued: 2, Dropped: Losses{LossOverflow: 1},
		}, false}},
	}
	l.Invalid[BadValue] = 1
	l.Dropped[DropLate] = 1
	l.Settle()
	want := `{"received":11,"invalid":{"bad_name":0,"bad_value":1,"bad_time":0,"bad_fields":0,"bad_utf8":0,"too_long":0,` +
		`"unterminated":0,"bad_pickle":0},"accepted":10,"emitted":2,"self":0,"both":1,"dropped":{"rule":0,"late":1,` +
		`"series_limit":0,"rate_limit":0},"unrouted":0,"aggregated":4,"sent":8,"endpoints":[{"cluster":"graphite",` +
		`"endpoint":"10.0.0.1:2003","enqueued":8,"delivered":5,"dropped":{"overflow":1,"expired":0,"write_error":0,` +
		`"shutdown":0,"disk_full":0,"corrupt":0,"removed":0},"queued":2,"unproven":0,"spooled":0,"resent":0,"moved":0}],` +
		`"balanced":true}`
	got, err := json.Marshal(l)
	if err != nil || string(got) != want {
		t.Fatalf("got  %s (%v)\nwant %s", got, err, want)
	}
	var back Ledger
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(l, back); diff != "" {
		t.Error(diff)
	}
	if l.Lost() != 1 || l.Left() != 2 || l.Delivered() != 5 {
		t.Errorf("lost %d, left %d, delivered %d", l.Lost(), l.Left(), l.Delivered())
	}
}

// Each law fails on its own.
func TestLaws(t *testing.T) {
	f := func(t *testing.T, name string, spoil func(*Ledger)) {
		t.Helper()
		l := Ledger{Counts: Counts{Received: 3, Accepted: 3, Sent: 3}, Endpoints: []Endpoint{{
			EndpointCounts: EndpointCounts{Enqueued: 3, Delivered: 3},
		}}}
		if l.Settle(); !l.Balanced {
			t.Fatal("the account that is spoilt below must balance")
		}
		spoil(&l)
		if l.Settle(); l.Balanced {
			t.Errorf("%s: still balanced", name)
		}
	}
	f(t, "a line vanishes", func(l *Ledger) { l.Received++ })
	f(t, "a sample meets no end", func(l *Ledger) { l.Sent-- })
	f(t, "a sample meets two ends", func(l *Ledger) { l.Unrouted++ })
	f(t, "both is forgotten", func(l *Ledger) { l.Aggregated++ })
	f(t, "a point vanishes from a queue", func(l *Ledger) { l.Endpoints[0].Delivered-- })
}

func TestUnknownCountIsAMistake(t *testing.T) {
	var l Ledger
	if err := json.Unmarshal([]byte(`{"invalid":{"bad_mood":1}}`), &l); err == nil {
		t.Error("a reason that nobody knows was taken")
	}
}
