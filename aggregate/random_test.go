package aggregate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// Whatever the order and lateness of samples within grace, the last value of every slice equals that of a plain
// computation over all its samples, and nothing is late.
func TestLastWordIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	o := options(func(o *Options) { all(o); o.Grace = 10 * time.Minute; o.Name = "$0" })
	inBubble(t, o, func(b *bench) {
		type cell struct {
			count, sum, min, max, last float64
			lastAt                     time.Time
		}
		want := map[string]*cell{}
		for range 2000 {
			time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
			at := time.Now().Add(-time.Duration(rng.IntN(120_000)) * time.Millisecond).Truncate(time.Millisecond).UTC()
			if at.Before(moment(t, "12:00:00")) { // the slice of the start is partial
				continue
			}
			name, v := fmt.Sprintf("s%d", rng.IntN(5)), float64(rng.IntN(1000))/8
			b.send(carbon.Raw, name, v, at.Format("15:04:05.000"))
			key := name + " " + clockOf(at.Truncate(10*time.Second))
			c := want[key]
			if c == nil {
				c = &cell{min: math.Inf(1), max: math.Inf(-1)}
				want[key] = c
			}
			c.count, c.sum, c.min, c.max = c.count+1, c.sum+v, min(c.min, v), max(c.max, v)
			if !at.Before(c.lastAt) {
				c.last, c.lastAt = v, at
			}
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		got := map[string]string{}
		for _, p := range b.points { // in the order of their leaving: the last word counts
			f := strings.Fields(p)
			got[f[1]+" "+f[3]] = f[2]
		}
		for key, c := range want {
			name, at, _ := strings.Cut(key, " ")
			for fn, v := range map[string]float64{"count": c.count, "sum": c.sum, "min": c.min, "max": c.max, "last": c.last, "avg": c.sum / c.count} {
				if text := strconv.FormatFloat(v, 'g', -1, 64); got[name+"."+fn+" "+at] != text {
					t.Errorf("%s.%s %s is %s, want %s", name, fn, at, got[name+"."+fn+" "+at], text)
				}
			}
		}
		if len(got) != 6*len(want) {
			t.Errorf("%d results, want %d", len(got), 6*len(want))
		}
		if f, _ := b.Figures(context.Background()); f[0].Late != 0 {
			t.Errorf("%d samples were late within grace", f[0].Late)
		}
	})
}

// The index of names holds what it was given, through every growth and whatever is forgotten.
func TestNameIndex(t *testing.T) {
	var x nameIndex
	var free []uint32
	name := func(i int) []byte { return fmt.Appendf(nil, "servers.s%d.cpu", i) }
	numbers := map[int]uint32{}
	check := func() {
		t.Helper()
		taken := map[uint32]bool{}
		for i := range 10_000 {
			n, found := x.find(carbon.Hash(name(i), carbon.Raw), name(i))
			want, there := numbers[i]
			if found != there || found && (n != want || taken[n] || string(x.name(n)) != string(name(i))) {
				t.Fatalf("%s is %d, found %t; want %d, %t", name(i), n, found, want, there)
			}
			taken[n] = found
		}
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 5 {
		for i := range 10_000 {
			if _, there := numbers[i]; !there {
				numbers[i] = x.add(carbon.Hash(name(i), carbon.Raw), name(i), &free)
			}
			// All are found while they move, too.
			some := name(rng.IntN(i + 1))
			if n, found := x.find(carbon.Hash(some, carbon.Raw), some); !found || string(x.name(n)) != string(some) {
				t.Fatalf("%s is %d, found %t, when there are %d names", some, n, found, x.n)
			}
		}
		check()
		// A colliding hash is not the same name.
		if _, found := x.find(x.entries.at(7).hash, []byte("other")); found {
			t.Error("another name was found under a colliding hash")
		}
		var gone []uint32
		for i := range 10_000 {
			if rng.IntN(3) > 0 {
				gone = append(gone, numbers[i])
				delete(numbers, i)
			}
		}
		x.forget(gone)
		free = append(free, gone...)
		before, steps := x.size(), 0
		for more := true; more; steps++ { // names are found while they move, and others come
			moved := x.size()
			if more = x.tidy(1000); more && x.size()-moved > 1000*len("servers.s9999.cpu") {
				t.Errorf("a step moves %d bytes", x.size()-moved)
			}
			if i := rng.IntN(10_000); steps%3 == 0 && more {
				if _, there := numbers[i]; !there {
					numbers[i] = x.add(carbon.Hash(name(i), carbon.Raw), name(i), &free)
				}
				check()
			}
		}
		if steps > 1 && (steps < 10 || x.size() > before/2) {
			t.Errorf("%d steps leave %d bytes of %d", steps, x.size(), before)
		}
		check()
	}
	if x.entries.len() != 10_000 || x.size() > 400_000 {
		t.Errorf("%d entries, %d bytes", x.entries.len(), x.size())
	}
}
