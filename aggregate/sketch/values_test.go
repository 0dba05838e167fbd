package sketch

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// latencies returns n values as timers send them: most near 20 ms, some far beyond.
func latencies(n int) []float64 {
	random := rand.New(rand.NewPCG(1, 2))
	list := make([]float64, n)
	for i := range list {
		list[i] = math.Round(1000*math.Exp(3+random.NormFloat64())) / 1000
	}
	return list
}

func valuesOf(list []float64) *Values {
	v := new(Values)
	for _, x := range list {
		v.Add(x)
	}
	return v
}

// TestValuesExact wants as many values as are kept to give what they give when they are sorted and added up.
func TestValuesExact(t *testing.T) {
	for _, n := range []int{1, 2, 3, 100, maxValues} {
		list := latencies(n)
		v := valuesOf(list)
		slices.Sort(list)
		for _, k := range []int{1, n / 2, n} {
			if k == 0 {
				continue
			}
			sum, squares := 0.0, 0.0
			for _, x := range list[:k] {
				sum, squares = sum+x, squares+x*x
			}
			if s, q := v.Lowest(uint64(k)); s != sum || q != squares || v.Nth(uint64(k)) != list[k-1] {
				t.Errorf("the lowest %d of %d are %v, %v and end with %v; want %v, %v, %v", k, n, s, q, v.Nth(uint64(k)), sum, squares, list[k-1])
			}
		}
		if got := v.Below(list[n/2]); got > uint64(n/2) || list[got] != list[n/2] {
			t.Errorf("%d of %d values are below %v", got, n, list[n/2])
		}
	}
	if v := valuesOf([]float64{2, 4, 4, 4, 5, 5, 7, 9}); v.Deviation() != 2 {
		t.Errorf("the deviation is %v; want 2", v.Deviation())
	}
	if v := valuesOf([]float64{math.NaN(), math.Inf(1)}); v.Count() != 0 || !math.IsNaN(v.Nth(1)) {
		t.Error("what is no number counts")
	}
}

// TestValuesMany wants of a million values every percentile within 1 %, and at most a tenth of the memory of keeping them.
func TestValuesMany(t *testing.T) {
	list := latencies(1_000_000)
	v := valuesOf(list)
	slices.Sort(list)
	near := func(what string, got, want, within float64) {
		t.Helper()
		if math.Abs(got-want) > within*math.Abs(want) {
			t.Errorf("%s is %v; want %v", what, got, want)
		}
	}
	for _, p := range []float64{0.1, 1, 10, 50, 90, 95, 99, 99.9, 99.99, 100} {
		k := int(p / 100 * 1e6)
		near("a percentile", v.Nth(uint64(k)), list[k-1], 0.01)
		sum := 0.0
		for _, x := range list[:k] {
			sum += x
		}
		got, _ := v.Lowest(uint64(k))
		near("a sum", got, sum, 0.01)
	}
	mean, scatter := 0.0, 0.0
	for _, x := range list {
		mean += x / 1e6
	}
	for _, x := range list {
		scatter += (x - mean) * (x - mean)
	}
	near("the deviation", v.Deviation(), math.Sqrt(scatter/1e6), 1e-9)
	near("what is below", float64(v.Below(mean)), float64(sortedBelow(list, mean)), 0.02)
	if v.Count() != 1e6 || v.Bytes() > 8e6/10 {
		t.Errorf("%d values take %d bytes", v.Count(), v.Bytes())
	}
	t.Logf("a million values take %d bytes", v.Bytes())
}

func sortedBelow(list []float64, x float64) int {
	at, _ := slices.BinarySearch(list, x)
	return at
}

// TestValuesRoundTrip wants decoded values to encode, answer and go on as those they were.
func TestValuesRoundTrip(t *testing.T) {
	var v Values
	for _, n := range []int{0, 1, maxValues, maxValues + 1, 5000} {
		was := valuesOf(latencies(n))
		text := was.Append(nil)
		rest, err := v.Decode(append(bytes.Clone(text), "rest"...))
		if err != nil || string(rest) != "rest" || !bytes.Equal(v.Append(nil), text) {
			t.Fatalf("%d values do not survive: %q, %v", n, rest, err)
		}
		for _, x := range latencies(100) {
			v.Add(x)
			was.Add(x)
		}
		if !bytes.Equal(v.Append(nil), was.Append(nil)) || v.Deviation() != was.Deviation() {
			t.Errorf("%d values go on differently", n)
		}
		for i := 0; i < len(text); i += 1 + i/20 {
			if _, err := v.Decode(text[:i]); err == nil || v.Count() != 0 {
				t.Errorf("%d bytes of %d pass: %v", i, len(text), err)
			}
		}
	}
}

func FuzzValuesDecode(f *testing.F) {
	for _, n := range []int{0, 1, 10, maxValues + 1} {
		f.Add(valuesOf(latencies(n)).Append(nil))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var v Values
		rest, err := v.Decode(text)
		if err != nil {
			return
		}
		if again := v.Append(nil); !bytes.Equal(append(again, rest...), text) {
			t.Fatalf("%x becomes %x", text, again)
		}
		v.Deviation()
		v.Below(1)
		v.Lowest(v.Count() / 2)
	})
}
