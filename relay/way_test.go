package relay

import (
	"fmt"
	"testing"
)

// A way follows results down the table, through further aggregates, and names what is sent once a cluster.
func TestWay(t *testing.T) {
	f := func(tb *Table, name, want string) {
		t.Helper()
		if got := fmt.Sprint(tb.Way(name)); got != want {
			t.Errorf("%s\n\tgoes %s\n\twant %s", name, got, want)
		}
	}
	onward := false
	twice := sending("web.**", "b", "a")
	twice.Stop = &onward
	tb := table(t, []string{"a", "b"},
		folding("cpu.*", "$0"), folding("cpu.*.max", "top", "b"), dropping("cpu.*.avg"), twice, sending("**", "a"))
	f(tb, "web.x", "{[{{a [stdout]} web.x} {{b [stdout]} web.x}] [] sent}")
	f(tb, "cpu.x", "{[{{a [stdout]} cpu.x}] ["+
		"{cpu.x.avg {[] [] dropped}} "+
		"{cpu.x.max {[{{a [stdout]} cpu.x.max}] [{top.avg {[{{b [stdout]} top.avg}] [] sent}} {top.max {[{{b [stdout]} top.max}] [] sent}}] sent}}"+
		"] sent}")
	f(table(t, nil), "x", "{[] [] unrouted}")
}

// Every part of a way tells it from another.
func TestWayEqual(t *testing.T) {
	way := func(cluster, endpoint, name, result, end string) *Way {
		return &Way{
			Sends:   []Send{{Target{cluster, []string{endpoint}}, name}},
			Results: []Result{{"r", Way{Results: []Result{{result, Way{}}}}}}, End: end,
		}
	}
	one := way("c", "e", "n", "s", "sent")
	if !one.Equal(way("c", "e", "n", "s", "sent")) {
		t.Error("a way differs from itself")
	}
	for _, other := range []*Way{
		{}, way("x", "e", "n", "s", "sent"), way("c", "x", "n", "s", "sent"), way("c", "e", "x", "s", "sent"),
		way("c", "e", "n", "x", "sent"), way("c", "e", "n", "s", "x"),
	} {
		if one.Equal(other) || other.Equal(one) {
			t.Errorf("%v is equal to %v", *one, *other)
		}
	}
}
