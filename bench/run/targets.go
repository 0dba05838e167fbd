package main

import (
	"fmt"
	"strings"
)

// A target is what is wanted of a scenario's medians: so much of one entry, or so much of it for each of another's.
type target struct {
	what    string // of is called
	of      func(measurement) float64
	entry   string // a label
	against string // the label of what it is a ratio to; "" for none
	bound   float64
	least   bool // at least bound; else at most
}

// atMost and atLeast want plumbago's figure in these bounds; timesOf compares it with another's.
func atMost(what string, of func(measurement) float64, bound float64) target {
	return target{what: what, of: of, entry: "plumbago", bound: bound}
}

func atLeast(what string, of func(measurement) float64, bound float64) target {
	return target{what: what, of: of, entry: "plumbago", bound: bound, least: true}
}

func (t target) timesOf(label string) target {
	t.against = label
	return t
}

func (t target) with(entry string) target {
	t.entry = entry
	return t
}

// String says what is wanted.
func (t target) String() string {
	sign := "<="
	if t.least {
		sign = ">="
	}
	text := fmt.Sprintf("%s %s %g", t.what, sign, t.bound)
	if t.against != "" {
		text += " x " + t.against
	}
	if t.entry != "plumbago" {
		text = t.entry + ": " + text
	}
	return text
}

// figure returns what was measured; ok is false if it was not.
func (t target) figure(r *result) (s spread, ok bool) {
	taken, _ := r.entry(t.entry)
	all := of(taken, t.of)
	if t.against != "" {
		baseline, _ := r.entry(t.against)
		all = ratios(taken, baseline, t.of)
	}
	if len(all) == 0 {
		return s, false
	}
	return spreadOf(all), true
}

// met says whether a median is what is wanted.
func (t target) met(s spread) bool {
	if t.least {
		return s.median >= t.bound
	}
	return s.median <= t.bound
}

// aims writes what is wanted of a scenario beside what came out.
func (r *result) aims(s scenario) string {
	if len(s.targets) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| wanted | figure | |\n|---|---|---|\n")
	for _, t := range s.targets {
		figure, ok := t.figure(r)
		switch {
		case !ok:
			fmt.Fprintf(&b, "| %s | - | not measured |\n", t)
		case t.met(figure):
			fmt.Fprintf(&b, "| %s | %s | met |\n", t, figure.format("%.3g"))
		default:
			fmt.Fprintf(&b, "| %s | %s | missed |\n", t, figure.format("%.3g"))
		}
	}
	return b.String() + "\n"
}
