package book

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// One slot of senf's Statistics is a second here, a collector a rollup, an output a window.

// senf returns the options of a Book whose series has the outputs of a script.
func senf(t *testing.T, script string) Options {
	r := DefaultRule()
	r.Period, r.Functions, r.WindowStddev, r.AsRollup = time.Second, []string{"count"}, "mean", "{name}.{period}.{fn}"
	for line := range strings.Lines(script) {
		words := strings.Fields(line)
		if words[0] != "out" {
			continue
		}
		window, err := strconv.Atoi(words[2])
		if err != nil {
			t.Fatal(err)
		}
		length := time.Second
		for rank := range strings.SplitSeq(words[1], "-") {
			if n, _ := strconv.Atoi(rank); n > 0 {
				length *= time.Duration(n)
			}
		}
		if length > time.Second && !slices.Contains(r.Rollups, length) {
			r.Rollups = append(r.Rollups, length)
		}
		r.Output = append(r.Output, Output{
			Period: length, Window: Window{Slices: window}, Functions: senfFunctions, As: words[3] + ".{fn}",
		})
	}
	o := DefaultOptions()
	o.Rules = []Rule{r}
	return o
}

var senfFunctions = []string{"count", "min", "avg", "max", "stddev"}

// A slot is an entry and the second that it comes in.
type slot struct {
	at int
	Entry
}

// play enters slots into a Book and returns what it emits under each label, in time order, as senf prints it. Windows that
// go on after the last slot are left out.
func play(t *testing.T, o Options, slots []slot) map[string][]string {
	t.Helper()
	got := map[string][]string{}
	inBook(t, o, func(b *bench) {
		start := time.Now().Add(time.Hour).Truncate(time.Hour)
		time.Sleep(time.Until(start.Add(40 * time.Minute)))
		for _, s := range slots {
			if err := b.Enter("x", s.Entry, start.Add(time.Duration(s.at)*time.Second)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(20 * time.Second)
		figures, stamps := map[string]float64{}, map[string][]int64{}
		for _, r := range b.emitted() {
			label, fn, _ := strings.Cut(r.Name, ".")
			stamp := r.Time.Unix()
			if figures[fmt.Sprint(label, fn, stamp)] = r.Value; fn == "avg" {
				stamps[label] = append(stamps[label], stamp)
			}
		}
		for label, at := range stamps {
			slices.Sort(at)
			for _, stamp := range at {
				var line []string
				for _, fn := range senfFunctions {
					line = append(line, fmt.Sprintf("%.6g", figures[fmt.Sprint(label, fn, stamp)]))
				}
				got[label] = append(got[label], strings.Join(line, " "))
			}
		}
	})
	return got
}

func compare(t *testing.T, what, label string, got, want []string) {
	t.Helper()
	if n := min(len(got), len(want)); n < len(want) || !slices.Equal(got[:n], want) {
		t.Errorf("%s %s: got\n\t%s\nwant\n\t%s", what, label, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// Entries of several values, slot by slot, and then as wholes that end where the groups do.
func TestSenfBulk(t *testing.T) {
	script, answer := senfFile(t, "v3_bulk.txt"), senfFile(t, "v3_bulk.fixed.out")
	want := map[string][]string{}
	for line := range strings.Lines(answer) {
		if label, rest, _ := strings.Cut(strings.TrimSpace(line), " "); label != "#" {
			want[label] = append(want[label], rest)
		}
	}
	var each, whole []slot
	at := 0
	for line := range strings.Lines(script) {
		var n, count int64
		var e Entry
		if _, err := fmt.Sscanf(line, "in %d %d %g %g %g %g", &n, &count, &e.Min, &e.Mean, &e.Max, &e.Dev); err != nil {
			continue
		}
		for e.N = count; n > 0; n-- {
			each = append(each, slot{at, e})
			if last := len(whole) - 1; last >= 0 && at%4 != 0 && whole[last].Mean == e.Mean {
				whole[last].N += count
			} else {
				whole = append(whole, slot{at, e})
			}
			at++
		}
	}
	if len(each) != 16 || len(whole) >= 10 {
		t.Fatalf("%d slots, %d as wholes", len(each), len(whole))
	}
	got, gotWhole := play(t, senf(t, script), each), play(t, senf(t, script), whole)
	for label, lines := range want {
		compare(t, "each", label, got[label], lines)
		if label[0] != 'b' { // which are of single slots
			compare(t, "whole", label, gotWhole[label], lines)
		}
	}
}

func senfFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../testdata/senf/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Entries with deviations of their own, over two tiers and a window.
func TestSenfMixed(t *testing.T) {
	var slots []slot
	for k := range 1200 {
		a := float64(37*k%101) / 4
		slots = append(slots, slot{k, Entry{N: 1, Min: a - 1, Mean: a, Max: a + 2, Dev: 0.5 + 0.25*float64(k%3)}})
	}
	o := senf(t, "out 10-60 1 m1\nout 10-60 5 m5\n")
	o.Rules[0].Rollups = append(o.Rules[0].Rollups, 10*time.Second)
	o.Rules[0].WindowStddev = "pooled"
	got := play(t, o, slots)
	compare(t, "mixed", "m1", got["m1"], []string{"600 -1 12.4858 27 7.33447", "600 -1 12.4938 27 7.33068"})
	compare(t, "mixed", "m5", got["m5"][1:], []string{"1200 -1 12.4898 27 7.33257"})
}

// Deviations that come in, and the mean of two.
func TestSenfDeviations(t *testing.T) {
	slots := []slot{
		{0, Entry{N: 1, Min: 1, Mean: 2, Max: 3, Dev: 1}}, {1, Entry{N: 1, Min: 3, Mean: 4, Max: 5, Dev: 1}},
		{2, Entry{N: 1}}, {3, Entry{N: 1, Min: 0, Mean: 10, Max: 20, Dev: 3}},
	}
	got := play(t, senf(t, "out 2 1 one\nout 2 2 two\n"), slots)
	compare(t, "deviations", "one", got["one"], []string{"2 1 3 5 1.41421", "2 0 5 20 5.43139"})
	compare(t, "deviations", "two", got["two"][1:], []string{"4 0 4 20 3.4228"})
}

// An entry gives what its values would, whatever they are.
func TestEntryEqualsItsValues(t *testing.T) {
	vs := []float64{5, 3, 4, 6, 7}
	functions := []string{"count", "sum", "min", "avg", "max", "stddev", "variance", "rms", "rate", "range"}
	r := DefaultRule()
	r.Functions, r.Partial = functions, "emit"
	o := DefaultOptions()
	o.Rules = []Rule{r}
	inBook(t, o, func(b *bench) {
		now := time.Now()
		e := Entry{N: int64(len(vs)), Mean: 5, Dev: math.Sqrt2, Min: 3, Max: 7}
		for _, v := range vs {
			b.set("values", v, now)
			b.set("both", v, now)
		}
		for _, name := range []string{"entry", "both"} {
			if err := b.Enter(name, e, now); err != nil {
				t.Error(err)
			}
		}
		for _, fn := range functions {
			v, w, x := b.get("values", fn), b.get("entry", fn), b.get("both", fn)
			if math.Abs(v-w) > 1e-12 {
				t.Errorf("%s of the values is %v, of the entry %v", fn, v, w)
			}
			if fn == "count" || fn == "sum" || fn == "rate" {
				x /= 2
			}
			if math.Abs(v-x) > 1e-12 {
				t.Errorf("%s of the values is %v, of both %v", fn, v, x)
			}
		}
	})
}
