package relay

import "fmt"

// Next compiles the table that is to follow t. It changes nothing until Follow; only one may be made at a time.
func (t *Table) Next(rules []RuleOptions, clusters []*Cluster, measured ...Measured) (*Table, error) {
	next, folds, err := compile(rules, clusters, measured)
	if err != nil {
		return nil, err
	}
	next.Aggregator, next.lanes, next.change = t.Aggregator, t.lanes, t.Aggregator.Plan(folds)
	next.Taps, next.names = t.Taps, t.names
	next.seat(next.change.Seats)
	next.from = next.matched(t)
	for _, seat := range next.change.Gone {
		next.identify(seat.ID, next.leaver(t, t.byID[seat.ID]))
	}
	return next, nil
}

// Follow has every lane follow t, which is the next of the one that they follow: each between two of its batches, so that a
// batch goes down one table. workers must call the function it is given for each worker's lane, by the lane's owner, and return
// once these have run; turned is called when every lane follows t. When Follow returns, nobody sends to what only the table before had.
func (t *Table) Follow(workers func(f func(*Lane)), turned func()) {
	t.change.Make(func(shard int) { t.lanes[shard].turn(t) }, func() {
		var done []<-chan struct{}
		workers(func(l *Lane) { done = append(done, l.turn(t)) })
		for _, one := range done {
			<-one
		}
		turned()
	})
}

// turn makes the lane follow another table, once it is between two batches; the channel is closed then. What it gathered
// for the old one is handed on. Of what it knew nothing is left but what the rules met: names are asked for anew.
func (l *Lane) turn(next *Table) <-chan struct{} {
	done := make(chan struct{})
	turn := func() {
		l.busy = true // and not asked again while it waits
		l.scatter.Flush()
		l.pushAll()
		met := make([]Tally, len(l.table.rules))
		l.tally(met)
		l.past = make([]Tally, len(next.rules))
		for i, from := range next.from {
			if from >= 0 {
				l.past[i] = met[from]
			}
		}
		l.begin(next)
		l.rest()
		close(done)
	}
	if l.busy {
		l.after = append(l.after, turn)
	} else {
		turn()
	}
	return done
}

// matched finds for each rule of t which one it is in the table before: the one with the same match that does the same,
// equal ones in their order. Who is counted there as having met the rule has met this one.
func (t *Table) matched(before *Table) []int {
	at, same := map[string]int{}, map[string]int{}
	key := func(r *rule) string {
		k := fmt.Sprintf("%s\n%t %s %s %t", r.matcher, r.Drop, r.Rewrite, r.Map, r.Aggregate != nil)
		same[k]++
		return fmt.Sprint(k, same[k])
	}
	for i := range before.rules {
		at[key(&before.rules[i])] = i
	}
	clear(same)
	from := make([]int, len(t.rules))
	for i := range t.rules {
		from[i] = -1
		if was, ok := at[key(&t.rules[i])]; ok {
			from[i] = was
		}
	}
	return from
}

// leaver returns what becomes of the results of a rule that is gone: they go to those of its clusters that are still there,
// or walk on from where the rule stood.
func (t *Table) leaver(before *Table, r *rule) *rule {
	gone := &rule{RuleOptions: r.RuleOptions, results: make([][]int, len(r.results))}
	if r.number > 0 { // else it measures: its results walk on from the first
		gone.number = t.standIn(before, r.number-1)
	}
	for i, to := range r.results {
		if to == nil {
			continue
		}
		gone.results[i] = []int{}
		for _, was := range to {
			if at, err := t.clustersNamed([]string{before.Clusters[was].Name}); err == nil {
				gone.results[i] = append(gone.results[i], at...)
			}
		}
	}
	return gone
}

// standIn returns the index of the rule behind the place that rule i of the table before has in this one: behind the rule
// that is there for it, or between the nearest ones above and below it that are in both. Where fewer rules are left there,
// what was above it went first.
func (t *Table) standIn(before *Table, i int) int {
	to := make([]int, len(before.rules))
	for at := range to {
		to[at] = -1
	}
	for at, from := range t.from {
		if from >= 0 {
			to[from] = at
		}
	}
	if to[i] >= 0 {
		return to[i] + 1
	}
	above, below := i-1, i+1
	for above >= 0 && to[above] < 0 {
		above--
	}
	first, last := 0, len(t.rules)
	if above >= 0 {
		first = to[above] + 1
	}
	for below < len(to) && to[below] < first {
		below++
	}
	if below < len(to) {
		last = to[below]
	}
	missing := (below - above - 1) - (last - first)
	return first + min(max(i-above-missing, 0), last-first)
}
