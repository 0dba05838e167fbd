package main

import (
	"strings"
	"testing"
	"time"

	"plumbago/carbon/stat"
	"plumbago/cmd/internal/daemon"
	"plumbago/relay/dest"
)

// Two looks make rates, and what comes from outside does nothing to the screen.
func TestFrame(t *testing.T) {
	at := func(seconds int, received int64) *look {
		l := &look{at: time.Unix(int64(seconds), 0)}
		l.ledger = stat.Ledger{Counts: stat.Counts{Received: received, Accepted: received, Sent: received}, Balanced: true}
		e := stat.Endpoint{Cluster: "g", Endpoint: "10.0.0.1:2003"}
		e.Delivered, e.Queued = received/2, 7
		l.ledger.Endpoints = []stat.Endpoint{e}
		l.status = daemon.Status{Version: "1.2", Uptime: 61, Clusters: []daemon.ClusterStatus{{Name: "g", Endpoints: []dest.Status{{Endpoint: "10.0.0.1:2003", State: "up", Oldest: 2.25}}}}}
		l.prefixes.Prefixes = []daemon.Prefix{{Prefix: "a\x1b[2Jb.c", Lines: 12_345, Series: 4, Growth: 2}}
		return l
	}
	got := frame(at(10, 1000), at(12, 5000))
	for _, want := range []string{
		"plumbago 1.2  up 1m1s", "ledger balanced\n", "received 2000/s   invalid 0/s", "sent 2000/s",
		"ENDPOINT         STATE  WRITTEN  QUEUED", "g 10.0.0.1:2003     up   1000/s       7", "  2.2s     0\n", "a\ufffd[2Jb.c  12k/s       4        2\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "PEER") || strings.ContainsRune(got, 0x1b) {
		t.Errorf("has what it should not:\n%s", got)
	}
}

func TestPerSecond(t *testing.T) {
	for v, want := range map[float64]string{0: "0/s", 1.25: "1.2/s", 100: "100/s", 9_949: "9949/s", 10_400: "10k/s", 1_234_567: "1.2M/s"} {
		if got := perSecond(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
}
