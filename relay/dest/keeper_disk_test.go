package dest

import (
	"testing"
	"time"

	"plumbago/carbon/stat"
)

// spill lets everything in memory become old enough for the disk.
func (b *bench) spill() { b.step(b.o.SpoolSync) }

// fill lets so many frames of about 60 KiB come in, ten a second, and returns how many points that are.
func (b *bench) fill(frames int) (points int64) {
	for range frames {
		b.push(100, 600)
		b.step(100 * time.Millisecond)
	}
	return int64(100 * frames)
}

// counts returns the endpoint's account, which must balance.
func (b *bench) counts() stat.EndpointCounts {
	b.t.Helper()
	b.balance()
	return b.queue.level().counts
}

// What has waited for less than half of spool_sync stays in memory, if it has room.
func TestKeeperWaits(t *testing.T) {
	b := newBench(t, 1, spooling(t.TempDir()))
	b.push(10, 0)
	b.step(400 * time.Millisecond)
	b.push(10, 0)
	if c := b.counts(); c.Spooled != 0 || c.Queued != 20 {
		t.Errorf("at first: %+v", c)
	}
	b.step(200 * time.Millisecond) // the second frame was gathered with the first one, or waits by itself
	if c := b.counts(); c.Spooled < 10 {
		t.Errorf("then: %+v", c)
	}
	b.spill()
	if c, l := b.counts(), b.queue.level(); c.Spooled != 20 || c.Queued != 0 || l.bytes != 0 || l.disk.Points != 20 {
		t.Errorf("in the end: %+v", l)
	}
	b.now = b.now.Add(time.Hour)
	for range 10 { // half a megabyte and more at once
		b.push(100, 600)
	}
	b.step(0)
	if l := b.queue.level(); l.bytes > b.o.Queue/2 || l.counts.Queued == 0 {
		t.Errorf("%d bytes are left in memory, %+v", l.bytes, l.counts)
	}
	b.drain()
	b.keeper.close()
}

// What is live goes first, and what is on disk only when nothing live waits.
func TestKeeperLiveFirst(t *testing.T) {
	b := newBench(t, 1, spooling(t.TempDir()))
	b.fill(30)
	b.spill()
	b.serve()
	b.step(time.Second)
	for range 12 {
		b.push(40, 900)
	}
	b.step(0)
	hands := 0
	for b.queue.level().counts.Queued > 0 {
		ps := b.queue.take(1 << 30)
		for i := range ps {
			if ps[i].mark > 0 && b.queue.line.len() > 0 {
				t.Fatal("what is on disk goes before what is live")
			}
			ps[i].deliver()
		}
		b.queue.settle(0)
		hands++
	}
	if hands < 2 {
		t.Errorf("all went in %d hands", hands)
	}
	b.drain()
	b.keeper.close()
}

func TestKeeperExpires(t *testing.T) {
	o := spooling(t.TempDir())
	o.SpoolAge = time.Minute
	b := newBench(t, 1, o)
	n := b.fill(10)
	b.spill()
	b.step(40 * time.Second)
	b.push(7, 0)
	b.spill()
	if c := b.counts(); c.Spooled != n+7 {
		t.Errorf("before: %+v", c)
	}
	b.step(30 * time.Second)
	if c := b.counts(); c.Dropped[stat.LossExpired] != n || c.Spooled != 7 {
		t.Errorf("after: %+v", c)
	}
	b.drain()
	b.keeper.close()
}

// A spool that has reached its size drops as overflow says; what it does not take stays in memory, as long as there is
// room.
func TestKeeperOverflows(t *testing.T) {
	f := func(overflow string, first bool) {
		t.Helper()
		o := spooling(t.TempDir())
		o.Spool, o.Overflow = 1<<20, overflow
		b := newBench(t, 1, o)
		n := b.fill(60) // 3.6 MB
		b.spill()
		c, l := b.counts(), b.queue.level()
		if c.Enqueued != n || c.Dropped[stat.LossOverflow] == 0 || c.Spooled == 0 || l.disk.Bytes > 1<<20 {
			t.Errorf("%s: %+v, %d bytes", overflow, c, l.disk.Bytes)
		}
		b.drain()
		if b.got[int(n)-1] == first || b.got[0] != first {
			t.Errorf("%s: the first one arrived: %v, the last one %v", overflow, b.got[0], b.got[int(n)-1])
		}
		if c := b.counts(); c.Delivered+c.Dropped[stat.LossOverflow] != n || b.segments() > 0 {
			t.Errorf("%s: %+v, %d files", overflow, c, b.segments())
		}
		b.keeper.close()
	}
	f("drop_oldest", false)
	f("drop_newest", true)
}

// The rate follows what the endpoint gets, or is fixed, and is kept over any second.
func TestReplayRate(t *testing.T) {
	f := func(fixed float64, live, want int) {
		t.Helper()
		r := replayRate{fixed: fixed}
		now, arrived, sent, steady := time.Unix(0, 0), int64(0), 0, 0
		for i := range 1000 { // ten seconds
			now = now.Add(10 * time.Millisecond)
			arrived += int64(live / 100)
			r.observe(now, arrived)
			for r.allows() {
				r.spend(1000)
				sent += 1000
			}
			if i == 499 {
				steady = sent
			}
			if rest := r.rest(); rest <= 0 || rest > time.Second {
				t.Fatalf("it rests for %v", rest)
			}
		}
		if got := (sent - steady) / 5; got < want*9/10-1000 || got > want*11/10+1000 {
			t.Errorf("%v, %d live: %d points a second, want %d", fixed, live, got, want)
		}
	}
	f(0, 0, leastReplay)
	f(0, 100, leastReplay)
	f(0, 100_000, 200_000)
	f(5_000, 100_000, 5_000)
	f(300_000, 0, 300_000)
}

// What a rate was is not forgotten at once.
func TestReplayRateLasts(t *testing.T) {
	r := replayRate{}
	now := time.Unix(0, 0)
	r.observe(now, 0)
	r.observe(now.Add(time.Second), 100_000)
	r.observe(now.Add(31*time.Second), 100_000)
	if got := r.pace(); got != 100_000 {
		t.Errorf("half a minute after twice 100,000 it is %v", got)
	}
	r.observe(now.Add(10*time.Minute), 100_000)
	if got := r.pace(); got != leastReplay {
		t.Errorf("ten minutes after it is %v", got)
	}
}
