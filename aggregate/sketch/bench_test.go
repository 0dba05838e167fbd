package sketch

import (
	"strconv"
	"testing"
)

const block = 1 << 16

func BenchmarkQuantilesAdd(b *testing.B) {
	for _, s := range spreads() {
		b.Run(s.name, func(b *testing.B) {
			values := s.values(block)
			q := of(values...)
			for b.Loop() {
				q.Reset()
				for _, v := range values {
					q.Add(v, 1)
				}
			}
			perValue(b, block, q.Bytes())
		})
	}
}

func BenchmarkQuantilesSmall(b *testing.B) {
	values := spreads()[1].values(32)
	q := of(values...)
	for b.Loop() {
		q.Reset()
		for _, v := range values {
			q.Add(v, 1)
		}
	}
	perValue(b, len(values), q.Bytes())
}

func BenchmarkQuantilesAt(b *testing.B) {
	for _, n := range []int{32, 1000, block} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			q := of(spreads()[1].values(n)...)
			for b.Loop() {
				q.At(99)
			}
		})
	}
}

func BenchmarkQuantilesMerge(b *testing.B) {
	for _, n := range []int{32, 1000, block} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			part, all := of(spreads()[1].values(n)...), of(spreads()[1].values(n)...)
			for b.Loop() {
				all.Merge(part)
			}
			b.ReportMetric(float64(part.Bytes()), "bytes")
		})
	}
}

func BenchmarkQuantilesCode(b *testing.B) {
	q := of(spreads()[1].values(block)...)
	text := q.Append(nil)
	for b.Loop() {
		if _, err := q.Decode(text); err != nil {
			b.Fatal(err)
		}
		text = q.Append(text[:0])
	}
	b.ReportMetric(float64(len(text)), "bytes")
}

func BenchmarkDistinctAdd(b *testing.B) {
	for _, n := range []int{1, 100, 1024, block} {
		numbers := spreads()[1].values(n)
		b.Run("floats="+strconv.Itoa(n), func(b *testing.B) {
			var d Distinct
			for b.Loop() {
				for _, v := range numbers {
					d.AddFloat(v)
				}
			}
			perValue(b, n, d.Bytes())
		})
		names := make([]string, n)
		for i := range names {
			names[i] = "user-" + strconv.Itoa(i) + "@example.org"
		}
		b.Run("strings="+strconv.Itoa(n), func(b *testing.B) {
			var d Distinct
			for b.Loop() {
				for _, v := range names {
					d.AddString(v)
				}
			}
			perValue(b, n, d.Bytes())
		})
	}
}

func BenchmarkDistinctMerge(b *testing.B) {
	for _, n := range []int{100, 1024, block} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var all, part Distinct
			for _, v := range spreads()[1].values(n) {
				part.AddFloat(v)
			}
			for b.Loop() {
				all.Merge(&part)
			}
			b.ReportMetric(float64(part.Bytes()), "bytes")
		})
	}
}

func BenchmarkPFCount(b *testing.B) {
	for _, n := range []int{1000, block} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var d Distinct
			for _, v := range spreads()[1].values(n) {
				d.AddFloat(v)
			}
			for b.Loop() {
				d.estimate()
			}
		})
	}
}

// perValue reports the time of one of n values, and the memory of the sketch.
func perValue(b *testing.B, n, bytes int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/value")
	b.ReportMetric(float64(bytes), "bytes")
}
