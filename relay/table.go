package relay

import (
	"fmt"
	"slices"
	"strings"

	"plumbago/aggregate"
	"plumbago/carbon/pattern"
)

// A Table is the ordered rules, compiled. It never changes; lanes share it and remember what it says of each name.
type Table struct {
	Clusters   []*Cluster
	Aggregator *aggregate.Aggregator
	rules      []rule
	folding    []*rule // the rules that aggregate, by the aggregator's IDs
}

// A rule is one row of the table.
type rule struct {
	RuleOptions
	number  int // its place in the table, from 1
	match   *pattern.Matcher
	name    *pattern.Template // of aggregate.name
	as      *pattern.Template // of aggregate.as where captures stand in it; nil elsewhere
	fold    int               // the aggregator's ID, -1 if the rule does not aggregate
	send    []int             // indexes into Clusters
	results []int             // where an aggregate's results go; nil: on down the table
	stop    bool
}

// NewTable compiles the rules over the clusters, and makes an aggregator of so many shards for those that aggregate.
func NewTable(rules []RuleOptions, clusters []*Cluster, shards, seriesLimit int) (*Table, error) {
	t := &Table{Clusters: clusters, rules: make([]rule, len(rules))}
	var folds []*aggregate.Rule
	for i, o := range rules {
		r := &t.rules[i]
		if err := t.compile(r, i+1, o); err != nil {
			return nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
		if o.Aggregate == nil {
			continue
		}
		fold, err := aggregate.NewRule(len(folds), *o.Aggregate)
		if err != nil {
			return nil, fmt.Errorf("rule %d: aggregate: %w", i+1, err)
		}
		r.fold = fold.ID
		folds, t.folding = append(folds, fold), append(t.folding, r)
	}
	t.Aggregator = aggregate.New(folds, shards, seriesLimit)
	return t, nil
}

func (t *Table) compile(r *rule, number int, o RuleOptions) (err error) {
	*r = rule{RuleOptions: o, number: number, fold: -1, stop: len(o.Send) > 0}
	if o.Stop != nil {
		r.stop = *o.Stop
	}
	if r.match, err = pattern.New(o.Selection); err != nil {
		return err
	}
	if o.Aggregate != nil {
		captures, groups := r.match.Captures(), r.match.Groups()
		if r.name, err = pattern.ParseTemplate(o.Aggregate.Name, captures, groups); err != nil {
			return fmt.Errorf("aggregate name %q: %w", o.Aggregate.Name, err)
		}
		as, err := pattern.ParseTemplate(aggregate.MarkPlaceholders(o.Aggregate.As), captures, groups)
		if err != nil {
			return fmt.Errorf("aggregate as %q: %w", o.Aggregate.As, err)
		}
		if strings.Contains(o.Aggregate.As, "$") {
			r.as = as
		}
	}
	if r.send, err = t.clustersNamed(o.Send); err != nil {
		return err
	}
	if o.Aggregate != nil {
		r.results, err = t.clustersNamed(o.Aggregate.Send)
	}
	return err
}

func (t *Table) clustersNamed(names []string) (found []int, err error) {
	for _, name := range names {
		i := slices.IndexFunc(t.Clusters, func(c *Cluster) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no cluster %q", name)
		}
		found = append(found, i)
	}
	return found, nil
}

// A fold is one aggregate that a name feeds.
type fold struct {
	rule *rule
	name string // of the series there
}

// A verdict is what the table says of a name: everything that becomes of its samples.
type verdict struct {
	dropped bool
	targets []int // clusters, in order and each once
	folds   []fold
}

// walk takes a name down the table from rule `from` (an index) and calls step, if given, for each rule it meets.
func (t *Table) walk(name string, from int, step func(r *rule, folded string)) (v verdict) {
	var captures pattern.Captures
	for i := from; i < len(t.rules); i++ {
		r := &t.rules[i]
		if !r.match.Match(name, &captures) {
			continue
		}
		folded := ""
		switch {
		case r.Drop:
			v.dropped = true
		case r.fold >= 0:
			folded = r.series(name, &captures)
			v.folds = append(v.folds, fold{r, folded})
		default:
			v.targets = merge(v.targets, r.send)
		}
		if step != nil {
			step(r, folded)
		}
		if v.dropped || r.stop {
			break
		}
	}
	return v
}

// series names the series of an aggregate rule that a name is folded into.
func (r *rule) series(name string, captures *pattern.Captures) string {
	series, as := string(r.name.Append(nil, name, captures)), ""
	if r.as != nil {
		as = string(r.as.Fill(nil, name, captures))
	}
	return aggregate.SeriesName(series, as)
}

// way says what becomes of a result of the aggregate rule with the given ID.
func (t *Table) way(name string, id int) verdict {
	r := t.folding[id]
	if r.results != nil {
		return verdict{targets: merge(nil, r.results)}
	}
	return t.walk(name, r.number, nil)
}

// merge adds the clusters of send to targets, keeping them in order and each once.
func merge(targets, send []int) []int {
	targets = append(slices.Clone(targets), send...)
	slices.Sort(targets)
	return slices.Compact(targets)
}

// Folding returns the place in the table and the line of the aggregate rule with the given ID.
func (t *Table) Folding(id int) (number, line int) { return t.folding[id].number, t.folding[id].Line }
