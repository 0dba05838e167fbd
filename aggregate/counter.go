package aggregate

import "math"

// A baseline is what the shard knows of one input of a series: of a diff the last sample, which the next one's growth is
// measured from. Each input has its own, also where many of them feed one series.
type baseline struct {
	value float64
	time  int64  // Unix milliseconds; unset if there was no sample yet
	group uint32 // the series its values are folded into
	heard uint32 // when its last sample arrived, Unix seconds; 0 if the shard does not know it (yet, or any more), or deleted
}

// unset is the time of a baseline that is none yet.
const unset = -1

// A Case says how a diff's sample gave no rate, or an unusual one. Each is counted under its rule.
type Case uint8

// The cases of diffs.
const (
	CaseFirst    Case = iota // the first of its input: a baseline only
	CaseSameTime             // of the time of the one before it: replaces the baseline
	CaseBack                 // older than the one before it: ignored
	CaseGap                  // longer than max_gap after the one before it: a new baseline
	CaseReset                // the counter fell
	NCases       = int(CaseReset) + 1
)

var caseNames = [NCases]string{"first", "same_time", "back", "gap", "reset"}

// String returns the case's name in figures.
func (c Case) String() string { return caseNames[c] }

// rate takes the running total x into b, and makes of x the per-second rate since the sample before it and the growth; ok
// is false if it gives none. cases counts what was unusual.
func (r *Rule) rate(b *baseline, x *value, cases *[NCases]int64) (ok bool) {
	v, was, since := x.v, b.value, x.ms-b.time
	switch {
	case b.time == unset:
		b.value, b.time = v, x.ms
		cases[CaseFirst]++
		x.v = 0
		return r.Compat == compatJumpscale
	case since == 0:
		cases[CaseSameTime]++
		switch {
		case r.Dedup == "max":
			b.value = max(was, v)
		case r.Dedup != "first":
			b.value = v
		}
		return false
	case since < 0:
		cases[CaseBack]++
		return false
	}
	b.value, b.time = v, x.ms
	if since > r.maxGap {
		cases[CaseGap]++
		return false
	}
	x.growth = v - was
	if x.growth < 0 {
		cases[CaseReset]++
		if x.growth, ok = r.afterFall(v, was); !ok {
			return false
		}
	}
	x.v = x.growth / (float64(since) / 1000)
	return !math.IsInf(x.v, 0) && !math.IsNaN(x.v)
}

// afterFall says how much a counter grew that fell from was to v.
func (r *Rule) afterFall(v, was float64) (growth float64, ok bool) {
	const max32, max64 = 1 << 32, 1 << 64
	switch r.Reset {
	case "skip":
		return 0, false
	case "negative":
		return v - was, true
	case "wrap32":
		if was < max32 && v >= 0 {
			return v - was + max32, true
		}
	case "wrap64":
		if was < max64 && v >= 0 {
			return v - was + max64, true
		}
	}
	return v, true // it started again from 0; a total that no wrap explains did so too
}
