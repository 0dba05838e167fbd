package aggregate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/aggregate/history"
	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// A tray is an outlet that keeps what a shard emits, with the time at which it came.
type tray struct {
	mu     *sync.Mutex
	points *[]string
	counts stat.Counts
}

func (o *tray) Accept(b *carbon.Batch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := range b.Points {
		p := &b.Points[i]
		*o.points = append(*o.points, fmt.Sprintf("%s: %s %s %s", clockOf(time.Now()), b.Name(p),
			carbon.AppendNumber(nil, p.Value), clockOf(time.UnixMilli(p.Time))))
		o.counts.Sent++
		o.counts.Emitted++
	}
	b.Free()
}
func (o *tray) Flush() bool                              { return false }
func (o *tray) Drop(uint32)                              {}
func (o *tray) Close()                                   {}
func (o *tray) Way([]byte, carbon.Kind, int, int) uint32 { return 1 }
func (o *tray) Held() <-chan struct{}                    { return nil }
func (o *tray) Counts() stat.Counts                      { return o.counts }
func clockOf(t time.Time) string                         { return strings.TrimSuffix(t.UTC().Format("15:04:05.000"), ".000") }

// A bench is an aggregator in a bubble, and the points that it has emitted.
type bench struct {
	*testing.T
	*Aggregator
	scatter *Scatter
	mu      sync.Mutex
	points  []string
	lanes   stat.Counts // what a lane would have counted
}

// inBubble runs f with a running aggregator; the bubble's clock starts at midnight, an hour before noon is slept to.
func inBubble(t *testing.T, options []Options, f func(b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		var rules []*Rule
		for i, o := range options {
			r, err := NewRule(i, o)
			if err != nil {
				t.Fatal(err)
			}
			rules = append(rules, r)
		}
		b := &bench{T: t, Aggregator: New(rules, 2, 1000)}
		b.scatter = NewScatter(2, func(shard int, s *Samples) { b.In(shard) <- s })
		b.Remember(history.DefaultOptions())
		b.at("12:00:00")
		b.Start([]Outlet{&tray{mu: &b.mu, points: &b.points}, &tray{mu: &b.mu, points: &b.points}})
		f(b)
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
		b.balance()
	})
}

// at sleeps to a time of the first day.
func (b *bench) at(clock string) {
	b.Helper()
	time.Sleep(time.Until(moment(b.T, clock)))
	synctest.Wait()
}

func moment(t *testing.T, clock string) time.Time {
	t.Helper()
	at, err := time.Parse("15:04:05", clock)
	if err != nil {
		t.Fatal(err)
	}
	return time.Date(2000, 1, 1, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
}

// send gives a sample of a name to the rules, as a lane does.
func (b *bench) send(k carbon.Kind, name string, value float64, clock string, rules ...int) {
	b.Helper()
	b.sendAt(k, name, value, moment(b.T, clock), rules...)
}

func (b *bench) sendAt(k carbon.Kind, name string, value float64, at time.Time, rules ...int) {
	b.Helper()
	if len(rules) == 0 {
		rules = []int{0}
	}
	var refs []Ref
	for _, rule := range rules {
		refs = append(refs, b.Bind(rule, k, []byte(name), []byte(name), Origin{}))
	}
	b.lanes.Received++
	b.lanes.Accepted++
	b.lanes.Aggregated++
	b.scatter.Fold(refs, value, at.UnixMilli(), time.Now().UnixMilli(), false)
	b.scatter.Flush()
	synctest.Wait()
}

// take returns what was emitted since the last look.
func (b *bench) take() (points []string) {
	b.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	points, b.points = b.points, nil
	return points
}

// expect compares what was emitted since the last look, in any order.
func (b *bench) expect(want ...string) {
	b.Helper()
	got := b.take()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// account returns the ledger over lanes and shards.
func (b *bench) account() stat.Counts {
	b.Helper()
	sum := b.lanes
	c, err := b.Counts(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	sum.Add(&c)
	return sum
}

func (b *bench) balance() {
	b.Helper()
	if c := b.account(); !c.Balanced() {
		b.Errorf("the ledger does not balance: %+v", c)
	}
}

func options(change func(*Options)) []Options {
	o := DefaultOptions()
	if change != nil {
		change(&o)
	}
	return []Options{o}
}
