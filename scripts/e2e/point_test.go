package e2e

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A point is what a sink got.
type point struct {
	Name  string
	Value float64
	Time  int64
}

func (p point) String() string { return fmt.Sprintf("%s %v %d", p.Name, p.Value, p.Time) }

// parse reads plaintext lines: exactly three fields, single spaces, whole seconds.
func parse(t *testing.T, lines []string) []point {
	t.Helper()
	ps := make([]point, 0, len(lines))
	for _, line := range lines {
		f := strings.Split(line, " ")
		if len(f) != 3 {
			t.Fatalf("a line of %d fields left: %q", len(f), line)
		}
		v, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			t.Fatalf("value of %q: %v", line, err)
		}
		at, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil {
			t.Fatalf("time of %q: %v", line, err)
		}
		ps = append(ps, point{f[0], v, at})
	}
	return ps
}

// same holds got to want, in any order, each as often as it is there.
func same(t *testing.T, where string, got, want []point) {
	t.Helper()
	count := map[point]int{}
	for _, p := range want {
		count[p]++
	}
	for _, p := range got {
		count[p]--
	}
	var odd []point
	for p, n := range count {
		if n != 0 {
			odd = append(odd, p)
		}
	}
	slices.SortFunc(odd, func(a, b point) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Time, b.Time)) })
	for i, p := range odd {
		if i == 20 {
			t.Errorf("%s: ... and %d more", where, len(odd)-i)
			break
		}
		if n := count[p]; n > 0 {
			t.Errorf("%s: missing (%d times) %v", where, n, p)
		} else {
			t.Errorf("%s: too much (%d times) %v", where, -n, p)
		}
	}
	if len(odd) == 0 && len(got) != len(want) {
		t.Errorf("%s: %d points, want %d", where, len(got), len(want))
	}
}
