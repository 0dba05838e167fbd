package carbon

import (
	"math/rand/v2"
	"testing"
)

// locate says whether a spot is found as its users look for it.
func locate(s *Spots, x Spot) bool {
	part := s.Part(x.Tag)
	if len(part) == 0 {
		return false
	}
	mask := uint32(len(part) - 1)
	for at := x.Tag & mask; part[at].At != 0; at = (at + 1) & mask {
		if part[at] == x {
			return true
		}
	}
	return false
}

// sound says that what is counted is what there is, and that parts are as long and as full as they may be.
func sound(t *testing.T, s *Spots, want map[Spot]bool) {
	t.Helper()
	taken, size := 0, 0
	for i, part := range s.parts {
		if first := s.first(uint32(i)); uint32(i) != first {
			if &part[0] != &s.parts[first][0] || s.depths[i] != s.depths[first] {
				t.Fatalf("part %d is not part %d", i, first)
			}
			continue
		}
		fill := 0
		for _, x := range part {
			if x.At != 0 {
				fill++
				if !want[x] {
					t.Fatalf("%+v is there", x)
				}
			}
		}
		if fill != int(s.fills[i]) || 4*fill > 3*len(part) {
			t.Fatalf("part %d of %d: %d taken, %d counted", i, len(part), fill, s.fills[i])
		}
		taken, size = taken+fill, size+len(part)
	}
	if taken != len(want) || s.Len() != taken || size+len(s.spare) != s.Size() {
		t.Fatalf("%d of %d spots are taken, %d of %d are said to be; want %d", taken, size+len(s.spare), s.Len(), s.Size(), len(want))
	}
	for x := range want {
		if !locate(s, x) {
			t.Fatalf("%+v of %d is not found", x, len(want))
		}
	}
	for _, x := range s.spare {
		if x != (Spot{}) {
			t.Fatalf("%+v lies in what is spare", x)
		}
	}
}

// Spots are a set, through every growth and whatever is taken out, also of tags that are alike in any of their bits.
func TestSpotsAreASet(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	f := func(name string, tag func() uint32, n int) {
		t.Run(name, func(t *testing.T) {
			var s Spots
			sound(t, &s, nil)
			all, list := map[Spot]bool{}, []Spot(nil)
			number := uint32(0)
			for _, goal := range []int{n, n / 3, n / 2, 10, n, 0} {
				for len(list) != goal {
					if len(list) < goal {
						number++
						x := Spot{tag(), number}
						if locate(&s, x) {
							t.Fatalf("%+v is there before it was put", x)
						}
						s.Put(x)
						list, all[x] = append(list, x), true
					} else {
						at := r.IntN(len(list))
						x := list[at]
						list[at] = list[len(list)-1]
						list = list[:len(list)-1]
						delete(all, x)
						if s.Remove(x); locate(&s, x) {
							t.Fatalf("%+v is there after it was removed", x)
						}
					}
					if len(list)%20_011 == 0 {
						sound(t, &s, all)
					}
				}
				if sound(t, &s, all); s.Size() > 8*mostSpots+8*goal {
					t.Fatalf("%d spots for %d", s.Size(), goal)
				}
			}
		})
	}
	f("any", r.Uint32, 30_000)
	f("few", r.Uint32, 500)
	f("low bits alike", func() uint32 { return r.Uint32() << 12 }, 2000)
	f("high bits alike", func() uint32 { return r.Uint32() & 0xfff }, 4000)
	f("parts alike", func() uint32 { return r.Uint32() & 0xff000fff }, 4000)
	f("the same", func() uint32 { return 7 }, 1000)
	f("half the same", func() uint32 { return r.Uint32() * (r.Uint32() & 1) }, 4000)
}

// Who puts a spot or takes one out moves no more than one part or two, however many spots there are, and no more memory is taken at once.
func TestSpotsMoveFew(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var s Spots
	parts := map[*Spot]bool{}
	size, most := 0, 0
	look := func() {
		if s.Size() == size {
			return
		}
		now := map[*Spot]bool{}
		moved := 0
		for _, part := range s.parts {
			if p := &part[0]; !now[p] {
				if now[p] = true; !parts[p] {
					moved++
				}
			}
			if len(part) > mostSpots {
				t.Fatalf("a part has %d spots", len(part))
			}
		}
		most = max(most, moved)
		if parts = now; moved > 2 || s.Size() > size+2*mostSpots || s.Size() < size-2*mostSpots {
			t.Fatalf("of %d spots %d parts moved, and %d were there before", s.Size(), moved, size)
		}
		size = s.Size()
	}
	var list []Spot
	for i := range uint32(150_000) {
		x := Spot{r.Uint32(), i + 1}
		s.Put(x)
		list = append(list, x)
		look()
	}
	if most != 2 || s.Size() < 40*mostSpots {
		t.Errorf("%d parts moved at once on the way to %d spots", most, s.Size())
	}
	for _, x := range list {
		s.Remove(x)
		look()
	}
	if s.Size() > 2*mostSpots {
		t.Errorf("%d spots are left", s.Size())
	}
}

func BenchmarkSpotsPut(b *testing.B) {
	r := rand.New(rand.NewPCG(9, 10))
	for i := 0; i < b.N; {
		var s Spots
		for n := uint32(1); n < 1_000_000 && i < b.N; n++ {
			s.Put(Spot{r.Uint32(), n})
			i++
		}
	}
}
