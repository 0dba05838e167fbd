package main

import (
	"fmt"
	"slices"
)

// A spread is the median of some measures, and their extremes.
type spread struct{ median, least, most float64 }

// spreadOf returns the spread of all, which is not empty.
func spreadOf(all []float64) spread {
	s := slices.Sorted(slices.Values(all))
	n := len(s)
	return spread{(s[(n-1)/2] + s[n/2]) / 2, s[0], s[n-1]}
}

// format writes the median, and the extremes if there are several measures; verb is for one number.
func (s spread) format(verb string) string {
	if s.least == s.most {
		return fmt.Sprintf(verb, s.median)
	}
	return fmt.Sprintf(verb+" ("+verb+"–"+verb+")", s.median, s.least, s.most)
}

// of returns f of every measurement, in the order of rounds.
func of(all []measurement, f func(measurement) float64) []float64 {
	out := make([]float64, len(all))
	for i, m := range all {
		out[i] = f(m)
	}
	return out
}

// ratios returns f of each measurement to f of the baseline's in the same round: whatever slowed the machine down in
// that round is in both.
func ratios(all, baseline []measurement, f func(measurement) float64) (out []float64) {
	for _, m := range all {
		for _, b := range baseline {
			if b.Round == m.Round && f(b) > 0 {
				out = append(out, f(m)/f(b))
			}
		}
	}
	return out
}

// perMillion is CPU seconds per million lines sent.
func perMillion(m measurement) float64 { return m.CPU / float64(m.Sent) * 1e6 }

// millisPerSecond is milliseconds of CPU a second.
func millisPerSecond(m measurement) float64 { return m.CPU * 1e3 / m.Seconds }

// wakeUps is context switches a second.
func wakeUps(m measurement) float64 { return float64(m.Context) / m.Seconds }

// peak is the most memory in MiB.
func peak(m measurement) float64 { return float64(m.Peak) / (1 << 20) }

// lost is in percent, lag in seconds.
func lost(m measurement) float64 { return m.Lost * 100 }

func lag(m measurement) float64 { return m.Lag }

// p50 and p99 are how long probes were on the way, in milliseconds.
func p50(m measurement) float64 {
	if m.Delay == nil {
		return 0
	}
	return m.Delay.P50 * 1e3
}

func p99(m measurement) float64 {
	if m.Delay == nil {
		return 0
	}
	return m.Delay.P99 * 1e3
}

// delivered is thousands of lines a second that arrived.
func delivered(m measurement) float64 {
	if m.Seconds <= 0 {
		return 0
	}
	return float64(m.Got) / m.Seconds / 1e3
}
