package daemon

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate"
	"plumbago/aggregate/history"
	"plumbago/aggregate/query"
	"plumbago/carbon/pattern"
)

// SeriesOptions say which series are asked for, and what of them.
type SeriesOptions struct {
	Prefix string           // of their names
	Match  *pattern.Matcher // of their names; nil is any
	AvgMax bool             // their averages and maxima over the kept past, too
	Limit  int              // how many: the first by name
}

// SeriesList are live aggregate series.
type SeriesList struct {
	Series []Series `json:"series"`
	Total  int      `json:"total"` // how many there are, shown or not
}

// A Series is a live aggregate series.
type Series struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"` // N or D
	Last    *float64 `json:"last"` // nil if nothing was emitted, or is kept
	*AvgMax          // nil unless they were asked for
	MemOnly bool     `json:"memonly"`
}

// AvgMax are the average of the kept averages and the largest of the kept maxima; nil where there are none.
type AvgMax struct {
	Avg *float64 `json:"avg"`
	Max *float64 `json:"max"`
}

// Series lists live aggregate series by name.
func (d *Daemon) Series(ctx context.Context, o SeriesOptions) (SeriesList, error) {
	l := SeriesList{Series: []Series{}}
	prefix := []byte(o.Prefix)
	is := func(name []byte) bool {
		return bytes.HasPrefix(name, prefix) && (o.Match == nil || o.Match.Match(string(name), nil))
	}
	err := d.aggregator.Live(ctx, o.AvgMax, is, func(x aggregate.Live) {
		l.Total++
		l.Series = append(l.Series, shown(&x, o.AvgMax))
		if len(l.Series) > 2*o.Limit+1000 { // so that a list of a few among millions takes little memory
			l.cut(o.Limit)
		}
	})
	l.cut(o.Limit)
	return l, err
}

// cut sorts the list and leaves the first n.
func (l *SeriesList) cut(n int) {
	slices.SortFunc(l.Series, func(a, b Series) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(b.Type, a.Type) // N before D
	})
	l.Series = l.Series[:min(n, len(l.Series))]
}

// shown makes a row of a series.
func shown(x *aggregate.Live, averages bool) Series {
	known := func(v float64) *float64 {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	s := Series{Name: x.Name, Type: "N", Last: known(x.Last), MemOnly: x.MemOnly}
	if x.Diff {
		s.Type = "D"
	}
	if averages {
		s.AvgMax = &AvgMax{known(x.Avg), known(x.Max)}
	}
	return s
}

// A History is the kept past of one result.
type History struct {
	Name   string       `json:"name"`   // of the result, as it is emitted
	Series string       `json:"series"` // the aggregate's
	Fn     string       `json:"fn"`
	Period string       `json:"period"`
	Points [][2]float64 `json:"points"` // Unix seconds and value, the oldest first
}

// History returns the kept points of a result. It is named as it is emitted, or by its aggregate's series and, where that
// has several, by its function and period (0 is the aggregate's own). Its points are those later than after, in Unix
// seconds. ok is false if nothing is kept of it.
func (d *Daemon) History(ctx context.Context, name, fn string, period time.Duration, after int64) (h History, ok bool, err error) {
	best, newest := 0, int64(0)
	err = d.aggregator.Past(ctx, func(s *history.Series) {
		fit := fitness(s, name, fn, period)
		p, _ := s.Newest()
		if fit == 0 || fit < best || fit == best && p.Time <= newest {
			return
		}
		best, newest = fit, p.Time
		h = History{Name: s.Name, Series: s.Of, Fn: s.Fn, Period: aggregate.ShortDuration(s.Period), Points: [][2]float64{}}
		s.Each(after, math.MaxInt64, func(p history.Point) {
			h.Points = append(h.Points, [2]float64{float64(p.Time), p.Value})
		})
	})
	return h, best > 0, err
}

// fitness says how well a result is what was asked for: not at all (0), as one of its series that was not told from the
// others (1), as the one of them that was meant (2), by its own name (3).
func fitness(s *history.Series, name, fn string, period time.Duration) int {
	switch {
	case s.Name != name && s.Of != name, fn != "" && s.Fn != fn, period != 0 && s.Period != period:
		return 0
	case s.Name == name:
		return 3
	case s.Own && (fn != "" || s.Stands("")):
		return 2
	}
	return 1
}

// Query evaluates an expression over the kept past, at a time in Unix seconds.
func (d *Daemon) Query(ctx context.Context, e *query.Expr, at int64) ([]query.Result, error) {
	v := e.At(at)
	if err := d.aggregator.Past(ctx, v.Look); err != nil {
		return nil, err
	}
	return v.Results(), nil
}

// Refusals are what the limits of series refused since the start.
type Refusals struct {
	Refused []Refusal `json:"refused"` // the largest first
	Others  int64     `json:"others"`  // names in further groups, of which only so many are told apart
}

// A Refusal is a group of names that would have made series.
type Refusal struct {
	Prefix string `json:"prefix"` // the first two nodes of the series' names
	Source string `json:"source"` // the listener that they came by, or "results" for results of other aggregates
	Rule   int    `json:"rule"`   // its place in the table, from 1
	Names  int64  `json:"names"`
	Last   string `json:"last"` // the latest of them

	Senders []Sender `json:"senders"` // who sent most of them, the busiest first
}

// A Sender is how many of the refused names of a group one address sent.
type Sender struct {
	Address string `json:"address"`
	Names   int64  `json:"names"` // at most, where there are more senders than are shown
}

// Refused says what the limits refused.
func (d *Daemon) Refused() Refusals {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	groups, others := d.aggregator.Refused()
	all := Refusals{Refused: []Refusal{}, Others: others}
	for _, g := range groups {
		source := "results"
		if g.Source >= 0 {
			source = d.sources[g.Source]
		}
		senders := []Sender{}
		for _, s := range g.Senders {
			senders = append(senders, Sender{s.Peer.String(), s.Names})
		}
		all.Refused = append(all.Refused, Refusal{g.Prefix, source, d.table.Owner(g.Rule), g.Names, g.Last, senders})
	}
	return all
}

// Past shows f each kept result, and for how many seconds the past of one is kept. The shards run f, one after the other.
func (d *Daemon) Past(ctx context.Context, f func(s *history.Series, keep int64)) error {
	keep := int64(d.File().History.Keep / time.Second)
	return d.aggregator.Past(ctx, func(s *history.Series) { f(s, keep) })
}
