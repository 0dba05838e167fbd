package conf

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

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
	ws = append(ws, unreachable(f)...)
	return append(ws, sameNames(f)...)
}

// unused finds clusters that no rule sends to.
func unused(f *File) (ws Faults) {
	var used []string
	for _, r := range f.Rule {
		used = append(used, r.Send...)
		if r.Aggregate != nil {
			used = append(used, r.Aggregate.Send...)
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

// unreachable finds rules below one that ends every walk, and results that walk on to nowhere.
func unreachable(f *File) (ws Faults) {
	end := -1
	for i := range f.Rule {
		r, p := &f.Rule[i], f.rule[i]
		if end >= 0 {
			above := f.rule[end]
			ws = append(ws, f.fault(p, "", "is never reached", fmt.Sprintf(
				"the rule on line %d of %s ends the walk of every sample", above.Line, above.File)))
			continue
		}
		if r.Aggregate != nil && r.Aggregate.Send == nil && i == len(f.Rule)-1 {
			ws = append(ws, f.fault(p, "aggregate", "its results go nowhere: there is no send, and no rule below", ""))
		}
		if every(r) && stops(r) {
			end = i
		}
	}
	return ws
}

// stops says whether a sample that r matches goes no further.
func stops(r *relay.RuleOptions) bool {
	if r.Stop != nil {
		return *r.Stop
	}
	return r.Drop || r.Send != nil
}

// every says whether r is for every name.
func every(r *relay.RuleOptions) bool { return slices.Contains(r.Match, "**") && onlyGlobs(r) }

// onlyGlobs says whether nothing but the globs of r says which names it is for.
func onlyGlobs(r *relay.RuleOptions) bool {
	return len(lists(&r.Options)) == 1 && len(r.Match) > 0 && r.Tag == nil && r.Not == nil
}

// sameNames finds aggregates whose results can have one name, so that one overwrites the other where they are stored.
func sameNames(f *File) (ws Faults) {
	for i := range f.Rule {
		for j := range i {
			if !clash(&f.Rule[j], &f.Rule[i]) {
				continue
			}
			ws = append(ws, f.fault(f.rule[i], "aggregate", fmt.Sprintf(
				"its results can have the same names as those of the rule on line %d of %s", f.rule[j].Line, f.rule[j].File),
				"set as, or name"))
			break
		}
	}
	return ws
}

// clash says whether results of the rule below can have the names of results of the rule above: the same name, for
// names that are made of the match only where the same samples meet both, the same function, and somewhere to meet.
func clash(above, below *relay.RuleOptions) bool {
	a, b := above.Aggregate, below.Aggregate
	if a == nil || b == nil || a.Name != b.Name || a.As != b.As || a.Period != b.Period {
		return false
	}
	if strings.Contains(a.Name+a.As, "$") {
		both := every(above) || every(below) || onlyGlobs(above) && onlyGlobs(below) && share(above.Match, below.Match) ||
			reflect.DeepEqual(above.Selection, below.Selection)
		if !both || stops(above) {
			return false
		}
	}
	apart := a.Send != nil && b.Send != nil && !share(a.Send, b.Send)
	return share(a.Functions, b.Functions) && !apart
}

// share says whether a and b have an element in common.
func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
