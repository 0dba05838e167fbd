package dest

import (
	"testing"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// somewhere makes destinations that are not started, with room for 16 MiB each.
func somewhere(t *testing.T, n int, overflow string) (all []*Dest) {
	t.Helper()
	for range n {
		o := DefaultOptions()
		o.Protocol, o.Queue, o.Overflow = "log", 16<<20, overflow
		d, err := New("c", "stdout", o, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// fill pushes 16 MiB, and returns how much stays.
func (d *Dest) fill() int {
	for range 256 {
		d.Push(sized('x', carbon.FrameSize))
	}
	return d.queue.bytes
}

// drain has everything delivered.
func (d *Dest) drain() {
	for {
		ps := d.queue.take(1 << 40)
		for i := range ps {
			ps[i].deliver()
		}
		if len(ps) == 0 {
			return
		}
		d.queue.settle(0)
	}
}

// One who is stuck takes what nobody needs, and never what is another's.
func TestShare(t *testing.T) {
	for _, overflow := range []string{"drop_oldest", "drop_newest"} {
		ds := somewhere(t, 4, overflow)
		Share(ds, 16<<20)
		if n := ds[0].fill(); n != 10<<20 {
			t.Errorf("%s: the first holds %d, want its own 2 MiB and 8 that are for all", overflow, n)
		}
		for _, d := range ds[1:] {
			if n := d.fill(); n != 2<<20 {
				t.Errorf("%s: another holds %d, want its own 2 MiB", overflow, n)
			}
		}
		if c := ds[0].Counts(); c.Dropped[stat.LossOverflow] != 96 || !c.Balanced() {
			t.Errorf("%s: the account of the first is %+v", overflow, c)
		}
		ds[0].drain()
		if n := ds[1].fill(); n != 10<<20 {
			t.Errorf("%s: once the first is empty another holds %d, want 10 MiB", overflow, n)
		}
		for _, d := range ds {
			d.drain()
		}
		if left := ds[0].queue.purse.budget.left.Load(); left != 8<<20 {
			t.Errorf("%s: when all are empty there are %d for all, want 8 MiB", overflow, left)
		}
	}
}

// Shares are made anew while queues hold something; where there is enough nobody is bound.
func TestShareAgain(t *testing.T) {
	ds := somewhere(t, 3, "drop_newest")
	Share(ds[:2], 48<<20)
	if n := ds[0].fill(); n != 16<<20 {
		t.Errorf("it holds %d where all may be full", n)
	}
	Share(ds, 12<<20)
	for _, d := range ds[1:] {
		if n := d.fill(); n != 2<<20 {
			t.Errorf("beside one that took all it holds %d", n)
		}
	}
	ds[0].drain()
	if n := ds[1].fill(); n != 8<<20 {
		t.Errorf("then it holds %d, want 8 MiB", n)
	}
	Share(ds, 0)
	if n := ds[2].fill(); n != 16<<20 {
		t.Errorf("without a bound it holds %d", n)
	}
}

// Who makes senders wait does so at its share, too.
func TestShareBlocks(t *testing.T) {
	ds := somewhere(t, 2, "block")
	Share(ds, 8<<20)
	n := 0
	for ds[0].Offer(sized('x', carbon.FrameSize), false) == nil {
		n++
	}
	if n != 6<<20/carbon.FrameSize {
		t.Errorf("%d frames were taken, want 6 MiB", n)
	}
	if ds[1].Offer(sized('x', carbon.FrameSize), false) != nil {
		t.Error("the other has no room")
	}
}
