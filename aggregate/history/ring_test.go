package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// points returns what a series keeps as text.
func points(s *Series) string {
	var b strings.Builder
	s.Each(-1<<62, 1<<62, func(p Point) { fmt.Fprintf(&b, " %d:%v", p.Time, p.Value) })
	return strings.TrimSpace(b.String())
}

// store returns a store with one open series of a period.
func store(keep, period time.Duration) (*Store, Handle) {
	s := NewStore(keep, NewRoom(10, 0))
	return s, s.Open(Label{Name: "a.avg", Of: "a", Fn: "avg", Period: period, Source: &Source{Functions: []string{"avg"}}})
}

// What comes in, in which order, and what is kept of it.
func TestPut(t *testing.T) {
	f := func(keep time.Duration, in, want string) {
		t.Helper()
		s, h := store(keep, 10*time.Second)
		for _, text := range strings.Fields(in) {
			var p Point
			if _, err := fmt.Sscanf(text, "%d:%g", &p.Time, &p.Value); err != nil {
				t.Fatal(err)
			}
			s.Put(h, p)
		}
		if got := points(s.Get(h)); got != want {
			t.Errorf("keep %v of %s: got %q, want %q", keep, in, got, want)
		}
	}
	f(time.Minute, "", "")
	f(time.Minute, "0:1 10:2 20:3", "0:1 10:2 20:3")
	f(time.Minute, "0:1 10:2 10:5 0:4", "0:4 10:5")                                   // amended
	f(time.Minute, "0:1 20:3 10:2 30:4", "0:1 10:2 20:3 30:4")                        // out of order
	f(time.Minute, "0:1 60:2", "0:1 60:2")                                            // just old enough
	f(time.Minute, "0:1 10:2 61:3", "10:2 61:3")                                      // too old
	f(time.Minute, "100:1 39:2 40:3", "40:3 100:1")                                   // comes too old
	f(time.Minute, "0:1 10:2 20:3 1000000:4", "1000000:4")                            // long after
	f(time.Minute, "50:1 40:2 30:3 20:4 10:5 0:6", "0:6 10:5 20:4 30:3 40:2 50:1")    // backwards
	f(time.Second, "0:1 10:2 20:3", "20:3")                                           // the newest is always kept
	f(10*time.Second, "0:1 5:2 6:3 7:4 8:5 9:6 10:7", "0:1 5:2 6:3 7:4 8:5 9:6 10:7") // more than a period has room for
	f(time.Minute, "0:1 10:2 20:3 30:4 40:5 50:6 60:7 70:8 80:9 15:0 80:1", "20:3 30:4 40:5 50:6 60:7 70:8 80:1")
}

// A ring does what a sorted list would do.
func TestPutRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		keep := int64(r.IntN(300) + 1)
		s, h := store(time.Duration(keep)*time.Second, time.Duration(r.IntN(20))*time.Second)
		var want []Point
		base := int64(0)
		for i := range 500 {
			base += int64(r.IntN(10))
			p := Point{Time: base - int64(r.IntN(2)*r.IntN(100)), Value: float64(i)}
			s.Put(h, p)
			want = naive(want, p, keep)
		}
		var got []Point
		s.Get(h).Each(-1<<62, 1<<62, func(p Point) { got = append(got, p) })
		if !slices.Equal(got, want) {
			t.Fatalf("keep %d: got %v, want %v", keep, got, want)
		}
	}
}

func naive(list []Point, p Point, keep int64) []Point {
	list = slices.DeleteFunc(list, func(o Point) bool { return o.Time == p.Time })
	list = append(list, p)
	slices.SortFunc(list, func(a, b Point) int { return int(a.Time - b.Time) })
	newest := list[len(list)-1].Time
	return slices.DeleteFunc(list, func(o Point) bool { return o.Time < newest-keep })
}

// Each gives a half-open stretch of time.
func TestEach(t *testing.T) {
	s, h := store(time.Hour, 10*time.Second)
	for i := range int64(20) {
		s.Put(h, Point{Time: i * 10, Value: float64(i)})
	}
	f := func(after, until int64, want string) {
		t.Helper()
		var got []string
		s.Get(h).Each(after, until, func(p Point) { got = append(got, fmt.Sprint(p.Time)) })
		if strings.Join(got, " ") != want {
			t.Errorf("(%d, %d]: got %v, want %s", after, until, got, want)
		}
	}
	f(0, 30, "10 20 30")
	f(-1, 0, "0")
	f(5, 29, "10 20")
	f(170, 1000, "180 190")
	f(190, 1000, "")
	f(30, 30, "")
	f(-100, -1, "")
}

// Trim drops what is older, wherever the ring begins.
func TestTrim(t *testing.T) {
	s, h := store(100*time.Second, time.Second)
	for i := range int64(350) {
		s.Put(h, Point{Time: i})
	}
	f := func(before int64, want int) {
		t.Helper()
		if s.Trim(before); s.Get(h).Len() != want {
			t.Errorf("trimmed before %d there are %d points", before, s.Get(h).Len())
		}
	}
	f(0, 101)
	f(300, 50)
	f(349, 1)
	f(350, 0)
	f(1000, 0)
	if s.Put(h, Point{Time: 400}); s.Get(h).Len() != 1 {
		t.Error("a point after that is not kept")
	}
}
