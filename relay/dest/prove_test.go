package dest

import (
	"bufio"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon/stat"
)

// proving are options for proofs.
func proving() Options {
	o := DefaultOptions()
	o.Confirm = "close"
	return o
}

// proved makes a destination whose connections are in memory.
func proved(t *testing.T, o Options) (*Dest, chan *memory) {
	t.Helper()
	dial, ends := memories()
	d := newDest(t, "host:2003", o, dial)
	d.Start()
	return d, ends
}

// takeAll reads a connection to its end and closes it, as carbon does.
func takeAll(t *testing.T, c *memory) string {
	t.Helper()
	b, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("reading: %v", err)
	}
	c.Close()
	return string(b)
}

// wantCounts compares what matters here of the counts.
func wantCounts(t *testing.T, d *Dest, delivered, unproven, queued, resent int64) {
	t.Helper()
	c := counts(t, d)
	if c.Delivered != delivered || c.Unproven != unproven || c.Queued != queued || c.Resent != resent {
		t.Errorf("got %+v; want delivered %d, unproven %d, queued %d, resent %d", c, delivered, unproven, queued, resent)
	}
}

// What is written is unproven until the endpoint has read it and answered the end of the connection; what follows goes to
// the next connection, which is there already, and not before.
func TestProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, ends := proved(t, proving())
		first := <-ends
		d.Push(numbered(0, 3))
		synctest.Wait()
		wantCounts(t, d, 0, 3, 0, 0)
		time.Sleep(soonest)
		synctest.Wait()
		second := <-ends // made ahead
		d.Push(numbered(3, 2))
		time.Sleep(time.Second)
		synctest.Wait()
		wantCounts(t, d, 0, 3, 2, 0)
		if got := second.unread(); got != "" {
			t.Errorf("the next connection got %q before the end of the first", got)
		}
		if got := takeAll(t, first); got != string(numbered(0, 3).Bytes) {
			t.Errorf("got %q", got)
		}
		synctest.Wait()
		wantCounts(t, d, 3, 2, 0, 0)
		if s := d.Status(); s.State != Up || s.Reconnects != 0 || s.Error != "" {
			t.Errorf("got status %+v", s)
		}
		go func() { <-ends }()
		time.Sleep(2 * soonest)
		if got := takeAll(t, second); got != string(numbered(3, 2).Bytes) {
			t.Errorf("got %q", got)
		}
		synctest.Wait()
		wantCounts(t, d, 5, 0, 0, 0)
	})
}

// Whatever ends a connection but the answer to our end: all since the last proof is sent again, in order and from the start
// of a line.
func TestProofFails(t *testing.T) {
	f := func(name string, end func(c *memory)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			d, ends := proved(t, proving())
			first := <-ends
			d.Push(numbered(0, 3))
			time.Sleep(10 * time.Millisecond)
			d.Push(numbered(3, 2))
			synctest.Wait()
			end(first)
			next := <-ends
			for next.unread() == "" { // one may have been made ahead of a proof that failed
				if time.Sleep(time.Millisecond); len(ends) > 0 {
					next = <-ends
				}
			}
			synctest.Wait()
			if got := next.unread(); got != string(numbered(0, 5).Bytes) {
				t.Errorf("%s: got %q", name, got)
			}
			wantCounts(t, d, 0, 5, 0, 5)
			takeAll(t, next)
			synctest.Wait()
			wantCounts(t, d, 5, 0, 0, 5)
		})
	}
	f("it closes too early", func(c *memory) { takeSome(c); c.Close() })
	f("it dies with something unread", func(c *memory) { c.Close() })
	f("it dies after our end", func(c *memory) { time.Sleep(soonest * 2); c.Close() })
	f("it reads all and does not answer", func(c *memory) {
		io.ReadAll(c)
		time.Sleep(DefaultOptions().UserTimeout - 5*time.Second)
	})
	f("it reads nothing", func(c *memory) {})
}

// takeSome reads what is there.
func takeSome(c *memory) { c.Read(make([]byte, 1<<20)) }

// The last of all is proven at the stop, and what cannot be in time is neither delivered nor lost.
func TestProofAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, ends := proved(t, proving())
		c := <-ends
		d.Push(numbered(0, 3))
		go func() {
			time.Sleep(3 * time.Second)
			takeAll(t, c)
		}()
		start := time.Now()
		if lost := d.Close(within(t)); lost != 0 || time.Since(start) != 3*time.Second {
			t.Errorf("lost %d in %s", lost, time.Since(start))
		}
		wantCounts(t, d, 3, 0, 0, 0)
		if len(ends) > 0 {
			t.Error("the last connection has a successor")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		d, ends := proved(t, proving())
		<-ends
		d.Push(numbered(0, 3))
		synctest.Wait()
		done, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if lost := d.Close(done); lost != 0 {
			t.Errorf("lost %d", lost)
		}
		wantCounts(t, d, 0, 3, 0, 0)
		if s := d.Status(); s.QueuedBytes != 0 {
			t.Errorf("got status %+v", s)
		}
	})
	// One that breaks at the stop is tried again.
	synctest.Test(t, func(t *testing.T) {
		d, ends := proved(t, proving())
		c := <-ends
		d.Push(numbered(0, 3))
		synctest.Wait()
		go func() {
			time.Sleep(time.Second)
			c.Close()
			takeAll(t, <-ends)
		}()
		if lost := d.Close(within(t)); lost != 0 {
			t.Errorf("lost %d", lost)
		}
		wantCounts(t, d, 3, 0, 0, 3)
	})
}

// An endpoint that resets its connections all the time gets everything nevertheless, and in order.
func TestProofUnderResets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, ends := proved(t, proving())
		const lines = 20000
		seen := make([]int, lines)
		stop, serving := make(chan struct{}), sync.WaitGroup{}
		serving.Go(func() {
			for n := 0; ; n++ {
				var c *memory
				select {
				case c = <-ends:
				case <-stop:
					return
				}
				serving.Go(func() {
					time.AfterFunc(time.Duration(150+n*137%400)*time.Millisecond, func() { c.Close() })
					for r := bufio.NewReader(c); ; {
						line, err := r.ReadString('\n')
						if err != nil {
							c.Close()
							return
						}
						i := 0
						for _, digit := range strings.Fields(line)[1] {
							i = 10*i + int(digit-'0')
						}
						seen[i]++
						if i%50 == 0 {
							time.Sleep(3 * time.Millisecond) // so that something is unread now and then
						}
					}
				})
			}
		})
		for i := 0; i < lines; i += 10 {
			d.Push(numbered(i, 10))
			time.Sleep(time.Millisecond)
		}
		d.Close(within(t))
		close(stop)
		serving.Wait()
		c := counts(t, d)
		missing, again := 0, int64(0)
		for _, n := range seen {
			switch {
			case n == 0:
				missing++
			default:
				again += int64(n - 1)
			}
		}
		if missing > 0 || again > c.Resent || c.Delivered != lines || c.Resent == 0 {
			t.Errorf("%d missing, %d twice, %+v", missing, again, c)
		}
	})
}

// When the time between proofs is over, it is measured from what was written first; a queue that is small is proven sooner.
func TestPace(t *testing.T) {
	o := proving()
	p := newPace(o)
	start := time.Now()
	at := func(d time.Duration) time.Time { return start.Add(d) }
	want := func(what string, n int64, after time.Duration) {
		t.Helper()
		if got := p.due(n).Sub(start); got != after {
			t.Errorf("%s: due after %s, want %s", what, got, after)
		}
	}
	p.wrote(at(0))
	want("the first", 1, soonest)
	for range 10 {
		p.proven(at(0), at(0))
	}
	p.wrote(at(0))
	p.wrote(at(time.Second))
	want("busy", 1, time.Second+quiet)
	p.wrote(at(4900 * time.Millisecond))
	want("at most", 1, o.ConfirmEvery)
	want("many", int64(o.ConfirmBytes), 4900*time.Millisecond)
	p.proven(at(5*time.Second), at(5*time.Second))
	p.wrote(at(5100 * time.Millisecond))
	want("a drop", 1, 5*time.Second+o.ConfirmEvery/10)
	p.broke()
	p.wrote(at(6 * time.Second))
	want("after a break", 1, 6*time.Second+soonest)
	if p.size != int64(o.ConfirmBytes)/4 {
		t.Errorf("after a break %d bytes are proven at once", p.size)
	}
	for range 20 { // proofs that take long
		p.proven(at(0), at(o.UserTimeout/2))
	}
	if p.size != smallest {
		t.Errorf("of a slow endpoint %d bytes are proven at once", p.size)
	}
	for range 20 {
		p.proven(at(0), at(0))
	}
	if p.size != int64(o.ConfirmBytes) || p.wait != o.ConfirmEvery {
		t.Errorf("it stays slow: %d bytes, %s", p.size, p.wait)
	}
	o.Queue = 1 << 20
	if p := newPace(o); p.size != 256<<10 {
		t.Errorf("of a queue of 1 MiB %d bytes may be unproven", p.size)
	}
}

// What is unproven moves to another member when its own is gone, and is known to be sent again there.
func TestProofMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial, ends := memories()
		other, others := memories()
		a, b, _ := pair(t, dial, other)
		a.Start()
		b.Start()
		c := <-ends
		a.Push(numbered(0, 3))
		synctest.Wait()
		for range cap(ends) {
			ends <- nil // nobody accepts any more
		}
		c.Close()
		time.Sleep(time.Second)
		synctest.Wait()
		if got := counts(t, a); got != (stat.EndpointCounts{Moved: 3}) {
			t.Errorf("the one that is gone: %+v", got)
		}
		takeAll(t, <-others)
		synctest.Wait()
		wantCounts(t, b, 3, 0, 0, 3)
	})
}
