package aggregate

import "time"

// Options are the keys of a [rule.aggregate] section. In those tagged env:"-" a ${1} is a capture of the rule's match and
// no environment variable.
type Options struct {
	// How values are read: "auto" (as the sample says), "raw" (as they are) or "diff" (a counter's running total, of
	// which the per-second rate since the sample before it is made).
	Type string `toml:"type" enum:"auto|raw|diff"`
	// The name of the series that a sample is folded into; $1 ... are the captures of the rule's match. The default
	// "$0" is the sample's own name: each series by itself.
	Name string `toml:"name" env:"-"`
	// The length of a slice. Slices begin at multiples of it in Unix time.
	Period time.Duration `toml:"period"`
	// What is computed of each slice: avg, max, min, sum, count, last.
	Functions []string `toml:"functions"`
	// The clusters that the results go to. Without it they walk on down the table from the next rule.
	Send []string `toml:"send"`
	// The name of a result: {name} is the series, {fn} the function, {period} the period in its shortest form.
	As string `toml:"as" env:"-"`
	// Which end of its slice a result is stamped with: "start" (as Graphite does) or "end".
	Stamp string `toml:"stamp" enum:"start|end"`
	// How long after its end, or after its last sample if that came later, a slice is emitted.
	Wait time.Duration `toml:"wait"`
	// What becomes of a sample that comes after its slice was emitted: "amend" emits the corrected slice again, "drop"
	// counts it as late.
	Late string `toml:"late" enum:"amend|drop"`
	// How long an emitted slice can still be amended.
	Grace time.Duration `toml:"grace"`
	// Whose clock places a value in a slice: its sample's own time ("sample") or that of its "arrival". The rates of a
	// diff are over the samples' own times either way.
	Clock string `toml:"clock" enum:"sample|arrival"`
	// To how many decimals results are rounded; -1 not at all.
	Decimals int `toml:"decimals"`
	// diff: a gap between two samples longer than this starts afresh and gives no rate.
	MaxGap time.Duration `toml:"max_gap"`
	// diff: what a falling counter means: "zero" (it restarted and counts from 0), "skip" (no value), "wrap32" or
	// "wrap64" (it went past its largest value), "negative" (it may fall).
	Reset string `toml:"reset" enum:"zero|skip|wrap32|wrap64|negative"`
	// What becomes of the slice that was running when the rule started: "drop" leaves out its count and sum, "emit"
	// emits everything.
	Partial string `toml:"partial" enum:"drop|emit"`
}

// DefaultOptions are the defaults of a [rule.aggregate] section.
func DefaultOptions() Options {
	return Options{
		Type: "auto", Name: "$0", Period: 10 * time.Second, Functions: []string{"avg", "max"}, As: "{name}.{fn}",
		Stamp: "start", Wait: 2 * time.Second, Late: "amend", Grace: time.Minute, Clock: "sample", Decimals: -1,
		MaxGap: 2 * time.Hour, Reset: "zero", Partial: "drop",
	}
}
