package statsd

import "time"

// Options are the keys of a [listen.statsd] section.
type Options struct {
	// How often all that has come is flushed, at multiples of it in Unix time. What is flushed is stamped with the end of
	// its interval, as the reference has it, and leaves half a second later.
	Period time.Duration `toml:"period"`
	// Whether results have the reference's old names, which are its default: stats.NAME, stats_counts.NAME,
	// stats.timers.NAME.upper_90, ... Without, they are called PREFIX.PREFIX_COUNTER.NAME.rate and so on.
	Legacy bool `toml:"legacy"`
	// With legacy = false: what all names begin with; it may be empty, like those that follow.
	Prefix string `toml:"prefix"`
	// With legacy = false: what follows the prefix in names of counters.
	PrefixCounter string `toml:"prefix_counter"`
	// The same for timers.
	PrefixTimer string `toml:"prefix_timer"`
	// The same for gauges.
	PrefixGauge string `toml:"prefix_gauge"`
	// The same for sets.
	PrefixSet string `toml:"prefix_set"`
	// What all names of results end with, before their tags and without its dot; empty is nothing.
	Suffix string `toml:"suffix"`
	// Whether a counter's count is flushed beside its rate.
	FlushCounts bool `toml:"flush_counts"`
	// What is flushed of a timer; empty is all that there is. "upper_percent" and its like are those of all percentiles.
	CalculatedTimerMetrics []string `toml:"calculated_timer_metrics" enum:"count|count_ps|lower|upper|mean|median|std|sum|sum_squares|count_percent|mean_percent|upper_percent|lower_percent|sum_percent|sum_squares_percent|histogram"`
	// Of which shares of a timer's values, in percent, their number, mean, sum, sum of squares and largest value are told
	// (upper_90, ...): of the lowest so many, or, where negative, of the highest (lower_top10, ...).
	Percentiles []float64 `toml:"percentiles"`
	// Counts timers' values in bins.
	Histogram []Histogram `toml:"histogram"`
	// The types of which nothing is flushed when nothing came in an interval: "counters", "gauges", "sets", "timers". Of the
	// others idle counters, sets and timers give a count of 0, and idle gauges their last value.
	DeleteIdle []string `toml:"delete_idle" enum:"counters|gauges|sets|timers"`
	// How long what is idle is flushed all the same before it is forgotten; "0" is for ever, as in the reference.
	Keep time.Duration `toml:"keep"`
	// What becomes of the interval that was running when plumbago started: "emit" flushes what came in it, "drop" leaves out
	// what only a whole interval can say.
	Partial string `toml:"partial" enum:"emit|drop"`
	// What becomes of DogStatsD's tags: "graphite" makes them Graphite's (name;key=value), "nodes" makes them nodes of the
	// name (name.key.value, ordered by key), "drop" leaves them out.
	Tags string `toml:"tags" enum:"graphite|nodes|drop"`
	// Other statsd servers that get all that comes, too, before it is read: udp://HOST:PORT. Nobody waits for them.
	Repeat []string `toml:"repeat"`
	// Where the management commands of the reference are answered (stats, counters, gauges, timers, delcounters, delgauges,
	// deltimers, health, config, quit): tcp://HOST:PORT; empty is nowhere. It has no password, so keep it on 127.0.0.1.
	Manage string `toml:"manage"`
}

// A Histogram is the keys of a [[listen.statsd.histogram]] section.
type Histogram struct {
	// Which timers: those whose names contain this text, and that no histogram above has. Empty: all.
	Metric string `toml:"metric"`
	// The upper bounds of the bins, ascending, each outside its own bin; inf is a bound, too. What is above the last is not
	// counted. Without bins there is no histogram for these timers.
	Bins []float64 `toml:"bins"`
}

// DefaultOptions are the defaults of a [listen.statsd] section.
func DefaultOptions() Options {
	return Options{
		Period: 10 * time.Second, Legacy: true, Prefix: "stats", PrefixCounter: "counters", PrefixTimer: "timers", PrefixGauge: "gauges",
		PrefixSet: "sets", FlushCounts: true, Percentiles: []float64{90}, Partial: "emit", Tags: string(TagsGraphite),
	}
}
