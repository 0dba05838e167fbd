package carbon

import "testing"

func TestPlaces(t *testing.T) {
	for _, n := range []int{0, 1, 64, 1023, 4096, 100_000} {
		places := Places[uint64](n)
		if len(places) != n {
			t.Errorf("%d places, want %d", len(places), n)
		}
		for i, x := range places {
			if x != 0 {
				t.Fatalf("place %d of %d is %d", i, n, x)
			}
		}
	}
	if n := len(Places[struct{}](5)) + len(Places[[5000]byte](3)); n != 8 {
		t.Errorf("%d places, want 8", n)
	}
}
