package aggregate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"plumbago/carbon"
)

// A shard asks the registry, whose lock lanes wait for, only for series that came after it last asked.
func TestAdopt(t *testing.T) {
	r, err := NewRule(0, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	a := New([]*Rule{r}, 1, 1<<30)
	s := a.shards[0]
	s.out = void{}
	table := s.tables[0]
	bind := func(name string) uint32 { return a.Bind(0, carbon.Raw, []byte(name), []byte(name), Origin{}).Slot }
	fold := func(slots ...uint32) {
		t.Helper()
		block := NewSamples()
		block.Arrival = time.Now().UnixMilli()
		for _, slot := range slots {
			block.List = append(block.List, Sample{Value: 1, Time: block.Arrival, Slot: slot})
		}
		s.fold(block)
		for _, slot := range slots {
			if table.series.at(int(slot)).heard == 0 || len(table.names.name(slot)) == 0 {
				t.Errorf("slot %d is not known", slot)
			}
		}
	}
	var slots []uint32
	for i := range 100 {
		slots = append(slots, bind(fmt.Sprintf("a.b%d", i)))
	}
	fold(slots[70])
	table.registry.Lock() // whoever asks now waits for ever
	fold(slots[:70]...)
	fold(slots[71:]...)
	table.registry.Unlock()
	fold(bind("a.new"), bind("a.newer")) // it asks for the first, and has the second then

	// Where one was forgotten another is made, whose name lies where the shard has not looked yet.
	now := time.Now().Add(48 * time.Hour)
	table.rule.Keep = time.Hour
	s.step(now.UnixMilli(), 1<<20)
	s.step(now.Add(time.Hour).UnixMilli(), 1<<20)
	if n := s.forgetSeries(a.Seats()[0], 0, now.Add(2*time.Hour), slots[:1]); n != 1 {
		t.Fatalf("%d series are forgotten, want 1", n)
	}
	long := strings.Repeat("x", 60_000)
	slot := bind(long)
	if slot != slots[0] {
		t.Fatalf("the new series has slot %d, want %d", slot, slots[0])
	}
	if table.has(slot) {
		t.Error("the shard has a name that came after it last asked")
	}
	if fold(slot); string(table.names.name(slot)) != long {
		t.Error("the new series is not called what it should")
	}
}
