package aggregate

import (
	"fmt"
	"testing"
	"time"

	"plumbago/aggregate/history"
	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// A void is an outlet that throws everything away.
type void struct{}

func (void) Accept(b *carbon.Batch)                   { b.Free() }
func (void) Flush() bool                              { return false }
func (void) Drop(uint32)                              {}
func (void) Close()                                   {}
func (void) Way([]byte, carbon.Kind, int, int) uint32 { return 1 }
func (void) Held() <-chan struct{}                    { return nil }
func (void) Counts() stat.Counts                      { return stat.Counts{} }

// loaded returns a shard with so many series and a block of samples of them.
func loaded(tb testing.TB, series int) (*shard, *Samples) {
	r, err := NewRule(0, DefaultOptions())
	if err != nil {
		tb.Fatal(err)
	}
	a := New([]*Rule{r}, 1, 1<<30)
	s := a.shards[0]
	s.out = void{}
	block := NewSamples()
	block.Arrival = time.Now().UnixMilli()
	for i := range series {
		name := []byte(fmt.Sprintf("servers.s%d.cpu", i))
		ref := a.Bind(0, carbon.Raw, name, name, Origin{})
		if !block.Full() {
			block.List = append(block.List, Sample{Value: 1, Time: block.Arrival, Slot: ref.Slot})
		}
	}
	s.fold(block)
	return s, block
}

func BenchmarkFold(b *testing.B) {
	s, block := loaded(b, BlockSize)
	for b.Loop() {
		s.fold(block)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(block.List)), "ns/sample")
}

func BenchmarkEmit(b *testing.B) { benchmarkEmit(b, history.Options{}) }

// Every result is kept: two of each series, for ten minutes.
func BenchmarkEmitKept(b *testing.B) {
	benchmarkEmit(b, history.Options{Keep: 10 * time.Minute, Series: 2 * BlockSize})
}

func benchmarkEmit(b *testing.B, o history.Options) {
	s, block := loaded(b, BlockSize)
	if o.Keep > 0 {
		s.past = history.NewStore(o.Keep, history.NewRoom(o.Series, 0))
	}
	now := block.Arrival
	for b.Loop() {
		for i := range block.List {
			block.List[i].Time = now
		}
		block.Arrival = now
		s.fold(block)
		now += 200_000
		for s.step(now, stepSize) {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(block.List)), "ns/slice")
}

func TestFoldDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	s, block := loaded(t, BlockSize)
	if n := testing.AllocsPerRun(100, func() { s.fold(block) }); n != 0 {
		t.Errorf("folding %d samples allocates %v times", len(block.List), n)
	}
}

// Many series in no order: memory decides.
func BenchmarkFoldMany(b *testing.B) {
	const series = 500_000
	s, block := loaded(b, series)
	now := block.Arrival
	for i := range series {
		block.List = append(block.List[:i%BlockSize], Sample{Value: 1, Time: now, Slot: uint32(i * 7919 % series)})
		if block.Full() {
			s.fold(block)
		}
	}
	at := 0
	for b.Loop() {
		block.List = block.List[:0]
		for !block.Full() {
			block.List = append(block.List, Sample{Value: 1, Time: now, Slot: uint32(at * 7919 % series)})
			at++
		}
		s.fold(block)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*BlockSize), "ns/sample")
}

// Slices of many series close, whose names are as long as names are: memory decides.
func BenchmarkEmitMany(b *testing.B) {
	const series = 500_000
	o := DefaultOptions()
	o.Functions = []string{"sum", "max"}
	r, err := NewRule(0, o)
	if err != nil {
		b.Fatal(err)
	}
	a := New([]*Rule{r}, 1, 1<<30)
	s := a.shards[0]
	s.out = void{}
	block := NewSamples()
	now := time.Now().UnixMilli() / 10_000 * 10_000
	slots := make([]uint32, series)
	for i := range slots {
		name := fmt.Appendf(nil, "all.ams.api%06d.node001-prod.cpu-0.percent.user-value", i)
		slots[i] = a.Bind(0, carbon.Raw, name, name, Origin{}).Slot
	}
	for b.Loop() {
		b.StopTimer()
		for i := range slots {
			block.List = append(block.List, Sample{Value: float64(i) + 0.25, Time: now, Slot: slots[(i+i/1000*7919)%series]})
			if block.Full() || i == series-1 {
				block.Arrival = now
				s.fold(block)
				block.List = block.List[:0]
			}
		}
		now += 200_000
		b.StartTimer()
		for s.step(now, stepSize) {
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*series*2), "ns/result")
}
