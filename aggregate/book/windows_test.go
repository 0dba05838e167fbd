package book

import (
	"testing"
	"time"
)

// Windows over several series together, as the functions of Aruba's Network Analytics Engine are: a point every minute or
// so, and what was in the last five, two and one minutes.
func TestPooledWindows(t *testing.T) {
	functions := []string{"count", "sum", "min", "max", "avg"}
	r := DefaultRule()
	r.Match, r.Options.Name, r.Period, r.Functions = []string{"sw1.if.*.rx"}, "sw1.if.all.rx", time.Minute, functions
	for _, w := range []int{5, 2, 1} {
		r.Output = append(r.Output, Output{Window: Window{Slices: w}, Functions: functions, As: string(rune('0'+w)) + ".{fn}"})
	}
	o := DefaultOptions()
	o.Rules = []Rule{r}
	inBook(t, o, func(b *bench) {
		start := time.Now().Add(time.Hour).Truncate(time.Hour)
		time.Sleep(time.Until(start.Add(10 * time.Minute)))
		series := func(name string, points ...float64) {
			for i := 0; i < len(points); i += 2 {
				b.set("sw1.if."+name+".rx", points[i+1], start.Add(time.Duration(points[i])*time.Second))
			}
		}
		series("1", 0, 100, 60, 160, 120, 400, 180, 400, 240, 1000, 300, 1300)
		series("2", 0, 50, 60, 50, 120, 20, 180, 80, 240, 90, 300, 95)
		series("3", 180, 7, 300, 10)
		time.Sleep(time.Minute)
		got := map[string]float64{}
		for _, r := range b.emitted() {
			if r.Time.Equal(start.Add(5 * time.Minute)) {
				got[r.Name] = r.Value
			}
		}
		for window, want := range map[string][]float64{
			"5": {12, 3612, 7, 1300, 301}, "2": {5, 2495, 10, 1300, 499}, "1": {3, 1405, 10, 1300, 1405.0 / 3},
		} {
			for i, fn := range functions {
				if got[window+"."+fn] != want[i] {
					t.Errorf("%s of %s minutes is %v, want %v", fn, window, got[window+"."+fn], want[i])
				}
			}
		}
		if got := b.get("sw1.if.all.rx", "count"); got != 3 {
			t.Errorf("the group's newest slice has %v values", got)
		}
	})
}
