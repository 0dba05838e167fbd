package conf

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"plumbago/carbon/pattern"
	"plumbago/relay"
)

// live are the keys outside of lists that a running daemon follows. What is not here takes a restart.
var live = []string{
	"log.level", "log.file", "admin.token_file", "state.snapshot", "history.keep", "history.series", "limits.series",
	"limits.connections", "limits.idle", "self.prefix", "self.interval", "self.compat", "self.mmstats",
}

// Fixed returns what f asks for, compared with the configuration that is running, that cannot change while it is.
func Fixed(running, f *File) (faults Faults) {
	for _, s := range settings(running, f) {
		if !slices.Contains(live, s.key) {
			faults = append(faults, f.fault(Place{File: f.name}, s.key, "cannot change from "+s.from+" while plumbago runs", "restart it for that"))
		}
	}
	return faults.sorted()
}

// Changes says what is different in f, a line each; nothing if both come to the same.
func Changes(before, f *File) (lines []string) {
	for _, s := range settings(before, f) {
		lines = append(lines, fmt.Sprintf("%s: %s -> %s", s.key, s.from, s.to))
	}
	lines = append(lines, listChanges(listens(before), listens(f))...)
	lines = append(lines, listChanges(clusters(before), clusters(f))...)
	lines = append(lines, listChanges(rules(before), rules(f))...)
	for i := range lines {
		lines[i] = masked(lines[i])
	}
	return lines
}

// A setting is a key outside of lists with two values.
type setting struct{ key, from, to string }

// settings returns those that differ.
func settings(before, f *File) (all []setting) {
	a, b := reflect.ValueOf(before).Elem(), reflect.ValueOf(f).Elem()
	for _, section := range fields(a.Type()) {
		if a.FieldByIndex(section.index).Kind() != reflect.Struct {
			continue
		}
		for _, key := range differing(a.FieldByIndex(section.index), b.FieldByIndex(section.index)) {
			was, now := key, key
			was.shown, now.shown = before.expanded, f.expanded
			all = append(all, setting{
				section.key + "." + key.key, literal(a.FieldByIndex(section.index).FieldByIndex(key.index), was),
				literal(b.FieldByIndex(section.index).FieldByIndex(key.index), now),
			})
		}
	}
	return all
}

// differing returns the keys of two structs of one type that have different values.
func differing(a, b reflect.Value) (keys []field) {
	for _, fd := range fields(a.Type()) {
		if !reflect.DeepEqual(a.FieldByIndex(fd.index).Interface(), b.FieldByIndex(fd.index).Interface()) {
			keys = append(keys, fd)
		}
	}
	return keys
}

// An element is one of a list of sections. Those of one identity are one that may have changed.
type element struct {
	identity string
	called   string
	value    reflect.Value
}

// number tells elements of one identity apart by their order.
func number(all []element) []element {
	same := map[string]int{}
	for i := range all {
		same[all[i].identity]++
		all[i].identity += fmt.Sprintf("\n%d", same[all[i].identity])
	}
	return all
}

func listens(f *File) (all []element) {
	for i := range f.Listen {
		name := strings.Join(f.Listen[i].Address, ", ")
		all = append(all, element{name, "listener " + name, reflect.ValueOf(&f.Listen[i]).Elem()})
	}
	return number(all)
}

func clusters(f *File) (all []element) {
	for i := range f.Cluster {
		all = append(all, element{f.Cluster[i].Name, "cluster " + f.Cluster[i].Name, reflect.ValueOf(&f.Cluster[i]).Elem()})
	}
	return number(all)
}

func rules(f *File) (all []element) {
	for i := range f.Rule {
		o := &f.Rule[i]
		match := ""
		if m, err := pattern.New(o.Selection); err == nil {
			match = m.String()
		}
		all = append(all, element{match + "\n" + action(o), fmt.Sprintf("rule %d (%s, %s)", i+1, match, action(o)), reflect.ValueOf(o).Elem()})
	}
	return number(all)
}

// action says what a rule does.
func action(o *relay.RuleOptions) string {
	switch {
	case o.Drop:
		return "drop"
	case o.Aggregate != nil:
		return "aggregate"
	case o.Rewrite != "" || o.Map != "":
		return "rewrite"
	}
	return "send"
}

// listChanges says what is different in a list.
func listChanges(before, now []element) (lines []string) {
	at := map[string]int{}
	for i := range before {
		at[before[i].identity] = i
	}
	last, moved := -1, false
	for _, e := range now {
		was, ok := at[e.identity]
		if !ok {
			lines = append(lines, e.called+": added")
			continue
		}
		delete(at, e.identity)
		moved, last = moved || was < last, was
		lines = append(lines, elementChanges(before[was], e)...)
	}
	for i := range before {
		if _, gone := at[before[i].identity]; gone {
			lines = append(lines, before[i].called+": removed")
		}
	}
	if moved && strings.HasPrefix(now[0].called, "rule ") {
		lines = append(lines, "the rules' order")
	}
	return lines
}

// elementChanges says what is different in one element. Members of a cluster are named, of the rest the keys are.
func elementChanges(before, now element) (lines []string) {
	var keys []string
	for _, fd := range differing(before.value, now.value) {
		switch {
		case fd.key == "endpoints":
			was := before.value.FieldByIndex(fd.index).Interface().([]string)
			is := now.value.FieldByIndex(fd.index).Interface().([]string)
			if !slices.Equal(slices.Sorted(slices.Values(was)), slices.Sorted(slices.Values(is))) {
				lines = append(lines, memberChanges(now.called, was, is)...)
				continue
			}
			keys = append(keys, "endpoints (their order)")
		case fd.key == "aggregate":
			a, b := before.value.FieldByIndex(fd.index).Elem(), now.value.FieldByIndex(fd.index).Elem()
			for _, inner := range differing(a, b) {
				keys = append(keys, "aggregate."+inner.key)
			}
		default:
			keys = append(keys, fd.key)
		}
	}
	if len(keys) > 0 {
		lines = append(lines, now.called+": changed "+strings.Join(keys, ", "))
	}
	return lines
}

func memberChanges(cluster string, was, is []string) (lines []string) {
	for _, e := range is {
		if !slices.Contains(was, e) {
			lines = append(lines, cluster+": endpoint "+e+" added")
		}
	}
	for _, e := range was {
		if !slices.Contains(is, e) {
			lines = append(lines, cluster+": endpoint "+e+" removed")
		}
	}
	return lines
}
