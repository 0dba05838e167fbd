package convert

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// relayFunction returns our name of a function, or nothing.
func relayFunction(name string) string {
	ours := map[string]string{
		"sum": "sum", "summary": "sum", "count": "count", "cnt": "count", "max": "max", "maximum": "max", "min": "min",
		"minimum": "min", "average": "avg", "avg": "avg", "median": "median", "variance": "variance", "stddev": "stddev",
	}
	if text, ok := strings.CutPrefix(name, "percentile"); ok {
		if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= 99 {
			return fmt.Sprintf("p%02d", n)
		}
	}
	return ours[name]
}

// posixClass finds what is a class of characters in some builds of carbon-c-relay, and not in others.
const posixClass = `(^|[^\\])(\\\\)*\\[dDsSwW]`

// parse reads expressions, and tells of those that cannot be read here.
func (w *relayWriter) parse(at Place, what string, words []word) (exprs []*expr, texts []string) {
	posix := regexp.MustCompile(posixClass)
	for _, e := range words {
		x, err := parseExpr(e.text)
		if err != nil {
			w.gap(e.at, true, "%s: %v", what, err)
			continue
		}
		if posix.MatchString(e.text) {
			w.gap(e.at, false, "%s: %q: digits and the like are read as Perl's; if carbon-c-relay was built with POSIX expressions, \\d is the letter there", what, e.text)
		}
		exprs, texts = append(exprs, x), append(texts, x.text)
	}
	return exprs, texts
}

func (w *relayWriter) match(m relayMatch) error {
	if err := w.known(m.at, m.send); err != nil {
		return err
	}
	w.from(m.at, "match")
	exprs, texts := w.parse(m.at, "match", m.exprs)
	if m.validate != "" {
		w.validate(m)
	}
	if m.using != "" {
		w.gap(m.at, true, "route using %q: the name that is hashed is always the sample's own here", m.using)
	}
	send := slices.DeleteFunc(slices.Clone(m.send), func(n string) bool { return n == "blackhole" })
	switch {
	case len(m.send) == 0:
		if m.validate == "" {
			w.comment("without \"send to\" it does nothing")
		}
		return nil
	case len(m.exprs) > 0 && len(exprs) == 0:
		return nil // none of its expressions could be read
	}
	w.above = append(w.above, rule{m.at, exprs})
	w.header("[[rule]]")
	w.matches(texts)
	if len(send) == 0 {
		w.key("drop", true)
		return nil
	}
	w.sends(send)
	if !m.stop && len(send) == len(m.send) {
		w.key("stop", false)
	}
	return nil
}

// matches writes which names a rule is for.
func (w *relayWriter) matches(texts []string) {
	if len(texts) == 0 {
		w.key("match", "**")
		return
	}
	w.raw("regex", texts)
}

// validate says what is lost with an expression over value and time. One that all usual numbers meet says what plumbago asks of every
// sample anyway.
func (w *relayWriter) validate(m relayMatch) {
	re, err := regexp.Compile(m.validate)
	usual := err == nil
	for _, text := range []string{"0 1700000000", "-1 1700000000", "12.75 1700000000", "-0.5 1700000000", "1e+06 1700000000", "1.5e-07 1700000000"} {
		usual = usual && re.MatchString(text)
	}
	if usual {
		w.gap(m.at, false, "validate %q: plumbago takes only samples with a number and a time, and counts the others (plumbago bad)", m.validate)
		return
	}
	w.gap(m.at, true, "validate %q: values are not matched here; samples without a number or a time are refused everywhere, others pass", m.validate)
}

func (w *relayWriter) rewrite(r relayRewrite) {
	w.from(r.at, "rewrite")
	exprs, _ := w.parse(r.at, "rewrite", []word{r.expr})
	if len(exprs) == 0 {
		return
	}
	w.above = append(w.above, rule{r.at, exprs})
	pieces := relayPieces(r.into.text)
	if exprs[0].captures == 0 {
		pieces = []piece{{text: r.into.text}} // without groups it is no template there
	}
	w.rename(r.at, exprs[0], pieces)
}

func (w *relayWriter) aggregate(a relayAggregate) error {
	if err := w.known(a.at, a.send); err != nil {
		return err
	}
	w.from(a.at, "aggregate")
	exprs, _ := w.parse(a.at, "aggregate", a.exprs)
	if len(exprs) == 0 {
		return nil
	}
	if a.stamp == "middle" {
		w.gap(a.at, true, "timestamp at middle of bucket: results are stamped with the start or end of a slice here; it is the end")
		a.stamp = "end"
	}
	if a.every < 1 || a.expire < a.every {
		return &SyntaxError{At: a.at, Msg: "must expire after no less than it is long"}
	}
	if slices.Contains(a.send, "blackhole") {
		w.gap(a.at, true, "results that go to blackhole: leave the aggregate out")
		return nil
	}
	forms := formsOf(exprs)
	for _, f := range forms {
		for i, c := range a.compute {
			w.compute(a, c, f, a.stop && i == len(a.compute)-1)
			w.results(a, c, exprs)
		}
	}
	for _, c := range a.compute {
		if len(forms) > 1 && !refers(relayPieces(c.into.text)) {
			w.gap(c.at, true, "compute %s write to %q: some of the expressions have groups and some have none: what comes by the ones and by the others is not added up together here", c.function, c.into.text)
		}
	}
	w.above = append(w.above, rule{a.at, exprs})
	return nil
}

// A form is expressions of an aggregate for which its results are named alike.
type form struct {
	texts  []string
	groups int // 0: the result is called what the aggregate says, to the letter
	around frame
}

// formsOf parts expressions with groups, of whose matches the results' names are made, from those without.
func formsOf(exprs []*expr) (forms []form) {
	var with []*expr
	var without form
	for _, e := range exprs {
		if e.captures > 0 {
			with = append(with, e)
		} else {
			without.texts = append(without.texts, e.text)
		}
	}
	if len(with) > 0 {
		forms = append(forms, alike(with))
	}
	if len(without.texts) > 0 {
		if forms = append(forms, without); exprs[0].captures == 0 && len(forms) > 1 {
			slices.Reverse(forms)
		}
	}
	return forms
}

// refers says whether a template takes anything from what was met.
func refers(pieces []piece) bool {
	return slices.ContainsFunc(pieces, func(p piece) bool { return p.group > 0 })
}

// alike writes expressions for the whole name whose groups are numbered alike, so that one template can be for all: where one
// may have something around it all get groups for that, and those with fewer groups get empty ones.
func alike(exprs []*expr) (f form) {
	whole := true
	for _, e := range exprs {
		whole, f.groups = whole && e.starts() && e.ends(), max(f.groups, e.captures)
	}
	if len(exprs) == 1 {
		f.around = exprs[0].around(false)
		f.texts = []string{f.around.regex}
		return f
	}
	for _, e := range exprs {
		padded := *e
		padded.text, padded.captures = "(?:"+e.text+")"+strings.Repeat("()", f.groups-e.captures), f.groups
		f.around = padded.around(!whole)
		f.texts = append(f.texts, f.around.regex)
	}
	return f
}

// compute writes a rule for one of the results of an aggregate.
func (w *relayWriter) compute(a relayAggregate, c relayCompute, f form, stop bool) {
	pieces := relayPieces(c.into.text)
	if f.groups == 0 {
		pieces = []piece{{text: c.into.text}}
	}
	name, err := template(pieces, f.groups, f.around.shift)
	if err != nil {
		w.gap(c.at, true, "compute %s write to %q: %v, which no name can here", c.function, c.into.text, err)
		return
	}
	name = f.around.before + name + f.around.after
	if name == "" {
		w.gap(c.at, true, "compute %s write to %q: its results have no name", c.function, c.into.text)
		return
	}
	w.header("[[rule]]")
	w.raw("regex", f.texts)
	if stop {
		w.key("stop", true)
	}
	w.header("[rule.aggregate]")
	w.raw("name", name)
	w.raw("as", "{name}")
	w.key("functions", c.function)
	w.key("period", time.Duration(a.every)*time.Second)
	w.key("stamp", a.stamp)
	wait := time.Duration(a.expire-a.every) * time.Second
	w.comment("expire after %d seconds: each bucket leaves once, so long after its beginning; then samples for it are late", a.expire)
	w.key("wait", wait)
	w.key("grace", wait)
	w.key("late", "drop")
	w.key("partial", "emit")
	if c.function == "median" || strings.HasPrefix(c.function, "p") {
		w.key("percentile", "carbon-c-relay")
	}
	if len(a.send) > 0 {
		w.sends(a.send)
	}
}

// results tells of rules above that results would come to in carbon-c-relay, where they begin anew at the top.
func (w *relayWriter) results(a relayAggregate, c relayCompute, exprs []*expr) {
	if len(a.send) > 0 {
		return
	}
	begin := fixed(relayPieces(c.into.text))
	for _, e := range exprs {
		if e.captures > 0 && !e.starts() {
			begin = "" // what stands before the match stays before the result
		}
	}
	for _, r := range append(slices.Clone(w.above), rule{a.at, exprs}) {
		if meets := r.exprs == nil || slices.ContainsFunc(r.exprs, func(e *expr) bool {
			l := e.literal()
			return strings.HasPrefix(l, begin) || strings.HasPrefix(begin, l)
		}); meets {
			w.gap(c.at, true, "the results of compute %s go on from the next rule here, and not from the first one: the statement at %s may have taken them; \"send to\" says where they go", c.function, r.at)
			return
		}
	}
}

// statistics writes where its own figures go, as the first rule.
func (w *relayWriter) statistics(all []any) {
	for _, st := range all {
		own, ok := st.(relayStatistics)
		if !ok || len(own.send) == 0 {
			continue
		}
		prefix, _ := hostPrefix(own.prefix)
		before, _, _ := strings.Cut(prefix, "{host}")
		w.from(own.at, "statistics send to")
		if before == "" || slices.Contains(own.send, "blackhole") {
			w.gap(own.at, true, "our own figures walk the rules like any others; write a rule for them")
			continue
		}
		w.gap(own.at, true, "figures of other relays that come by go there, too, if they begin with %q: put this host's name into prefix to tell them apart", before)
		w.header("[[rule]]")
		w.key("prefix", before)
		w.sends(own.send)
		if !own.stop {
			w.key("stop", false)
		}
	}
}
