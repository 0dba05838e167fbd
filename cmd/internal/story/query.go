package story

import (
	"context"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate/query"
	"plumbago/carbon"
)

// query evaluates the expression in the body's first line at the step's time, and compares what it gives with the rest, in any
// order.
func (r *runner) query(s *Step) {
	var lines []string
	for _, line := range s.Body {
		if !strings.HasPrefix(line, "#") && strings.TrimSpace(line) != "" {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
	}
	if len(lines) == 0 {
		r.fail(s, "its first line is an expression")
		return
	}
	expr, err := query.Parse(lines[0])
	if err != nil {
		r.fail(s, "%s: %v", lines[0], err)
		return
	}
	results, err := r.daemon.Query(context.Background(), expr, time.Now().Unix())
	if err != nil {
		r.fail(s, "%v", err)
		return
	}
	var got []string
	for _, x := range results {
		got = append(got, string(carbon.AppendNumber([]byte(x.Name+" "), x.Value)))
	}
	slices.Sort(got)
	want := lines[1:]
	slices.Sort(want)
	switch {
	case slices.Equal(got, want):
	case r.update:
		s.Body = append([]string{lines[0]}, got...)
	default:
		r.fail(s, "%s gives\n\t%s\nnot\n\t%s", lines[0], strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}
