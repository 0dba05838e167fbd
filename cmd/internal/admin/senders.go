package admin

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"plumbago/carbon/stat"
	"plumbago/cmd/internal/daemon"
)

// bad answers with what was lately refused: of everybody, or of some.
func (s *Server) bad(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if err := only(q, "peer", "listener", "reason", "limit"); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	reason := q.Get("reason")
	if names := stat.Reasons(); reason != "" && !slices.Contains(names, reason) {
		fail(w, http.StatusBadRequest, fmt.Errorf("%q is no reason: there are %s", reason, strings.Join(names, ", ")))
		return
	}
	limit, err := limitOf(q, 1000)
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	l, err := s.daemon.Bad(ctx)
	is := func(key, value string) bool { return !q.Has(key) || q.Get(key) == value }
	l.Bad = slices.DeleteFunc(l.Bad, func(b daemon.Bad) bool {
		return !is("peer", b.Peer) || !is("listener", b.Listener) || !is("reason", b.Reason)
	})
	l.Bad = l.Bad[:min(limit, len(l.Bad))]
	answer(w, l, err)
}

// peers answers with who sends the most.
func (s *Server) peers(w http.ResponseWriter, r *http.Request) {
	order, limit, err := rowsOf(r.URL.Query(), daemon.PeerOrders())
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	l, err := s.daemon.Peers(ctx, order, limit)
	answer(w, l, err)
}

// prefixes answers with the busiest beginnings of names.
func (s *Server) prefixes(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	order, limit, err := rowsOf(q, daemon.PrefixOrders(), "depth")
	depth := 2
	switch text := q.Get("depth"); {
	case err != nil:
	case text == "1":
		depth = 1
	case text != "" && text != "2":
		err = fmt.Errorf("depth=%s is neither 1 nor 2", text)
	}
	if err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	l, err := s.daemon.Prefixes(ctx, depth, order, limit)
	answer(w, l, err)
}

// rowsOf reads which rows are to be listed: in what order, and how many. There may be further parameters.
func rowsOf(q url.Values, orders []string, further ...string) (order string, limit int, err error) {
	if err := only(q, append(further, "sort", "limit")...); err != nil {
		return "", 0, err
	}
	if order, err = orderOf(q, orders); err != nil {
		return "", 0, err
	}
	limit, err = limitOf(q, 100)
	return order, limit, err
}

// orderOf reads in which order rows are to be listed: one of orders, the first unless it is said.
func orderOf(q url.Values, orders []string) (string, error) {
	order := q.Get("sort")
	if order == "" {
		return orders[0], nil
	}
	if !slices.Contains(orders, order) {
		return "", fmt.Errorf("%q is no order: there are %s", order, strings.Join(orders, ", "))
	}
	return order, nil
}

// only refuses every parameter but those that are known: a filter that is not heeded would show too much.
func only(q url.Values, known ...string) error {
	for key := range q {
		if !slices.Contains(known, key) {
			return fmt.Errorf("%q is no parameter here: there are %s", key, strings.Join(known, ", "))
		}
	}
	return nil
}

// limitOf reads how many are to be listed at most.
func limitOf(q url.Values, otherwise int) (int, error) {
	text := q.Get("limit")
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > math.MaxInt32 {
		return 0, fmt.Errorf("limit=%s is no number of rows", text)
	}
	return n, nil
}
