package dest

import (
	"math/rand/v2"
	"testing"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// lend puts a frame of the spool in hand, as its owner does.
func lend(q *queue, f *carbon.Frame, mark uint64) {
	q.hand = append(q.hand, parcel{frame: f, left: int64(f.Points), mark: mark})
}

// Random pushes, outcomes, proofs and breaks: the law, the count of bytes and the order hold throughout, and everything is
// delivered in the end, what came from the spool too.
func TestTrailLaw(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 2))
		o := DefaultOptions()
		o.Queue = 1 << 20
		q := newQueue(o)
		q.proofs = true
		const spooled = 5000
		q.counts.Enqueued, q.counts.Spooled = spooled, spooled
		next, read, confirmed := 0, uint64(0), uint64(0)
		check := func() {
			t.Helper()
			size, trail := 0, 0
			for i := range q.line.len() {
				size += len(q.line.at(i).frame.Bytes)
			}
			for i := range q.trail.len() {
				trail += q.trail.at(i).memory()
			}
			if !q.counts.Balanced() || size+trail != q.bytes || trail != q.trail.bytes || size+trail > o.Queue ||
				q.counts.Spooled != int64(spooled-q.spool.mark) {
				t.Fatalf("seed %d: %+v, %d+%d bytes of %d, cursor %+v", seed, q.counts, size, trail, q.bytes, q.spool)
			}
		}
		step := func(kind int) {
			switch kind {
			case 0, 1:
				n := 1 + r.IntN(1500)
				q.push(numbered(next, n))
				next += n
			case 2, 3:
				ps := q.take(1 << 30)
				if n := uint64(1 + r.IntN(300)); len(ps) < maxHand && read+n <= spooled {
					read += n
					lend(q, numbered(int(read-n), int(n)), read)
					ps = q.hand
				}
				for i := range ps {
					if r.IntN(10) == 0 {
						ps[i].cut = true
						break
					}
					ps[i].deliver()
				}
				q.settle(1)
			case 4:
				q.prove(everything)
			case 5:
				q.prove(q.trail.gone + r.Int64N(100_000))
			case 6:
				q.recall()
			}
			if q.spool.rewind {
				q.spool.rewind, read = false, q.spool.mark
				// What was written behind it is read again: nothing of it may be confirmed before.
				q.recall()
				q.spool.rewind = false
			}
			if confirmed > q.spool.mark {
				t.Fatalf("the spool goes back from %d to %d", confirmed, q.spool.mark)
			}
			confirmed = q.spool.mark
			check()
		}
		for range 150 {
			step(r.IntN(7))
		}
		for q.counts.Queued+q.counts.Spooled > 0 {
			step(2)
			q.prove(everything)
		}
		if c := q.counts; c.Delivered+c.Dropped[stat.LossOverflow] != c.Enqueued || q.bytes != 0 || q.spool.mark != spooled {
			t.Fatalf("seed %d: %+v, %d bytes, cursor %+v", seed, c, q.bytes, q.spool)
		}
	}
}

// What a break brings back is before all that waits, in the order in which it was written.
func TestTrailOrder(t *testing.T) {
	q := newQueue(DefaultOptions())
	q.proofs = true
	want := ""
	for i := range 40 {
		f := numbered(100*i, 100+i%3*500)
		want += string(f.Bytes)
		q.push(f)
		if i%4 == 3 {
			for ps := q.take(100_000); len(ps) > 0 && i < 30; ps = q.take(100_000) {
				for i := range ps {
					ps[i].deliver()
				}
				q.settle(1)
			}
			q.settle(0)
		}
	}
	q.recall()
	got := ""
	for _, w := range waiting(q) {
		got += w
	}
	if got != want {
		t.Errorf("%d bytes wait in another order than the %d that were pushed", len(got), len(want))
	}
	q.abandon()
}

// Small frames do not keep a pooled frame each until they are proven.
func TestTrailGathers(t *testing.T) {
	q := newQueue(DefaultOptions())
	q.proofs = true
	size := 0
	for i := range 3000 {
		f := numbered(i, 1)
		size += len(f.Bytes)
		q.push(f)
		q.take(1 << 30)[0].deliver()
		q.settle(1)
	}
	if n := q.trail.len(); n > 1+2*size/carbon.FrameSize {
		t.Errorf("3000 small frames are kept in %d", n)
	}
	if q.counts.Unproven != 3000 || q.bytes != size {
		t.Errorf("%+v, %d bytes", q.counts, q.bytes)
	}
	q.prove(int64(size) - 1)
	if q.counts.Delivered == 3000 {
		t.Error("everything is proven by less than all bytes")
	}
	q.prove(everything)
	if q.counts.Delivered != 3000 || q.bytes != 0 {
		t.Errorf("%+v, %d bytes", q.counts, q.bytes)
	}
}

// No overflow takes what is unproven: it makes what is pushed give way instead.
func TestTrailOverflow(t *testing.T) {
	o := DefaultOptions()
	o.Queue = 3 * large
	q := newQueue(o)
	q.proofs = true
	for _, c := range "abc" {
		q.push(sized(byte(c), large))
	}
	for range 2 {
		q.take(1)[0].deliver()
		q.settle(1)
	}
	q.push(sized('d', large)) // c gives way
	q.take(1)[0].deliver()
	q.settle(1)
	q.push(sized('e', large)) // nothing can
	if c := q.counts; c.Unproven != 3 || c.Dropped[stat.LossOverflow] != 2 || c.Queued != 0 || !c.Balanced() {
		t.Errorf("%+v", c)
	}
	q.abandon()
	if c := q.counts; c.Unproven != 3 || q.bytes != 0 || !c.Balanced() {
		t.Errorf("after the end: %+v, %d bytes", c, q.bytes)
	}
}

// A rotation's worth of frames is kept and proven without an allocation.
func TestTrailDoesNotAllocate(t *testing.T) {
	if raceOn {
		t.Skip("pools drop items at random under the race detector")
	}
	q := newQueue(DefaultOptions())
	q.proofs = true
	f := numbered(0, 1000)
	cycle := func() {
		for range 40 {
			f.Retain(1)
			q.push(f)
			q.take(1 << 30)[0].deliver()
			q.settle(1)
		}
		q.prove(everything)
	}
	cycle()
	if n := testing.AllocsPerRun(100, cycle); n > 1 {
		t.Errorf("%v allocations for 40 frames", n)
	}
	f.Free()
}

// BenchmarkTrail is BenchmarkPushTakeSettle with proofs.
func BenchmarkTrail(b *testing.B) {
	q := newQueue(DefaultOptions())
	q.proofs = true
	f := sized('x', carbon.FrameSize)
	b.ReportAllocs()
	for b.Loop() {
		f.Retain(1)
		q.push(f)
		q.take(1 << 30)[0].deliver()
		if q.settle(1) >= 4<<20 {
			q.prove(everything)
		}
	}
}
