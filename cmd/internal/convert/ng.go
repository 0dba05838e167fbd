package convert

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// An ngWriter writes carbon-relay-ng's configuration in our words.
type ngWriter struct {
	*script
	c       *ngConfig
	entries []ngEntry
	spool   bool
}

// An ngEntry is a cluster, and the rule that sends to it.
type ngEntry struct {
	route        ngRoute
	name         string
	destinations []ngDestination
	matchers     []ngMatcher // all must be met
	before       []ngMatcher // none of these may be
}

// convertNG writes carbon-relay-ng's configuration.
func convertNG(s *script, sources []Source, _ Options) error {
	if len(sources) > 1 {
		return fmt.Errorf("%s: carbon-relay-ng has one file", sources[1].Name)
	}
	c, err := parseNG(sources[0])
	if err != nil {
		return err
	}
	w := &ngWriter{script: s, c: c}
	s.comment("Names are matched without their tags here, and with them in carbon-relay-ng.")
	for _, l := range c.left {
		w.gap(l.at, true, "%q is no command that is understood", l.text)
	}
	for _, r := range c.routes {
		w.plan(r)
	}
	if err := w.settings(); err != nil {
		return err
	}
	for i := range w.entries {
		w.cluster(&w.entries[i])
	}
	for _, b := range c.blocks {
		w.from(b.at, "blocklist")
		w.rule(b.at, []ngMatcher{b.m}, nil, func() { w.key("drop", true) })
	}
	for _, r := range c.rewriters {
		w.rewriter(r)
	}
	for i, a := range c.aggregators {
		if err := w.aggregator(i, a); err != nil {
			return err
		}
	}
	for _, e := range w.entries {
		w.from(e.route.at, "route "+e.route.key)
		w.rule(e.route.at, e.matchers, e.before, func() {
			w.key("send", e.name)
			w.key("stop", false)
		})
	}
	return nil
}

// plan makes clusters of a route's destinations.
func (w *ngWriter) plan(r ngRoute) {
	switch r.kind {
	case "sendAllMatch", "sendFirstMatch", "consistentHashing", "consistentHashing-v2":
	default:
		w.gap(r.at, true, "route %s of type %s: there is no such endpoint here", r.key, r.kind)
		return
	}
	if len(r.destinations) == 0 {
		w.gap(r.at, true, "route %s has no destination", r.key)
		return
	}
	add := func(ds []ngDestination, m ngMatcher, before []ngMatcher) {
		name := r.key
		for n := 2; slices.ContainsFunc(w.entries, func(e ngEntry) bool { return e.name == name }); n++ {
			name = fmt.Sprintf("%s-%d", r.key, n)
		}
		e := ngEntry{r, name, ds, []ngMatcher{r.m}, before}
		if m != (ngMatcher{}) {
			e.matchers = append(e.matchers, m)
		}
		w.entries = append(w.entries, e)
	}
	if strings.HasPrefix(r.kind, "consistentHashing") {
		add(r.destinations, ngMatcher{}, nil)
		return
	}
	var before []ngMatcher
	for _, group := range w.groups(r) {
		m := group[0].m
		if e, err := parseExpr(m.regex); err == nil && e.anchored() {
			w.gap(group[0].at, true, "%s regex=%s: carbon-relay-ng holds this to the whole line, of which it is never true; so the destination got nothing, and it is left out", group[0].address, m.regex)
			continue
		}
		add(group, m, slices.Clone(before))
		if r.kind == "sendFirstMatch" {
			if m == (ngMatcher{}) {
				break // nothing is left for those behind it
			}
			before = append(before, m)
		}
	}
}

// groups puts destinations together that may be of one cluster.
func (w *ngWriter) groups(r ngRoute) (groups [][]ngDestination) {
	for _, d := range r.destinations {
		i := slices.IndexFunc(groups, func(g []ngDestination) bool {
			return r.kind == "sendAllMatch" && g[0].m == d.m && g[0].pickle == d.pickle && g[0].spool == d.spool
		})
		if i < 0 {
			groups = append(groups, []ngDestination{d})
			continue
		}
		groups[i] = append(groups[i], d)
	}
	return groups
}

// cluster writes a cluster.
func (w *ngWriter) cluster(e *ngEntry) {
	w.from(e.destinations[0].at, "route "+e.route.key)
	var endpoints []string
	hashing := strings.HasPrefix(e.route.kind, "consistentHashing")
	for _, d := range e.destinations {
		if d.instance != "" && hashing {
			d.address += "=" + d.instance
		}
		endpoints = append(endpoints, d.address)
		if len(d.others) > 0 {
			w.gap(d.at, false, "%s: plumbago's queues and spools have other measures, see docs/configuration.md", strings.Join(d.others, " "))
		}
		if hashing && d.m != (ngMatcher{}) {
			w.gap(d.at, true, "%s: members of a ring have no matchers", d.address)
		}
		if d.pickle != e.destinations[0].pickle || d.spool != e.destinations[0].spool {
			w.gap(d.at, true, "%s: pickle and spool are the same for all of a ring here, as for its first member", d.address)
		}
	}
	w.header("[[cluster]]")
	w.key("name", e.name)
	if hashing {
		w.key("policy", "carbon_ch")
		w.key("ring", strings.Replace(e.route.kind, "consistentHashing", "carbon-relay-ng", 1))
	}
	w.key("endpoints", endpoints)
	if e.destinations[0].pickle {
		w.key("protocol", "pickle")
	}
	if e.destinations[0].spool && w.spool {
		w.comment("carbon-relay-ng sets no limit")
		w.key("spool", "10GiB")
		w.key("spool_age", time.Duration(0))
	} else {
		w.comment("what cannot be sent waits in memory here; carbon-relay-ng drops it at once while a destination is gone")
		w.key("queue", "64MiB")
	}
	w.key("overflow", "drop_newest")
}

// rule writes a rule for names that meet all of some matchers, and none of others.
func (w *ngWriter) rule(at Place, all, none []ngMatcher, action func()) {
	keys := map[string]string{}
	var not []string
	good := true
	// One text a key: a second prefix or part of a name is an expression, if there is none yet.
	set := func(key, text, otherwise string) {
		switch {
		case text == "" || keys[key] == text:
		case keys[key] == "":
			keys[key] = text
		case otherwise != "" && keys["regex"] == "":
			keys["regex"] = otherwise
		default:
			good = false
		}
	}
	for _, m := range all {
		set("regex", m.regex, "")
	}
	for _, m := range all {
		set("prefix", m.prefix, "^"+regexp.QuoteMeta(m.prefix))
		set("contains", m.sub, regexp.QuoteMeta(m.sub))
		not = append(not, m.nots()...)
	}
	for _, m := range none {
		positive := m.positives()
		if len(positive) != 1 || len(m.nots()) > 0 {
			good = false
			continue
		}
		not = append(not, positive[0])
	}
	for _, text := range append(slices.Clone(not), keys["regex"]) {
		if _, err := parseExpr(text); text != "" && err != nil {
			w.gap(at, true, "%v", err)
			return
		}
	}
	if !good {
		w.gap(at, true, "no rule here can ask for all that its matchers do, so it is left out: write it as several rules")
		return
	}
	w.header("[[rule]]")
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if key == "regex" {
			w.raw(key, keys[key])
		} else {
			w.key(key, keys[key])
		}
	}
	if len(keys)+len(not) == 0 {
		w.key("match", "**")
	}
	if len(not) > 0 {
		w.not(not)
	}
	action()
}

// nots and positives return what a matcher excludes, and asks for, as expressions.
func (m ngMatcher) nots() (all []string) {
	if m.notPrefix != "" {
		all = append(all, "^"+regexp.QuoteMeta(m.notPrefix))
	}
	if m.notSub != "" {
		all = append(all, regexp.QuoteMeta(m.notSub))
	}
	if m.notRegex != "" {
		all = append(all, m.notRegex)
	}
	return all
}

func (m ngMatcher) positives() []string {
	return ngMatcher{notPrefix: m.prefix, notSub: m.sub, notRegex: m.regex}.nots()
}
