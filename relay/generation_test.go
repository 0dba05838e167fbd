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
	g, all := generation{}, map[string]known{}
	same := func(name string, k known, s *seen) {
		if first, _ := g.first(k.hash); s == nil || first == nil || string(g.nameOf(s)) != name || s.route != k.route || !slices.Equal(g.refsOf(s), k.refs) || string(g.formsOf(s)) != string(k.forms) {
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
		if i%997 == 0 {
			gone := func(refs []aggregate.Ref) bool {
				return slices.ContainsFunc(refs, func(ref aggregate.Ref) bool { return ref.Slot%5 == 0 })
			}
			for g.swept = 0; g.swept < g.learned; {
				if n := g.forget(1000, func(s *seen) bool { return gone(g.refsOf(s)) }); n != 1000 && g.swept != g.learned {
					t.Fatalf("%d names were looked at", n)
				}
			}
			for name, k := range all {
				if gone(k.refs) {
					delete(all, name)
					if s, _ := g.first(k.hash); g.find(k.hash, []byte(name)) != nil || s != nil && len(g.nameOf(s)) == 0 {
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

// Whatever the order of points, what is looked up is what a plain search finds: names that come in the order in which they were
// learned, or in none, strays between them, names that are new or forgotten, other kinds of a name, and names with the same hash.
func TestLookUp(t *testing.T) {
	tab := table(t, []string{"a"}, sending("**", "a"))
	l := tab.NewLane(nil)
	r := rand.New(rand.NewPCG(3, 4))
	g := &l.memory.young
	type line struct {
		name []byte
		kind carbon.Kind
		hash uint64
	}
	var lines []line
	for i := range 6000 {
		x := line{name: fmt.Appendf(nil, "name.%d", i/2), kind: carbon.Kind(i % 2)}
		if x.hash = carbon.Hash(x.name, x.kind); i%5 == 0 {
			x.name, x.kind, x.hash = fmt.Appendf(nil, "other.%04d", i), carbon.Raw, uint64(i%15)|uint64(i%2)<<32
		}
		if lines = append(lines, x); i%11 > 0 {
			g.add(x.hash, x.name, way{route: uint32(i)}, carbon.Text{})
		}
	}
	g.forget(1<<20, func(s *seen) bool { return s.route%13 == 0 })
	at, ordered, found := 0, 0, [glance]*seen{}
	for range 500 {
		b := batch()
		for len(b.Points) < glance {
			switch at++; {
			case at%100 < 60:
			case at%100 == 60, at%100 > 70:
				at += r.IntN(len(lines))
			case r.IntN(30) == 0:
				at++
			}
			x := lines[at%len(lines)]
			b.Add(x.name, x.kind, 1, b.Arrival)
			b.Points[len(b.Points)-1].Hash = x.hash
		}
		next := g.next
		ordered += g.inOrder(b, b.Points, found[:])
		g.next = next
		l.lookUp(b, b.Points, &found)
		for i := range b.Points {
			p := &b.Points[i]
			if want := g.find(p.Hash, b.Name(p)); found[i] != want || want != nil && lines[want.route].kind != p.Kind {
				t.Fatalf("%s of kind %s: %+v, want %+v", b.Name(p), p.Kind, found[i], want)
			}
		}
		b.Free()
	}
	if ordered < 500 || ordered > 500*glance/2 {
		t.Errorf("%d points came in order", ordered)
	}
	l.Close()
	tab.Aggregator.Close(context.Background())
}

// A name's kinds have different tags, as nothing else tells what is known of them apart.
func TestTagsOfKinds(t *testing.T) {
	tags := map[uint32]bool{}
	for k := carbon.Raw; k <= carbon.Set; k++ {
		tags[uint32(carbon.Hash([]byte("some.name"), k))] = true
	}
	if len(tags) != int(carbon.Set)+1 {
		t.Errorf("%d tags", len(tags))
	}
}

// However many feeds and references there are, each name keeps its own.
func TestManyFeeds(t *testing.T) {
	g := generation{}
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
