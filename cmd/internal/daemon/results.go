package daemon

import (
	"context"
	"math"
	"slices"
	"strings"

	"plumbago/aggregate"
	"plumbago/aggregate/history"
)

// ResultOptions say which results are asked for.
type ResultOptions struct {
	Words  []string // parts of their names, whatever the case
	Series string   // the aggregate's series that they are of; "" is any
	Limit  int      // how many: the first by name
}

// A ResultList are results of which the past is kept.
type ResultList struct {
	Results []KeptResult `json:"results"`
	Total   int          `json:"total"` // how many there are, shown or not
}

// A KeptResult is what can be asked of History: a function and a period of a series.
type KeptResult struct {
	Name   string   `json:"name"`   // as it is emitted
	Series string   `json:"series"` // the aggregate's
	Fn     string   `json:"fn"`
	Period string   `json:"period"`
	Stands bool     `json:"stands"` // it is what the series' name alone gives
	Time   int64    `json:"time"`   // of its newest point, in Unix seconds
	Last   *float64 `json:"last"`   // that point's value
}

// Results lists by name what is kept of the past.
func (d *Daemon) Results(ctx context.Context, o ResultOptions) (ResultList, error) {
	l := ResultList{Results: []KeptResult{}}
	words := make([]string, len(o.Words))
	for i, w := range o.Words {
		words[i] = strings.ToLower(w)
	}
	err := d.aggregator.Past(ctx, func(s *history.Series) {
		if o.Series != "" && s.Of != o.Series || !holdsAll(s.Name, words) {
			return
		}
		r := KeptResult{Name: s.Name, Series: s.Of, Fn: s.Fn, Period: aggregate.ShortDuration(s.Period), Stands: s.Stands("")}
		if p, ok := s.Newest(); ok {
			r.Time = p.Time
			if v := p.Value; !math.IsInf(v, 0) {
				r.Last = &v
			}
		}
		l.Total++
		l.Results = append(l.Results, r)
		if len(l.Results) > 2*o.Limit+1000 { // so that a list of a few among millions takes little memory
			l.cut(o.Limit)
		}
	})
	l.cut(o.Limit)
	return l, err
}

// cut sorts the list and leaves the first n.
func (l *ResultList) cut(n int) {
	slices.SortFunc(l.Results, func(a, b KeptResult) int { return strings.Compare(a.Name, b.Name) })
	l.Results = l.Results[:min(n, len(l.Results))]
}

// holdsAll says whether name holds every word, all of which are in lower case.
func holdsAll(name string, words []string) bool {
	if len(words) == 0 {
		return true
	}
	name = strings.ToLower(name)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(name, w) })
}
