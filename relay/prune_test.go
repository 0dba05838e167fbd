package relay

import (
	"fmt"
	"testing"
)

// Names that meet ever other rules make ever new routes. With the names those are forgotten; what they counted is not,
// and what is still known goes on to where it went.
func TestPrune(t *testing.T) {
	no := false
	var rules []RuleOptions
	for i := range 13 {
		r := sending(fmt.Sprintf("**.r%d.**", i), "a")
		r.Stop = &no
		rules = append(rules, r)
	}
	tab := table(t, []string{"a", "b"}, append(rules, sending("kept", "b"))...)
	l := tab.NewLane(nil)
	flood := func() {
		for set := range 1 << len(rules) {
			name := "x"
			for i := range rules {
				if set&(1<<i) != 0 {
					name += fmt.Sprintf(".r%d", i)
				}
			}
			l.Accept(batch(name + ".y"))
		}
	}
	age := func() {
		l.aged = l.aged.Add(-2 * forget)
		l.Flush()
	}
	flood()
	age()
	before := len(l.routes)
	l.Accept(batch("kept"))
	age()
	if before != 1<<len(rules) || len(l.routes) > 2 || len(l.known) != len(l.routes) || len(l.targets) > 1 {
		t.Errorf("%d routes became %d, with %d keys and %d targets", before, len(l.routes), len(l.known), len(l.targets))
	}
	l.Accept(batch("kept", "x.r1.y"))
	l.Close()
	sum := make([]Tally, len(tab.rules))
	l.Tally(tab, sum)
	if sum[0].Hits != 1<<12 || sum[1].Hits != 1<<12+1 || sum[13].Hits != 2 || sum[0].Last == 0 {
		t.Errorf("the rules met %+v", sum)
	}
	if a, b := tab.Clusters[0].Dests[0].Counts(), tab.Clusters[1].Dests[0].Counts(); a.Enqueued != 1<<13 || b.Enqueued != 2 {
		t.Errorf("sent %d and %d", a.Enqueued, b.Enqueued)
	}
	l.Accept(batch("x.r1.y", "kept")) // known by way of the old generation too
	if c := l.Counts(); !c.Balanced() {
		t.Errorf("%+v", c)
	}
}
