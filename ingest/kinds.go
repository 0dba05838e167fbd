package ingest

import (
	"sync/atomic"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// StatsdStats are what came by a listener for statsd: values by their types, and what was none by the reason.
type StatsdStats struct {
	Counters int64         `json:"counters"`
	Gauges   int64         `json:"gauges"`
	Timers   int64         `json:"timers"`
	Sets     int64         `json:"sets"`
	Samples  int64         `json:"samples"` // ordinary ones
	Bad      stat.Invalids `json:"bad"`
}

// kinds are the same as workers count them, once a batch.
type kinds struct {
	of  [carbon.Set + 1]atomic.Int64
	bad [stat.NReasons]atomic.Int64
}

// newKinds returns the counts of a listener that is for statsd; nil for another.
func newKinds(o Options) *kinds {
	if _, can := o.StatsdOptions(); !can || o.Protocol != "statsd" && o.Statsd == nil {
		return nil
	}
	return &kinds{}
}

// add counts a batch that was decoded.
func (k *kinds) add(b *carbon.Batch) {
	var of [carbon.Set + 1]int64
	for i := range b.Points {
		of[b.Points[i].Kind]++
	}
	for kind, n := range of {
		if n > 0 {
			k.of[kind].Add(n)
		}
	}
	for why, n := range b.Bad {
		if n > 0 {
			k.bad[why].Add(int64(n))
		}
	}
}

// stats returns the counts so far; nil of nil.
func (k *kinds) stats() *StatsdStats {
	if k == nil {
		return nil
	}
	s := &StatsdStats{
		Counters: k.of[carbon.Count].Load(), Gauges: k.of[carbon.Gauge].Load(), Timers: k.of[carbon.Timer].Load(), Sets: k.of[carbon.Set].Load(),
		Samples: k.of[carbon.Raw].Load() + k.of[carbon.Diff].Load(),
	}
	for why := range k.bad {
		s.Bad[why] = k.bad[why].Load()
	}
	return s
}

// plus returns the sums of both, either of which may be nil.
func (s *StatsdStats) plus(o *StatsdStats) *StatsdStats {
	if s == nil || o == nil {
		if s == nil {
			return o
		}
		return s
	}
	sum := &StatsdStats{
		Counters: s.Counters + o.Counters, Gauges: s.Gauges + o.Gauges, Timers: s.Timers + o.Timers, Sets: s.Sets + o.Sets,
		Samples: s.Samples + o.Samples, Bad: s.Bad,
	}
	for why, n := range o.Bad {
		sum.Bad[why] += n
	}
	return sum
}
