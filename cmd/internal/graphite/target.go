package graphite

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"plumbago/carbon"
	"plumbago/carbon/pattern"
)

// A Target is what one target parameter asks for: a name or a glob.
type Target struct {
	text  string
	plain string // the clean form of the name that it is; "" of a glob
	glob  *pattern.Glob

	isLevel bool // constantLine(level): Grafana asks for one to see whether somebody is there
	level   float64
}

// ParseTarget reads a target.
func ParseTarget(text string) (Target, error) {
	text = strings.TrimSpace(text)
	if i := strings.IndexByte(text, '('); i >= 0 {
		argument, closed := strings.CutSuffix(text[i+1:], ")")
		if v, err := strconv.ParseFloat(strings.TrimSpace(argument), 64); closed && err == nil && text[:i] == "constantLine" && !math.IsInf(v, 0) && !math.IsNaN(v) {
			return Target{text: text, isLevel: true, level: v}, nil
		}
		return Target{}, fmt.Errorf("%s() is not computed here: names and globs are answered, and carbonapi or graphite-web compute functions of them", text[:i])
	}
	t := Target{text: text}
	if !strings.ContainsAny(text, "*?[{") {
		name, err := carbon.CleanName(text)
		if err != nil {
			return t, fmt.Errorf("%q is no name: %w", text, err)
		}
		t.plain = name
		return t, nil
	}
	var err error
	t.glob, err = pattern.Compile(text)
	return t, err
}

// String returns the target as it was written.
func (t *Target) String() string { return t.text }

// Constant returns the line of a constantLine, from one time to another.
func (t *Target) Constant(from, until int64) (l Line, ok bool) {
	if !t.isLevel {
		return l, false
	}
	name := string(carbon.AppendNumber(nil, t.level))
	if !strings.ContainsAny(name, ".e") { // Python writes 100.0
		name += ".0"
	}
	return Line{Name: name, Target: t.text, Start: from, Step: max(1, (until-from)/2), Values: []float64{t.level, t.level, t.level}, level: true}, true
}

// Match says whether a name is asked for. Globs are for names without tags.
func (t *Target) Match(name string) bool {
	if t.isLevel {
		return false
	}
	if t.glob == nil {
		return name == t.plain
	}
	if strings.IndexByte(name, ';') >= 0 {
		return false
	}
	_, ok := t.glob.Match(name, nil)
	return ok
}
