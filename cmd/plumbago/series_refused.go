package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"plumbago/cmd/internal/daemon"
)

// runRefused lists what the limits of series refused, of groups whose prefixes begin with the given one.
func (s *seriesCmd) runRefused(prefix string, out io.Writer) error {
	text, err := s.daemon.get("/api/series/refused")
	if err != nil {
		return err
	}
	var l daemon.Refusals
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("reading what was refused: %w", err)
	}
	l.Refused = slices.DeleteFunc(l.Refused, func(r daemon.Refusal) bool { return !strings.HasPrefix(r.Prefix, prefix) })
	if s.asJSON {
		text, err := json.Marshal(l)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n", text)
		return err
	}
	if len(l.Refused) == 0 {
		fmt.Fprintln(os.Stderr, "no series was refused")
		return nil
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "prefix\tlistener\trule\tnames\tsenders\tlast")
	for i := range l.Refused {
		r := &l.Refused[i]
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\t%s\n", r.Prefix, r.Source, r.Rule, r.Names, senders(r), r.Last)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if l.Others > 0 {
		fmt.Fprintf(os.Stderr, "%d further names were refused, of groups that are not told apart\n", l.Others)
	}
	return nil
}

// senders lists who sent a group's names: each with how many, unless there is but one.
func senders(r *daemon.Refusal) string {
	switch len(r.Senders) {
	case 0:
		return "-"
	case 1:
		return r.Senders[0].Address
	}
	var list []string
	for _, s := range r.Senders {
		list = append(list, fmt.Sprintf("%s=%d", s.Address, s.Names))
	}
	return strings.Join(list, ",")
}
