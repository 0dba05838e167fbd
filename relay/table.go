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
	globs   []*pattern.Glob
	names   []*pattern.Template // of aggregate.name, one per glob: each counts its own captures
	as      []*pattern.Template // of aggregate.as where captures stand in it; nil elsewhere
	fold    int                 // the aggregator's ID, -1 if the rule does not aggregate
	send    []int               // indexes into Clusters
	results []int               // where an aggregate's results go; nil: on down the table
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
	for _, text := range o.Match {
		glob, err := pattern.Compile(text)
		if err != nil {
			return fmt.Errorf("match %q: %w", text, err)
		}
		r.globs = append(r.globs, glob)
		if o.Aggregate == nil {
			continue
		}
		name, err := pattern.ParseTemplate(o.Aggregate.Name, glob.Captures())
		if err != nil {
			return fmt.Errorf("aggregate name %q: %w", o.Aggregate.Name, err)
		}
		as, err := pattern.ParseTemplate(aggregate.MarkPlaceholders(o.Aggregate.As), glob.Captures())
		if err != nil {
			return fmt.Errorf("aggregate as %q: %w", o.Aggregate.As, err)
		}
		r.names = append(r.names, name)
		if strings.Contains(o.Aggregate.As, "$") {
			r.as = append(r.as, as)
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
	path, _, _ := strings.Cut(name, ";")
	var captures []string
	for i := from; i < len(t.rules); i++ {
		r := &t.rules[i]
		which, found, ok := r.match(path, captures[:0])
		if !ok {
			continue
		}
		folded := ""
		switch {
		case r.Drop:
			v.dropped = true
		case r.fold >= 0:
			folded = r.series(which, name, found)
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

// match says whether any of the rule's globs takes the path of a name, which one, and what it captured.
func (r *rule) match(path string, captures []string) (which int, found []string, ok bool) {
	for i, glob := range r.globs {
		if found, ok := glob.Match(path, captures); ok {
			return i, found, true
		}
	}
	return 0, nil, false
}

// series names the series of an aggregate rule that a name is folded into, where the glob `which` matched it.
func (r *rule) series(which int, name string, captures []string) string {
	series, as := string(r.names[which].Append(nil, name, captures)), ""
	if r.as != nil {
		as = string(r.as[which].Append(nil, name, captures))
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
