package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"plumbago/aggregate/history"
	"plumbago/cmd/internal/graphite"
)

const (
	mostForm   = 1 << 20   // bytes of a form that is posted
	mostValues = 5_000_000 // of an answer, with those that there are not
)

// render answers as Graphite does, from the kept past.
func (s *Server) render(w http.ResponseWriter, r *http.Request) {
	q, err := form(w, r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	o, err := renderOptionsOf(q, time.Now())
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	lines, err := s.lines(ctx, o)
	switch {
	case errors.Is(err, errTooLarge):
		fail(w, http.StatusBadRequest, err)
		return
	case err != nil:
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	switch o.format {
	case "msgpack":
		w.Header().Set("Content-Type", "application/x-msgpack")
		w.Write(graphite.AppendPacked(nil, lines))
	case "csv":
		w.Header().Set("Content-Type", "text/csv")
		w.Write(graphite.AppendCSV(nil, lines, func(t int64) string { return time.Unix(t, 0).UTC().Format(time.DateTime) }))
	case "raw":
		w.Header().Set("Content-Type", "text/plain")
		w.Write(graphite.AppendRaw(nil, lines))
	default:
		graphite.Consolidate(lines, o.most)
		w.Header().Set("Content-Type", "application/json")
		w.Write(graphite.AppendJSON(nil, lines, o.dense))
	}
}

// form returns the parameters of a request, of its URL and of a form that it may bring.
func form(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	if err := r.ParseForm(); err != nil {
		return nil, fmt.Errorf("reading the form: %w", err)
	}
	return r.Form, nil
}

// renderOptions are what /render is asked for.
type renderOptions struct {
	targets     []graphite.Target
	from, until int64
	format      string
	most        int64 // values of a line; 0 is any number
	dense       bool
	now         int64
}

// renderOptionsOf reads the parameters; like Graphite it does not mind others.
func renderOptionsOf(q url.Values, now time.Time) (o renderOptions, err error) {
	o.now = now.Unix()
	if len(q["target"]) == 0 {
		return o, errors.New("which series? (?target=a.b.avg, also a.*.avg, also several)")
	}
	for _, text := range q["target"] {
		t, err := graphite.ParseTarget(text)
		if err != nil {
			return o, err
		}
		o.targets = append(o.targets, t)
	}
	if o.from, o.until, err = stretch(q, now); err != nil {
		return o, err
	}
	if text := q.Get("maxDataPoints"); text != "" {
		most, err := strconv.ParseFloat(text, 64)
		if err != nil || !(most >= 1) {
			return o, fmt.Errorf("maxDataPoints=%s is no number of points", text)
		}
		o.most = int64(min(most, mostValues))
	}
	o.dense = q.Get("noNullPoints") != ""
	switch o.format = q.Get("format"); o.format {
	case "", "json", "msgpack", "csv", "raw":
	case "protobuf", "carbonapi_v3_pb", "carbonapi_v2_pb", "protobuf3":
		return o, fmt.Errorf("format=%s is not spoken here: let carbonapi's backend have protocol: msgpack", o.format)
	default:
		return o, fmt.Errorf("format=%s is not made here: there are json, csv, raw and msgpack", o.format)
	}
	return o, nil
}

// stretch reads from and until: a day until now, if they are not given.
func stretch(q url.Values, now time.Time) (from, until int64, err error) {
	from, until = now.Add(-24*time.Hour).Unix(), now.Unix()
	if text := q.Get("from"); text != "" {
		if from, err = graphite.ParseTime(text, now); err != nil {
			return 0, 0, fmt.Errorf("from: %w", err)
		}
	}
	if text := q.Get("until"); text != "" {
		if until, err = graphite.ParseTime(text, now); err != nil {
			return 0, 0, fmt.Errorf("until: %w", err)
		}
	}
	if from, until = max(0, from), max(0, until); from >= until {
		return 0, 0, errors.New("from is not earlier than until")
	}
	return from, until, nil
}

// errTooLarge is what lines returns when there would be too much to answer.
var errTooLarge = fmt.Errorf("that would be more than %d points: ask for less time, or for fewer series", mostValues)

// lines returns what is kept of the targets, in their order and by name. Of two series of one name the one with the newer points
// is taken.
func (s *Server) lines(ctx context.Context, o renderOptions) ([]graphite.Line, error) {
	type found struct {
		graphite.Line
		target int
		newest int64
	}
	var all []found
	byName := map[string]int{} // of each target, where in all a name is
	values := int64(0)
	err := s.daemon.Past(ctx, func(se *history.Series, keep int64) {
		newest, ok := se.Newest()
		if !ok || values > mostValues {
			return
		}
		for i := range o.targets {
			t := &o.targets[i]
			if !t.Match(se.Name) {
				continue
			}
			key := strconv.Itoa(i) + " " + se.Name
			at, known := byName[key]
			if known && all[at].newest >= newest.Time {
				continue
			}
			step := max(1, int64(se.Period/time.Second))
			from, until := max(o.from, newest.Time-keep-step), min(o.until, max(o.now, newest.Time))
			from = min(from, until)
			if values += graphite.Steps(from, until, step); values > mostValues {
				return
			}
			f := found{graphite.NewLine(se.Name, t.String(), from, until, step), i, newest.Time}
			se.Each(f.Start-1, f.End()-1, func(p history.Point) { f.Set(p.Time, p.Value) })
			if known {
				all[at] = f
			} else {
				byName[key] = len(all)
				all = append(all, f)
			}
		}
	})
	if err == nil && values > mostValues {
		err = errTooLarge
	}
	for i := range o.targets {
		if line, ok := o.targets[i].Constant(o.from, o.until); ok {
			all = append(all, found{line, i, o.until})
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.Name, b.Name)) })
	lines := make([]graphite.Line, len(all))
	for i := range all {
		lines[i] = all[i].Line
	}
	return lines, err
}

// find answers with the nodes of the tree of kept names that a glob asks for, as Graphite does.
func (s *Server) find(w http.ResponseWriter, r *http.Request) {
	q, err := form(w, r)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if !q.Has("query") {
		fail(w, http.StatusBadRequest, errors.New("which nodes? (?query=a.*)"))
		return
	}
	format := q.Get("format")
	f, err := graphite.NewFinder(q.Get("query"), format)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	now := time.Now().Unix()
	earliest := now
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	err = s.daemon.Past(ctx, func(se *history.Series, keep int64) {
		f.Add(se.Name)
		earliest = now - keep
	})
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	if format == "msgpack" {
		w.Header().Set("Content-Type", "application/x-msgpack")
		w.Write(graphite.AppendPackedNodes(nil, f.Nodes(), earliest, now))
	} else if out, ok := f.AppendNodes(nil, format, earliest, now); ok {
		w.Header().Set("Content-Type", "application/json")
		w.Write(out)
	} else {
		fail(w, http.StatusBadRequest, fmt.Errorf("format=%s is not made here: there are treejson, completer, json and msgpack", format))
	}
}
