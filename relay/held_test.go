package relay

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/aggregate"
	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// blocking makes a table that sends everything to a log, which is never started and has room for a few frames only, and makes
// its senders wait, and to another, with room.
func blocking(t *testing.T, rules ...RuleOptions) *Table {
	t.Helper()
	var clusters []*Cluster
	for _, name := range []string{"stuck", "free"} {
		o := DefaultClusterOptions()
		o.Name, o.Protocol, o.Endpoints = name, "log", []string{"stdout"}
		if name == "stuck" {
			o.Queue, o.Overflow = 100<<10, "block"
		}
		c, err := NewCluster(o, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		clusters = append(clusters, c)
	}
	tab, err := NewTable(rules, clusters, 2, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// many is a batch of 5,000 points, 170 KB as lines.
func many() *carbon.Batch {
	b := carbon.NewBatch()
	b.Arrival = time.Now().UnixMilli()
	for i := range 5000 {
		b.Add(fmt.Appendf(nil, "a.name.of.some.length.%d", i%500), carbon.Raw, 1, b.Arrival)
	}
	return b
}

// A lane waits for a destination that has no room and makes its senders wait. Meanwhile it answers asks, and the other
// destination has got all. When there is no time left what does not fit is counted.
func TestLaneWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tab := blocking(t, sending("**", "stuck", "free"))
		asks := make(chan func())
		l := tab.NewLane(asks)
		done := make(chan struct{})
		go func() {
			defer close(done)
			l.Accept(many())
			l.Close()
			l.Settle()
		}()
		synctest.Wait()
		var c stat.Counts
		held := 0
		asks <- func() { c, held = l.Counts(), len(l.held) }
		synctest.Wait()
		stuck, free := tab.Clusters[0].Dests[0], tab.Clusters[1].Dests[0]
		if c.Sent != 5000 || held == 0 || stuck.Status().QueuedBytes > 100<<10 || stuck.Counts().Dropped != (stat.Losses{}) {
			t.Errorf("while it waits: %+v, %d frames held, %+v", c, held, stuck.Status())
		}
		if free.Counts().Enqueued < 3000 {
			t.Errorf("the other destination has got %d points", free.Counts().Enqueued)
		}
		time.Sleep(time.Hour)
		select {
		case <-done:
			t.Error("it does not wait")
		default:
		}
		stuck.Hurry()
		<-done
		e := stuck.Counts()
		if e.Enqueued != 5000 || e.Dropped[stat.LossShutdown] == 0 || !e.Balanced() || free.Counts().Queued != 5000 {
			t.Errorf("in the end: %+v, %+v", e, free.Counts())
		}
	})
}

// A shard whose results find no room waits too, answers asks, and has its own waited for.
func TestShardWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fold := folding("**", "$0", "stuck")
		fold.Aggregate.Period, fold.Aggregate.Wait = time.Second, 0
		fold.Aggregate.Functions = []string{"avg", "max", "min", "count", "sum", "last", "first", "range"}
		fold.Aggregate.Partial = "emit"
		tab := blocking(t, fold)
		tab.Start()
		l := tab.NewLane(make(chan func()))
		l.Accept(many())
		l.Flush()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		stuck := tab.Clusters[0].Dests[0]
		if s := stuck.Status(); s.QueuedBytes > 100<<10 || stuck.Counts().Dropped != (stat.Losses{}) {
			t.Errorf("while it waits: %+v, %+v", s, stuck.Counts())
		}
		c, err := tab.Aggregator.Counts(context.Background())
		if err != nil || c.Emitted <= stuck.Counts().Enqueued || c.Emitted > 500*8 { // a shard with more than a step's series waits before the rest
			t.Errorf("it says %v, emitted %d, of which %d found room", err, c.Emitted, stuck.Counts().Enqueued)
		}
		closed := make(chan error)
		go func() { closed <- tab.Aggregator.Close(context.Background()) }()
		time.Sleep(time.Hour)
		select {
		case <-closed:
			t.Error("it ends while it holds what nobody has taken")
		default:
		}
		stuck.Hurry()
		if err := <-closed; err != nil {
			t.Error(err)
		}
		if e := stuck.Counts(); e.Enqueued != 500*8 || !e.Balanced() {
			t.Errorf("in the end: %+v", e)
		}
	})
}

var _ aggregate.Outlet = (*Lane)(nil)
