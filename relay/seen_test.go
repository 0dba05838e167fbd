package relay

import (
	"fmt"
	"testing"

	"plumbago/carbon"
)

// However many names come, a memory takes what it may, and remembers those that keep coming.
func TestMemoryBound(t *testing.T) {
	m := newMemory()
	m.most = 256 << 10
	learn := func(name string) (known bool) {
		h := carbon.Hash([]byte(name), carbon.Raw)
		if m.find(h, []byte(name)) != nil {
			return true
		}
		m.young.add(h, []byte(name), way{})
		return false
	}
	ages := 0
	for i := range 200_000 {
		learn(fmt.Sprintf("some.series.that.is.new.%d", i))
		if known := learn("always"); !known && i > 0 {
			t.Fatalf("forgot what comes all the time, at the %dth name", i)
		}
		if m.full() {
			m.age()
			ages++
		}
		if n := m.young.bytes() + m.old.bytes(); n > 3*m.most {
			t.Fatalf("it takes %d bytes, with %d for a generation", n, m.most)
		}
		if ages > 0 && m.full() {
			t.Fatal("it is full as soon as it is young")
		}
	}
	if ages < 10 || ages > 1000 {
		t.Errorf("it grew old %d times", ages)
	}
}
