package graphite

import (
	"math"
)

// A Line is a series as it is answered: a value, or none (NaN), at each step.
type Line struct {
	Name   string
	Target string // what it was asked for by
	Start  int64  // Unix seconds
	Step   int64
	Values []float64

	level bool // of a constant, whose last value is at the end of what is asked for
}

// End returns the time behind the last value.
func (l *Line) End() int64 {
	if l.level {
		return l.Start + 2*l.Step
	}
	return l.Start + int64(len(l.Values))*l.Step
}

// NewLine returns a line of nothing that covers the times after from and up to until, as a file of Whisper would.
func NewLine(name, target string, from, until, step int64) Line {
	start, end := from-from%step+step, until-until%step+step
	if end <= start {
		end = start + step
	}
	l := Line{Name: name, Target: target, Start: start, Step: step, Values: make([]float64, (end-start)/step)}
	for i := range l.Values {
		l.Values[i] = math.NaN()
	}
	return l
}

// Steps returns how many values a line would have.
func Steps(from, until, step int64) int64 { return max(1, until/step-from/step) }

// Set sets the value at a time, if the line covers it.
func (l *Line) Set(time int64, v float64) {
	if i := (time - time%l.Step - l.Start) / l.Step; time >= l.Start && i < int64(len(l.Values)) {
		l.Values[i] = v
	}
}

// Consolidate makes at most so many values of each line, by the average of those that there are. Bands lie on multiples of their width,
// so that a graph does not flicker as time goes on: what is before the first whole one is left out, as Graphite has it.
func Consolidate(lines []Line, most int64) {
	if len(lines) == 0 || most <= 0 {
		return
	}
	start, end := lines[0].Start, lines[0].End()
	for i := range lines {
		start, end = min(start, lines[i].Start), max(end, lines[i].End())
	}
	for i := range lines {
		l := &lines[i]
		n := (end - start) / l.Step
		switch {
		case most == 1: // a mean of all there is
			l.average(int64(len(l.Values)))
		case n > most:
			l.consolidate((n + most - 1) / most)
		}
	}
}

func (l *Line) consolidate(per int64) {
	width := per * l.Step
	if nudge := width + l.Start%l.Step - l.Start%width; nudge/l.Step-1 < int64(len(l.Values)) {
		l.Values = l.Values[nudge/l.Step-1:]
		l.Start += nudge
	}
	l.average(per)
}

// average makes one value of each few.
func (l *Line) average(per int64) {
	out := l.Values[:0]
	for from := 0; from < len(l.Values); from += int(per) {
		sum, n := 0.0, 0.0
		for _, v := range l.Values[from:min(from+int(per), len(l.Values))] {
			if !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		out = append(out, sum/n) // of none NaN
	}
	l.Values, l.Step = out, per*l.Step
}
