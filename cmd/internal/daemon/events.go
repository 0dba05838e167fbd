package daemon

import (
	"context"
	"time"

	"go.uber.org/zap"
)

// restoreEvents takes over what Redis clients had counted before.
func (d *Daemon) restoreEvents() error {
	dir := d.file.State.Dir
	if dir == "" {
		return nil
	}
	for _, l := range d.listeners {
		if err := l.Restore(dir); err != nil {
			return err
		}
	}
	return nil
}

// keepEvents saves it as often as the aggregates' state, until ctx is done.
func (d *Daemon) keepEvents(ctx context.Context) {
	if d.File().State.Dir == "" {
		return
	}
	for {
		select {
		case <-time.After(d.File().State.Snapshot):
			d.saveEvents()
		case <-ctx.Done():
			return
		}
	}
}

// saveEvents saves what has changed of it.
func (d *Daemon) saveEvents() {
	d.pipe.RLock()
	defer d.pipe.RUnlock()
	dir := d.file.State.Dir
	if dir == "" {
		return
	}
	for _, l := range d.listeners {
		if err := l.Save(dir); err != nil {
			d.log.Error("the events are not saved", zap.Error(err))
		}
	}
}
