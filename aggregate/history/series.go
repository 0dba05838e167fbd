package history

import (
	"slices"
	"strings"
	"time"
)

// A Source is what the results of one rule have in common.
type Source struct {
	Functions []string // of the rule's own results, in the rule's order
}

// Stands returns the function whose results stand for a series where it is asked for what fn computes: fn itself if the
// rule computes that, else the last value, the average, or whatever there is.
func (s *Source) Stands(fn string) string {
	for _, name := range []string{fn, "last", "avg"} {
		if slices.Contains(s.Functions, name) {
			return name
		}
	}
	return s.Functions[0]
}

// A Label says what a series of the past is: the results of one function for one series of an aggregate.
type Label struct {
	Name   string // of the results, as they are emitted
	Of     string // the name of the aggregate's series
	Fn     string
	Period time.Duration
	Own    bool // a result of the aggregate itself: neither a rollup's nor a window's
	Diff   bool // the samples were running totals
	Source *Source
}

// A Series is the kept past of one series. Only its owner may look at it.
type Series struct {
	Label
	points ring
	due    int64 // orphans: when it is forgotten, in Unix seconds; else 0
}

// compact makes the label's names share memory where they can.
func (l *Label) compact() {
	l.Name = strings.Clone(l.Name)
	if strings.HasPrefix(l.Name, l.Of) {
		l.Of = l.Name[:len(l.Of)]
	} else {
		l.Of = strings.Clone(l.Of)
	}
}

// Stands says whether the series is what stands for the aggregate's series when that is asked for what fn computes.
func (s *Series) Stands(fn string) bool { return s.Own && s.Fn == s.Source.Stands(fn) }

// Len returns how many points there are.
func (s *Series) Len() int { return s.points.n }

// Newest returns the newest point; ok is false if there is none.
func (s *Series) Newest() (p Point, ok bool) {
	if s.points.n == 0 {
		return p, false
	}
	return *s.points.at(s.points.n - 1), true
}

// Each calls f with the points later than after and not later than until, the oldest first.
func (s *Series) Each(after, until int64, f func(Point)) {
	for i := s.points.search(after + 1); i < s.points.n; i++ {
		p := s.points.at(i)
		if p.Time > until {
			return
		}
		f(*p)
	}
}
