package daemon

import "testing"

// Little may gather beside much.
func TestGarbage(t *testing.T) {
	f := func(live uint64, want int) {
		t.Helper()
		if got := garbage(live); got != want {
			t.Errorf("beside %d MiB: %d %%, want %d", live>>20, got, want)
		}
	}
	f(0, 50)
	f(64<<20, 50)
	f(65<<20, 50)
	f(128<<20, 50)
	f(160<<20, 40)
	f(256<<20, 25)
	f(512<<20, 15)
	f(8<<30, 15)
}
