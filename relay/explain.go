package relay

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
	Action  string   `json:"action"`            // drop, aggregate or send
	Name    string   `json:"name"`              // the sample's name after it
	Outputs []string `json:"outputs,omitempty"` // names of the results that an aggregate would emit
	To      []Target `json:"to,omitempty"`      // where the sample, or an aggregate's results, are sent
	Stop    bool     `json:"stop"`
}

// A Target is a cluster and those of its endpoints that get the point.
type Target struct {
	Cluster   string   `json:"cluster"`
	Endpoints []string `json:"endpoints"`
}

// Explain walks a name through the table.
func (t *Table) Explain(name string) Explanation {
	x := Explanation{Name: name, Steps: []Step{}}
	v := t.walk(name, 0, func(r *rule, folded string) {
		step := Step{
			Rule: r.number, Line: r.Line, File: r.File, Match: r.match.String(), Action: "send", Name: name,
			Stop: r.stop || r.Drop, To: t.explainTargets(r.send),
		}
		switch {
		case r.Drop:
			step.Action = "drop"
		case r.fold >= 0:
			step.Action = "aggregate"
			step.Outputs = t.Aggregator.Rules()[r.fold].Results([]byte(folded))
			step.To = t.explainTargets(r.results)
		}
		x.Steps = append(x.Steps, step)
	})
	switch {
	case len(v.targets) > 0:
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

func (t *Table) explainTargets(clusters []int) (to []Target) {
	for _, i := range merge(nil, clusters) {
		c := t.Clusters[i]
		target := Target{Cluster: c.Name}
		for _, d := range c.Dests {
			target.Endpoints = append(target.Endpoints, d.Endpoint())
		}
		to = append(to, target)
	}
	return to
}
