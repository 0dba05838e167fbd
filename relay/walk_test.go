package relay

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// Rewrites change the name for the rules below, and only there.
func TestWalkRewrites(t *testing.T) {
	no := false
	first := sending("old.**", "a", "b")
	first.Stop = &no
	lower := RuleOptions{Selection: globs("Loud.*"), Map: "lower"}
	both := rewriting("shout.*", "Was.$1")
	both.Map = "upper"
	tab := table(t, []string{"a", "b"},
		first,
		rewriting("old.*.*", "new.$2.$1"),
		rewriting("new.same.*", "new.same.$1"), // to itself
		rewriting("none.*", ".${tag:x}."),
		lower, both,
		dropping("new.gone.*"),
		folding("new.count.*", "counts", "a"),
		sending("new.**", "b"),
		sending("**", "a"))
	f := func(t *testing.T, name string, want ...string) {
		t.Helper()
		x := tab.Explain(name)
		var got []string
		for _, s := range x.Steps {
			line := fmt.Sprintf("%d %s %s", s.Rule, s.Action, s.Name)
			for _, to := range s.To {
				line += " >" + to.Cluster
			}
			got = append(got, line)
		}
		if got = append(got, x.End); !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", name, got, want)
		}
	}
	f(t, "old.x.cpu", "1 send old.x.cpu >a >b", "2 rewrite new.cpu.x", "9 send new.cpu.x >b", "sent")
	f(t, "old.x.gone;dc=ams", "1 send old.x.gone;dc=ams >a >b", "2 rewrite new.gone.x;dc=ams", "7 drop new.gone.x;dc=ams", "sent")
	f(t, "old.same.y", "1 send old.same.y >a >b", "2 rewrite new.y.same", "9 send new.y.same >b", "sent")
	f(t, "old.y.same", "1 send old.y.same >a >b", "2 rewrite new.same.y", "3 rewrite new.same.y", "9 send new.same.y >b", "sent")
	f(t, "old.y.count", "1 send old.y.count >a >b", "2 rewrite new.count.y", "8 aggregate new.count.y >a", "9 send new.count.y >b", "sent")
	f(t, "none.x", "4 rewrite ", "dropped")
	f(t, "none.x;x=there", "4 rewrite there;x=there", "10 send there;x=there >a", "sent")
	f(t, "Loud.CPU;Host=X", "5 rewrite loud.cpu;Host=X", "10 send loud.cpu;Host=X >a", "sent")
	f(t, "shout.it", "6 rewrite WAS.IT", "10 send WAS.IT >a", "sent")
}

// A cluster gets each form of a name once, and a sample counts as sent once, however many forms it has.
func TestFormsOnce(t *testing.T) {
	no := false
	going := func(match string, to ...string) RuleOptions {
		o := sending(match, to...)
		o.Stop = &no
		return o
	}
	tab := table(t, []string{"a", "b"},
		going("**", "a"), going("x.*", "a", "b"), // again in the same form
		rewriting("x.*", "y.$1"), going("y.*", "a"), // and in another
		rewriting("y.*", "x.$1"), going("x.*", "a", "b")) // and back in the first
	l := tab.NewLane(nil)
	for range 3 {
		l.Accept(batch("x.1", "x.2", "x.1"))
	}
	l.Close()
	if c := l.Counts(); c.Sent != 9 || !c.Balanced() {
		t.Errorf("%+v", c)
	}
	for i, want := range []int64{18, 9} {
		if got := tab.Clusters[i].Dests[0].Counts().Enqueued; got != want {
			t.Errorf("cluster %d got %d points, want %d", i, got, want)
		}
	}
}

// Each rule's tally counts the samples and results that met it.
func TestTally(t *testing.T) {
	tab := table(t, []string{"a"}, dropping("d.*"), folding("f.*", "sum"), sending("f.sent", "a"), sending("never.*", "a"), sending("sum.*", "a"))
	tab.Start()
	l := tab.NewLane(nil)
	before := time.Now().UnixMilli()
	l.Accept(batch("d.1", "f.1", "f.sent", "else", "d.2", "d.1"))
	l.Close()
	if err := tab.Aggregator.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	sum, err := tab.Tally(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	l.Tally(tab, sum)
	for i, want := range []int64{3, 2, 1, 0, 2} { // the last: the average and the maximum
		if sum[i].Hits != want || (sum[i].Last >= before) != (want > 0) {
			t.Errorf("rule %d: %+v, want %d hits", i+1, sum[i], want)
		}
	}
}

func TestNextRule(t *testing.T) {
	f := func(from, want int, set ...uint64) {
		t.Helper()
		if got := nextRule(set, from); got != want {
			t.Errorf("from %d in %x: got %d, want %d", from, set, got, want)
		}
	}
	f(0, -1)
	f(0, 0, 1)
	f(1, -1, 1)
	f(1, 63, 1<<63|1)
	f(64, 70, 1<<63, 1<<6)
	f(3, 70, 7, 1<<6)
	f(71, -1, 7, 1<<6)
	f(500, -1, 7)
}
