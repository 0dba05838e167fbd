package aggregate

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"plumbago/carbon"
)

// enter gives an entry of a name to the rules, as a lane does with a sample.
func (b *bench) enter(name string, e Entry, clock string, rules ...int) {
	b.Helper()
	var refs []Ref
	for _, rule := range rules {
		refs = append(refs, b.Bind(rule, carbon.Raw, []byte(name), []byte(name), Origin{}))
	}
	b.lanes.Received++
	b.lanes.Accepted++
	b.lanes.Aggregated++
	b.scatter.Enter(refs, e, moment(b.T, clock).UnixMilli(), time.Now().UnixMilli())
	b.scatter.Flush()
}

// Entries stand beside samples in slices, whatever these keep, and go up with them; one that comes late corrects what was
// emitted.
func TestEntries(t *testing.T) {
	inBubble(t, options(func(o *Options) {
		o.Functions = []string{"count", "avg", "min", "p90", "unique", "sources", "last", "avg_positive"}
		o.Rollups, o.Dedup = []time.Duration{time.Minute}, "last"
	}), func(b *bench) {
		b.at("12:01:05")
		b.send(carbon.Raw, "x", 1, "12:01:01")
		b.send(carbon.Raw, "x", 2, "12:01:01") // in place of the one before
		b.enter("x", Entry{N: 8, Mean: -4, Dev: 1, Min: -7, Max: -1}, "12:01:02", 0)
		b.at("12:01:13")
		b.expect("12:01:12: x.count 9 12:01:00", "12:01:12: x.avg -3.3333333333333335 12:01:00", "12:01:12: x.min -7 12:01:00",
			"12:01:12: x.p90 2 12:01:00", "12:01:12: x.unique 2 12:01:00", "12:01:12: x.sources 1 12:01:00",
			"12:01:12: x.last -4 12:01:00", "12:01:12: x.avg_positive 2 12:01:00")
		b.enter("x", Entry{N: 1, Mean: 5, Min: 5, Max: 5}, "12:01:03", 0)
		b.at("12:01:16")
		b.expect("12:01:15: x.count 10 12:01:00", "12:01:15: x.avg -2.5 12:01:00", "12:01:15: x.min -7 12:01:00",
			"12:01:15: x.p90 2 12:01:00", "12:01:15: x.unique 3 12:01:00", "12:01:15: x.sources 1 12:01:00",
			"12:01:15: x.last 5 12:01:00", "12:01:15: x.avg_positive 3.5 12:01:00")
		b.at("12:02:03")
		b.expect("12:02:02: x.1m.count 10 12:01:00", "12:02:02: x.1m.avg -2.5 12:01:00", "12:02:02: x.1m.min -7 12:01:00",
			"12:02:02: x.1m.p90 2 12:01:00", "12:02:02: x.1m.unique 3 12:01:00", "12:02:02: x.1m.sources 1 12:01:00",
			"12:02:02: x.1m.last 5 12:01:00", "12:02:02: x.1m.avg_positive 3.5 12:01:00")
	})
}

// An entry that no series takes is dropped once, one that some series takes is not; blocks are handed on when they are full.
func TestEntriesRefused(t *testing.T) {
	os := append(options(nil), options(func(o *Options) { o.Grace = time.Hour })...)
	inBubble(t, os, func(b *bench) {
		for _, rule := range []int{0, 1} {
			b.send(carbon.Raw, "x", 1, "12:00:00", rule)
		}
		b.at("12:05:00")
		b.points = nil
		e := Entry{N: 1, Mean: 1, Min: 1, Max: 1}
		b.enter("x", e, "12:00:00", 0)
		b.enter("x", e, "11:00:00", 0, 1)
		for range 2 * mostEntries {
			b.enter("x", e, "12:00:00", 0, 1)
		}
		synctest.Wait() // until the shards have what was handed on
		c := b.account()
		f, err := b.Figures(context.Background())
		if err != nil || c.Aggregated != 2*mostEntries+2+1 || f[0].Late != 2*mostEntries+2 || f[1].Late != 0 {
			t.Errorf("%+v %+v %v", c, f, err)
		}
		b.balance()
		b.at("12:06:00")
		b.points = nil
	})
}

func TestEntryCheck(t *testing.T) {
	f := func(good bool, e Entry) {
		t.Helper()
		if err := e.Check(); (err == nil) != good {
			t.Errorf("%+v: %v", e, err)
		}
	}
	f(true, Entry{N: 1})
	f(true, Entry{N: 3, Mean: 2, Dev: 1, Min: -1, Max: 2})
	f(false, Entry{})
	f(false, Entry{N: -1})
	f(false, Entry{N: 1, Mean: 3, Min: 1, Max: 2})
	f(false, Entry{N: 1, Mean: 0, Min: 1, Max: 2})
	f(false, Entry{N: 1, Mean: 0, Min: 1, Max: -1})
	f(false, Entry{N: 1, Dev: -1})
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		f(false, Entry{N: 1, Mean: bad, Min: bad, Max: bad})
		f(false, Entry{N: 1, Dev: bad})
	}
}
