package history

import "time"

// Options are the keys of the [history] section.
type Options struct {
	// How much of the past is kept of each result, counted back from its newest point; "0" keeps nothing. A kept point
	// takes 16 bytes: an hour of 10,000 results every 10 seconds is 58 MB.
	Keep time.Duration `toml:"keep"`
	// Of how many results (each function and period of a series is one) the past is kept. The rest are counted as not
	// kept, and are aggregated and sent all the same.
	Series int `toml:"series"`
	// How many bytes all of it may take, about; 0 for no bound. Where they are taken, no series is added, and those that
	// there are keep the newest of their points that they have room for.
	Bytes int `toml:"-"`
}

// DefaultOptions are the defaults of the [history] section.
func DefaultOptions() Options { return Options{Keep: time.Hour, Series: 10_000} }
