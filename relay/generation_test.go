package relay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"plumbago/aggregate"
	"plumbago/carbon"
)

// A generation knows what a map does, however it is grown, forgotten from and led elsewhere, and though hashes that are half alike,
// and whole ones, are of many names.
func TestGenerationIsAMap(t *testing.T) {
	type known struct {
		hash  uint64
		route uint32
		refs  []aggregate.Ref
		forms []byte
	}
	r := rand.New(rand.NewPCG(1, 2))
	g, all := newGeneration(smallest), map[string]known{}
	same := func(name string, k known, s *seen) {
		if s == nil || g.first(k.hash) == nil || string(g.nameOf(s)) != name || s.route != k.route || !slices.Equal(g.refsOf(s), k.refs) || string(g.formsOf(s)) != string(k.forms) {
			t.Fatalf("%s of %d: %+v, want %+v", name, len(all), s, k)
		}
	}
	for i := range 60_000 {
		name := fmt.Sprintf("servers.s%d.cpu", i)
		k := known{hash: r.Uint64(), route: r.Uint32N(3)}
		switch r.IntN(4) {
		case 0:
			k.hash &= 0xffff // some are the same
		case 1:
			k.hash &^= 0xff << 24 // the lower half of some is
		}
		for range min(r.IntN(4), r.IntN(4)) {
			k.refs = append(k.refs, aggregate.Ref{Slot: r.Uint32(), Rule: uint16(r.IntN(3)), Shard: uint16(r.IntN(2))})
		}
		if r.IntN(5) == 0 {
			k.forms = appendForm(nil, name+".b")
		}
		if g.find(k.hash, []byte(name)) != nil {
			t.Fatalf("%s is known before it was added", name)
		}
		same(name, k, g.add(k.hash, []byte(name), way{route: k.route, refs: k.refs, forms: k.forms}, carbon.Text{}))
		all[name] = k
		if i%7919 == 0 {
			g.reroute([]uint32{1, 2, 0})
			for name, k := range all {
				k.route = (k.route + 1) % 3
				all[name] = k
			}
		}
		if i%9973 == 0 || i%997 == 0 && g.before != nil {
			gone := func(refs []aggregate.Ref) bool {
				return slices.ContainsFunc(refs, func(ref aggregate.Ref) bool { return ref.Slot%5 == 0 })
			}
			g.forget(func(s *seen) bool { return gone(g.refsOf(s)) })
			for name, k := range all {
				if gone(k.refs) {
					delete(all, name)
					if s := g.first(k.hash); g.find(k.hash, []byte(name)) != nil || s != nil && len(g.nameOf(s)) == 0 {
						t.Fatalf("%s is known after it was forgotten", name)
					}
				}
			}
		}
		if i%5000 == 0 || i == 59_999 {
			for name, k := range all {
				same(name, k, g.find(k.hash, []byte(name)))
			}
			if g.n != len(all) {
				t.Fatalf("%d names, want %d", g.n, len(all))
			}
		}
	}
}

// Points of names with the same hash are told apart among those that are looked up together.
func TestLookUpTellsApart(t *testing.T) {
	tab := table(t, []string{"a"}, sending("**", "a"))
	l := tab.NewLane(nil)
	b := batch()
	for i := range glance {
		b.Add(fmt.Appendf(nil, "name.%02d", i), carbon.Raw, 1, b.Arrival)
		b.Points[i].Hash = uint64(i%3) | uint64(i%2)<<32
		if i%5 > 0 {
			name := b.Name(&b.Points[i])
			l.memory.add(b.Points[i].Hash, name, way{route: uint32(i)})
		}
	}
	var found [glance]*seen
	l.lookUp(b, b.Points, &found)
	for i, s := range found {
		if (s != nil) != (i%5 > 0) || s != nil && s.route != uint32(i) {
			t.Errorf("the %d-th of them is %+v", i, s)
		}
	}
	b.Free()
	l.Close()
	tab.Aggregator.Close(context.Background())
}

// However many feeds and references there are, each name keeps its own.
func TestManyFeeds(t *testing.T) {
	g := newGeneration(smallest)
	refs := func(i int) (refs []aggregate.Ref) {
		n := 1
		if i%500 == 0 {
			n = i % 9001 // many in one list
		}
		for range n {
			refs = append(refs, aggregate.Ref{Slot: uint32(i), Rule: uint16(i), Shard: uint16(i >> 15)})
		}
		return refs
	}
	const names = mostFeeds + 3000
	for i := range names {
		n := fmt.Appendf(nil, "n.%d", i)
		g.add(carbon.Hash(n, carbon.Raw), n, way{refs: refs(i)}, carbon.Text{})
	}
	if len(g.feeds) != mostFeeds {
		t.Errorf("%d feeds", len(g.feeds))
	}
	for i := range names {
		n := fmt.Appendf(nil, "n.%d", i)
		if s := g.find(carbon.Hash(n, carbon.Raw), n); s == nil || !slices.Equal(g.refsOf(s), refs(i)) {
			t.Fatalf("%s: %+v", n, s)
		}
	}
}
