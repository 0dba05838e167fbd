package e2e

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// A fault is something that goes wrong, or the end of it, at a time since the start: of one endpoint, or (who is -1) of
// plumbago, its configuration or its disk.
type fault struct {
	at   time.Duration
	what string
	who  int
}

func (f fault) String() string {
	if f.who < 0 {
		return fmt.Sprintf("%v %s", f.at, f.what)
	}
	return fmt.Sprintf("%v %s %d", f.at, f.what, f.who)
}

// endOf says how a fault ends; faults that are not here are over at once.
var endOf = map[string]string{
	"stall": "read", "stop": "continue", "kill": "start", "term": "start", "refuse": "listen", "fill": "empty",
}

// deck is what goes wrong, by how often, in each round of a plan.
var deck = []string{
	"stall", "stall", "stop", "stop", "kill", "kill", "term", "term", "refuse", "refuse", "reset", "reset", "reset",
	"reload", "reload", "misconfigure", "misconfigure", "restart", "crash", "fill",
}

// planFaults returns what goes wrong in so long a time with so many endpoints, by a seed: about one thing in each pace,
// every thing as often as it is in the deck, in an order that is the seed's. A fault lasts for up to eight paces.
func planFaults(seed uint64, span, pace time.Duration, endpoints int) (plan []fault) {
	r := rand.New(rand.NewPCG(seed, 1))
	var cards []string
	for at := pace; at < span; at += pace/2 + time.Duration(r.Int64N(int64(pace))) {
		if len(cards) == 0 {
			cards = slices.Clone(deck)
			r.Shuffle(len(cards), func(i, k int) { cards[i], cards[k] = cards[k], cards[i] })
		}
		f := fault{at.Round(time.Millisecond), cards[0], -1}
		cards = cards[1:]
		switch f.what {
		case "reload", "misconfigure", "restart", "crash", "fill":
		default:
			f.who = r.IntN(endpoints)
		}
		plan = append(plan, f)
		if end := endOf[f.what]; end != "" {
			last := pace/4 + time.Duration(r.Int64N(int64(8*pace)))
			plan = append(plan, fault{(f.at + last).Round(time.Millisecond), end, f.who})
		}
	}
	slices.SortStableFunc(plan, func(a, b fault) int { return cmp.Compare(a.at, b.at) })
	return plan
}

// TestPlanFaults holds the plan to its promises: one seed, one plan, and everything happens in it.
func TestPlanFaults(t *testing.T) {
	plan := planFaults(7, time.Minute, time.Second, 5)
	if !slices.Equal(plan, planFaults(7, time.Minute, time.Second, 5)) {
		t.Error("the same seed gives another plan")
	}
	if slices.Equal(plan, planFaults(8, time.Minute, time.Second, 5)) {
		t.Error("another seed gives the same plan")
	}
	for _, what := range deck {
		if !slices.ContainsFunc(plan, func(f fault) bool { return f.what == what }) {
			t.Errorf("nothing of %q in %v", what, plan)
		}
	}
}
