package relay

import (
	"context"
	"slices"
	"testing"

	"go.uber.org/zap"
)

// Which rule is which in the next table, and where the results of one that is gone walk on.
func TestMatched(t *testing.T) {
	f := func(t *testing.T, before, now []RuleOptions, from []int, behind ...int) {
		t.Helper()
		old := table(t, []string{"a", "b"}, before...)
		next, err := old.Next(now, old.Clusters)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(next.from, from) {
			t.Errorf("the rules were %v, want %v", next.from, from)
		}
		var got []int
		for i := range before {
			got = append(got, next.standIn(old, i))
		}
		if !slices.Equal(got, behind) {
			t.Errorf("results walk on at %v, want %v", got, behind)
		}
	}
	x, y, all := folding("x.*", "$0"), folding("y.*", "$0"), sending("**", "a")
	elsewhere := sending("**", "b")
	f(t, []RuleOptions{x, y, all}, []RuleOptions{x, y, all}, []int{0, 1, 2}, 1, 2, 3)
	f(t, []RuleOptions{x, all}, []RuleOptions{x, elsewhere}, []int{0, 1}, 1, 2)       // the same rule, which sends elsewhere
	f(t, []RuleOptions{x, all}, []RuleOptions{all}, []int{1}, 0, 1)                   // gone
	f(t, []RuleOptions{x, all}, []RuleOptions{y, all}, []int{-1, 1}, 1, 2)            // another in its place
	f(t, []RuleOptions{all, x, y}, []RuleOptions{y, x, all}, []int{2, 1, 0}, 3, 2, 1) // another order
	f(t, []RuleOptions{x, x, all}, []RuleOptions{x, all}, []int{0, 2}, 1, 1, 2)       // equal ones are told apart by their order
	f(t, []RuleOptions{x, dropping("**")}, []RuleOptions{all}, []int{-1}, 0, 1)       // fewer than there were
	f(t, nil, []RuleOptions{all}, []int{-1})
}

// A lane turns between two batches: what it gathered for the old table goes there, what comes after goes by the new one, and
// what rules met is still counted. A series goes on.
func TestFollow(t *testing.T) {
	before := table(t, []string{"a"}, folding("x.*", "$0"), sending("**", "a"))
	before.Start()
	lane := before.NewLane(nil)
	lane.Accept(batch("x.one", "two", "two"))
	dropped := dropping("two")
	next, err := before.Next([]RuleOptions{dropped, sending("**", "a"), folding("x.*", "$0")}, before.Clusters)
	if err != nil {
		t.Fatal(err)
	}
	next.Follow(func(f func(*Lane)) { f(lane) }, func() {})
	lane.Accept(batch("x.one", "two", "two"))
	lane.Close()
	sum, err := next.Tally(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	lane.Tally(next, sum)
	if got := []int64{sum[0].Hits, sum[1].Hits, sum[2].Hits}; !slices.Equal(got, []int64{2, 4, 1}) {
		t.Errorf("hits %v", got)
	}
	if c := lane.Counts(); c.Received != 6 || c.Sent != 4 || c.Aggregated != 1 || c.Both != 1 || !c.Balanced() {
		t.Errorf("%+v", c)
	}
	figures, err := next.Aggregator.Figures(context.Background())
	if err != nil || len(figures) != 1 || figures[0].Series != 1 {
		t.Errorf("%+v %v", figures, err)
	}
	next.Aggregator.Close(context.Background())
}

// A cluster takes over the destinations of which nothing changes, whatever else does.
func TestRenew(t *testing.T) {
	o := DefaultClusterOptions()
	o.Name, o.Endpoints = "c", []string{"10.0.0.1:2003", "10.0.0.2:2003=b"}
	before, err := NewCluster(o, nil, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	f := func(t *testing.T, change func(o *ClusterOptions), kept ...int) {
		t.Helper()
		o := o
		o.Endpoints = slices.Clone(o.Endpoints)
		change(&o)
		after, err := before.Renew(o, nil, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, d := range after.Dests {
			got = append(got, slices.Index(before.Dests, d))
		}
		if !slices.Equal(got, kept) {
			t.Errorf("kept %v, want %v", got, kept)
		}
		if gone := Gone([]*Cluster{before}, []*Cluster{after}); len(gone) != len(before.Dests)-len(slices.DeleteFunc(got, func(i int) bool { return i < 0 })) {
			t.Errorf("%d are gone", len(gone))
		}
	}
	f(t, func(o *ClusterOptions) {}, 0, 1)
	f(t, func(o *ClusterOptions) { o.Policy = "failover" }, 0, 1)
	f(t, func(o *ClusterOptions) { slices.Reverse(o.Endpoints) }, 1, 0)
	f(t, func(o *ClusterOptions) { o.Endpoints[0] = "10.0.0.3:2003" }, -1, 1)
	f(t, func(o *ClusterOptions) { o.Endpoints[1] = "10.0.0.2:2003=c" }, 0, 1)
	f(t, func(o *ClusterOptions) { o.Queue = 1 << 20 }, -1, -1)
	f(t, func(o *ClusterOptions) { o.Name = "d" }, -1, -1)
}
