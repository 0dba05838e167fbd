package aggregate

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"plumbago/carbon"
)

// heapNow returns the bytes in use after a collection, and how long a collection takes.
func heapNow() (bytes int64, took time.Duration) {
	runtime.GC()
	start := time.Now()
	runtime.GC()
	took = time.Since(start)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc), took
}

// What a live series costs, of each kind of rule: its name, state and the slices that can still be amended. And what is
// left of a burst once it is forgotten.
func TestBytesPerSeries(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("long, and of no use under the race detector")
	}
	const series = 50_000
	f := func(t *testing.T, most int64, change func(*Options)) {
		t.Helper()
		o := DefaultOptions()
		if change != nil {
			change(&o)
		}
		r, err := NewRule(0, o)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := heapNow()
		a := New([]*Rule{r}, 1, 1<<30)
		s := a.shards[0]
		s.out = void{}
		refs := make([]Ref, series)
		for i := range refs {
			name := fmt.Appendf(nil, "servers.web%06d.cpu.total.user", i)
			refs[i] = a.Bind(0, carbon.Raw, name, name, Origin{})
		}
		start := time.Now().UnixMilli() / 1000 * 1000
		for now := start; now < start+120_000; now += 5_000 {
			for i := 0; i < len(refs); {
				block := NewSamples()
				for block.Arrival = now; i < len(refs) && !block.Full(); i++ {
					block.List = append(block.List, Sample{Value: float64(i % 100), Time: now, Slot: refs[i].Slot})
				}
				s.fold(block)
				block.Free()
			}
			for s.step(now, stepSize) {
			}
		}
		after, took := heapNow()
		each := (after - before) / series
		t.Logf("%v: %d bytes a series with a name of 30; a collection takes %v", o.Functions, each, took)
		if each > most {
			t.Errorf("%d bytes a series, more than %d", each, most)
		}
		end := time.UnixMilli(start).Add(24 * time.Hour)
		for _, at := range []time.Time{end.Add(-time.Hour), end} { // emitted, freed
			for s.step(at.UnixMilli(), stepSize) {
			}
		}
		var all []uint32
		for i := range refs {
			all = append(all, refs[i].Slot&^inputBit)
		}
		s.forgetInputs(a.Seats()[0], 0, end, append([]uint32(nil), all[:s.tables[0].inputs.len()]...))
		s.forgetSeries(a.Seats()[0], 0, end, all)
		s.tables[0].shrink()
		s.agenda = newAgenda() // what is left in it is of this test's clock
		left, _ := heapNow()
		if each := (left - before) / series; each > 100 || a.made.Load() != 0 {
			t.Errorf("%d bytes a series are left, %d series", each, a.made.Load())
		}
		runtime.KeepAlive(a)
	}
	f(t, 600, nil)
	f(t, 900, func(o *Options) { o.Functions = []string{"avg", "min", "max", "sum", "count", "last"} })
	f(t, 1100, func(o *Options) { o.Rollups = []time.Duration{time.Minute, time.Hour} })
	f(t, 3000, func(o *Options) { o.Functions = []string{"p50", "p99"} })
}
