package relay

import (
	"cmp"
	"slices"
)

// A Way is what becomes of a name in the end, whichever rules make it so: two tables with equal ways treat its samples
// alike. What has no effect is not in it: numbers and lines of rules, and the order of sends and of results, which are
// sorted.
type Way struct {
	Sends   []Send   `json:"sent,omitempty"`
	Results []Result `json:"results,omitempty"` // of the aggregates that it feeds
	End     string   `json:"end"`               // sent, dropped, aggregated or unrouted
}

// A Send is a cluster that the name's samples are sent to.
type Send struct {
	Target
	Name string `json:"name"` // as it is sent
}

// A Result is a name that an aggregate emits.
type Result struct {
	Name string `json:"name"`
	Way
}

// Way follows a name through the table, and the results of the aggregates that it feeds.
func (t *Table) Way(name string) Way { return t.follow(name, 0) }

// follow follows a name from rule `from` (an index) on. Results only go down the table, so this ends.
func (t *Table) follow(name string, from int) Way {
	x := t.explain(name, from)
	w := Way{End: x.End}
	for i := range x.Steps {
		step := &x.Steps[i]
		switch step.Action {
		case "send":
			w.send(step.To, step.Name)
		case "aggregate":
			if t.rules[step.Rule-1].Aggregate.MemOnly {
				continue // they are never emitted
			}
			for i, output := range step.Outputs {
				w.Results = append(w.Results, Result{output, t.outcome(step.Rule-1, step.targets[i], output)})
			}
		}
	}
	w.sort()
	return w
}

// outcome follows one result of the aggregate rule at an index: to where its target sends it, or on down the table.
func (t *Table) outcome(rule, target int, output string) Way {
	send := t.rules[rule].results[target]
	if send == nil {
		return t.follow(output, rule+1)
	}
	w := Way{End: "sent"}
	w.send(t.explainTargets(nil, send, output), output)
	w.sort()
	return w
}

// send adds what is sent under a name. A cluster gets a point of one name once, however many rules send it.
func (w *Way) send(to []Target, name string) {
	for _, target := range to {
		same := func(s Send) bool { return s.Cluster == target.Cluster && s.Name == name }
		if !slices.ContainsFunc(w.Sends, same) {
			w.Sends = append(w.Sends, Send{target, name})
		}
	}
}

func (w *Way) sort() {
	slices.SortFunc(w.Sends, func(a, b Send) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Name, b.Name))
	})
	slices.SortStableFunc(w.Results, func(a, b Result) int { return cmp.Compare(a.Name, b.Name) })
}

// Equal says whether two ways come to the same.
func (w *Way) Equal(v *Way) bool {
	return w.End == v.End &&
		slices.EqualFunc(w.Sends, v.Sends, func(a, b Send) bool {
			return a.Cluster == b.Cluster && a.Name == b.Name && slices.Equal(a.Endpoints, b.Endpoints)
		}) &&
		slices.EqualFunc(w.Results, v.Results, func(a, b Result) bool {
			return a.Name == b.Name && a.Way.Equal(&b.Way)
		})
}
