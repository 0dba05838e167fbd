package aggregate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"plumbago/aggregate/sketch"
	"plumbago/carbon"
)

// A Rule is Options made ready: what a shard needs to fold samples and to name and compute results.
type Rule struct {
	Options
	Match     string // what its samples match: a part of what makes its state its own
	ID        int    // its place among the aggregator's rules, which is the table's order
	tiers     []tier
	pulses    int   // how many tiers have windows
	wait      int64 // all in milliseconds
	grace     int64
	keep      int64 // how long an emitted slice can be amended: grace, or 0 where late samples are dropped
	maxGap    int64
	maxFuture int64
	ranks     sketch.Definition
	keepZeros int64 // how long after its last slice a series' empty windows count 0
	layout    layout
	asks      sideSet
	outputs   []output
	results   int      // of one series, over all outputs
	tail      int      // the longest that follows the series' name in a result's, if that is all there is to name them; else 0
	scale     float64  // 10^decimals, 0 if results are not rounded
	statsd    *measure // how it takes samples of a statsd kind; nil if it does not
}

// An output is what is emitted of each slice of a tier, or of each window over them.
type output struct {
	tier    int
	window  int64 // how many slices it spans; 0 for the slice itself
	target  int   // whose send is its: 0 is the aggregate's, 1 ... those of its output sections
	results []result
}

// A result is one function's.
type result struct {
	function
	number int    // among all of the rule
	as     string // marked, see MarkPlaceholders
	head   string // of one whose samples are measured: what stands before the series' name, if what stands there is clean; else ""
	tail   string // what follows the series' name if that begins the result's and all of it is clean; else ""
	own    int    // which `as` of the series' key replaces that, counted from 1; 0 if none does
	period string // as names hold it
}

// NewRule checks o and compiles it.
func NewRule(id int, o Options) (*Rule, error) {
	r := &Rule{
		Options: o, ID: id,
		wait: o.Wait.Milliseconds(), grace: o.Grace.Milliseconds(), maxGap: o.MaxGap.Milliseconds(), ranks: ranks(o.Percentile),
	}
	if o.Period < time.Second {
		return nil, fmt.Errorf("period %v is shorter than a second, the finest time that carbon has", o.Period)
	}
	if o.Keep > 0 { // what is shorter than a period would be forgotten between two slices
		r.Keep = max(o.Keep, o.Period)
	}
	if r.keepZeros = r.Keep.Milliseconds(); r.Keep == 0 {
		r.keepZeros = math.MaxInt64 / 2
	}
	if r.maxFuture = o.MaxFuture.Milliseconds(); o.MaxFuture == 0 {
		r.maxFuture = math.MaxInt64 / 2
	}
	if o.Late == "amend" {
		r.keep = r.grace
	}
	if o.Compat == compatJumpscale {
		r.Reset, r.Dedup = "negative", "last"
	}
	if r.Dedup != "none" {
		r.asks |= sideStamps
	}
	if o.Decimals >= 0 {
		r.scale = math.Pow10(o.Decimals)
	}
	var err error
	if r.tiers, err = newTiers(o.Period, o.Rollups); err != nil {
		return nil, err
	}
	return r, r.compile()
}

// compile makes the outputs, and the layout that they need.
func (r *Rule) compile() error {
	set := columnSet(0)
	own := 0 // of the templates that are filled for each series
	add := func(tier int, window int64, target int, functions []string, as string, keyed bool) error {
		o := output{tier: tier, window: window, target: target}
		for _, name := range functions {
			f, ok := functionNamed(name)
			if !ok {
				return fmt.Errorf("there is no function %q", name)
			}
			f = r.compat(f)
			set |= f.needs
			r.asks |= f.asks
			res := result{function: f, number: r.results, as: MarkPlaceholders(as), period: r.tiers[tier].name()}
			if keyed {
				res.own = own
			} else {
				res.tail = res.tailed()
			}
			r.results++
			o.results = append(o.results, res)
		}
		r.outputs = append(r.outputs, o)
		return nil
	}
	for i := range r.tiers {
		as := r.As
		if i > 0 {
			as = r.AsRollup
		}
		keyed := captured(as)
		if i < 2 && keyed {
			own++
		}
		r.tiers[i].plain = append(r.tiers[i].plain, len(r.outputs))
		if err := add(i, 0, 0, r.Functions, as, keyed); err != nil {
			return err
		}
	}
	for i, o := range r.Output {
		tier, window, err := r.windowed(&o)
		if err != nil {
			return fmt.Errorf("output %d: %w", i+1, err)
		}
		as := r.ResultName(i)
		keyed := captured(as)
		if keyed {
			own++
		}
		r.tiers[tier].windows = append(r.tiers[tier].windows, len(r.outputs))
		if err := add(tier, window, i+1, o.Functions, as, keyed); err != nil {
			return fmt.Errorf("output %d: %w", i+1, err)
		}
	}
	r.layout = newLayout(set)
	r.tail = r.longestTail()
	r.arrangeWindows()
	return nil
}

func (r *Rule) longestTail() (longest int) {
	for i := range r.outputs {
		for _, res := range r.outputs[i].results {
			if res.tail == "" {
				return 0
			}
			longest = max(longest, len(res.tail))
		}
	}
	return longest
}

// windowed finds what the window of o slides over, and fills in what o leaves to the aggregate.
func (r *Rule) windowed(o *OutputOptions) (tier int, window int64, err error) {
	if o.Period == 0 {
		o.Period = r.Period
	}
	if o.Functions == nil {
		o.Functions = r.Functions
	}
	tier, ok := r.tierOf(o.Period)
	if !ok {
		return 0, 0, fmt.Errorf("period %s is neither the aggregate's nor one of its rollups", ShortDuration(o.Period))
	}
	n := o.Window.slices(o.Period)
	if n < 1 {
		return 0, 0, fmt.Errorf("the window is no whole number of slices of %s", ShortDuration(o.Period))
	}
	return tier, int64(n), nil
}

// arrangeWindows puts the windows of each tier into the order in which they are computed.
func (r *Rule) arrangeWindows() {
	for i := range r.tiers {
		t := &r.tiers[i]
		if t.pulse = r.pulses; len(t.windows) == 0 {
			continue
		}
		r.pulses++
		slices.SortStableFunc(t.windows, func(a, b int) int { return int(r.outputs[a].window - r.outputs[b].window) })
		t.widest = r.outputs[t.windows[len(t.windows)-1]].window
	}
}

// ranks returns the definition of percentiles that a word stands for.
func ranks(percentile string) sketch.Definition {
	switch percentile {
	case "rounded":
		return sketch.Rounded
	case "carbon-c-relay":
		return sketch.CarbonCRelay
	case "weibull":
		return sketch.Weibull
	case "linear":
		return sketch.Linear
	}
	return sketch.NearestRank
}

// diff says whether samples of kind k are running totals to this rule.
func (r *Rule) diff(k carbon.Kind) bool {
	return r.Type == "diff" || r.Type == "auto" && k == carbon.Diff
}

// perInput says whether the rule needs to know of every sample whose it is.
func (r *Rule) perInput() bool { return r.asks&(sideSources|sideStamps) != 0 }

// Results returns the names of what the rule emits for the series with the given key to one target: 0 is the rule
// itself, 1 ... are its output sections.
func (r *Rule) Results(key []byte, target int) (names []string) {
	for i := range r.outputs {
		if r.outputs[i].target != target {
			continue
		}
		for j := range r.outputs[i].results {
			names = append(names, string(r.appendName(nil, key, &r.outputs[i].results[j])))
		}
	}
	return names
}

// round applies decimals to a result.
func (r *Rule) round(v float64) float64 {
	if r.scale == 0 || math.Abs(v)*r.scale >= 1<<53 {
		return v
	}
	return math.Round(v*r.scale) / r.scale
}

// ShortDuration writes a duration in its shortest form, as result names hold it: 10s, 1m, 90s, 1h, 1d.
func ShortDuration(d time.Duration) string {
	for _, u := range []struct {
		unit   time.Duration
		letter string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if d >= u.unit && d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.letter
		}
	}
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}
