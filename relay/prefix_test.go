package relay

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"plumbago/carbon"
)

func TestPrefixOf(t *testing.T) {
	for name, want := range map[string]string{"a": "a", "a.b": "a", "a.b.c": "a.b", "a.b.c.d": "a.b", "a;t=x.y.z": "a", "a.b;t=1": "a", "": ""} {
		if got := string(prefixOf([]byte(name))); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// Lines by prefix are about right however many come, and names are counted once.
func TestPrefixes(t *testing.T) {
	f := func(perSecond int) {
		t.Helper()
		l := &Lane{busiest: newPrefixes()}
		const start = 1_700_000_040_000 // a full minute
		for second := range int64(60) {
			b := carbon.NewBatch()
			b.Arrival = start + second*1000
			for i := range perSecond {
				name := fmt.Sprintf("big.one.%d", i%7)
				if i%4 == 0 {
					name = "small.one"
				}
				p := b.Add([]byte(name), carbon.Raw, 1, b.Arrival)
				if second == 0 && i < 8 {
					l.busiest.meet([]byte(name), p.Hash, b.Arrival)
				}
			}
			l.busiest.sample(b)
			b.Free()
		}
		all := l.Prefixes(start + 59_999)
		slices.SortFunc(all, func(a, b Prefix) int { return strings.Compare(a.Name, b.Name) })
		if len(all) != 2 || all[0].Name != "big.one" || all[1].Name != "small" {
			t.Fatalf("at %d: %+v", perSecond, all)
		}
		for i, share := range []float64{0.75, 0.25} {
			if got, want := all[i].Lines, share*float64(perSecond); math.Abs(got-want) > 0.1*want+1 {
				t.Errorf("at %d lines a second: %s has %v, want %v", perSecond, all[i].Name, got, want)
			}
		}
		if big, small := all[0].Names.Estimate(), all[1].Names.Estimate(); big != 6 || small != 1 {
			t.Errorf("%d and %d names", big, small)
		}
	}
	f(8)
	f(500)
	f(10_007)
}
