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
	// Groups by tags: the series keeps of the sample's tags only these. It is called name, and these tags.
	By []string `toml:"by"`
	// Groups by tags: the series keeps all of the sample's tags but these.
	Without []string `toml:"without"`
	// The length of a slice. Slices begin at multiples of it in Unix time.
	Period time.Duration `toml:"period"`
	// What is computed of each slice, see below.
	Functions []string `toml:"functions"`
	// Coarser slices of the same aggregate: multiples of the period. Each is fed from the longest of the others that
	// divides it, by what that has added up, so that averages, percentiles and deviations of a rollup are those of its samples.
	Rollups []time.Duration `toml:"rollups"`
	// The clusters that the results go to. Without it they walk on down the table from the next rule.
	Send []string `toml:"send"`
	// Whether results are only kept and shown, and never sent.
	MemOnly bool `toml:"memonly"`
	// The name of a result: {name} is the series, {fn} the function, {period} the period in its shortest form.
	As string `toml:"as" env:"-"`
	// The name of a rollup's result.
	AsRollup string `toml:"as_rollup" env:"-"`
	// Which end of its slice a result is stamped with: "start" (as Graphite does) or "end".
	Stamp string `toml:"stamp" enum:"start|end"`
	// How long after its end, or after its last sample if that came later, a slice is emitted.
	Wait time.Duration `toml:"wait"`
	// What becomes of a sample that comes after its slice was emitted: "amend" emits the corrected slice again, and every
	// rollup and window that holds it; "drop" counts it as late.
	Late string `toml:"late" enum:"amend|drop"`
	// How long an emitted slice can still be amended.
	Grace time.Duration `toml:"grace"`
	// Whose clock places a value in a slice: its sample's own time ("sample") or that of its "arrival". The rates of a
	// diff are over the samples' own times either way.
	Clock string `toml:"clock" enum:"sample|arrival"`
	// How far ahead of our clock a sample's time may be; 0 for any. One beyond is dropped and counted as late, and does not become a
	// counter's baseline: it would hold a slice open until then.
	MaxFuture time.Duration `toml:"max_future"`
	// To how many decimals results are rounded; -1 not at all.
	Decimals int `toml:"decimals"`
	// How long a series may be silent before it is forgotten and its memory given back; 0 keeps all for ever. The default is an hour,
	// or the period if that is longer. A diff's is kept for max_gap at least.
	Keep time.Duration `toml:"keep"`
	// How many series the rule may make; 0 for as many as limits.series allows. A sample that would make one more is dropped and
	// counted as series_limit.
	Series int `toml:"series"`
	// diff: a gap between two samples longer than this starts afresh and gives no rate.
	MaxGap time.Duration `toml:"max_gap"`
	// diff: what a falling counter means: "zero" (it restarted and counts from 0), "skip" (no value), "wrap32" or
	// "wrap64" (it went past its largest value), "negative" (it may fall).
	Reset string `toml:"reset" enum:"zero|skip|wrap32|wrap64|negative"`
	// What becomes of the slice that was running when the rule started: "drop" leaves out what only a whole slice can
	// say (count, sum, rate, delta, unique, sources, stddev, variance) and keeps it out of windows, "emit" emits everything.
	Partial string `toml:"partial" enum:"drop|emit"`
	// Which definition of percentiles and the median, which matters on few values: of n ascending values x1 to xn the p-th percentile is x
	// at ⌈pn/100⌉ ("nearest": the smallest that at least p percent do not exceed), at pn/100 rounded ("rounded", as statsd has it), at
	// ⌊pn/100 + 0.9⌋ ("carbon-c-relay"), or between neighbours at p(n+1)/100 ("weibull", as carbon-relay-ng has it) or at 1 + p(n-1)/100
	// ("linear", as carbon-aggregator, numpy and spreadsheets have it).
	Percentile string `toml:"percentile" enum:"nearest|rounded|carbon-c-relay|weibull|linear"`
	// What becomes of samples of one series and time, as redundant senders make them: "none" folds each, "last", "first"
	// and "max" fold one of them. A slice then holds every sample until it is emitted, about 24 bytes each, and until it is
	// freed remembers their times; a repetition that comes after that is ignored.
	Dedup string `toml:"dedup" enum:"none|last|first|max"`
	// What a window without samples gives: nothing ("skip"), or a count of 0 ("zero") for as long as the series is remembered. Of a gap
	// in a replay, which is made up for at once, only the last 10,000 slices give it.
	Empty string `toml:"empty" enum:"skip|zero"`
	// The min, max and range of a window: the smallest and largest in it ("abs"), or the mean of its slices' ("mean").
	WindowMinMax string `toml:"window_minmax" enum:"abs|mean"`
	// The stddev of a window: over all its samples ("pooled"), or the mean of its slices' ("mean").
	WindowStddev string `toml:"window_stddev" enum:"pooled|mean"`
	// Whose arithmetic: our own, or "jumpscale": values rounded as they come (to integers, or with percent to two decimals), the
	// first sample of a counter as 0, a counter may fall, averages of counters over positive values, no maximum below 0, of
	// samples of one series and time the last one.
	Compat string `toml:"compat" enum:"|jumpscale"`
	// With compat = "jumpscale": two decimals instead of integers.
	Percent bool `toml:"percent"`
	// Further results of the same slices: sliding windows.
	Output []OutputOptions `toml:"output"`
}

// OutputOptions are the keys of a [[rule.aggregate.output]] section: a window that slides over the slices of one period.
type OutputOptions struct {
	// Which slices: the aggregate's period or one of its rollups. The default is the period.
	Period time.Duration `toml:"period"`
	// How many slices it spans, or how long it is: 6, or "5 minutes". It gives results as each slice ends, also before it is
	// full, stamped as its newest slice.
	Window Window `toml:"window"`
	// What is computed of each window; by default what the aggregate computes.
	Functions []string `toml:"functions"`
	// The name of a result, as in the aggregate. Without it, it is what the slices' own results are called.
	As string `toml:"as" env:"-"`
	// The clusters that the results go to. Without it they go where the aggregate's do.
	Send []string `toml:"send"`
}

// A Window is how much a sliding window spans: so many slices, or a duration.
type Window struct {
	Slices int
	Length time.Duration
}

// slices returns how many slices of a period the window spans; 0 if it is not a whole number of them.
func (w Window) slices(period time.Duration) int {
	if w.Length > 0 && w.Length%period == 0 {
		return int(w.Length / period)
	}
	return w.Slices
}

// DefaultOptions are the defaults of a [rule.aggregate] section.
func DefaultOptions() Options {
	return Options{
		Type: "auto", Name: "$0", Period: 10 * time.Second, Functions: []string{"avg", "max"}, As: "{name}.{fn}",
		AsRollup: "{name}.{period}.{fn}", Stamp: "start", Wait: 2 * time.Second, Late: "amend", Grace: time.Minute,
		Clock: "sample", MaxFuture: 24 * time.Hour, Decimals: -1, Keep: time.Hour, MaxGap: 2 * time.Hour, Reset: "zero", Partial: "drop", Percentile: "nearest", Dedup: "none", Empty: "skip",
		WindowMinMax: "abs", WindowStddev: "pooled",
	}
}

// DefaultOutputOptions are the defaults of a [[rule.aggregate.output]] section.
func DefaultOutputOptions() OutputOptions { return OutputOptions{Window: Window{Slices: 1}} }
