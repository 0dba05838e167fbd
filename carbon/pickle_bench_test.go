package carbon

import (
	"fmt"
	"testing"

	"plumbago/carbon/stat"
)

// benchBatch returns a batch of n points with names as servers have them.
func benchBatch(n int) *Batch {
	b := &Batch{}
	for i := range n {
		b.Add(fmt.Appendf(nil, "servers.host%04d.cpu.user", i), Raw, float64(i)/4, 1_700_000_000_000+int64(i)*1000)
	}
	return b
}

// benchFrame returns n such points as Python's pickle writes them in protocol 2: every string and tuple is memoised.
func benchFrame(n int, memo bool) []byte {
	e := PickleEncoder{Limit: 1 << 20, MaxPoints: n}
	b, f := benchBatch(n), &Frame{}
	slot := uint32(0)
	put := func() {
		if memo {
			f.Bytes = append(f.Bytes, 'r', byte(slot), byte(slot>>8), byte(slot>>16), byte(slot>>24))
			slot++
		}
	}
	for i := range b.Points {
		start := len(f.Bytes)
		if !e.Append(f, b, &b.Points[i]) {
			panic("bug: the points do not fit into one frame")
		}
		if start == 0 {
			start = len(pickleHead)
		}
		tail := append([]byte{}, f.Bytes[start+5+int(b.Points[i].size):len(f.Bytes)-2]...)
		f.Bytes = f.Bytes[:len(f.Bytes)-2-len(tail)]
		put()
		f.Bytes = append(f.Bytes, tail...)
		f.Bytes = append(f.Bytes, 0x86)
		put()
		f.Bytes = append(f.Bytes, 0x86)
		put()
	}
	e.Finish(f)
	return f.Bytes
}

func BenchmarkPickleDecode(b *testing.B) {
	f := func(name string, points int, memo bool) {
		b.Run(name, func(b *testing.B) {
			in := benchFrame(points, memo)
			d := NewPickleDecoder(DefaultLimits())
			batch := NewBatch()
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				batch.Bytes, batch.Points = append(batch.Bytes[:0], in...), batch.Points[:0]
				if err := d.Decode(batch, pickleNow); err != nil || len(batch.Points) != points {
					b.Fatal(err, len(batch.Points))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(points), "ns/point")
		})
	}
	f("1000", 1000, false)
	f("1000memo", 1000, true)
	f("1", 1, false)
}

func BenchmarkPickleEncode(b *testing.B) {
	const points = 500
	batch := benchBatch(points)
	e, f := PickleEncoder{}, NewFrame()
	b.ReportAllocs()
	for b.Loop() {
		f.Bytes, f.Points = f.Bytes[:0], 0
		for i := range batch.Points {
			e.Append(f, batch, &batch.Points[i])
		}
		e.Finish(f)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/points, "ns/point")
}

func TestPickleAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	f := func(name string, in []byte, points int) {
		t.Helper()
		d := NewPickleDecoder(DefaultLimits())
		b := NewBatch()
		allocs := testing.AllocsPerRun(50, func() {
			b.Bytes, b.Points, b.Bad = append(b.Bytes[:0], in...), b.Points[:0], [stat.NReasons]uint32{}
			if err := d.Decode(b, pickleNow); err != nil || len(b.Points) != points {
				t.Fatalf("%s: %d points, %v", name, len(b.Points), err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations a frame", name, allocs)
		}
	}
	f("plain", benchFrame(1000, false), 1000)
	f("memo", benchFrame(1000, true), 1000)
	for _, x := range readPickleManifest(t).Good {
		if x.Object == "batch1000_shared" || x.Object == "unicode_names" {
			f(x.File+x.SameAs, x.bytes(t), len(x.points(t, pickleNow)))
		}
	}
	batch, e, frame := benchBatch(500), PickleEncoder{}, NewFrame()
	allocs := testing.AllocsPerRun(50, func() {
		frame.Bytes, frame.Points = frame.Bytes[:0], 0
		for i := range batch.Points {
			e.Append(frame, batch, &batch.Points[i])
		}
		e.Finish(frame)
	})
	if allocs != 0 || frame.Points != 500 {
		t.Errorf("encoding: %v allocations a frame of %d points", allocs, frame.Points)
	}
}
