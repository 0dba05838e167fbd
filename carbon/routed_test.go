package carbon

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Results leave as the same lines by the texts that they are given as without any, one by one and in runs.
func TestRoutedText(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	values := []float64{0, math.Copysign(0, -1), 1, -3, 0.1, 1e-7, 1e21, 123456.789, math.MaxFloat64, 5e-324, 1 << 53, -1.0 / 3}
	times := []int64{0, 1000, 1700000000000, 1700000000123, -1000, -1, 999, 1700000060000}
	b, plain := NewBatch(), NewBatch()
	var stamp Stamp
	for i := range 2000 {
		name := []byte([]string{"a.b.sum", "x;dc=ams", "all.ams.api0001.node001-prod.cpu-0.percent.user-value.max"}[random.IntN(3)])
		v, ms := values[random.IntN(len(values))], times[random.IntN(len(times))]
		if i%2 > 0 {
			v, ms = random.NormFloat64(), times[2]
		}
		if i%3 == 0 {
			b.AddRouted(name, 7, v, ms)
		} else { // made in its place, and its time remembered from one to the next
			from := len(b.Bytes)
			b.Bytes = append(b.Bytes, name...)
			b.EndRouted(from, 7, v, ms, &stamp)
		}
		plain.Add(name, Raw, v, ms)
		p, q := &b.Points[i], &plain.Points[i]
		if p.Hash != 7 || p.Value != q.Value || p.Time != q.Time || p.Kind != q.Kind || p.Flags&^Stamped != q.Flags|Routed || string(b.Name(p)) != string(name) {
			t.Fatalf("the point is %+v, want %+v", p, q)
		}
	}
	for _, e := range []*LineEncoder{{}, {Types: true}, {Limit: 500}} {
		got, want := &Frame{}, &Frame{}
		from := 0
		for i := range plain.Points {
			if !e.Append(want, plain, &plain.Points[i]) {
				for from < i {
					n := e.AppendRun(got, b, b.Points[from:i])
					if from += n; n == 0 {
						t.Fatalf("there is no room for result %d", from)
					}
				}
				if string(got.Bytes) != string(want.Bytes) || got.Points != want.Points {
					t.Fatalf("got %d results\n%s\nwant %d\n%s", got.Points, got.Bytes, want.Points, want.Bytes)
				}
				got, want = &Frame{}, &Frame{}
				e.Append(want, plain, &plain.Points[i])
			}
		}
		if from == 0 {
			t.Error("no frame is full")
		}
	}
}
