package bucket

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"plumbago/aggregate/state"
)

// TestRings runs sessions whose right answers were computed elsewhere, over 20 and 32 buckets.
func TestRings(t *testing.T) {
	text, err := os.ReadFile("testdata/rings.json")
	if err != nil {
		t.Fatal(err)
	}
	var session struct {
		Vectors []struct {
			Name  string
			Steps []struct {
				Op               string
				Interval, By, Ts int64
				Fixed20, Fixed32 int64
			}
		}
	}
	if err := json.Unmarshal(text, &session); err != nil || len(session.Vectors) == 0 {
		t.Fatal(err)
	}
	for _, v := range session.Vectors {
		c20, c32 := NewCount(20), NewCount(32)
		for i, s := range v.Steps {
			for _, c := range []*Count{c20, c32} {
				want := s.Fixed20
				if c == c32 {
					want = s.Fixed32
				}
				var got int64
				if s.Op == "tahit" {
					c.Add(s.Interval, s.Ts, s.By)
					got = c.Sum()
				} else {
					got = c.At(s.Ts)
				}
				if got != want {
					t.Errorf("%s, step %d: %+v over %d buckets gives %d", v.Name, i, s, len(c.sums), got)
				}
			}
		}
	}
}

// A naive count keeps every hit.
type naive struct {
	size           int
	interval, head int64
	hits           map[int64]int64 // by bucket
}

func (n *naive) add(interval, at, by int64) bool {
	b := int64(math.Floor(float64(at) / float64(interval)))
	if n.interval != interval {
		n.interval, n.head, n.hits = interval, b, map[int64]int64{}
	}
	if b <= n.head-int64(n.size) {
		return false
	}
	n.head = max(n.head, b)
	n.hits[b] += by
	return true
}

func (n *naive) at(at int64) (sum int64) {
	end := max(n.head, int64(math.Floor(float64(at)/float64(n.interval))))
	for b, by := range n.hits {
		if b > end-int64(n.size) && b <= end {
			sum += by
		}
	}
	return sum
}

// TestAgainstNaive compares with a count that keeps every hit, on random walks through time, around 1970 too.
func TestAgainstNaive(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		size := 1 + r.IntN(9)
		c, n := NewCount(size), &naive{size: size}
		u := NewUnique(size)
		interval, at := int64(1+r.IntN(7)), int64(r.IntN(100)-50)
		for step := range 300 {
			switch r.IntN(20) {
			case 0:
				at += int64(r.IntN(100))
			case 1:
				if r.IntN(10) == 0 {
					interval = int64(1 + r.IntN(7))
				}
			default:
				at += int64(r.IntN(9)) - 3
			}
			by := int64(r.IntN(9)) - 2
			if got, want := c.Add(interval, at, by), n.add(interval, at, by); got != want {
				t.Fatalf("seed %d, step %d: taken %v, want %v", seed, step, got, want)
			}
			u.Add(interval, at, fmt.Append(nil, "value ", step))
			ask := at + int64(r.IntN(60)) - 20
			if got, want := c.At(ask), n.at(ask); got != want || c.Gone(ask) && want != 0 {
				t.Fatalf("seed %d, step %d: %d at %d, want %d", seed, step, got, ask, want)
			}
			if got, want := c.Sum(), n.at(math.MinInt32); got != want {
				t.Fatalf("seed %d, step %d: sum %d, want %d", seed, step, got, want)
			}
			if a, b := u.At(ask), u.Union(ask); a < b || u.Gone(ask) && a != 0 {
				t.Fatalf("seed %d, step %d: %d and %d values", seed, step, a, b)
			}
		}
	}
}

// TestUnique has the worked examples.
func TestUnique(t *testing.T) {
	for _, size := range []int{6, 8} {
		u := NewUnique(size)
		for i, s := range []struct {
			value    string
			at, want int64
		}{{"a", 1000, 1}, {"a", 1000, 1}, {"b", 1003, 2}, {"a", 1010, 3}, {"c", 1019, 4}, {"a", 1030, 5}} {
			if u.Add(10, s.at, []byte(s.value)); u.Sum() != s.want {
				t.Errorf("step %d: %d, want %d", i, u.Sum(), s.want)
			}
		}
		sum, union := int64(3), int64(2)
		if size == 8 {
			sum, union = 5, 3
		}
		if u.At(1060) != sum || u.Union(1060) != union || u.Created() != 1000 {
			t.Errorf("%d buckets: %d, %d, %d", size, u.At(1060), u.Union(1060), u.Created())
		}
	}
	steady := NewUnique(6)
	for i := range int64(20) {
		steady.Add(10, 1000+10*i, fmt.Append(nil, i))
		if want := min(i+1, 6); steady.Sum() != want {
			t.Errorf("after %d: %d", i+1, steady.Sum())
		}
	}
	gap := NewUnique(6)
	gap.Add(10, 1000, []byte("a"))
	gap.Add(10, 1010, []byte("b"))
	gap.Add(10, 2000, []byte("a"))
	if gap.Sum() != 1 {
		t.Errorf("after a gap: %d", gap.Sum())
	}
}

// TestBounds adds up what int64 cannot hold, and long intervals.
func TestBounds(t *testing.T) {
	c := NewCount(20)
	c.Add(86400, 1e9, math.MaxInt64)
	c.Add(86400, 1e9, 1)
	c.Add(86400, 1e9+86400, 5)
	if c.Sum() != math.MaxInt64 {
		t.Errorf("%d", c.Sum())
	}
	c = NewCount(20)
	c.Add(1, 1, math.MinInt64)
	c.Add(1, 2, -1)
	if c.Sum() != math.MinInt64 {
		t.Errorf("%d", c.Sum())
	}
	c = NewCount(32)
	for at := int64(1<<24 - 1); at < 1<<24+2; at++ {
		c.Add(1, at, 1)
	}
	if c.Sum() != 3 || c.At(math.MaxInt64) != 0 || c.At(math.MinInt64) != 3 || c.Span() != 32 {
		t.Errorf("%d", c.Sum())
	}
}

// TestCode writes figures down and reads them back, and what is damaged not.
func TestCode(t *testing.T) {
	c, u := NewCount(5), NewUnique(3)
	c.Add(10, 1000, 7)
	c.Add(10, 1031, -9)
	for i := range 2000 {
		u.Add(10, 1000+int64(i/100), fmt.Append(nil, i))
	}
	text := u.Append(c.Append(nil))
	d := state.NewDecoder(text)
	c2, u2 := NewCount(5), NewUnique(3)
	if err := c2.Decode(d); err != nil {
		t.Fatal(err)
	}
	if err := u2.Decode(d); err != nil || d.Failed() || len(d.Rest()) != 0 {
		t.Fatal(err)
	}
	if c2.Sum() != c.Sum() || c2.At(1060) != c.At(1060) || u2.Sum() != u.Sum() || u2.Union(1030) != u.Union(1030) || u2.Created() != 1000 {
		t.Errorf("%+v, want %+v", c2, c)
	}
	if err := NewCount(6).Decode(state.NewDecoder(c.Append(nil))); err != ErrBuckets {
		t.Errorf("%v", err)
	}
	for i := 0; i < len(text)-1; i += 1 + len(text)/200 {
		d := state.NewDecoder(text[:i])
		if NewCount(5).Decode(d) == nil && NewUnique(3).Decode(d) == nil {
			t.Errorf("%d of %d bytes are enough", i, len(text))
		}
	}
}

func BenchmarkCount(b *testing.B) {
	c := NewCount(20)
	for at := int64(0); b.Loop(); at++ {
		c.Add(1, at/100, 1)
		c.Sum()
	}
}
