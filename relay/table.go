package relay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"plumbago/aggregate"
	"plumbago/carbon/pattern"
	"plumbago/carbon/tap"
)

// A Table is the ordered rules, compiled. It never changes; lanes share it and remember what it says of each name.
type Table struct {
	Clusters   []*Cluster
	Aggregator *aggregate.Aggregator
	Taps       *tap.Taps // those who watch what its lanes are given; nil is nobody. To be set before the first batch
	rules      []rule
	set        *pattern.Set         // finds the rules that a name may meet
	folding    []*rule              // the rules that aggregate, in their order
	byID       []*rule              // those, and rules that are gone and not finished, by the aggregator's IDs; nil where there is none
	measures   map[uint16]*measures // by the listener; nil if no samples of statsd's kinds come

	// The clusters' shares and places are numbered through, in the order of the clusters.
	firstShare, firstPlace []int
	shares, places         int

	lanes []*Lane // of the shards
	names int     // how many bytes a lane may remember names in; 0 for no bound

	change *aggregate.Change // how the aggregator comes by this table's rules; nil of the first table
	from   []int             // which of the rules of the table before each is, -1 if it is new
}

// A rule is one row of the table.
type rule struct {
	RuleOptions
	number  int // its place in the table, from 1
	matcher *pattern.Matcher
	rewrite *pattern.Template   // nil unless it rewrites by a template
	naming  []*pattern.Template // what names the series of an aggregate
	seat    *aggregate.Seat     // nil if the rule does not aggregate
	send    []int               // indexes into Clusters
	results [][]int             // where an aggregate's results go, by target; nil: on down the table
	stop    bool
}

// NewTable compiles the rules over the clusters, and makes an aggregator of so many shards for those that aggregate and
// for what is measured.
func NewTable(rules []RuleOptions, clusters []*Cluster, shards, seriesLimit int, measured ...Measured) (*Table, error) {
	t, folds, err := compile(rules, clusters, measured)
	if err != nil {
		return nil, err
	}
	t.Aggregator = aggregate.New(folds, shards, seriesLimit)
	t.seat(t.Aggregator.Seats())
	for range shards {
		lane := t.lane(t.Aggregator.Derive)
		lane.source = 1
		t.lanes = append(t.lanes, lane)
	}
	return t, nil
}

// compile compiles the rules over the clusters, and returns those that aggregate for an aggregator.
func compile(rules []RuleOptions, clusters []*Cluster, measured []Measured) (t *Table, folds []*aggregate.Rule, err error) {
	t = &Table{Clusters: clusters, rules: make([]rule, len(rules))}
	for _, c := range clusters {
		t.firstShare, t.firstPlace = append(t.firstShare, t.shares), append(t.firstPlace, t.places)
		t.shares, t.places = t.shares+c.shares(), t.places+c.places()
	}
	for i := range measured {
		if folds, err = t.addMeasures(&measured[i], folds); err != nil {
			return nil, nil, err
		}
	}
	var matchers []*pattern.Matcher
	for i, o := range rules {
		r := &t.rules[i]
		if err := t.compile(r, i+1, o); err != nil {
			return nil, nil, fmt.Errorf("rule %d: %w", i+1, err)
		}
		matchers = append(matchers, r.matcher)
		if o.Aggregate == nil {
			continue
		}
		fold, err := aggregate.NewRule(len(folds), *o.Aggregate)
		if err != nil {
			return nil, nil, fmt.Errorf("rule %d: aggregate: %w", i+1, err)
		}
		fold.Match = r.matcher.String()
		folds, t.folding = append(folds, fold), append(t.folding, r)
	}
	t.set = pattern.NewSet(matchers)
	return t, folds, nil
}

// seat gives the rules that aggregate their seats, in their order.
func (t *Table) seat(seats []*aggregate.Seat) {
	for i, s := range seats {
		t.folding[i].seat = s
		t.identify(s.ID, t.folding[i])
	}
}

// identify notes whose results bear the aggregator's ID.
func (t *Table) identify(id int, r *rule) {
	for len(t.byID) <= id {
		t.byID = append(t.byID, nil)
	}
	t.byID[id] = r
}

func (t *Table) compile(r *rule, number int, o RuleOptions) (err error) {
	*r = rule{RuleOptions: o, number: number, stop: o.Drop || len(o.Send) > 0}
	if o.Stop != nil {
		r.stop = *o.Stop
	}
	if r.matcher, err = pattern.New(o.Selection); err != nil {
		return err
	}
	template := func(text, what string) (*pattern.Template, error) {
		made, err := pattern.ParseTemplate(text, r.matcher.Captures(), r.matcher.Groups())
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", what, text, err)
		}
		return made, nil
	}
	if o.Rewrite != "" {
		if r.rewrite, err = template(o.Rewrite, "rewrite"); err != nil {
			return err
		}
	}
	if a := o.Aggregate; a != nil {
		for _, text := range a.Templates() {
			naming, err := template(text, "aggregate name")
			if err != nil {
				return err
			}
			r.naming = append(r.naming, naming)
		}
		if err := t.compileTargets(r, a); err != nil {
			return err
		}
	}
	r.send, err = t.clustersNamed(o.Send)
	return err
}

// compileTargets finds where the results of an aggregate go: of an output that says nothing, where those of the
// aggregate itself do.
func (t *Table) compileTargets(r *rule, o *aggregate.Options) error {
	own, err := t.clustersNamed(o.Send)
	r.results = append(r.results, own)
	for i := range o.Output {
		if o.Output[i].Send == nil {
			r.results = append(r.results, own)
			continue
		}
		send, failed := t.clustersNamed(o.Output[i].Send)
		r.results = append(r.results, send)
		err = errors.Join(err, failed)
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

// leastNames is how many bytes a lane has for names at least.
const leastNames = 128 << 10

// BoundNames bounds the memory in which all lanes, of so many workers and of the shards, remember names. It must be called
// before NewLane and Start. What a lane forgets it asks the table for again.
func (t *Table) BoundNames(bytes, workers int) {
	t.names = max(bytes/(workers+len(t.lanes)), leastNames)
	for _, l := range t.lanes {
		l.memory.most = t.names / 2
	}
}

// rewrites says whether a rule gives names a new form.
func (r *rule) rewrites() bool { return r.Rewrite != "" || r.Map != "" }

// action names what a rule does.
func (r *rule) action() string {
	switch {
	case r.Drop:
		return "drop"
	case r.rewrites():
		return "rewrite"
	case r.seat != nil:
		return "aggregate"
	}
	return "send"
}

// Folding returns the place in the table, from 1, of the i-th rule that aggregates, counted from 0; 0 for one that measures.
func (t *Table) Folding(i int) (number int) { return t.folding[i].number }

// Owner returns the place in the table, from 1, of the aggregate rule with the given ID; 0 if it is gone.
func (t *Table) Owner(id int) (number int) {
	if id < len(t.byID) && t.byID[id] != nil && t.byID[id].seat != nil {
		return t.byID[id].number
	}
	return 0
}

// Match says what the i-th rule, counted from 0, matches.
func (t *Table) Match(i int) string { return t.rules[i].matcher.String() }

// Action says what the i-th rule does: drop, rewrite, aggregate or send.
func (t *Table) Action(i int) string { return t.rules[i].action() }

// Tally returns what each rule met in the shards' lanes; what workers' lanes met is to be added by their owners.
func (t *Table) Tally(ctx context.Context) ([]Tally, error) {
	sum := make([]Tally, len(t.rules))
	for shard, lane := range t.lanes {
		if err := t.Aggregator.Ask(ctx, shard, func() { lane.Tally(t, sum) }); err != nil {
			return nil, err
		}
	}
	return sum, nil
}
