package relay

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// However many names come, a memory takes what it may, and remembers those that keep coming.
func TestMemoryBound(t *testing.T) {
	m := memory{}
	m.most = 256 << 10
	learn := func(name string) (known bool) {
		h := carbon.Hash([]byte(name), carbon.Raw)
		if m.find(h, []byte(name)) != nil {
			return true
		}
		m.add(h, []byte(name), way{})
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

// A name that an aggregate keeps is not copied, and stays right when the aggregate's names are laid out anew.
func TestNamesAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rules := []RuleOptions{folding("s.**", "all.$0"), folding("p.**", "$0.all"), folding("m.**", "a.$0.b"), folding("d.**", "x")}
		rules[0].Aggregate.Keep = time.Minute
		rules[3].Aggregate.Type = "diff"
		tab := table(t, []string{"a"}, rules...)
		tab.Start()
		l := tab.NewLane(nil)
		learn := func(kind string) (copied int) {
			before := l.memory.young.names.Size()
			for i := range 100 {
				l.Accept(batch(fmt.Sprintf("%s.%d", kind, i)))
			}
			l.Flush()
			for i := range 100 {
				name := fmt.Appendf(nil, "%s.%d", kind, i)
				if s := l.memory.find(carbon.Hash(name, carbon.Raw), name); s == nil || string(l.memory.young.nameOf(s)) != string(name) {
					t.Fatalf("%s is known as %v", name, s)
				}
			}
			return l.memory.young.names.Size() - before
		}
		for kind, copies := range map[string]bool{"s": false, "p": false, "m": true, "d": false} {
			if n := learn(kind); n > 0 != copies {
				t.Errorf("of %s %d bytes are copied", kind, n)
			}
		}
		time.Sleep(3 * time.Minute)
		l.Accept(batch("s.7"))
		l.Flush()
		if err := tab.Forget(context.Background(), func(f func(*Lane)) error { f(l); return nil }); err != nil {
			t.Fatal(err)
		}
		l.memory.age()
		if n := learn("s"); n > 0 {
			t.Errorf("once more %d bytes are copied", n)
		}
		l.Close()
		tab.Aggregator.Close(context.Background())
	})
}
