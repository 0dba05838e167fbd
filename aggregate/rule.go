package aggregate

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"plumbago/carbon"
)

// A Rule is Options made ready: what a shard needs to fold samples and to name and compute results.
type Rule struct {
	Options
	ID      int   // its place among the aggregator's rules, which is the table's order
	period  int64 // all in milliseconds
	wait    int64
	grace   int64
	keep    int64 // how long an emitted slice is kept: grace, or 0 where late samples are dropped
	maxGap  int64
	layout  layout
	outputs []output
	scale   float64 // 10^decimals, 0 if results are not rounded
}

// An output is one function's result.
type output struct {
	function
	as     string // marked, see MarkPlaceholders
	period string // as names hold it
}

// NewRule checks o and compiles it.
func NewRule(id int, o Options) (*Rule, error) {
	r := &Rule{
		Options: o, ID: id,
		period: o.Period.Milliseconds(), wait: o.Wait.Milliseconds(),
		grace: o.Grace.Milliseconds(), maxGap: o.MaxGap.Milliseconds(),
	}
	if r.period < 1000 {
		return nil, fmt.Errorf("period %v is shorter than a second, the finest time that carbon has", o.Period)
	}
	if o.Late == "amend" {
		r.keep = r.grace
	}
	var set columnSet
	for _, name := range o.Functions {
		f, ok := functionNamed(name)
		if !ok {
			return nil, fmt.Errorf("there is no function %q", name)
		}
		set |= f.needs
		r.outputs = append(r.outputs, output{f, MarkPlaceholders(o.As), ShortDuration(o.Period)})
	}
	r.layout = newLayout(set)
	if o.Decimals >= 0 {
		r.scale = math.Pow10(o.Decimals)
	}
	return r, nil
}

// diff says whether samples of kind k are running totals to this rule.
func (r *Rule) diff(k carbon.Kind) bool {
	return r.Type == "diff" || r.Type == "auto" && k == carbon.Diff
}

// Results returns the names of what the rule emits for a series.
func (r *Rule) Results(series []byte) []string {
	names := make([]string, len(r.outputs))
	for i := range r.outputs {
		names[i] = string(r.appendName(nil, series, &r.outputs[i]))
	}
	return names
}

// partial says whether slice k was running when the rule started, at ms: such a slice was not seen whole.
func (r *Rule) partial(k, ms int64) bool { return k*r.period < ms && ms < (k+1)*r.period }

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
