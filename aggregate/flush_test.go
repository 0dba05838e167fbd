package aggregate

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// A feeder is an outlet that brings a sample for each batch that it takes, and looks whether the one before was folded.
type feeder struct {
	tray
	in      chan *Samples
	ref     Ref
	batches int
	waited  int // batches at which the sample of the one before still waited
}

func (o *feeder) Accept(b *carbon.Batch) {
	o.tray.Accept(b)
	o.batches++
	if len(o.in) > 0 {
		o.waited++
	}
	s := NewSamples()
	s.Arrival = time.Now().UnixMilli()
	s.List = append(s.List, Sample{Value: 1, Time: s.Arrival, Slot: o.ref.Slot, Rule: o.ref.Rule})
	o.in <- s
}

// What comes in is folded between two parts of a flush, however much there is to flush.
func TestInputDuringFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := NewRule(0, options(func(o *Options) { o.Functions = []string{"last"} })[0])
		if err != nil {
			t.Fatal(err)
		}
		a := New([]*Rule{r}, 1, 1<<20)
		var points []string
		o := &feeder{tray: tray{mu: new(sync.Mutex), points: &points}, in: a.shards[0].in}
		o.ref = a.Bind(0, carbon.Raw, []byte("first"), []byte("first"), Origin{})
		const series = 10 * stepSize
		s := NewScatter(1, func(_ int, s *Samples) { a.In(0) <- s })
		a.Start([]Outlet{o})
		for n := range series {
			name := fmt.Append(nil, "s", n)
			ms := time.Now().UnixMilli()
			s.Fold([]Ref{a.Bind(0, carbon.Raw, name, name, Origin{})}, 1, ms, ms, false)
		}
		s.Flush()
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := a.Close(context.Background()); err != nil {
			t.Error(err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		if len(points) < series || o.batches < 10 || o.waited > 0 {
			t.Errorf("%d points in %d batches, and %d times what came in waited for longer than one", len(points), o.batches, o.waited)
		}
	})
}

// A slow outlet is behind for as long as a test says.
type slow struct {
	tray
	behind *atomic.Bool
}

func (o *slow) Behind() bool { return o.behind.Load() }

// While the outlet is behind nothing is emitted, but what comes in is folded all the same; nothing waits for long.
func TestDrawnOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := NewRule(0, options(func(o *Options) { o.Functions = []string{"sum"} })[0])
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{T: t, Aggregator: New([]*Rule{r}, 1, 100)}
		b.scatter = NewScatter(1, func(shard int, s *Samples) { b.In(shard) <- s })
		b.at("12:00:00")
		o := &slow{tray: tray{mu: &b.mu, points: &b.points}, behind: new(atomic.Bool)}
		b.Start([]Outlet{o})
		b.at("12:00:01")
		b.send(carbon.Raw, "x", 1, "12:00:01") // its slice ends at 12:00:10 and leaves 2 s later
		o.behind.Store(true)
		b.at("12:00:14")
		b.expect()
		o.behind.Store(false)
		b.at("12:00:15")
		b.expect("12:00:14.020: x.sum 1 12:00:00")
		b.send(carbon.Raw, "x", 2, "12:00:15")
		o.behind.Store(true)
		b.at("12:00:23")
		b.send(carbon.Raw, "x", 4, "12:00:21")
		b.at("12:00:26")
		b.expect()
		b.at("12:00:28")
		b.expect("12:00:27: x.sum 2 12:00:10")
		b.at("12:00:38")
		b.expect("12:00:37: x.sum 4 12:00:20")
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
		b.balance()
	})
}
