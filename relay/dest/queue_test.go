package dest

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// waiting returns what waits in q, frame by frame.
func waiting(q *queue) (all []string) {
	for i := range q.line.len() {
		all = append(all, string(q.line.at(i).frame.Bytes))
	}
	return all
}

// sized makes a frame of one point and so many bytes, all c.
func sized(c byte, size int) *carbon.Frame {
	f := carbon.NewFrame()
	f.Bytes = append(f.Bytes, bytes.Repeat([]byte{c}, size)...)
	f.Points = 1
	return f
}

// large is the size of frames that are not gathered.
const large = carbon.FrameSize/2 + 1

func TestQueueOverflow(t *testing.T) {
	f := func(overflow string, inHand int, pushes, want string, dropped int64) {
		t.Helper()
		o := DefaultOptions()
		o.Queue, o.Overflow = 4*large, overflow
		q := newQueue(o)
		for i := range pushes {
			if i == inHand && inHand > 0 {
				q.take(1 << 30) // takes one: a quarter of the queue
			}
			q.push(sized(pushes[i], large))
		}
		got := ""
		for _, w := range waiting(q) {
			got += w[:1]
		}
		if got != want || q.counts.Dropped[stat.LossOverflow] != dropped || !q.counts.Balanced() {
			t.Errorf("%s %s: got %s, counts %+v; want %s, %d dropped", overflow, pushes, got, q.counts, want, dropped)
		}
		if q.bytes != (len(got)+len(q.hand))*large {
			t.Errorf("%s %s: %d bytes counted", overflow, pushes, q.bytes)
		}
		q.settle(0)
		q.abandon()
	}
	f("drop_oldest", 0, "abcd", "abcd", 0)
	f("drop_oldest", 0, "abcdef", "cdef", 2)
	f("drop_newest", 0, "abcdef", "abcd", 2)
	f("drop_oldest", 1, "abcdef", "def", 2) // a is in hand
	f("drop_newest", 1, "abcdef", "bcd", 2)
}

func TestQueueTooLarge(t *testing.T) {
	for _, overflow := range []string{"drop_oldest", "drop_newest"} {
		o := DefaultOptions()
		o.Queue, o.Overflow = 1000, overflow
		q := newQueue(o)
		q.push(sized('a', 600))
		q.push(sized('b', 1001)) // can never fit: it costs nobody else
		if got := waiting(q); len(got) != 1 || q.counts.Dropped[stat.LossOverflow] != 1 {
			t.Errorf("%s: %d frames wait, %+v", overflow, len(got), q.counts)
		}
		q.take(1 << 30)
		q.push(sized('c', 401)) // what is in hand does not give way
		if len(q.hand) != 1 || q.counts.Dropped[stat.LossOverflow] != 2 || !q.counts.Balanced() {
			t.Errorf("%s: %+v", overflow, q.counts)
		}
		q.settle(0)
		q.abandon()
	}
}

// A backlog of small frames is gathered: it does not hold a pooled frame of 64 KiB for each.
func TestQueueGathers(t *testing.T) {
	q := newQueue(DefaultOptions())
	want := ""
	shared := frameOf("the first is written as it is 1 1")
	shared.Retain(1)
	q.push(shared)
	for i := range 3000 {
		f := numbered(i, 1)
		want += string(f.Bytes)
		q.push(f)
	}
	if n := q.line.len(); n > 1+2*len(want)/carbon.FrameSize {
		t.Errorf("3001 small frames wait in %d", n)
	}
	got, points := "", 0
	for i, w := range waiting(q) {
		points += q.line.at(i).frame.Points
		if i > 0 {
			got += w
		}
	}
	if got != want || points != 3001 || q.counts.Queued != 3001 {
		t.Errorf("what was gathered is not what was pushed: %d points, %+v", points, q.counts)
	}
	if string(shared.Bytes) != "the first is written as it is 1 1\n" {
		t.Error("a shared frame was changed")
	}
	// What was in hand never grows: it may be half written.
	n := len(q.take(1 << 30))
	q.settle(0)
	before := waiting(q)[:n]
	q.push(numbered(0, 1))
	for i, w := range waiting(q)[:n] {
		if w != before[i] {
			t.Errorf("frame %d grew after it was in hand", i)
		}
	}
	q.abandon()
	shared.Free()
}

// Random pushes, takes and outcomes: the law, the byte count and the order hold throughout.
func TestQueueLaw(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		o := DefaultOptions()
		o.Queue = 40 << 10
		o.Overflow = []string{"drop_oldest", "drop_newest"}[seed%2]
		q := newQueue(o)
		next, last := 0, -1
		for range 400 {
			switch r.IntN(3) {
			case 0, 1:
				n := 1 + r.IntN(100)
				q.push(numbered(next, n))
				next += n
			case 2:
				ps := q.take(1 << 30)
				for i := range ps {
					if r.IntN(8) == 0 {
						ps[i].cut = true
						break
					}
					for _, l := range bytes.Split(bytes.TrimSpace(ps[i].frame.Bytes), []byte("\n")) {
						n := 0
						for _, c := range l[len("some.metric.number."):][:7] {
							n = 10*n + int(c-'0')
						}
						if n <= last {
							t.Fatalf("point %d after %d", n, last)
						}
						last = n
					}
					ps[i].deliver()
				}
				q.settle(1)
			}
			size, points := 0, int64(0)
			for i := range q.line.len() {
				size += len(q.line.at(i).frame.Bytes)
				points += q.line.at(i).left
			}
			if !q.counts.Balanced() || size != q.bytes || points != q.counts.Queued || size > o.Queue {
				t.Fatalf("%+v, %d bytes of %d, %d points", q.counts, q.bytes, size, points)
			}
		}
		q.close()
		q.push(numbered(0, 1))
		if q.abandon(); q.counts.Queued != 0 || q.bytes != 0 || !q.counts.Balanced() {
			t.Fatalf("%+v, %d bytes", q.counts, q.bytes)
		}
	}
}

func TestPushDoesNotAllocate(t *testing.T) {
	if raceOn {
		t.Skip("pools drop items at random under the race detector")
	}
	q := newQueue(DefaultOptions())
	f := numbered(0, 1000)
	cycle := func() {
		f.Retain(1)
		q.push(f)
		for _, p := range q.take(1 << 30) {
			_ = p
		}
		q.hand[0].deliver()
		q.settle(1)
	}
	cycle()
	if n := testing.AllocsPerRun(1000, cycle); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
	f.Free()
}

// A full queue: each push drops the oldest frame.
func BenchmarkPush(b *testing.B) {
	o := DefaultOptions()
	o.Queue = 64 << 20
	q := newQueue(o)
	f := sized('x', carbon.FrameSize)
	b.ReportAllocs()
	for b.Loop() {
		f.Retain(1)
		q.push(f)
	}
}

// An endpoint that keeps up: each frame is taken and settled.
func BenchmarkPushTakeSettle(b *testing.B) {
	q := newQueue(DefaultOptions())
	f := sized('x', carbon.FrameSize)
	b.ReportAllocs()
	for b.Loop() {
		f.Retain(1)
		q.push(f)
		q.take(1 << 30)[0].deliver()
		q.settle(1)
	}
}

// A backlog of small frames.
func BenchmarkPushGather(b *testing.B) {
	q := newQueue(DefaultOptions())
	f := sized('x', 1000)
	b.ReportAllocs()
	for b.Loop() {
		f.Retain(1)
		q.push(f)
	}
}
