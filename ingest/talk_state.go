package ingest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"go.uber.org/zap"

	"plumbago/aggregate/state"
)

// eventsPath returns where in dir the state of a listener for RESP lies: it belongs to its addresses.
func (l *Listener) eventsPath(dir string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(l.name))
	return filepath.Join(dir, fmt.Sprintf("events-%016x.state", h.Sum64()))
}

// Save writes what clients of RESP have counted into dir; other listeners have nothing to save.
func (l *Listener) Save(dir string) error {
	if l.events == nil {
		return nil
	}
	if err := l.events.Save(l.eventsPath(dir)); err != nil {
		return fmt.Errorf("saving the events of %s: %w", l.name, err)
	}
	return nil
}

// Restore takes over what Save wrote. A file that cannot be read is set aside.
func (l *Listener) Restore(dir string) error {
	if l.events == nil {
		return nil
	}
	path := l.eventsPath(dir)
	left, err := l.events.Load(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		aside, failed := state.SetAside(path, time.Now())
		if failed != nil {
			return errors.Join(err, failed)
		}
		l.log.Error("starting without the events of before, which are set aside", zap.String("listener", l.name), zap.Error(err), zap.String("as", aside))
	default:
		l.log.Info("the events go on where they were", zap.String("listener", l.name), zap.Int64("keys", l.events.Stats().Keys), zap.Int("left_out", left))
	}
	return nil
}

// Inherit takes over the events of the first of some listeners that has an address of l's, unless their windows are made of other
// buckets. It is to be called before Start; the other may go on counting until it is closed.
func (l *Listener) Inherit(others []*Listener) {
	if l.events == nil {
		return
	}
	for _, old := range others {
		shared := func(a Address) bool { return slices.Contains(old.addrs, a) }
		if old.events != nil && slices.ContainsFunc(l.addrs, shared) && old.events.Adjust(l.opts.resp()) {
			l.events = old.events
			return
		}
	}
}
