package conf

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"plumbago/carbon/pattern"
	"plumbago/relay"
	"plumbago/relay/ring"
)

// warnings returns what works in f, which has no faults, but is hardly meant.
func warnings(f *File) (ws Faults) {
	top := Place{File: f.name}
	if len(f.Listen) == 0 {
		ws = append(ws, f.fault(top, "listen", "nothing listens: no sample can arrive", "add a [[listen]] section"))
	}
	if len(f.Rule) == 0 {
		ws = append(ws, f.fault(top, "rule", "there are no rules: every sample is unrouted", "add a [[rule]] section"))
	}
	ws = append(ws, unused(f)...)
	ws = append(ws, copies(f)...)
	ws = append(ws, uneven(f)...)
	ws = append(ws, trusting(f)...)
	ws = append(ws, repeating(f)...)
	ws = append(ws, unreachable(f)...)
	ws = append(ws, lost(f)...)
	ws = append(ws, templates(f)...)
	return append(ws, sameNames(f)...)
}

// unused finds clusters that no rule sends to.
func unused(f *File) (ws Faults) {
	var used []string
	for _, r := range f.Rule {
		used = append(used, r.Send...)
		if r.Aggregate != nil {
			used = append(used, r.Aggregate.Send...)
			for _, o := range r.Aggregate.Output {
				used = append(used, o.Send...)
			}
		}
	}
	for i, o := range f.Cluster {
		if !slices.Contains(used, o.Name) {
			ws = append(ws, f.fault(f.cluster[i], "name", "no rule sends to the cluster "+quote(o.Name), ""))
		}
	}
	return ws
}

// copies finds clusters that can hold fewer copies than they are to.
func copies(f *File) (ws Faults) {
	for i := range f.Cluster {
		o := &f.Cluster[i]
		options, hashing := o.RingOptions()
		if !hashing {
			continue
		}
		most := ring.Copies(options, o.Members())
		if o.Replicas <= most {
			continue
		}
		hint := "without instances the members of one host are one to this ring"
		if apart := options; apart.Diverse {
			apart.Diverse = false
			if ring.Copies(apart, o.Members()) > most {
				hint = "copies go to distinct hosts; diverse = false lets them share one"
			}
		}
		ws = append(ws, f.fault(f.cluster[i], "replicas", fmt.Sprintf("asks for %d copies, but there will be %d", o.Replicas, most), hint))
	}
	return ws
}

// unreachable finds rules that no sample reaches, since a rule above ends the walk of all that they match, and results
// that walk on to nowhere.
func unreachable(f *File) (ws Faults) {
	matchers := make([]*pattern.Matcher, len(f.Rule))
	everything := selection("**")
	end := -1 // the first rule that ends every walk
	for i := range f.Rule {
		r, p := &f.Rule[i], f.rule[i]
		matchers[i], _ = pattern.New(r.Selection) // it has no faults
		above, takes := end, "ends the walk of every sample"
		if end < 0 {
			above, takes = taker(f.Rule, matchers, i), "takes every sample that it matches"
		}
		switch {
		case above >= 0:
			by := f.rule[above]
			ws = append(ws, f.fault(p, "", "is never reached", fmt.Sprintf("the rule on line %d of %s %s", by.Line, by.File, takes)))
		case r.Aggregate != nil && r.Aggregate.Send == nil && !r.Aggregate.MemOnly && i == len(f.Rule)-1:
			ws = append(ws, f.fault(p, "aggregate", "its results go nowhere: there is no send, and no rule below", ""))
		case r.Rewrite+r.Map != "" && i == len(f.Rule)-1:
			ws = append(ws, f.fault(p, "", "what it renames goes nowhere: there is no rule below", ""))
		case stops(r) && matchers[i].Covers(everything):
			end = i
		}
	}
	return ws
}

// lost finds aggregates whose results are neither sent nor kept.
func lost(f *File) (ws Faults) {
	for i, r := range f.Rule {
		if r.Aggregate != nil && r.Aggregate.MemOnly && f.History.Keep == 0 {
			ws = append(ws, f.fault(f.rule[i], "aggregate.memonly", "its results are neither sent nor kept", `keep = "0" in [history] keeps nothing`))
		}
	}
	return ws
}

// taker finds a rule above the i-th that ends the walk of every sample that the i-th matches; -1 if there is none. It
// looks at so many rules only, so that its time is in proportion to their number.
func taker(rules []relay.RuleOptions, matchers []*pattern.Matcher, i int) int {
	const most = 1000
	for j := i - 1; j >= max(0, i-most); j-- {
		r := &rules[j]
		if renames(r) {
			return -1 // what has its name from here on may not have met the rules above
		}
		if stops(r) && matchers[j].Covers(matchers[i]) {
			return j
		}
	}
	return -1
}

// selection compiles a glob that is known to be one.
func selection(glob string) *pattern.Matcher {
	m, err := pattern.New(pattern.Selection{Options: pattern.Options{Match: []string{glob}}})
	if err != nil {
		panic("bug: " + err.Error())
	}
	return m
}

// stops says whether a sample that r matches goes no further, and nothing that is made of it.
func stops(r *relay.RuleOptions) bool {
	switch {
	case r.Drop:
		return true
	case r.Send != nil:
		return r.Stop == nil || *r.Stop
	}
	return r.Aggregate != nil && r.Aggregate.Send != nil && r.Stop != nil && *r.Stop
}

// renames says whether samples walk on from r with names that they had not above it.
func renames(r *relay.RuleOptions) bool {
	return r.Rewrite != "" || r.Map != "" || r.Aggregate != nil && r.Aggregate.Send == nil
}

// foreignCapture is how other programs write captures.
var foreignCapture = regexp.MustCompile(`\\[_^.]*\d|\\g[<{]`)

// templates finds templates that make odd names whatever is put into them.
func templates(f *File) (ws Faults) {
	for i := range f.Rule {
		r := &f.Rule[i]
		keys := [][2]string{{"rewrite", r.Rewrite}}
		if r.Aggregate != nil {
			keys = append(keys, [2]string{"aggregate.name", r.Aggregate.Name}, [2]string{"aggregate.as", r.Aggregate.As})
		}
		for _, k := range keys {
			path := pattern.Literals(k[1])
			if strings.HasPrefix(path, ".") || strings.HasSuffix(path, ".") || strings.Contains(path, "..") {
				ws = append(ws, f.fault(f.rule[i], k[0], "in "+quote(k[1])+": a dot has no node beside it and is taken away", ""))
			}
			if odd := foreignCapture.FindString(path); odd != "" {
				ws = append(ws, f.fault(f.rule[i], k[0], "in "+quote(k[1])+": "+quote(odd)+" stands for itself", "$1 is the first capture"))
			}
		}
	}
	return ws
}
