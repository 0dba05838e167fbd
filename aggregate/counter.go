package aggregate

import "math"

// A baseline is the last sample of one input series of a diff: what the next one's growth is measured from. Each input
// has its own, also where many of them feed one series.
type baseline struct {
	value float64
	time  int64  // Unix milliseconds
	group uint32 // the series its rates are folded into
	set   bool
}

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

// rate takes the running total v of time ms into b and returns the per-second rate since the sample before it; ok is
// false if it gives none. cases counts what was unusual.
func (r *Rule) rate(b *baseline, v float64, ms int64, cases *[NCases]int64) (rate float64, ok bool) {
	was, since := b.value, ms-b.time
	switch {
	case !b.set:
		b.set, b.value, b.time = true, v, ms
		cases[CaseFirst]++
		return 0, false
	case since == 0:
		b.value = v
		cases[CaseSameTime]++
		return 0, false
	case since < 0:
		cases[CaseBack]++
		return 0, false
	}
	b.value, b.time = v, ms
	if since > r.maxGap {
		cases[CaseGap]++
		return 0, false
	}
	growth := v - was
	if growth < 0 {
		cases[CaseReset]++
		if growth, ok = r.afterFall(v, was); !ok {
			return 0, false
		}
	}
	rate = growth / (float64(since) / 1000)
	return rate, !math.IsInf(rate, 0) && !math.IsNaN(rate)
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
