package graphite

import (
	"fmt"
	"strings"

	"plumbago/carbon"
	"plumbago/carbon/pattern"
)

// A Target is what one target parameter asks for: a name or a glob.
type Target struct {
	text  string
	plain string // the clean form of the name that it is; "" of a glob
	glob  *pattern.Glob
}

// ParseTarget reads a target.
func ParseTarget(text string) (Target, error) {
	text = strings.TrimSpace(text)
	if i := strings.IndexByte(text, '('); i >= 0 {
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

// Match says whether a name is asked for. Globs are for names without tags.
func (t *Target) Match(name string) bool {
	if t.glob == nil {
		return name == t.plain
	}
	if strings.IndexByte(name, ';') >= 0 {
		return false
	}
	_, ok := t.glob.Match(name, nil)
	return ok
}
