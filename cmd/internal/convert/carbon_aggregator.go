package convert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// aggregator writes what carbon-aggregator does with samples: rewrite, aggregate, rewrite, relay. What it makes is only relayed.
func (w *carbonWriter) aggregator(route func() error) error {
	var pre, post iniSection
	if f, ok := w.files["rewrite-rules"]; ok {
		var err error
		if pre, post, err = rewriteSections(f); err != nil {
			return err
		}
	}
	w.rewrites(pre)
	f, ok := w.files["aggregation-rules"]
	if !ok {
		w.gap(w.section.at, true, "aggregation-rules.conf is not among the files, so nothing is aggregated")
	}
	back, at := w.whole("WRITE_BACK_FREQUENCY", 0)
	if back > 0 {
		w.gap(at, false, "WRITE_BACK_FREQUENCY: a slice leaves here once it is complete, and again when something comes late")
	}
	intervals, _ := w.whole("MAX_AGGREGATION_INTERVALS", 5)
	var itself []string // the expressions of names that are results of their own
	for _, l := range plainLines(f) {
		own, err := w.aggregation(l, intervals)
		if err != nil {
			return err
		}
		if own != "" {
			itself = append(itself, own)
		}
	}
	all, at := w.flag("FORWARD_ALL", true)
	if !all {
		w.from(at, "FORWARD_ALL = False: only results go on")
		return nil
	}
	if len(itself) > 0 {
		w.from(at, "what has the name of its own result is not forwarded")
		w.header("[[rule]]")
		w.raw("regex", itself)
		w.key("drop", true)
	}
	w.rewrites(post)
	return route()
}

// aggregation writes a rule; own is its expression if its results are called as its samples.
func (w *carbonWriter) aggregation(l plainLine, intervals int) (own string, err error) {
	left, right, ok := strings.Cut(l.text, "=")
	output, input := strings.Fields(left), strings.Fields(right)
	if !ok || len(output) != 2 || len(input) != 2 {
		return "", &SyntaxError{At: l.at, Column: 1, Msg: fmt.Sprintf("expected OUTPUT (SECONDS) = METHOD INPUT, not %q", l.text)}
	}
	seconds, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(output[1], "("), ")"))
	if err != nil || seconds < 1 || seconds > 1<<30 {
		return "", &SyntaxError{At: l.at, Msg: fmt.Sprintf("expected a number of seconds in parentheses, not %q", output[1])}
	}
	w.from(l.at, "aggregation")
	if methods := []string{"sum", "avg", "min", "max", "count", "last", "p50", "p75", "p80", "p90", "p95", "p99", "p999"}; !slices.Contains(methods, input[0]) {
		return "", &SyntaxError{At: l.at, Msg: fmt.Sprintf("there is no method %q, but: %s", input[0], strings.Join(methods, ", "))}
	}
	e, err := carbonPattern(input[1])
	if err != nil {
		w.gap(l.at, true, "%v", err)
		return "", nil
	}
	pieces, err := carbonPieces(output[0], e)
	name := ""
	if err == nil {
		name, err = template(pieces, e.captures, 0)
	}
	if err != nil {
		w.gap(l.at, true, "output %q: %v", output[0], err)
		return "", nil
	}
	w.header("[[rule]]")
	w.raw("regex", e.text)
	w.header("[rule.aggregate]")
	w.raw("name", name)
	w.raw("as", "{name}")
	w.key("functions", input[0])
	period := time.Duration(seconds) * time.Second
	w.key("period", period)
	w.key("wait", 2*time.Second)
	w.key("grace", max(period*time.Duration(max(min(intervals, 1000), 1)), 2*time.Second))
	w.key("partial", "emit")
	if strings.HasPrefix(input[0], "p") {
		w.key("percentile", "linear")
	}
	w.key("send", "carbon")
	if output[0] == input[1] {
		return e.text, nil
	}
	return "", nil
}

// rewriteSections reads rewrite-rules.conf, whose keys end at the first "=".
func rewriteSections(f Source) (pre, post iniSection, err error) {
	var to *iniSection
	for _, l := range plainLines(f) {
		switch strings.ToLower(l.text) {
		case "[pre]":
			to = &pre
			continue
		case "[post]":
			to = &post
			continue
		}
		expression, into, ok := strings.Cut(l.text, "=")
		if to == nil || !ok {
			return pre, post, &SyntaxError{At: l.at, Column: 1, Msg: fmt.Sprintf("expected [pre], [post], or below them EXPRESSION = REPLACEMENT, not %q", l.text)}
		}
		to.keys = append(to.keys, iniKey{strings.TrimSpace(expression), strings.TrimSpace(into), l.at})
	}
	return pre, post, nil
}

// rewrites writes the rules of a section.
func (w *carbonWriter) rewrites(s iniSection) {
	for _, k := range s.keys {
		w.from(k.at, "rewrite")
		e, err := pythonExpr(k.name, false)
		if err != nil {
			w.gap(k.at, true, "%v", err)
			continue
		}
		pieces, err := pythonPieces(k.value, e)
		if err != nil {
			w.gap(k.at, true, "%v", err)
			continue
		}
		w.everywhere(k.at, e)
		w.rename(k.at, e, pieces)
	}
}

// everywhere tells of an expression that may be met several times in a name, where the other program replaces all of them.
func (s *script) everywhere(at Place, e *expr) {
	if !e.once() {
		s.gap(at, true, "%q is replaced here only where a name meets it first, and not everywhere; write the rule as often as it may be met, if the replacement does not meet it", e.text)
	}
}
