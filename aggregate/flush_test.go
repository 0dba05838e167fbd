package aggregate

import (
	"context"
	"fmt"
	"sync"
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
