package book

import (
	"plumbago/aggregate"
	"plumbago/aggregate/history"
	"plumbago/carbon"
)

// Options say what a Book keeps.
type Options struct {
	// How series are folded: each by all rules whose Match is for its name, or by those that Register names. Without any
	// there is one, DefaultRule.
	Rules []Rule
	// What becomes of results: it is called with each as its slice ends, and again with each correction. Without it they are
	// only kept for those who ask. It is called by the goroutine that owns the series, so by several if Shards is more than 1,
	// and must not call the Book.
	Emit func(Result)
	// Of how many results the past is kept, and for how long: what AvgMax and List are about.
	History history.Options
	// How many series and inputs of such there may be; a value for one more is refused.
	Series int
	// How many goroutines own the series. One folds some ten million values a second; with more, results of different series
	// come side by side.
	Shards int
}

// DefaultOptions are the defaults of a Book: one rule for all names, the past hour of 10,000 results, a million series, one shard.
func DefaultOptions() Options {
	return Options{History: history.DefaultOptions(), Series: 1_000_000, Shards: 1}
}

// A Rule says how some series are folded. Beside Name and Match it has the keys of a [rule.aggregate] section: Period,
// Functions, Rollups, Output, Compat and so on. Send is not among what it may say, as there are no clusters, nor are captures
// in As, AsRollup and the As of an Output.
type Rule struct {
	// What Register calls it. Rules without a name are reached by their Match only.
	Name string
	// The names that it is for, as Graphite globs; what their wildcards stood for are the captures of the rule's
	// aggregate name. A rule without any is for those registered to it.
	Match []string
	aggregate.Options
}

// DefaultRule is for all names and has the defaults of a [rule.aggregate] section.
func DefaultRule() Rule {
	return Rule{Match: []string{"**"}, Options: aggregate.DefaultOptions()}
}

// Output is a sliding window over the slices of a rule, and Window how much it spans.
type (
	Output = aggregate.OutputOptions
	Window = aggregate.Window
)

// Entry is values that somebody else has added up.
type Entry = aggregate.Entry

// Figures count what a rule met.
type Figures = aggregate.Figures

// A Kind says how the values of a series are to be read.
type Kind = carbon.Kind

// The kinds of series.
const (
	Raw  = carbon.Raw  // values as they are
	Diff = carbon.Diff // the running totals of a counter, of which per-second rates are made
)
