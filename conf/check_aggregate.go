package conf

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate"
)

// functions are what an aggregate can compute, beside percentiles.
var functions = aggregate.Functions()

// aliases are what other programs call them.
var aliases = map[string]string{
	"mean": "avg", "average": "avg", "total": "sum", "samples": "count", "latest": "last", "std": "stddev", "stdev": "stddev",
	"sd": "stddev", "var": "variance", "distinct": "unique", "derivative": "delta", "increase": "delta", "minimum": "min",
	"maximum": "max", "spread": "range",
}

// allFunctions is how the functions are listed in a hint.
func allFunctions() string {
	return "there are: " + strings.Join(functions, ", ") + ", and percentiles like p99"
}

// aggregate checks a rule's aggregate.
func (c *checker) aggregate(p Place, o *aggregate.Options, match promise) {
	fault := func(key, msg, hint string) { c.fault(p, "aggregate."+key, msg, hint) }
	switch {
	case o.Name == "":
		fault("name", "must not be empty", `"$0" is the name of the sample itself`)
	default:
		if msg := match.template(o.Name); msg != "" {
			fault("name", msg, "")
		}
	}
	c.functions(p, "aggregate.functions", o.Functions)
	c.result(p, "aggregate.as", o.As, len(o.Functions), match)
	c.groups(p, o)
	c.rollups(p, o, match)
	if o.Send != nil && len(o.Send) == 0 {
		fault("send", "names no cluster", "without it the results walk on down the rules")
	}
	switch {
	case o.Period < time.Second:
		fault("period", "must be at least 1s, not "+formatDuration(o.Period), "")
	case o.Period%time.Millisecond != 0:
		fault("period", "must be whole milliseconds, not "+formatDuration(o.Period), "")
	}
	if o.Grace < o.Wait {
		fault("grace", fmt.Sprintf("%s is less than wait, which is %s", formatDuration(o.Grace), formatDuration(o.Wait)), "")
	}
	if o.Series < 0 {
		fault("series", fmt.Sprintf("must not be negative, but is %d", o.Series), "0 is no limit but limits.series")
	}
	if o.Keep > 0 && o.Keep < o.Period && c.given(p, "aggregate.keep") {
		fault("keep", fmt.Sprintf("%s is less than period, which is %s", formatDuration(o.Keep), formatDuration(o.Period)), "0 keeps all for ever")
	}
	if o.MaxGap == 0 {
		fault("max_gap", "must be more than 0", "")
	}
	const mostDecimals = 15 // a float64 has no more
	if o.Decimals < -1 || o.Decimals > mostDecimals {
		fault("decimals", fmt.Sprintf("must be from -1 to %d, not %d", mostDecimals, o.Decimals), "-1 does not round")
	}
}

// functions checks a list of what is to be computed.
func (c *checker) functions(p Place, key string, list []string) {
	if len(list) == 0 {
		c.fault(p, key, "must not be empty", allFunctions())
	}
	for i, fn := range list {
		switch {
		case slices.Contains(list[:i], fn):
			c.faultAt(p, key, i, quote(fn)+" is there twice", "")
		case aggregate.HasFunction(fn):
		default:
			right := aliases[strings.ToLower(fn)]
			if right == "" {
				right = nearest(fn, functions)
			}
			hint := didYouMean(right)
			if hint == "" {
				hint = allFunctions()
			}
			c.faultAt(p, key, i, "there is no function "+quote(fn), hint)
		}
	}
}

// result checks the name of results: of so many functions.
func (c *checker) result(p Place, key, as string, functions int, match promise) (places []string) {
	places, msg := placeholders(as)
	if as == "" {
		msg = "must not be empty"
	}
	if msg != "" {
		c.fault(p, key, msg, `there are {name}, {fn} and {period}, as in "{name}.{fn}"`)
		return places
	}
	if msg := match.template(as); msg != "" {
		c.fault(p, key, msg, "")
	}
	if functions > 1 && !slices.Contains(places, "fn") {
		c.fault(p, key, fmt.Sprintf("%s gives the results of %d functions one name", quote(as), functions), "put {fn} in it")
	}
	return places
}

// groups checks how series are grouped by tags.
func (c *checker) groups(p Place, o *aggregate.Options) {
	if o.By != nil && o.Without != nil {
		c.fault(p, "aggregate.without", "cannot stand beside by", "by names the tags that stay, without those that go")
	}
	for _, list := range []struct {
		key  string
		tags []string
	}{{"by", o.By}, {"without", o.Without}} {
		for i, tag := range list.tags {
			switch {
			case tag == "" || strings.ContainsAny(tag, ";=!^ "):
				c.faultAt(p, "aggregate."+list.key, i, quote(tag)+" is no name of a tag", "")
			case slices.Contains(list.tags[:i], tag):
				c.faultAt(p, "aggregate."+list.key, i, quote(tag)+" is there twice", "")
			}
		}
	}
	if o.Percent && o.Compat == "" {
		c.fault(p, "aggregate.percent", `has no effect without compat = "jumpscale"`, "decimals = 2 rounds results")
	}
}

// rollups checks the coarser tiers of an aggregate.
func (c *checker) rollups(p Place, o *aggregate.Options, match promise) {
	const key = "aggregate.rollups"
	for i, r := range o.Rollups {
		switch {
		case slices.Contains(o.Rollups[:i], r):
			c.faultAt(p, key, i, formatDuration(r)+" is there twice", "")
		case o.Period < time.Second: // which is a fault of its own
		case r <= o.Period:
			c.faultAt(p, key, i, fmt.Sprintf("%s is not longer than period, which is %s", formatDuration(r), formatDuration(o.Period)), "")
		case r%o.Period != 0:
			c.faultAt(p, key, i, fmt.Sprintf("%s is no multiple of period, which is %s", formatDuration(r), formatDuration(o.Period)), "")
		}
	}
	if len(o.Rollups) == 0 {
		return
	}
	places := c.result(p, "aggregate.as_rollup", o.AsRollup, len(o.Functions), match)
	if len(o.Rollups) > 1 && o.AsRollup != "" && !slices.Contains(places, "period") {
		c.fault(p, "aggregate.as_rollup", fmt.Sprintf("%s gives the results of %d rollups one name", quote(o.AsRollup), len(o.Rollups)),
			"put {period} in it")
	}
}

// output checks the i-th output section of an aggregate, counted from 0.
func (c *checker) output(p Place, a *aggregate.Options, i int, match promise) {
	o, key := &a.Output[i], item("aggregate.output", i+1)
	fault := func(name, msg, hint string) { c.fault(p, key+"."+name, msg, hint) }
	functions := a.Functions
	if o.Functions != nil {
		functions = o.Functions
		c.functions(p, key+".functions", functions)
	}
	if c.given(p, key+".as") {
		c.result(p, key+".as", o.As, len(functions), match)
	}
	if o.Send != nil && len(o.Send) == 0 {
		fault("send", "names no cluster", "without it the results go where the aggregate's do")
	}
	period := o.Period
	switch {
	case period == 0:
		period = a.Period
	case period != a.Period && !slices.Contains(a.Rollups, period):
		fault("period", formatDuration(period)+" is neither the aggregate's period nor one of its rollups", "add it to rollups")
		return
	}
	switch {
	case o.Window.Length > 0 && o.Window.Length%period != 0:
		fault("window", fmt.Sprintf("%s is no multiple of period, which is %s", formatDuration(o.Window.Length), formatDuration(period)), "")
	case o.Window.Length > 0 && o.Window.Length/period > mostSlices, o.Window.Slices > mostSlices:
		fault("window", fmt.Sprintf("spans more than %d slices", mostSlices), "let it slide over a rollup")
	case o.Window.Length == 0 && o.Window.Slices < 1:
		fault("window", "must be at least one slice", "")
	}
}

// mostSlices is how many slices a window may span: each emission adds them up.
const mostSlices = 10_000

// placeholders returns the names in braces in as, but for those of ${1}, and what is wrong with them.
func placeholders(as string) (names []string, msg string) {
	for i := 0; i < len(as); i++ {
		switch {
		case strings.HasPrefix(as[i:], "${"):
			i++
		case as[i] == '{':
			name, _, ok := strings.Cut(as[i+1:], "}")
			if !ok {
				return names, "{ is not closed in " + quote(as)
			}
			if name != "name" && name != "fn" && name != "period" {
				return names, "unknown placeholder " + quote("{"+name+"}")
			}
			names = append(names, name)
		}
	}
	return names, ""
}
