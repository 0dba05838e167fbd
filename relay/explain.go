package relay

import "slices"

// An Explanation says what would become of a name: the rules that it meets, top to bottom, and how its walk ends.
type Explanation struct {
	Name  string `json:"name"`
	Steps []Step `json:"steps"`
	End   string `json:"end"` // sent, dropped, aggregated or unrouted
}

// A Step is one rule that a name meets.
type Step struct {
	Rule    int      `json:"rule"` // its place in the table, from 1
	Line    int      `json:"line"` // of the configuration file
	File    string   `json:"file,omitempty"`
	Match   string   `json:"match"`
	Action  string   `json:"action"`            // drop, rewrite, aggregate or send
	Name    string   `json:"name"`              // the sample's name after it, "" if a rewrite made no name of it
	Outputs []string `json:"outputs,omitempty"` // names of the results that an aggregate would emit
	To      []Target `json:"to,omitempty"`      // where the sample, or an aggregate's results, are sent
	Stop    bool     `json:"stop"`

	targets []int // of Outputs: which of the rule's targets each goes to
}

// A Target is a cluster and those of its endpoints that get the point.
type Target struct {
	Cluster   string   `json:"cluster"`
	Endpoints []string `json:"endpoints"`
}

// Explain walks a name through the table. Where it goes by the policies "any" and "failover" is as the members stand.
func (t *Table) Explain(name string) Explanation { return t.explain(name, 0) }

// explain walks a name from rule `from` (an index).
func (t *Table) explain(name string, from int) Explanation {
	x := Explanation{Name: name, Steps: []Step{}}
	v := t.walk(new(walker), name, from, func(m meeting) {
		r := m.rule
		step := Step{
			Rule: r.number, Line: r.Line, File: r.File, Match: r.matcher.String(), Action: r.action(), Name: m.after, Stop: r.stop,
		}
		switch step.Action {
		case "aggregate":
			for target, send := range r.results {
				outputs := r.seat.Results([]byte(m.folded), target)
				step.Outputs = append(step.Outputs, outputs...)
				for range outputs {
					step.targets = append(step.targets, target)
				}
				if !r.Aggregate.MemOnly {
					step.To = t.explainTargets(step.To, send, outputs...)
				}
			}
		case "send":
			step.To = t.explainTargets(nil, r.send, m.after)
		}
		x.Steps = append(x.Steps, step)
	})
	switch {
	case len(v.sends) > 0:
		x.End = "sent"
	case len(v.folds) > 0:
		x.End = "aggregated"
	case v.dropped:
		x.End = "dropped"
	default:
		x.End = "unrouted"
	}
	return x
}

// explainTargets adds to `to` which endpoints of the clusters get points of any of the names.
func (t *Table) explainTargets(to []Target, clusters []int, names ...string) []Target {
	for _, i := range clusters {
		c := t.Clusters[i]
		at := slices.IndexFunc(to, func(t Target) bool { return t.Cluster == c.Name })
		if at < 0 {
			at = len(to)
			to = append(to, Target{Cluster: c.Name})
		}
		for _, name := range names {
			for _, member := range c.holders(name) {
				if e := c.Dests[member].Endpoint(); !slices.Contains(to[at].Endpoints, e) {
					to[at].Endpoints = append(to[at].Endpoints, e)
				}
			}
		}
	}
	return to
}
