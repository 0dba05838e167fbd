package conf

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate"
	"plumbago/carbon/pattern"
	"plumbago/relay"
)

// A resultName is what results of a rule are called, with captures as they stand in the file, and where these go.
type resultName struct {
	template string
	send     []string // nil: on down the table
}

// whole says whether the name holds a sample's own: then only results of the same samples are called alike.
func (n resultName) whole() bool {
	return strings.Contains(n.template, "$0") || strings.Contains(n.template, "${0}")
}

// sameNames finds aggregates whose results can have one name, so that one overwrites the other where they are stored.
func sameNames(f *File) (ws Faults) {
	by := map[string][]int{} // rules by the names of their results
	for i := range f.Rule {
		a := f.Rule[i].Aggregate
		if a == nil {
			continue
		}
		ws = append(ws, sameOutputs(f, f.rule[i], a)...)
		names := resultNames(a)
		if other := namesake(f, by, i, names); other >= 0 {
			ws = append(ws, f.fault(f.rule[i], "aggregate", fmt.Sprintf(
				"its results can have the same names as those of the rule on line %d of %s", f.Rule[other].Line, f.Rule[other].File),
				"set as, or name"))
		}
		for _, name := range names {
			by[name.template] = append(by[name.template], i)
		}
	}
	return ws
}

// namesake returns the first rule above the i-th with a result that can have one of the names, or -1.
func namesake(f *File, by map[string][]int, i int, names []resultName) int {
	first := i
	met := map[int]bool{} // rules that were asked already whether samples meet both
	for _, name := range names {
		for _, j := range by[name.template] {
			if j >= first || !together(&f.Rule[j], name) {
				continue
			}
			if _, asked := met[j]; !asked && name.whole() {
				r := &f.Rule[j]
				met[j] = (r.Stop == nil || !*r.Stop) && meet(r, &f.Rule[i])
			}
			if !name.whole() || met[j] {
				first = j
			}
		}
	}
	if first == i {
		return -1
	}
	return first
}

// resultNames returns what the results of an aggregate are called that leave it.
func resultNames(a *aggregate.Options) (names []resultName) {
	if a.MemOnly {
		return nil
	}
	add := func(as string, period time.Duration, functions, send []string) {
		for _, fn := range functions {
			fill := strings.NewReplacer("{name}", a.Name, "{fn}", fn, "{period}", formatDuration(period))
			names = append(names, resultName{fill.Replace(as), send})
		}
	}
	add(a.As, a.Period, a.Functions, a.Send)
	for _, r := range a.Rollups {
		add(a.AsRollup, r, a.Functions, a.Send)
	}
	for i := range a.Output {
		period, functions, send := a.Output[i].Period, a.Output[i].Functions, a.Output[i].Send
		if period == 0 {
			period = a.Period
		}
		if functions == nil {
			functions = a.Functions
		}
		if send == nil {
			send = a.Send
		}
		add(a.ResultName(i), period, functions, send)
	}
	return names
}

// together says whether a result of the rule has the name, and there is a place where both can arrive.
func together(r *relay.RuleOptions, name resultName) bool {
	return slices.ContainsFunc(resultNames(r.Aggregate), func(other resultName) bool {
		return other.template == name.template && (other.send == nil || name.send == nil || share(other.send, name.send))
	})
}

// sameOutputs finds outputs of one aggregate whose results have the names of another's, or of its slices' own.
func sameOutputs(f *File, p Place, a *aggregate.Options) (ws Faults) {
	seen := map[string]bool{}
	again := func(as string, period time.Duration, functions []string) (twice bool) {
		for _, fn := range functions {
			name := strings.NewReplacer("{fn}", fn, "{period}", formatDuration(period)).Replace(as)
			twice = twice || seen[name]
			seen[name] = true
		}
		return twice
	}
	again(a.As, a.Period, a.Functions)
	for _, r := range a.Rollups {
		if again(a.AsRollup, r, a.Functions) {
			ws = append(ws, f.fault(p, "aggregate.as_rollup", "results of rollups have the names of others", "set as_rollup"))
		}
	}
	for i := range a.Output {
		o, period, functions := &a.Output[i], a.Output[i].Period, a.Output[i].Functions
		if period == 0 {
			period = a.Period
		}
		if functions == nil {
			functions = a.Functions
		}
		if again(a.ResultName(i), period, functions) {
			key := item("aggregate.output", i+1)
			if o.As != "" {
				key += ".as"
			}
			ws = append(ws, f.fault(p, key, "its results have the names of others of this aggregate", "set as"))
		}
	}
	return ws
}

// meet says whether there are surely samples that meet both rules.
func meet(a, b *relay.RuleOptions) bool {
	m, _ := pattern.New(a.Selection)
	o, _ := pattern.New(b.Selection)
	return m.Covers(o) || o.Covers(m) || onlyGlobs(a) && onlyGlobs(b) && share(a.Match, b.Match)
}

// onlyGlobs says whether nothing but the globs of r says which names it is for.
func onlyGlobs(r *relay.RuleOptions) bool {
	return len(lists(&r.Options)) == 1 && len(r.Match) > 0 && r.Tag == nil && r.Not == nil
}

// share says whether a and b have an element in common.
func share(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
