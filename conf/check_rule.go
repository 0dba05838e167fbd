package conf

import (
	"strings"

	"plumbago/relay"
)

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
			for j := range o.Aggregate.Output {
				c.names(p, item("aggregate.output", j+1)+".send", o.Aggregate.Output[j].Send, defined)
				c.output(p, o.Aggregate, j, match)
			}
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
