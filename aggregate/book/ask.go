package book

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate"
	"plumbago/aggregate/history"
	"plumbago/carbon"
)

// A Slice is one period of a series.
type Slice struct {
	Rule   string // by whose name it is folded
	Kind   Kind
	Start  time.Time
	Period time.Duration
	Open   bool               // it has not ended yet: values may still come
	Values map[string]float64 // by the rule's functions; without those that it has no value of
}

// A Series is a series with the figures of its kept past.
type Series struct {
	Name    string
	Rule    string // by whose name it is folded
	Kind    Kind
	MemOnly bool    // its results are kept and never emitted
	Last    float64 // of its newest slice: the last value, or, if its rule has no "last", the average, or what there is
	Avg     float64 // the average of the averages of its slices in the past, see AvgMax
	Max     float64 // the largest of their maxima
}

// Get returns the newest slice of a series as it stands, with all that was set before the call. The past serves if the
// slice is gone. Of a series that several rules fold it is the first rule's, of one that is only registered an empty one.
func (b *Book) Get(name string) (Slice, error) {
	l, blank, err := b.look(name)
	if err != nil || blank != nil {
		return Slice{}, err
	}
	r := b.rules[l.Rule]
	s := Slice{
		Rule: r.Rule.Name, Kind: kind(l.Diff), Start: time.UnixMilli(l.Start), Period: r.Period, Open: l.Open,
		Values: make(map[string]float64, len(l.Figures)),
	}
	for _, f := range l.Figures {
		s.Values[f.Fn] = f.Value
	}
	return s, nil
}

// AvgMax returns the average of the averages of a series' slices and the largest of their maxima, over its kept past
// (Options.History.Keep, back from its newest slice) and what is not emitted yet. They are NaN where nothing is known, or where the rule
// does not compute avg or max. With compat = "jumpscale" they are what that program's getAvgMax gives: 0 where nothing is known.
func (b *Book) AvgMax(name string) (avg, top float64, err error) {
	l, blank, err := b.look(name)
	if err != nil {
		return 0, 0, err
	}
	s := b.series(&l)
	if blank != nil {
		s = b.blank(name, blank)
	}
	return s.Avg, s.Max, nil
}

// look looks at the series of a name. If it is registered and has no value yet, there is its page instead.
func (b *Book) look(name string) (l aggregate.Look, blank *page, err error) {
	clean, err := carbon.CleanName(name)
	if err != nil {
		return l, nil, fmt.Errorf("looking for %q: %w", name, err)
	}
	b.flush()
	for i, r := range b.rules {
		for _, k := range [...]Kind{Raw, Diff} {
			l, found, err := b.aggregator.Look(context.Background(), i, k, []byte(clean))
			if err != nil || found {
				return l, nil, err
			}
			if r.Type != "auto" {
				break
			}
		}
	}
	at := b.lane(clean)
	at.Lock()
	defer at.Unlock()
	if p := at.pages[clean]; p != nil && p.registered {
		return l, p, nil
	}
	return l, nil, fmt.Errorf("looking for %s: %w", clean, ErrUnknown)
}

// List returns the series whose names begin with a prefix, in order, with all that was set before the call. Those that are
// only registered are among them.
func (b *Book) List(prefix string) ([]Series, error) {
	b.flush()
	list := []Series{}
	is := func(name []byte) bool { return strings.HasPrefix(string(name), prefix) }
	err := b.aggregator.Looks(context.Background(), is, func(l aggregate.Look) { list = append(list, b.series(&l)) })
	if err != nil {
		return nil, fmt.Errorf("listing series: %w", err)
	}
	known := make(map[string]bool, len(list))
	for i := range list {
		known[list[i].Name] = true
	}
	for _, l := range b.lanes {
		l.Lock()
		for name, p := range l.pages {
			if p.registered && strings.HasPrefix(name, prefix) && !known[name] {
				list = append(list, b.blank(name, p))
			}
		}
		l.Unlock()
	}
	slices.SortStableFunc(list, func(x, y Series) int { return strings.Compare(x.Name, y.Name) })
	return list, nil
}

// series makes a Series of a look.
func (b *Book) series(l *aggregate.Look) Series {
	r := b.rules[l.Rule]
	s := Series{
		Name: l.Name, Rule: r.Rule.Name, Kind: kind(l.Diff), MemOnly: r.MemOnly, Last: math.NaN(), Avg: l.Avg, Max: l.Max,
	}
	stands := (&history.Source{Functions: r.Functions}).Stands("")
	for _, f := range l.Figures {
		if f.Fn == stands {
			s.Last = f.Value
		}
	}
	return s.floored(r)
}

// floored puts 0 for what is not known, where that is what compat says.
func (s Series) floored(r *rule) Series {
	if r.Compat == "jumpscale" {
		for _, x := range [...]*float64{&s.Last, &s.Avg, &s.Max} {
			if math.IsNaN(*x) {
				*x = 0
			}
		}
	}
	return s
}

// blank makes a Series of a page that has no value yet.
func (b *Book) blank(name string, p *page) Series {
	at := slices.IndexFunc(b.rules, func(r *rule) bool { return r.series(name, false) != "" })
	if len(p.rules) > 0 {
		at = p.rules[0]
	}
	r := b.rules[at]
	s := Series{
		Name: name, Rule: r.Rule.Name, Kind: p.kind, MemOnly: r.MemOnly, Last: math.NaN(), Avg: math.NaN(), Max: math.NaN(),
	}
	return s.floored(r)
}

// kind is that of a series.
func kind(diff bool) Kind {
	if diff {
		return Diff
	}
	return Raw
}

// Figures returns what each rule met, in the rules' order: what came too late, what was refused, and so on.
func (b *Book) Figures() ([]Figures, error) {
	b.flush()
	return b.aggregator.Figures(context.Background())
}
