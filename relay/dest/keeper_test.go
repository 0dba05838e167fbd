package dest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// spooling are options with a spool below root.
func spooling(root string) Options {
	o := DefaultOptions()
	o.Queue, o.Spool, o.SpoolRoot, o.SpoolSync = 1<<20, 64<<20, root, time.Second
	return o
}

// A bench is an endpoint's queue and keeper without the goroutines: a test does what they do, in any order.
type bench struct {
	t      *testing.T
	r      *rand.Rand
	o      Options
	queue  *queue
	keeper *keeper
	now    time.Time

	next   int           // the number of the next point
	came   map[int]int64 // when each came in
	lost   map[int]bool  // those that may be lost
	got    map[int]bool  // what the endpoint got
	out    map[int]bool  // what went out in this process's life
	mark   uint64        // of the last frame from the disk
	serves bool
}

func newBench(t *testing.T, seed uint64, o Options) *bench {
	b := &bench{t: t, r: rand.New(rand.NewPCG(seed, 1)), o: o, now: time.UnixMilli(1_800_000_000_000),
		came: map[int]int64{}, lost: map[int]bool{}, got: map[int]bool{}}
	b.start()
	return b
}

// start begins a process's life.
func (b *bench) start() {
	b.t.Helper()
	b.queue = newQueue(b.o)
	b.keeper = newKeeper(b.queue, "graphite", "10.0.0.1:2003", b.o, zap.NewNop())
	b.mark, b.serves, b.out = 0, false, map[int]bool{}
	if err := b.keeper.open(); err != nil {
		b.t.Fatal(err)
	}
}

// push lets a frame of some points come in. A point is its number, a line.
func (b *bench) push(points, pad int) {
	f := carbon.NewFrame()
	for range points {
		f.Bytes = append(fmt.Appendf(f.Bytes, "%d %s", b.next, strings.Repeat("x", pad)), '\n')
		b.came[b.next] = b.now.UnixMilli()
		b.next++
	}
	f.Points, f.Oldest = points, b.now.UnixMilli()
	b.queue.push(f)
}

// numbers returns the points in a frame.
func numbers(frame []byte) (all []int) {
	for line := range strings.Lines(string(frame)) {
		n, err := strconv.Atoi(strings.Fields(line)[0])
		if err != nil {
			panic(err)
		}
		all = append(all, n)
	}
	return all
}

// write takes what is to be written next and gets some of it out: all, or whole frames and a part of the next, after which
// the connection breaks.
func (b *bench) write(whole bool) {
	ps := b.queue.take(1 << 30)
	n := len(ps)
	if !whole {
		n = b.r.IntN(n + 1)
	}
	for i := range ps[:n] {
		p := &ps[i]
		for _, number := range numbers(p.frame.Bytes) {
			if b.out[number] && !p.cut {
				b.t.Errorf("%d goes out again and is not marked as resent", number)
			}
			b.got[number], b.out[number] = true, true
		}
		if p.mark > 0 && p.mark <= b.mark {
			b.t.Errorf("what lies at %d goes out after what lies at %d", p.mark, b.mark)
		}
		b.mark = max(b.mark, p.mark)
		p.deliver()
	}
	if n < len(ps) {
		ps[n].cut = ps[n].cut || b.r.IntN(2) == 0
	}
	b.queue.settle(0)
	if n < len(ps) {
		b.fail()
	}
}

func (b *bench) fail() {
	b.queue.recall()
	b.mark, b.serves = 0, false
}

func (b *bench) serve() {
	b.queue.serve(b.o.Confirm != "written")
	b.serves = true
}

// step lets time go by and the keeper work.
func (b *bench) step(d time.Duration) {
	b.now = b.now.Add(d)
	b.keeper.step(b.now)
	b.balance()
}

// balance checks the law, and that the account agrees with the spool's own.
func (b *bench) balance() {
	b.t.Helper()
	c := b.queue.level().counts
	if !c.Balanced() {
		b.t.Fatalf("not balanced: %+v", c)
	}
	if b.keeper.spool == nil {
		return
	}
	held := b.keeper.spool.Account().Held
	b.keeper.follow()
	if held < c.Spooled || b.keeper.spool.Account().Held != c.Spooled {
		b.t.Fatalf("%d points are counted as spooled, %d are", c.Spooled, b.keeper.spool.Account().Held)
	}
}

// crash ends the process's life at once: what is on disk is all that is left.
func (b *bench) crash() {
	b.t.Helper()
	root := b.t.TempDir()
	if err := os.CopyFS(root, os.DirFS(b.o.SpoolRoot)); err != nil {
		b.t.Fatal(err)
	}
	for n, ms := range b.came { // what a crash may cost
		if !b.got[n] && b.now.UnixMilli()-ms <= b.o.SpoolSync.Milliseconds() {
			b.lost[n] = true
		}
	}
	b.keeper.spool.Close() // of the copied files nothing
	b.o.SpoolRoot = root
	b.start()
}

// drain lets the endpoint take all there is.
func (b *bench) drain() {
	b.t.Helper()
	b.serve()
	for range 10_000 {
		b.step(100 * time.Millisecond)
		b.write(true)
		b.queue.prove(everything)
		if c := b.queue.level().counts; c.Queued+c.Spooled+c.Unproven == 0 {
			b.step(b.o.SpoolSync)
			return
		}
	}
	b.t.Fatalf("it does not run empty: %+v", b.queue.level().counts)
}

// segments counts the files that points lie in.
func (b *bench) segments() int {
	found, err := filepath.Glob(filepath.Join(b.o.SpoolRoot, "*", "*.seg"))
	if err != nil {
		b.t.Fatal(err)
	}
	return len(found)
}

// Whatever happens in whatever order, every point arrives, but for what a crash may cost; what lies on disk goes out in
// order; and in the end the disk is empty.
func TestKeeperModel(t *testing.T) {
	f := func(seed uint64, confirm string) {
		t.Helper()
		o := spooling(t.TempDir())
		o.Confirm = confirm
		b := newBench(t, seed, o)
		for range 400 {
			switch n := b.r.IntN(20); {
			case n < 8:
				b.push(1+b.r.IntN(40), b.r.IntN(1000))
			case n < 13:
				b.step(time.Duration(b.r.IntN(300)) * time.Millisecond)
			case n < 16 && b.serves:
				b.write(b.r.IntN(5) > 0)
			case n < 17 && b.serves:
				b.queue.prove(everything)
			case n < 18:
				b.serve()
			case n < 19 && b.serves:
				b.fail()
			case b.r.IntN(8) == 0:
				b.step(0) // or what has waited for less than a look is lost, too
				b.crash()
			case b.r.IntN(4) == 0: // a stop in order
				b.queue.recall()
				b.keeper.close()
				if c := b.queue.level().counts; !c.Balanced() || c.Queued+c.Unproven > 0 {
					t.Fatalf("seed %d: after the stop: %+v", seed, c)
				}
				b.start()
			}
			b.balance()
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		b.drain()
		for n := range b.next {
			if !b.got[n] && !b.lost[n] {
				t.Fatalf("seed %d: %d of %d did not arrive", seed, n, b.next)
			}
		}
		if n := b.segments(); n > 0 {
			t.Errorf("seed %d: %d files are left", seed, n)
		}
		if c := b.queue.level().counts; c.Dropped != (stat.Losses{}) {
			t.Errorf("seed %d: lost: %+v", seed, c)
		}
		b.keeper.close()
	}
	for seed := range uint64(6) {
		f(seed, "close")
		f(seed, "written")
	}
}
