package admin

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"plumbago/aggregate/query"
	"plumbago/carbon"
	"plumbago/carbon/pattern"
	"plumbago/cmd/internal/daemon"
)

// mostSeries is how many series are listed unless more are asked for.
const mostSeries = 10_000

// listSeries answers with live aggregate series.
func (s *Server) listSeries(w http.ResponseWriter, r *http.Request) {
	o, err := seriesOptions(r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	l, err := s.daemon.Series(ctx, o)
	answer(w, l, err)
}

func seriesOptions(q url.Values) (o daemon.SeriesOptions, err error) {
	o = daemon.SeriesOptions{Prefix: q.Get("prefix")}
	if glob := q.Get("match"); glob != "" {
		o.Match, err = pattern.New(pattern.Selection{Options: pattern.Options{Match: []string{glob}}})
		if err != nil {
			return o, err
		}
	}
	if o.Limit, err = limit(q, mostSeries); err != nil {
		return o, err
	}
	if text := q.Get("avgmax"); text != "" {
		if o.AvgMax, err = strconv.ParseBool(text); err != nil {
			return o, fmt.Errorf("avgmax=%s is neither 1 nor 0", text)
		}
	}
	return o, nil
}

// limit reads how many are to be listed.
func limit(q url.Values, usual int) (int, error) {
	text := q.Get("limit")
	if text == "" {
		return usual, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0, fmt.Errorf("limit=%s is no number of series", text)
	}
	return n, nil
}

// deleteSeries forgets series. The prefix must be there: an empty one is all of them.
func (s *Server) deleteSeries(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !q.Has("prefix") {
		fail(w, http.StatusBadRequest, errors.New("which series? (?prefix=a.b., or ?prefix= for all)"))
		return
	}
	for key := range q {
		if key != "prefix" { // a filter that is not heeded would delete too much
			fail(w, http.StatusBadRequest, fmt.Errorf("series are deleted by their prefix, not by %s", key))
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	n, err := s.daemon.DeleteSeries(ctx, q.Get("prefix"))
	answer(w, struct {
		Deleted int `json:"deleted"`
	}{n}, err)
}

// refused answers with what the limits of series refused.
func (s *Server) refused(w http.ResponseWriter, _ *http.Request) { answer(w, s.daemon.Refused(), nil) }

// mostResults is how many results are listed unless more are asked for.
const mostResults = 1000

// listResults answers with what history can be asked for.
func (s *Server) listResults(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	o := daemon.ResultOptions{Words: strings.Fields(q.Get("search")), Series: q.Get("series")}
	var err error
	if o.Limit, err = limit(q, mostResults); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	l, err := s.daemon.Results(ctx, o)
	answer(w, l, err)
}

// history answers with the kept points of one result.
func (s *Server) history(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	given := q.Get("name")
	if given == "" {
		fail(w, http.StatusBadRequest, errors.New("which name? (?name=a.b.avg, or ?name=a.b&fn=avg)"))
		return
	}
	name, err := carbon.CleanName(given)
	if err != nil {
		fail(w, http.StatusBadRequest, fmt.Errorf("%q is no name: %w", given, err))
		return
	}
	period := int64(0)
	if text := q.Get("period"); text != "" {
		var ok bool
		if period, ok = query.ParseInterval(text); !ok {
			fail(w, http.StatusBadRequest, fmt.Errorf("%q is no period (write 10s, 1m, 1h)", text))
			return
		}
	}
	after := int64(-1)
	if text := q.Get("after"); text != "" {
		var ok bool
		if after, ok = moment(text); !ok {
			fail(w, http.StatusBadRequest, fmt.Errorf("after=%s is no time (%s)", text, times))
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	h, ok, err := s.daemon.History(ctx, name, q.Get("fn"), time.Duration(period)*time.Second, after)
	if err == nil && !ok {
		fail(w, http.StatusNotFound, fmt.Errorf("nothing is kept of %s", name))
		return
	}
	answer(w, h, err)
}

// query answers with what an expression gives.
func (s *Server) query(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !q.Has("expr") {
		fail(w, http.StatusBadRequest, errors.New(`which expression? (?expr=avg_over_time("a.*", "5 minutes"))`))
		return
	}
	e, err := query.Parse(q.Get("expr"))
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	at := time.Now().Unix()
	if text := q.Get("at"); text != "" {
		var ok bool
		if at, ok = moment(text); !ok {
			fail(w, http.StatusBadRequest, fmt.Errorf("at=%s is no time (%s)", text, times))
			return
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	results, err := s.daemon.Query(ctx, e, at)
	answer(w, struct {
		Results []query.Result `json:"results"`
	}{results}, err)
}

// times says how a time is written.
const times = "write Unix seconds, or 2006-01-02T15:04:05Z"

// moment reads a time: Unix seconds, of which a fraction is cut, or as RFC 3339 writes it.
func moment(text string) (seconds int64, ok bool) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return int64(math.Floor(n)), n >= 0 && n <= math.MaxUint32
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.Unix(), err == nil
}
