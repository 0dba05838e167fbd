package sketch

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"testing"
)

// samples returns encoded sketches of all shapes.
func samples() (quantiles, distinct [][]byte) {
	for _, s := range spreads() {
		for _, n := range []int{0, 1, 64, 65, 3000} {
			quantiles = append(quantiles, of(s.values(n)...).Append(nil))
		}
	}
	heavy := of(1e-300, -1e300, 0, 7)
	for i := range 60 {
		heavy.Add(float64(i)-30, 1<<i)
	}
	quantiles = append(quantiles, heavy.Append(nil))
	for _, n := range []int{0, 1, 1024, 1025, 100_000} {
		var d Distinct
		for i := range n {
			d.AddString(strconv.Itoa(i))
		}
		distinct = append(distinct, d.Append(nil))
	}
	return quantiles, distinct
}

// TestRoundTrip wants a decoded sketch to answer, go on and encode as the one it was, whatever the receiver held and whatever follows.
func TestRoundTrip(t *testing.T) {
	quantiles, distinct := samples()
	var q Quantiles
	for _, text := range quantiles {
		rest, err := q.Decode(append(bytes.Clone(text), "rest"...))
		if err != nil || string(rest) != "rest" || !bytes.Equal(q.Append(nil), text) {
			t.Errorf("%d values do not survive: %q, %v", q.Count(), rest, err)
		}
		var other Quantiles
		if _, err := other.Decode(text); err != nil {
			t.Error(err)
		}
		for _, v := range spreads()[1].values(100) {
			q.Add(v, 3)
			other.Add(v, 3)
		}
		if !bytes.Equal(q.Append(nil), other.Append(nil)) || q.At(99) != other.At(99) {
			t.Errorf("%d values go on differently", q.Count())
		}
	}
	var d Distinct
	for _, text := range distinct {
		rest, err := d.Decode(append(bytes.Clone(text), "rest"...))
		if err != nil || string(rest) != "rest" || !bytes.Equal(d.Append(nil), text) {
			t.Errorf("%d values do not survive: %q, %v", d.Estimate(), rest, err)
		}
	}
}

// TestCut wants every beginning of a sketch to be refused.
func TestCut(t *testing.T) {
	quantiles, distinct := samples()
	for _, text := range quantiles {
		for i := 0; i < len(text); i += 1 + i/50 {
			var q Quantiles
			if _, err := q.Decode(text[:i]); err == nil || q.Count() != 0 {
				t.Errorf("%d bytes of %d pass: %v", i, len(text), err)
			}
		}
	}
	for _, text := range distinct {
		for i := 0; i < len(text); i += 1 + i/10 {
			var d Distinct
			if _, err := d.Decode(text[:i]); err == nil || d.Estimate() != 0 {
				t.Errorf("%d bytes of %d pass: %v", i, len(text), err)
			}
		}
	}
}

// coded returns bytes, varints (int) and eight bytes each (float64, uint64) one after the other.
func coded(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case int:
			b = binary.AppendUvarint(b, uint64(p))
		case float64:
			b = appendFloat(b, p)
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, p)
		}
	}
	return b
}

func TestDamagedQuantiles(t *testing.T) {
	f := func(want string, parts ...any) {
		t.Helper()
		var q Quantiles
		q.Add(1, 100)
		_, err := q.Decode(coded(parts...))
		if err == nil || !strings.HasSuffix(err.Error(), want) || q.Count() != 0 {
			t.Errorf("got %v and %d values, want %q", err, q.Count(), want)
		}
	}
	const one = 1023 * 2 // the key of [1, 2)
	low, both := uint64(1), uint64(1|1<<63)

	f("too early", "")
	f("unknown", "\x02", 0)
	f("too early", "\x01")
	f("too early", "\x01", "\x80")
	f("as it should be", "\x01", "\x80\x00")
	f("as it should be", "\x01", strings.Repeat("\xff", 11))
	f("too early", "\x01", 2, 1.0)
	f("out of order", "\x01", 2, 1.0, 0.5)
	f("out of range", "\x01", 1, math.NaN())
	f("out of range", "\x01", 1, math.Inf(-1))
	f("out of range", "\x01", 1, math.Copysign(0, -1))
	f("out of range", "\x01", 1, 5e-324)

	f("out of range", "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 1.0, 1.0, 0, 0)
	f("out of order", "\x01", 65, 2.0, 1.0, 0, 1, one, low, 65)
	f("out of range", "\x01", 65, 1.0, math.Inf(1), 0, 1, one, low, 65)
	f("too early", "\x01", 65, 1.0, 1.0, 0, 2, one, low, 65)
	f("out of range", "\x01", 65, 1.0, 1.0, 0, 1, 1, low, 65)
	f("out of range", "\x01", 65, 1.0, 1.0, 0, 1, 4094, low, 65)
	f("out of range", "\x01", 65, 1.0, 1.0, 0, 2, one, low, 64, 0, low, 1)
	f("out of range", "\x01", 65, 1.0, 1.0, 0, 1, one, uint64(0))
	f("add up", "\x01", 65, 1.0, 1.0, 0, 1, one, low, 64)
	f("add up", "\x01", 65, 1.0, 1.0, 0, 1, one, low, 66)
	f("add up", "\x01", 65, 1.0, 1.99, 0, 1, one, both, 65, 0)
	f("add up", "\x01", 65, 0.0, 0.0, 66, 0)
	f("add up", "\x01", 65, 0.0, 1.0, 66, 1, one, low, 1)
	f("out of range", "\x01", 65, 0.9, 1.0, 0, 1, one, low, 65)
	f("out of range", "\x01", 65, 1.0, 1.02, 0, 1, one, low, 65)
	f("out of range", "\x01", 65, 0.0, 1.0, 0, 1, one, low, 65)

	var q Quantiles
	if _, err := q.Decode(coded("\x01", 65, 1.0, 1.99, 0, 1, one, both, 64, 1)); err != nil {
		t.Error(err)
	}
}

func TestDamagedDistinct(t *testing.T) {
	f := func(want string, parts ...any) {
		t.Helper()
		var d Distinct
		d.AddFloat(1)
		_, err := d.Decode(coded(parts...))
		if err == nil || !strings.HasSuffix(err.Error(), want) || d.Estimate() != 0 {
			t.Errorf("got %v and %d values, want %q", err, d.Estimate(), want)
		}
	}
	f("too early", "")
	f("unknown", "\x00", 0)
	f("too early", "\x01")
	f("out of range", "\x01", 1026)
	f("too early", "\x01", 1024, known)
	f("out of order", "\x01", 1, uint64(1))
	f("out of order", "\x01", 2, known+1, known+1)
	f("out of order", "\x01", 2, known+1, known)
	f("too early", "\x01", 1025, strings.Repeat("\x00", packed-1))
	f("out of range", "\x01", 1025, strings.Repeat("\xff", packed))
	f("out of range", "\x01", 1025, strings.Repeat("\x00", packed-1)+"\xcc") // rank 51
}

// FuzzQuantiles wants what is accepted to be the one encoding of a sound sketch.
func FuzzQuantiles(f *testing.F) {
	quantiles, _ := samples()
	for _, text := range quantiles {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var q Quantiles
		rest, err := q.Decode(src)
		if size := q.Bytes(); size > 64*len(src)+32<<10 {
			t.Fatalf("%d bytes became %d", len(src), size)
		}
		if err != nil {
			if q.Count() != 0 {
				t.Fatal("not empty after an error")
			}
			return
		}
		if got := q.Append(nil); !bytes.Equal(got, src[:len(src)-len(rest)]) {
			t.Fatalf("%x became %x", src, got)
		}
		var n uint64
		last := math.Inf(-1)
		for v, c := range q.All() {
			if n += c; v < last || v < q.Nth(1) || v > q.Nth(q.Count()) {
				t.Fatalf("%v after %v", v, last)
			}
			last = v
		}
		if n != q.Count() {
			t.Fatalf("%d values of %d", n, q.Count())
		}
		var twice Quantiles
		twice.Merge(&q)
		twice.Merge(&q)
		if n <= maxCount/2 && twice.Count() != 2*n || twice.Count() > 0 && twice.At(100) != q.At(100) {
			t.Fatalf("merged twice: %d values", twice.Count())
		}
	})
}

// FuzzDistinct wants what is accepted to be the one encoding of a sound sketch.
func FuzzDistinct(f *testing.F) {
	_, distinct := samples()
	for _, text := range distinct {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var d Distinct
		rest, err := d.Decode(src)
		if err != nil {
			if d.Estimate() != 0 {
				t.Fatal("not empty after an error")
			}
			return
		}
		used := src[:len(src)-len(rest)]
		if got := d.Append(nil); !bytes.Equal(got, used) {
			t.Fatalf("%x became %x", src, got)
		}
		var other Distinct
		other.Merge(&d)
		other.Merge(&d)
		if !bytes.Equal(other.Append(nil), used) || other.PFCount() != d.PFCount() {
			t.Fatal("merging with itself changes it")
		}
	})
}
