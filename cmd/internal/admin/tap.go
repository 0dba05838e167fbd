package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"plumbago/carbon/pattern"
	"plumbago/carbon/tap"
)

const (
	tapEvery    = 100 * time.Millisecond // how long lines gather before they are written
	tapPatience = 10 * time.Second       // how long a write may take before the reader is cut off
)

// tap streams the lines that pass, until the reader goes or is too slow.
func (s *Server) tap(w http.ResponseWriter, r *http.Request) {
	o, err := tapOptions(r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	t, err := s.daemon.Tap(o)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	defer t.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // proxies are not to gather it
	out := http.NewResponseController(w)
	tick := time.NewTicker(tapEvery)
	defer tick.Stop()
	var lines []byte
	for skipped := int64(0); ; lines, skipped = t.Take(lines) {
		if skipped > 0 {
			lines = fmt.Appendf(lines, "# %d lines left out: they are not read fast enough\n", skipped)
		}
		_ = out.SetWriteDeadline(time.Now().Add(tapPatience))
		if _, err := w.Write(lines); err != nil {
			return
		}
		if err := out.Flush(); err != nil { // the first time with nothing but the header
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-s.closing:
			return
		}
	}
}

// tapOptions reads what of the stream is asked for.
func tapOptions(q url.Values) (o tap.Options, err error) {
	if err := only(q, "match", "which", "peers"); err != nil {
		return o, err
	}
	glob := q.Get("match")
	if glob == "" {
		glob = "**"
	}
	if o.Match, err = pattern.New(pattern.Selection{Options: pattern.Options{Match: []string{glob}}}); err != nil {
		return o, err
	}
	switch q.Get("which") {
	case "":
	case "samples":
		o.Which = tap.Samples
	case "results":
		o.Which = tap.Results
	default:
		return o, fmt.Errorf("which=%s is neither samples nor results", q.Get("which"))
	}
	if text := q.Get("peers"); text != "" {
		if o.Peers, err = strconv.ParseBool(text); err != nil {
			return o, errors.New("peers=" + text + " is neither 1 nor 0")
		}
	}
	return o, nil
}
