package book

import (
	"context"
	"fmt"
	"slices"

	"plumbago/carbon"
)

// Register says what a name is before its first value comes: of which kind, and which rules it is folded by, those that
// match it or, whatever their Match, those that are named. A name that is known as the same already keeps what it has; of
// one that is known as another, what there is is deleted. A registration lasts until Delete.
func (b *Book) Register(name string, k Kind, rules ...string) error {
	clean, err := carbon.CleanName(name)
	if err != nil {
		return fmt.Errorf("registering %q: %w", name, err)
	}
	name = clean
	p := &page{kind: k, registered: true}
	for _, called := range rules {
		at := slices.IndexFunc(b.rules, func(r *rule) bool { return r.Rule.Name == called })
		switch {
		case at < 0 || called == "":
			return fmt.Errorf("registering %s: there is no rule %q", name, called)
		case b.rules[at].series(name, true) == "":
			return fmt.Errorf("registering %s: rule %q needs captures of a match, and does not match it", name, called)
		}
		p.rules = append(p.rules, at)
	}
	slices.Sort(p.rules)
	matches := func(r *rule) bool { return r.series(name, false) != "" }
	if p.rules == nil && !slices.ContainsFunc(b.rules, matches) {
		return fmt.Errorf("registering %s: %w", name, ErrNoRule)
	}
	return b.register(name, p)
}

// register puts the page of a name in place of another.
func (b *Book) register(name string, p *page) error {
	l := b.lane(name)
	l.Lock()
	was, closed := l.pages[name], l.closed
	if was != nil && was.kind == p.kind && slices.Equal(was.rules, p.rules) {
		was.registered = true
		l.Unlock()
		return nil
	}
	delete(l.pages, name)
	l.Unlock()
	if closed {
		return fmt.Errorf("registering %s: %w", name, ErrClosed)
	}
	if was != nil {
		b.flush()
		_, err := b.aggregator.Delete(context.Background(), func(series []byte) bool { return string(series) == name })
		if err != nil {
			return fmt.Errorf("registering %s: %w", name, err)
		}
	}
	l.Lock()
	l.pages[name] = p
	l.Unlock()
	return nil
}
