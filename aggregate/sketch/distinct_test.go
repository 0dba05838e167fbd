package sketch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestRedis holds hash, registers and estimate to what a Redis server answered.
func TestRedis(t *testing.T) {
	var want struct {
		Hashes []struct {
			Value    string
			Murmur   string `json:"murmur64a"`
			Register uint
			Rank     uint8
		}
		Counts []struct{ Distinct, Server uint64 }
	}
	text, err := os.ReadFile("testdata/redis_hll.json")
	if err == nil {
		err = json.Unmarshal(text, &want)
	}
	if err != nil || len(want.Hashes) == 0 || len(want.Counts) == 0 {
		t.Fatal("no vectors: ", err)
	}
	for _, h := range want.Hashes {
		got := Hash([]byte(h.Value))
		register, rank := place(got)
		if fmt.Sprintf("%016x", got) != h.Murmur || register != h.Register || rank != h.Rank {
			t.Errorf("%q is %016x in register %d with rank %d, want %+v", h.Value, got, register, rank, h)
		}
	}
	var d Distinct
	for i, next := uint64(0), 0; next < len(want.Counts); {
		d.AddString("user-" + strconv.FormatUint(i, 10))
		if i++; i == want.Counts[next].Distinct {
			if got := d.PFCount(); got != want.Counts[next].Server {
				t.Errorf("PFCount of %d values is %d, want %d", i, got, want.Counts[next].Server)
			}
			next++
		}
	}
}

// TestHashWord holds the short cut for numbers to the hash.
func TestHashWord(t *testing.T) {
	for _, w := range []uint64{0, 1, math.MaxUint64, math.Float64bits(3.14)} {
		var b []byte
		for i := range 8 {
			b = append(b, byte(w>>(8*i)))
		}
		if hashWord(w) != Hash(b) {
			t.Errorf("the hash of %#x is %#x, want %#x", w, hashWord(w), Hash(b))
		}
	}
}

// TestRankEnds looks at the hashes at the ends of the ranks.
func TestRankEnds(t *testing.T) {
	f := func(h uint64, register uint, rank uint8) {
		t.Helper()
		if g, r := place(h); g != register || r != rank {
			t.Errorf("place(%#x) = %d, %d, want %d, %d", h, g, r, register, rank)
		}
		if place1, place2 := fmt.Sprint(place(h)), fmt.Sprint(place(h|known)); place1 != place2 {
			t.Errorf("bit 63 of %#x changes its place from %s to %s", h, place1, place2)
		}
	}
	f(0, 0, 50)
	f(registers-1, registers-1, 50)
	f(registers, 0, 1)
	f(1<<62, 0, 49)
	f(math.MaxUint64, registers-1, 1)
}

// TestSwitch wants exactness up to 1,024 values, and no jump after it.
func TestSwitch(t *testing.T) {
	var d Distinct
	for i := range uint64(2000) {
		for range 2 {
			d.AddFloat(float64(i))
		}
		switch got, n := d.Estimate(), i+1; {
		case n <= 1024 && (got != n || !d.Exact()):
			t.Fatalf("%d values are estimated at %d, exact %v", n, got, d.Exact())
		case n > 1024 && (math.Abs(float64(got)/float64(n)-1) > 0.02 || d.Exact()):
			t.Fatalf("%d values are estimated at %d, exact %v", n, got, d.Exact())
		}
	}
}

// TestEstimate wants sets of many sizes to be within 2 %, which is two and a half standard errors, for several seeds.
func TestEstimate(t *testing.T) {
	var squares, n float64
	for seed := range uint64(6) {
		var d Distinct
		r := rand.New(rand.NewPCG(seed, 1))
		for i := 1; i <= many; i++ {
			d.AddFloat(r.Float64())
			switch i {
			case 1500, 5000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 300_000, 1_000_000:
				off := float64(d.Estimate())/float64(i) - 1
				squares, n = squares+off*off, n+1
				if math.Abs(off) > 0.02 {
					t.Errorf("seed %d: %d values are estimated at %d", seed, i, d.Estimate())
				}
			}
		}
	}
	if dev := math.Sqrt(squares / n); dev > 0.0090 {
		t.Errorf("the standard error is %.2f %%", 100*dev)
	}
}

// TestEstimateBias wants no bias and the standard error that there should be, just above where Redis's estimate is a quarter of a percent
// off, and where many registers are still empty.
func TestEstimateBias(t *testing.T) {
	const sets = 200
	sizes := [...]int{1500, 20_000, 41_000}
	var sums, squares [len(sizes)]float64
	r := rand.New(rand.NewPCG(1, 2))
	for range sets {
		var d Distinct
		n := 0
		for i, size := range sizes {
			for ; n < size; n++ {
				d.AddHash(r.Uint64())
			}
			off := float64(d.Estimate())/float64(size) - 1
			sums[i] += off
			squares[i] += off * off
		}
	}
	for i, size := range sizes {
		bias := sums[i] / sets
		if dev := math.Sqrt(squares[i]/sets - bias*bias); math.Abs(bias) > 0.0015 || dev > 0.0081 {
			t.Errorf("%d values are %.2f %% off, and %.2f %% about that", size, 100*bias, 100*dev)
		}
	}
}

// TestDistinctMerge fills eight parts apart, some values into several, and wants every way to merge them to give the bytes of the whole.
func TestDistinctMerge(t *testing.T) {
	for _, n := range []int{0, 1, 8, 100, 1000, 1024, 1025, 1030, 5000, many / 10} {
		var whole Distinct
		var parts [8]Distinct
		for i := range n {
			v := "value-" + strconv.Itoa(i)
			whole.AddString(v)
			parts[i*i%7].AddString(v)
			parts[i%3].AddBytes([]byte(v))
		}
		want := whole.Append(nil)
		for _, order := range [][]int{{0, 1, 2, 3, 4, 5, 6, 7}, {7, 6, 5, 4, 3, 2, 1, 0}, {3, 1, 4, 0, 5, 2, 6, 7}} {
			var all Distinct
			for _, i := range order {
				all.Estimate() // what it found must not outlive the merge
				all.Merge(&parts[i])
			}
			if !bytes.Equal(all.Append(nil), want) || all.Estimate() != whole.Estimate() || all.PFCount() != whole.PFCount() {
				t.Errorf("%d values merged in the order %v differ from the whole", n, order)
			}
		}
	}
}

// TestLarger holds the comparison of eight bytes at once to the obvious one.
func TestLarger(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		a, b := r.Uint64()&^0x8080808080808080, r.Uint64()&^0x8080808080808080
		if r.IntN(2) == 0 {
			b = a ^ 1<<r.IntN(7)
		}
		var want uint64
		for i := 0; i < 64; i += 8 {
			want |= uint64(max(byte(a>>i), byte(b>>i))) << i
		}
		if got := larger(a, b); got != want {
			t.Fatalf("larger(%#x, %#x) = %#x, want %#x", a, b, got, want)
		}
	}
}

func TestCanonicalNumbers(t *testing.T) {
	var d Distinct
	for _, v := range []float64{0, math.Copysign(0, -1), math.NaN(), math.Float64frombits(0x7ff8dead00000000), 1, 1} {
		d.AddFloat(v)
	}
	d.AddString("\x00\x00\x00\x00\x00\x00\xf0\x3f") // as a float it is 1
	if d.Estimate() != 3 {
		t.Errorf("0, NaN and 1 are estimated at %d values", d.Estimate())
	}
}

// TestDistinctReset wants a used sketch to be as good as a new one, to need no memory for the same again, and to stay small.
func TestDistinctReset(t *testing.T) {
	for _, n := range []int{1, 100, 1024, 1025, 50_000} {
		values := make([]string, n)
		for i := range values {
			values[i] = strings.Repeat("long enough for no copy to be on the stack ", 2) + strconv.Itoa(i)
		}
		var d Distinct
		refill := func() {
			d.Reset()
			for _, v := range values {
				d.AddString(v)
			}
		}
		refill()
		want, size := d.Append(nil), d.Bytes()
		if allocs := testing.AllocsPerRun(5, refill); allocs != 0 && !raceEnabled {
			t.Errorf("refilling a sketch of %d allocates %v times", n, allocs)
		}
		if !bytes.Equal(d.Append(nil), want) {
			t.Errorf("a sketch of %d that was reset differs from a new one", n)
		}
		if size > min(22*n+128, 16<<10+64) || d.Bytes() != size {
			t.Errorf("%d values take %d bytes, then %d", n, size, d.Bytes())
		}
		d.Reset()
		if d.Estimate() != 0 || d.PFCount() != 0 {
			t.Errorf("not empty after Reset: %d, %d", d.Estimate(), d.PFCount())
		}
	}
}
