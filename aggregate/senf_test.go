package aggregate

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// The scripts under testdata/senf were run by senf's Statistics of 2011 (.seed2011.out) and by a corrected model of it
// (.fixed.out). One entry there is a second here, a collector a rollup, an output a window.
func TestSenfVectors(t *testing.T) {
	f := func(t *testing.T, script, answer, minmax string) {
		t.Helper()
		o := DefaultOptions()
		o.Period, o.Name, o.Functions = time.Second, "x", []string{"count"}
		o.WindowMinMax, o.WindowStddev, o.AsRollup = minmax, "mean", "{name}.{period}.{fn}"
		functions := []string{"count", "min", "avg", "max", "stddev"}
		if minmax == "mean" { // of that age
			functions = functions[1:]
		}
		var values []float64
		for line := range strings.Lines(senfFile(t, script)) {
			words := strings.Fields(line)
			switch words[0] {
			case "in":
				v, err := strconv.ParseFloat(words[4], 64)
				if err != nil || words[1] != "1" || words[6] != "0" {
					t.Fatalf("%s is no plain value: %v", line, err)
				}
				values = append(values, v)
			case "out":
				window, _ := strconv.Atoi(words[2])
				length := time.Second
				for rank := range strings.SplitSeq(words[1], "-") {
					if n, _ := strconv.Atoi(rank); n > 0 {
						length *= time.Duration(n)
					}
				}
				if length > time.Second && !slices.Contains(o.Rollups, length) {
					o.Rollups = append(o.Rollups, length)
				}
				o.Output = append(o.Output, OutputOptions{
					Period: length, Window: Window{Slices: window}, Functions: functions, As: words[3] + "." + "{fn}",
				})
			}
		}
		want := map[string][]string{}
		for line := range strings.Lines(senfFile(t, answer)) {
			label, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
			want[label] = append(want[label], rest)
		}
		got := senfRun(t, o, values, functions)
		for label, lines := range want {
			if n := min(len(lines), len(got[label])); n < len(lines) || !slices.Equal(got[label][:n], lines) {
				t.Errorf("%s %s: got\n\t%s\nwant\n\t%s", answer, label, strings.Join(got[label], "\n\t"), strings.Join(lines, "\n\t"))
			}
		}
	}
	f(t, "v2_ramp600.txt", "v2_ramp600.fixed.out", "abs")
	f(t, "v2_ramp600.txt", "v2_ramp600.seed2011.out", "mean")
	f(t, "v6_siblings.txt", "v6_siblings.fixed.out", "abs")
}

func senfFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/senf/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// senfRun replays values, one a second, and returns what was emitted under each label, in time order.
func senfRun(t *testing.T, o Options, values []float64, functions []string) map[string][]string {
	got := map[string][]string{}
	inBubble(t, []Options{o}, func(b *bench) {
		start := moment(t, "10:00:00")
		for i, v := range values {
			b.send(carbon.Raw, "x", v, start.Add(time.Duration(i)*time.Second).Format("15:04:05"))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		figures, stamps := map[string]float64{}, map[string][]string{}
		for _, p := range b.points {
			words := strings.Fields(p)
			label, fn, _ := strings.Cut(words[1], ".")
			v, _ := strconv.ParseFloat(words[2], 64)
			if figures[label+fn+words[3]] = v; fn == "avg" {
				stamps[label] = append(stamps[label], words[3])
			}
		}
		for label, at := range stamps {
			slices.Sort(at)
			for _, stamp := range at {
				line := []string{}
				for _, fn := range functions {
					line = append(line, fmt.Sprintf("%.6g", figures[label+fn+stamp]))
				}
				got[label] = append(got[label], strings.Join(line, " "))
			}
		}
		b.points = nil
	})
	return got
}
