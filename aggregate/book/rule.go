package book

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"plumbago/aggregate"
	"plumbago/carbon/pattern"
)

// A rule is a Rule made ready.
type rule struct {
	Rule
	folds   *aggregate.Rule
	matcher *pattern.Matcher // nil if it is only for what is registered to it
	naming  *pattern.Template
}

// newRule checks r and makes it ready.
func newRule(id int, r *Rule) (made *rule, err error) {
	if err := check(&r.Options); err != nil {
		return nil, err
	}
	made = &rule{Rule: *r}
	captures, groups := 0, []string(nil)
	if len(r.Match) > 0 {
		made.matcher, err = pattern.New(pattern.Selection{Options: pattern.Options{Match: r.Match}})
		if err != nil {
			return nil, err
		}
		captures, groups = made.matcher.Captures(), made.matcher.Groups()
	}
	if made.naming, err = pattern.ParseTemplate(r.Options.Name, captures, groups); err != nil {
		return nil, fmt.Errorf("aggregate name %q: %w", r.Options.Name, err)
	}
	if made.folds, err = aggregate.NewRule(id, r.Options); err != nil {
		return nil, err
	}
	made.folds.Match = r.Name + " " + strings.Join(r.Match, " ") // what it is told by in a dump, with its definition
	return made, nil
}

// check refuses what the daemon would refuse in its configuration, and what a Book has no use for.
func check(o *aggregate.Options) error {
	if err := checkWords(reflect.ValueOf(o).Elem()); err != nil {
		return err
	}
	for i := range o.Output {
		if o.Output[i].Send != nil {
			return errors.New("send: a book has no clusters, its results go to Emit")
		}
		if strings.Contains(o.Output[i].As, "$") {
			return fmt.Errorf("as %q: a book names results without captures", o.Output[i].As)
		}
	}
	switch {
	case o.Send != nil:
		return errors.New("send: a book has no clusters, its results go to Emit")
	case strings.Contains(o.As+o.AsRollup, "$"):
		return fmt.Errorf("as %q: a book names results without captures", o.As+o.AsRollup)
	case len(o.Functions) == 0:
		return errors.New("there is no function")
	case o.Wait < 0, o.Grace < o.Wait:
		return fmt.Errorf("grace %v is less than wait, which is %v", o.Grace, o.Wait)
	case o.Keep < 0, o.Series < 0, o.MaxGap <= 0:
		return errors.New("keep and series must not be negative, and max_gap must be more than 0")
	}
	return nil
}

// checkWords refuses words that are none of those that a key may have.
func checkWords(o reflect.Value) error {
	for i := range o.NumField() {
		f := o.Type().Field(i)
		words := f.Tag.Get("enum")
		if words == "" {
			continue
		}
		if word := o.Field(i).String(); !slices.Contains(strings.Split(words, "|"), word) {
			return fmt.Errorf("%s must be one of %s, not %q", f.Tag.Get("toml"), words, word)
		}
	}
	return nil
}

// series returns the name of the series that a name is folded into; "" if the rule is not for it. A rule that the name is
// registered to needs no match, unless it takes captures from one.
func (r *rule) series(name string, registered bool) string {
	var captures pattern.Captures
	if r.matcher == nil && !registered {
		return ""
	}
	if r.matcher != nil && !r.matcher.Match(name, &captures) && !(registered && r.Options.Name == "$0") {
		return ""
	}
	return string(r.Options.Key(name, r.naming.Append(nil, name, &captures), nil))
}

// totals says whether values of kind k are running totals to the rule.
func (r *rule) totals(k Kind) bool { return r.Type == "diff" || r.Type == "auto" && k == Diff }
