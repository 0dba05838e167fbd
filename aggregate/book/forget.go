package book

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"plumbago/aggregate"
)

// Delete forgets the series whose names begin with a prefix, whatever they hold, and their past and registrations, and
// returns how many series they were. What they have gathered is never emitted.
func (b *Book) Delete(prefix string) (int, error) {
	for _, l := range b.lanes {
		l.Lock()
		l.flush()
		for name := range l.pages {
			if strings.HasPrefix(name, prefix) {
				delete(l.pages, name)
			}
		}
		l.Unlock()
	}
	n, err := b.aggregator.Delete(context.Background(), func(name []byte) bool {
		return strings.HasPrefix(string(name), prefix)
	})
	if err != nil {
		return n, fmt.Errorf("deleting %s*: %w", prefix, err)
	}
	return n, nil
}

// Clean forgets the series that got no value for as long as their rules keep them (Rule.Keep), returns how many they
// were, and drops what is kept of the past from before History.Keep by the clock. It gives their memory back, also of what
// Delete has deleted. Registrations stay. The daemon does the like once a minute.
func (b *Book) Clean() (int, error) {
	n, err := b.aggregator.Forget(context.Background(), func(gone *aggregate.Forgotten) error {
		for _, l := range b.lanes {
			l.Lock()
			l.flush()
			for name, p := range l.pages {
				if !slices.ContainsFunc(p.refs, gone.Has) {
					continue
				}
				if p.refs = nil; !p.registered {
					delete(l.pages, name)
				}
			}
			l.Unlock()
		}
		return nil
	})
	if err == nil && b.keep > 0 {
		before := time.Now().Add(-b.keep)
		err = b.aggregator.Trim(context.Background(), before.Add(time.Second-1).Unix())
	}
	if err != nil {
		return n, fmt.Errorf("cleaning: %w", err)
	}
	return n, nil
}
