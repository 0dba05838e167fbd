package main

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// plain is what a check does, in the plain way: a line at a time, with the library's parsers, a map, and exact sums.
func plain(text, suffix, without string) (r checkReport, most float64) {
	type known struct {
		last float64
		time int64
		pass uint64
	}
	exact := func() *big.Float { return new(big.Float).SetPrec(2500) }
	series, sum, kept := map[string]*known{}, exact(), exact()
	text = strings.TrimSuffix(text, "\n")
	for line := range strings.SplitSeq(text, "\n") {
		name, rest, _ := strings.Cut(line, " ")
		digits, stamp, _ := strings.Cut(rest, " ")
		value, err := strconv.ParseFloat(digits, 64)
		time, err2 := strconv.ParseInt(stamp, 10, 64)
		if name == "" || err != nil || err2 != nil || value-value != 0 {
			r.Bad++
			continue
		}
		if !strings.HasSuffix(name, suffix) || without != "" && strings.Contains(name, without) {
			continue
		}
		s := series[name]
		if s == nil {
			s = &known{time: math.MinInt64, pass: 99}
			series[name] = s
			r.Series++
		} else if time == s.time {
			kept.Sub(kept, big.NewFloat(s.last))
		}
		if time < s.time {
			r.Early++
		}
		sum.Add(sum, big.NewFloat(value))
		kept.Add(kept, big.NewFloat(value))
		most += 3 * math.Abs(value)
		s.last, s.time = value, time
		if len(digits) < 2 {
			continue
		}
		if pass, err := strconv.ParseUint(digits[len(digits)-2:], 10, 7); err == nil {
			if gap := (pass + 199 - s.pass) % 100; gap >= 50 {
				r.Again++
			} else {
				r.Lost += int64(gap)
				s.pass = pass
			}
		}
	}
	r.Sum, _ = sum.Float64()
	r.Kept, _ = kept.Float64()
	return r, most
}

// beside compares a check with the plain way, the text cut into reads of some size.
func beside(t *testing.T, text, suffix, without string, size int) {
	t.Helper()
	if text == "" {
		return
	}
	c := newCheck(suffix)
	c.without = []byte(without)
	var s stream
	b := []byte(strings.TrimSuffix(text, "\n") + "\n")
	for len(b) > 0 {
		n := min(max(size, 1), len(b))
		c.take(&s, b[:n], false)
		b = b[n:]
	}
	got := *c.report()
	want, most := plain(text, suffix, without)
	if near := func(a, b float64) bool { return math.Abs(a-b) <= most*1e-15 }; !math.IsInf(most, 0) {
		if !near(got.Sum, want.Sum) || !near(got.Kept, want.Kept) {
			t.Fatalf("%q: %+v, want %+v", text, got, want)
		}
	}
	got.Sum, got.Kept = want.Sum, want.Kept
	if got != want {
		t.Fatalf("%q: %+v, want %+v", text, got, want)
	}
}

// TestCheckPlain sends what load and aggregates send, with lines left out, repeated and in the wrong order, and enough names for the table to grow.
func TestCheckPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for pass := range 12 {
		for i := range 5000 {
			switch at := pass; r.IntN(200) {
			case 0:
				continue
			case 1:
				b.WriteString("awry\n")
			case 2:
				at -= 2
				fallthrough
			default:
				fmt.Fprintf(&b, "node.%d.%s %d.%02d %d\n", i, []string{"sum", "max"}[r.IntN(2)], r.IntN(1e6), max(at, 0), 1700000000+at/2*10)
			}
		}
	}
	for _, size := range []int{100, 4096, 1 << 20} {
		beside(t, b.String(), "", "", size)
		beside(t, b.String(), ".sum", ".7", size)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("a.sum 1.00 10\na.max 2 10\na.sum 1.01 10\n b\n", ".sum", "", 3)
	f.Add("a 1e3 -5\na -0.5 5\na 0x1p3 5\na 1234567890123456 5\na .50 5\na 5. 5\na . 5\na - 5\na +1 +5\na 1_0 1_0\n", "", "b", 7)
	f.Add("a 1e308 1\nb 1e308 1\na inf 1\na nan 1\na 00000000000000000099 000000000000000000009\n", "", "", 100)
	f.Fuzz(beside)
}

func TestNumber(t *testing.T) {
	for _, text := range []string{
		"0", "-0", "1.5", "-1.5", "0.1", "123456789.012345", "999999999999999", "9007199254740993", ".000000000000001", "1.", ".5", "1.2.3",
		"", "-", ".", "-.", "--1", "1e5", "+1", " 1", "0x10", "1234567890.12345678",
	} {
		want, err := strconv.ParseFloat(text, 64)
		if got, ok := number([]byte(text)); ok != (err == nil) || math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%q: %v, %v, want %v, %v", text, got, ok, want, err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	f := func(name string, names int) {
		b.Run(name, func(b *testing.B) {
			var blocks [][]byte
			var block []byte
			for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(names) {
				for _, function := range []string{"sum", "max"} {
					block = fmt.Appendf(block, "all.dc1.web.host-%07d.requests.status.latency-of-all-kinds.%s %d.%02d 1700000000\n", i, function, i%1000000, i%100)
				}
				if len(block) > 200<<10 {
					blocks, block = append(blocks, block), nil
				}
			}
			blocks = append(blocks, block)
			c, lines := newCheck(".sum"), 0
			var s stream
			for _, block := range blocks {
				c.take(&s, block, false)
			}
			for b.ResetTimer(); b.Loop(); {
				block := blocks[lines%len(blocks)]
				c.take(&s, block, false)
				lines++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(lines)/(2*float64(names)/float64(len(blocks))), "ns/line")
		})
	}
	f("1k", 1000)
	f("1M", 1000000)
}
