package history

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// names returns the names of what is kept.
func names(s *Store) string {
	var all []string
	for from, more := 0, true; more; {
		from, more = s.Each(from, 2, func(se *Series) { all = append(all, se.Name) })
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func label(of, fn string) Label {
	return Label{Name: of + "." + fn, Of: of, Fn: fn, Period: 10 * time.Second, Own: true, Source: &Source{Functions: []string{"avg", "max"}}}
}

// Stores share their room, and what is forgotten makes room.
func TestRoom(t *testing.T) {
	room := NewRoom(2, 0)
	a, b := NewStore(time.Hour, room), NewStore(time.Hour, room)
	first := a.Open(label("a", "avg"))
	if !a.Wants([]byte("b.avg")) || first == 0 || b.Open(label("b", "avg")) == 0 {
		t.Fatal("no room for two")
	}
	if a.Wants([]byte("a.max")) || a.Open(label("a", "max")) != 0 || b.Open(label("b", "max")) != 0 {
		t.Error("room for three")
	}
	a.Forget(first)
	if !b.Wants([]byte("b.max")) || b.Open(label("b", "max")) == 0 {
		t.Error("what was forgotten left no room")
	}
	if got := names(a) + "/" + names(b); got != "/b.avg b.max" {
		t.Errorf("there are %s", got)
	}
}

// The past of a series outlives it for as long as a past is kept, and is its again if it comes back.
func TestOrphans(t *testing.T) {
	s := NewStore(time.Minute, NewRoom(10, 0))
	open := func(of, fn string) Handle {
		h := s.Open(label(of, fn))
		s.Put(h, Point{Time: 1000, Value: 1})
		return h
	}
	a, b := open("a", "avg"), open("b", "avg")
	s.Orphan(a, 1000)
	s.Orphan(b, 1030)
	s.Sweep(1059)
	if got := names(s); got != "a.avg b.avg" {
		t.Errorf("after 59 s there are %s", got)
	}
	other := label("b", "avg")
	other.Period = time.Minute
	if s.Adopt(&other) != 0 {
		t.Error("another period took the past over")
	}
	again := label("b", "avg")
	if h := s.Adopt(&again); h != b || s.Get(h).Len() != 1 {
		t.Errorf("the series that is back got %d, want %d", h, b)
	}
	if s.Adopt(&again) != 0 {
		t.Error("it was taken over twice")
	}
	s.Sweep(1060)
	if got := names(s); got != "b.avg" {
		t.Errorf("after 60 s there are %s", got)
	}
	c := open("c", "avg") // in the place of a
	s.Orphan(b, 1070)
	s.Orphan(c, 1080)
	s.Sweep(1090) // the first due of b
	if got := names(s); got != "b.avg c.avg" {
		t.Errorf("an overtaken due forgot: there are %s", got)
	}
	s.ForgetOrphans(func(of string) bool { return of == "c" })
	s.Sweep(1130)
	if got := names(s); got != "" || s.room.used.Load() != 0 || len(s.byName) != 0 {
		t.Errorf("in the end there are %q, %d, %v", got, s.room.used.Load(), s.byName)
	}
}

// Two orphans of one name are one: the later.
func TestOrphansOfOneName(t *testing.T) {
	s := NewStore(time.Minute, NewRoom(10, 0))
	raw, diff := label("a", "avg"), label("a", "avg")
	diff.Diff = true
	first, second := s.Open(raw), s.Open(diff)
	s.Orphan(first, 1)
	s.Orphan(second, 2)
	if s.Adopt(&raw) != 0 || s.Adopt(&diff) != second || s.room.used.Load() != 1 {
		t.Errorf("%d are kept", s.room.used.Load())
	}
}

// Which result stands for a series.
func TestStands(t *testing.T) {
	f := func(functions, fn, want string) {
		t.Helper()
		s := Source{Functions: strings.Fields(functions)}
		if got := s.Stands(fn); got != want {
			t.Errorf("of %s for %s stands %s, want %s", functions, fn, got, want)
		}
	}
	f("avg max", "max", "max")
	f("avg max", "min", "avg")
	f("max last avg", "min", "last")
	f("p99 sum", "avg", "p99")
}

// A kept point takes 16 bytes, a series some 300 more, whatever it was opened with.
func TestMemory(t *testing.T) {
	const series, points = 2000, 361
	f := func(n int) float64 {
		s := NewStore(time.Hour, NewRoom(series, 0))
		before := heap()
		for i := range series {
			h := s.Open(label(fmt.Sprintf("servers.web%04d.http.requests.total", i), "avg"))
			for j := range int64(n) {
				s.Put(h, Point{Time: j * 10})
			}
		}
		used := float64(heap() - before)
		if f := s.Figures(); f.Series != series || f.Points != int64(series*min(n, points)) || used > 1.2*float64(f.Bytes) || used < 0.8*float64(f.Bytes) {
			t.Errorf("%+v, but %v bytes are used", f, used)
		}
		runtime.KeepAlive(s)
		return used / series
	}
	if got := f(2*points) / points; got > 18 {
		t.Errorf("a point takes %.1f bytes", got)
	}
	if got := f(1); got > 500 {
		t.Errorf("a series takes %.0f bytes", got)
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Keeping a point costs no allocation once a series has its room.
func TestPutAllocations(t *testing.T) {
	s, h := store(time.Hour, 10*time.Second)
	now := int64(0)
	put := func() {
		now += 10
		s.Put(h, Point{Time: now})
	}
	for range 1000 {
		put()
	}
	if n := testing.AllocsPerRun(1000, put); n != 0 {
		t.Errorf("%v allocations a point", n)
	}
}

func BenchmarkPut(b *testing.B) {
	s, h := store(time.Hour, 10*time.Second)
	now := int64(0)
	for b.Loop() {
		now += 10
		s.Put(h, Point{Time: now})
	}
}

// Where the memory is taken no series is added, and those that there are keep their newest points.
func TestBytes(t *testing.T) {
	room := NewRoom(10, 2*perSeries+(smallest+2*smallest)*perPoint)
	s := NewStore(time.Hour, room)
	a, b := s.Open(Label{Name: "a"}), s.Open(Label{Name: "b"})
	for i := range int64(2 * smallest) {
		s.Put(a, Point{Time: i, Value: float64(i)})
	}
	for i := range int64(100) {
		s.Put(b, Point{Time: i, Value: float64(i)})
	}
	if s.Open(Label{Name: "c"}) != 0 && !s.Full() {
		t.Error("a third series has room")
	}
	f := s.Figures()
	if n := s.Get(b).Len(); n != smallest || f.Points != 3*smallest || f.Bytes != room.bytes.Load() {
		t.Errorf("%d points of b; %+v, and the room counts %d bytes", n, f, room.bytes.Load())
	}
	if p, _ := s.Get(b).Newest(); p.Time != 99 {
		t.Errorf("the newest point of b is %+v", p)
	}
	s.Forget(a)
	if f := s.Figures(); s.Full() || f.Bytes != room.bytes.Load() {
		t.Errorf("once a is forgotten: full %v, %+v, the room counts %d bytes", s.Full(), f, room.bytes.Load())
	}
}
