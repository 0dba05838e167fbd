package convert

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings writes what concerns the whole program.
func (w *ngWriter) settings() error {
	t, at := w.c.tree, w.c.at
	text := func(key string) string {
		s, _ := t[key].(string)
		return s
	}
	w.from(at, "its settings")
	w.others()
	if level := text("log_level"); level != "" {
		ours := map[string]string{"trace": "debug", "debug": "debug", "info": "info", "notice": "info", "warn": "warn", "warning": "warn",
			"error": "error", "fatal": "error", "panic": "error", "critical": "error"}[strings.ToLower(level)]
		if ours == "" {
			return &SyntaxError{At: at, Msg: fmt.Sprintf("log_level %q is none of trace, debug, info, warn, error, fatal and panic", level)}
		}
		w.header("[log]")
		w.key("level", ours)
	}
	w.comment("carbon-relay-ng's own figures do not pass its routes")
	w.header("[self]")
	w.key("interval", time.Duration(0))
	wants := slices.ContainsFunc(w.entries, func(e ngEntry) bool {
		return slices.ContainsFunc(e.destinations, func(d ngDestination) bool { return d.spool })
	})
	switch dir := text("spool_dir"); {
	case wants && dir == "":
		w.gap(at, true, "spool=true without spool_dir: nothing is kept on disk until [state] names a dir and the clusters say spool")
	case dir != "":
		w.spool = true
		w.header("[state]")
		w.comment("what lies in carbon-relay-ng's spools stays there: let it send that first")
		w.key("dir", dir)
	}
	for _, l := range []struct{ key, idle, protocol string }{
		{"listen_addr", "plain_read_timeout", "line"}, {"pickle_addr", "pickle_read_timeout", "pickle"},
	} {
		address := text(l.key)
		if address == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			return &SyntaxError{At: at, Msg: fmt.Sprintf("%s is HOST:PORT, not %q", l.key, address)}
		}
		idle := 2 * time.Minute
		if given := text(l.idle); given != "" {
			d, err := time.ParseDuration(given)
			if err != nil || d < 0 {
				return &SyntaxError{At: at, Msg: fmt.Sprintf("%s is no duration: %q", l.idle, given)}
			}
			idle = d.Truncate(time.Millisecond)
		}
		w.from(at, l.key)
		w.header("[[listen]]")
		w.key("protocol", l.protocol)
		w.key("address", []string{"tcp://" + address, "udp://" + address})
		w.key("idle", idle)
	}
	return nil
}

// others tells of settings that nothing here stands for.
func (w *ngWriter) others() {
	t, at := w.c.tree, w.c.at
	level := func(key string) string {
		s, ok := t[key].(string)
		if table, is := t[key].(map[string]any); is {
			s, ok = table["level"].(string)
		}
		if !ok {
			return "medium"
		}
		return s
	}
	if l := level("validation_level_legacy"); l == "strict" {
		w.gap(at, true, "validation_level_legacy = strict: names with other characters than letters, digits, - _ and . are taken here")
	}
	if l := level("validation_level_m20"); l != "none" && t["validation_level_m20"] != nil {
		w.gap(at, false, "validation_level_m20: names of metrics 2.0 are names like any others here")
	}
	if on, _ := t["validate_order"].(bool); on {
		w.gap(at, true, "validate_order: points that come out of order are taken here")
	}
	if amqp, ok := t["amqp"].(map[string]any); ok {
		if on, _ := amqp["amqp_enabled"].(bool); on {
			w.gap(at, true, "amqp: nothing here reads from AMQP")
		}
	}
	known := []string{"instance", "listen_addr", "plain_read_timeout", "pickle_addr", "pickle_read_timeout", "spool_dir", "log_level",
		"validation_level_legacy", "validation_level_m20", "validate_order", "blocklist", "blacklist", "amqp", "init", "aggregation", "rewriter", "route"}
	var left []string
	for key := range t {
		if !slices.Contains(known, key) {
			left = append(left, key)
		}
	}
	if slices.Sort(left); len(left) > 0 {
		w.gap(at, false, "%s: these have no counterpart here, and none changes where points go", strings.Join(left, ", "))
	}
}

// withWhole returns e with a group around it, if a template refers to all of what met it, and by how much its groups moved.
func withWhole(text string, e *expr) (*expr, int) {
	if !regexp.MustCompile(`\$(0\b|\{0\})`).MatchString(text) {
		return e, 0
	}
	if w, err := e.whole(); err == nil {
		return w, 1
	}
	return e, 0
}

// goPieces reads what Go puts in for groups: $1, ${1} and $name. A name is as long as it can be. Groups have moved by so many.
func goPieces(text string, e *expr, moved int) (all []piece, odd string) {
	reference := regexp.MustCompile(`^\$(?:(\w+)|\{(\w+)\})`)
	names := e.tree.CapNames()
	for text != "" {
		m := reference.FindStringSubmatch(text)
		if m == nil {
			n := 1
			if strings.HasPrefix(text, "$$") {
				n = 2
			}
			all = append(all, piece{text: text[n-1 : n]})
			text = text[n:]
			continue
		}
		text = text[len(m[0]):]
		name := m[1] + m[2]
		group := -1
		if n, err := strconv.Atoi(name); err == nil {
			group = n + moved
		} else if at := slices.Index(names, name); at > 0 {
			group = at
		}
		if group > e.captures || group < 1 {
			group, odd = -1, m[0]
		}
		all = append(all, piece{group: group})
	}
	return all, odd
}

func (w *ngWriter) rewriter(r ngRewriter) {
	w.from(r.at, "rewriter")
	text, into := r.old, []piece{{text: r.new}}
	regex := len(text) > 1 && text[0] == '/' && text[len(text)-1] == '/'
	if regex {
		text = text[1 : len(text)-1]
	} else {
		text = regexp.QuoteMeta(text)
	}
	if r.old == "" || !regex && r.max == 0 {
		w.comment("it replaces nothing")
		return
	}
	e, err := parseExpr(text)
	if err != nil {
		w.gap(r.at, true, "%v", err)
		return
	}
	if regex || r.max != 1 {
		w.everywhere(r.at, e)
	}
	if regex {
		var odd string
		moved := 0
		e, moved = withWhole(r.new, e)
		if into, odd = goPieces(r.new, e, moved); odd != "" {
			w.gap(r.at, false, "%q in %q is no group, so nothing there, too", odd, r.new)
		}
	}
	before := len(w.lines)
	w.rename(r.at, e, into)
	if r.not == "" || len(w.lines) == before || !slices.Contains(w.lines[before:], "[[rule]]") {
		return
	}
	not := regexp.QuoteMeta(r.not)
	if len(r.not) > 1 && r.not[0] == '/' && r.not[len(r.not)-1] == '/' {
		not = r.not[1 : len(r.not)-1]
	}
	if _, err := parseExpr(not); err != nil {
		w.lines = w.lines[:before]
		w.gap(r.at, true, "not: %v", err)
		return
	}
	w.not([]string{not})
}

// aggregator writes a rule. Its results go to routes only: where all routes take everything they are sent to them at once, else they
// walk on down to them.
func (w *ngWriter) aggregator(i int, a ngAggregator) error {
	w.from(a.at, "aggregation")
	functions := map[string][]string{"avg": {"avg"}, "count": {"count"}, "delta": {"range"}, "last": {"last"}, "max": {"max"}, "min": {"min"},
		"stdev": {"stddev"}, "sum": {"sum"}, "percentiles": {"p25", "p50", "p75", "p90", "p95", "p99"}}[a.function]
	switch {
	case a.function == "derive":
		w.gap(a.at, true, "derive: no function here is the change over the time between the first and the last point; rate and delta are near")
		return nil
	case functions == nil:
		return &SyntaxError{At: a.at, Msg: fmt.Sprintf("there is no function %q", a.function)}
	case a.interval < 1:
		return &SyntaxError{At: a.at, Msg: "interval is a number of seconds from 1 on"}
	case a.m.regex == "":
		return &SyntaxError{At: a.at, Msg: "an aggregation needs a regex"}
	}
	if a.m.notRegex != "" {
		w.comment("carbon-relay-ng does not heed notRegex here, so it is left out")
		a.m.notRegex = ""
	}
	e, err := parseExpr(a.m.regex)
	if err != nil {
		w.gap(a.at, true, "%v", err)
		return nil
	}
	e, moved := withWhole(a.format, e)
	a.m.regex = e.text
	pieces, odd := goPieces(a.format, e, moved)
	name, err := template(pieces, e.captures, 0)
	switch {
	case err != nil || name == "":
		w.gap(a.at, true, "format %q makes no name", a.format)
		return nil
	case odd != "":
		w.gap(a.at, false, "%q in format %q is no group, so nothing there, too (carbon-relay-ng reads ${1} as $1, and what follows as a part of it)", odd, a.format)
	}
	wait := time.Duration(a.wait-a.interval) * time.Second
	if wait < 0 {
		w.gap(a.at, true, "wait is less than interval: carbon-relay-ng sends a bucket before it is full; here it is full")
		wait = 0
	}
	w.rule(a.at, []ngMatcher{a.m}, nil, func() {
		if a.dropRaw {
			w.key("stop", true)
		}
		w.header("[rule.aggregate]")
		w.raw("name", name)
		if len(functions) == 1 {
			w.raw("as", "{name}")
		} else {
			w.raw("as", "{name}.{fn}")
			w.key("percentile", "weibull")
		}
		w.key("functions", functions)
		w.key("period", time.Duration(a.interval)*time.Second)
		w.comment("wait = %d: each bucket leaves once, so long after its beginning; then samples for it are late", a.wait)
		w.key("wait", wait)
		w.key("grace", wait)
		w.key("late", "drop")
		w.key("partial", "emit")
		w.results(i, a, fixed(pieces))
	})
	return nil
}

// results writes where results go.
func (w *ngWriter) results(i int, a ngAggregator, begin string) {
	var send []string
	for _, e := range w.entries {
		if !slices.ContainsFunc(e.matchers, func(m ngMatcher) bool { return m != ngMatcher{} }) && len(e.before) == 0 {
			send = append(send, e.name)
		}
	}
	if len(send) == len(w.entries) && len(send) > 0 {
		w.key("send", send)
		return
	}
	for _, entry := range w.entries {
		for _, m := range entry.matchers {
			if e, err := parseExpr(m.regex); err == nil && m.regex != "" && e.anchored() {
				w.gap(a.at, true, "results that meet regex=%s go to route %s here; carbon-relay-ng holds them to the whole line, of which it is never true", m.regex, entry.route.key)
			}
		}
	}
	for _, later := range w.c.aggregators[i+1:] {
		if e, err := parseExpr(later.m.regex); err == nil {
			if l := e.literal(); strings.HasPrefix(l, begin) || strings.HasPrefix(begin, l) {
				w.gap(a.at, true, "results pass the aggregation at %s here on their way to the routes, and may be taken by it", later.at)
			}
		}
	}
}
