package conf

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate"
	"plumbago/relay"
)

// functions are what an aggregate can compute.
var functions = aggregate.Functions()

// aliases are what other programs call them.
var aliases = map[string]string{"mean": "avg", "average": "avg", "total": "sum", "samples": "count", "latest": "last"}

// rules checks the [[rule]] sections.
func (c *checker) rules() {
	defined := c.clusterNames()
	for i := range c.file.Rule {
		o, p := &c.file.Rule[i], c.file.rule[i]
		match := c.match(p, o)
		c.action(p, o)
		c.rewrite(p, o, match)
		c.names(p, "send", o.Send, defined)
		if o.Aggregate != nil {
			c.names(p, "aggregate.send", o.Aggregate.Send, defined)
			c.aggregate(p, o.Aggregate, match)
		}
	}
}

// clusterNames returns the names that a rule can send to; nil if they cannot all be known, because a file could not be
// read or a cluster's name not made out.
func (c *checker) clusterNames() []string {
	names := []string{}
	for _, o := range c.file.Cluster {
		if o.Name == "" {
			return nil
		}
		names = append(names, o.Name)
	}
	for _, f := range c.known {
		if f.Key == "" || f.Key == "include" || f.Key == "cluster" {
			return nil
		}
	}
	return names
}

// action checks that a rule has exactly one action.
func (c *checker) action(p Place, o *relay.RuleOptions) {
	var actions []string
	if o.Drop {
		actions = append(actions, "drop")
	}
	if o.Send != nil {
		actions = append(actions, "send")
		if len(o.Send) == 0 {
			c.fault(p, "send", "names no cluster", "drop = true drops what matches")
		}
	}
	if o.Aggregate != nil {
		actions = append(actions, "aggregate")
	}
	switch {
	case c.given(p, "rewrite"):
		actions = append(actions, "rewrite")
	case c.given(p, "map"):
		actions = append(actions, "map")
	}
	switch {
	case len(actions) == 0:
		c.missing(p, "", "has no action", "give it one of drop, send, rewrite, map and [rule.aggregate]")
	case len(actions) > 1:
		c.fault(p, "", "has more than one action: "+strings.Join(actions, " and "), "make it two rules")
	case o.Drop && o.Stop != nil && !*o.Stop:
		c.fault(p, "stop", "cannot be false where drop is true: a dropped sample goes no further", "")
	}
}

// rewrite checks what a rule makes of names.
func (c *checker) rewrite(p Place, o *relay.RuleOptions, match promise) {
	switch {
	case !c.given(p, "rewrite"):
	case o.Rewrite == "":
		c.fault(p, "rewrite", "must not be empty", "drop = true drops what matches")
	default:
		if msg := match.template(o.Rewrite); msg != "" {
			c.fault(p, "rewrite", msg, "")
		}
	}
	if (o.Rewrite != "" || o.Map != "") && o.Stop != nil && *o.Stop {
		c.fault(p, "stop", "cannot be true where a name is rewritten: the sample goes on with its new name", "")
	}
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
	c.functions(p, o)
	c.result(p, o, match)
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
	if o.MaxGap == 0 {
		fault("max_gap", "must be more than 0", "")
	}
	const mostDecimals = 15 // a float64 has no more
	if o.Decimals < -1 || o.Decimals > mostDecimals {
		fault("decimals", fmt.Sprintf("must be from -1 to %d, not %d", mostDecimals, o.Decimals), "-1 does not round")
	}
}

// functions checks what an aggregate computes.
func (c *checker) functions(p Place, o *aggregate.Options) {
	const key = "aggregate.functions"
	if len(o.Functions) == 0 {
		c.fault(p, key, "must not be empty", "there are: "+strings.Join(functions, ", "))
	}
	for i, fn := range o.Functions {
		switch {
		case slices.Contains(o.Functions[:i], fn):
			c.faultAt(p, key, i, quote(fn)+" is there twice", "")
		case slices.Contains(functions, fn):
		case valueIsLater("rule."+key, fn):
			c.faultAt(p, key, i, notBuilt(fn), "for now: "+strings.Join(functions, ", "))
		default:
			right := aliases[strings.ToLower(fn)]
			if right == "" {
				right = nearest(fn, functions)
			}
			hint := didYouMean(right)
			if hint == "" {
				hint = "there are: " + strings.Join(functions, ", ")
			}
			c.faultAt(p, key, i, "there is no function "+quote(fn), hint)
		}
	}
}

// result checks the name of an aggregate's results.
func (c *checker) result(p Place, o *aggregate.Options, match promise) {
	const key = "aggregate.as"
	places, msg := placeholders(o.As)
	if o.As == "" {
		msg = "must not be empty"
	}
	if msg != "" {
		c.fault(p, key, msg, `there are {name}, {fn} and {period}, as in "{name}.{fn}"`)
		return
	}
	if msg := match.template(o.As); msg != "" {
		c.fault(p, key, msg, "")
	}
	if len(o.Functions) > 1 && !slices.Contains(places, "fn") {
		c.fault(p, key, fmt.Sprintf("%s gives the results of %d functions one name", quote(o.As), len(o.Functions)),
			"put {fn} in it")
	}
}

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
