package daemon

import "testing"

// Memory is short when what is in use, with what may still come, is near the limit, and until it is some way from it again.
func TestMemoryLook(t *testing.T) {
	m := newMemory(1000)
	f := func(live, pending int64, wantTight, wantChanged bool) {
		t.Helper()
		if tight, changed := m.look(live, pending); tight != wantTight || changed != wantChanged {
			t.Errorf("%d in use and %d pending: tight %v, changed %v", live, pending, tight, changed)
		}
	}
	f(0, 0, false, false)
	f(450, 349, false, false)
	f(450, 350, true, true)
	f(800, 0, true, false)
	f(760, 0, true, false) // below where it began
	f(740, 0, false, true)
	f(760, 0, false, false)
	if s := m.status(); s.Limit != 1000 || s.Used < s.Live || s.Tight {
		t.Errorf("the status is %+v", s)
	}
}
