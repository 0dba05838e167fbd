package aggregate

import (
	"fmt"
	"slices"
	"time"
)

// A tier is the slices of one period of a rule: the base, which samples are folded into, or a rollup, which is fed by
// slices of another tier when these are emitted.
type tier struct {
	period  int64 // milliseconds
	from    int   // the tier that feeds it; -1 for the base
	feeds   []int // the tiers that it feeds
	plain   []int // its outputs of one slice each
	windows []int // its outputs of windows, the narrowest first
	widest  int64 // how many slices the widest window spans; 0 if there is none
	pulse   int   // the place of its windows' state in a series' pulses
}

// newTiers returns the tiers of a rule, the base first and every tier after the one that feeds it: the longest that
// divides it.
func newTiers(base time.Duration, rollups []time.Duration) ([]tier, error) {
	periods := slices.Sorted(slices.Values(rollups))
	tiers := []tier{{period: base.Milliseconds(), from: -1}}
	for _, p := range periods {
		t := tier{period: p.Milliseconds(), from: -1}
		for i := range tiers {
			if t.period%tiers[i].period == 0 && t.period > tiers[i].period {
				t.from = i
			}
		}
		switch last := tiers[len(tiers)-1].period; {
		case t.period <= tiers[0].period:
			return nil, fmt.Errorf("rollup %s is not longer than the period, which is %s", ShortDuration(p), ShortDuration(base))
		case t.period%tiers[0].period != 0:
			return nil, fmt.Errorf("rollup %s is no multiple of the period, which is %s", ShortDuration(p), ShortDuration(base))
		case t.period == last:
			return nil, fmt.Errorf("rollup %s is there twice", ShortDuration(p))
		}
		tiers[t.from].feeds = append(tiers[t.from].feeds, len(tiers))
		tiers = append(tiers, t)
	}
	return tiers, nil
}

// tierOf returns the tier with the given period.
func (r *Rule) tierOf(period time.Duration) (int, bool) {
	i := slices.IndexFunc(r.tiers, func(t tier) bool { return t.period == period.Milliseconds() })
	return i, i >= 0
}

// end returns when slice k ends, in Unix milliseconds.
func (t *tier) end(k uint32) int64 { return (int64(k) + 1) * t.period }

// partial says whether slice k was running when the rule started, at ms: such a slice was not seen whole.
func (t *tier) partial(k uint32, ms int64) bool { return int64(k)*t.period < ms && ms < t.end(k) }

// name is the tier's period as names hold it.
func (t *tier) name() string { return ShortDuration(time.Duration(t.period) * time.Millisecond) }
