package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	statefile "plumbago/aggregate/state"
)

// snapshotShare bounds the time spent on snapshots: after one that took long the next is this many times as far away.
const snapshotShare = 20

// A StateStatus says what outlives the process.
type StateStatus struct {
	Dir      string          `json:"dir"`
	Saved    *time.Time      `json:"saved,omitempty"` // when the last snapshot was written
	Seconds  float64         `json:"seconds"`         // how long that took
	Error    string          `json:"error,omitempty"` // why the last one was not
	Restored *RestoredStatus `json:"restored,omitempty"`
}

// A RestoredStatus says what was taken over at the start. Samples of the gap were lost: a slice that it touches was
// emitted without them.
type RestoredStatus struct {
	At     time.Time `json:"at"`          // of the snapshot
	Gap    float64   `json:"gap_seconds"` // from it to the start
	Series int       `json:"series"`
	Others int       `json:"others"`  // series of rules that are gone or were changed, at least
	NoRoom int       `json:"no_room"` // series that the limits had no room for
}

// snapshotPath is where the aggregates' snapshot is; empty if there is none.
func (d *Daemon) snapshotPath() string {
	dir := d.File().State.Dir
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "aggregates.state")
}

// restore takes over the last snapshot. One that cannot be read is set aside: its samples are lost, but the daemon is not.
func (d *Daemon) restore() error {
	path := d.snapshotPath()
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(d.file.State.Dir, 0o750); err != nil {
		return fmt.Errorf("making state.dir: %w", err)
	}
	d.aggregator.CloseInto(path)
	r, err := d.aggregator.Restore(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	now := time.Now()
	if err != nil {
		aside, failed := statefile.SetAside(path, now)
		if failed != nil {
			return errors.Join(err, failed)
		}
		d.log.Error("starting without the state of the aggregates, which is set aside", zap.Error(err), zap.String("as", aside))
		return nil
	}
	status := RestoredStatus{r.At, now.Sub(r.At).Seconds(), r.Series, r.Others, r.NoRoom}
	d.mu.Lock()
	d.saved.Restored = &status
	d.mu.Unlock()
	d.log.Info("the aggregates go on where they were", zap.Int("series", r.Series), zap.Duration("gap", now.Sub(r.At)),
		zap.Int("others", r.Others), zap.Int("no_room", r.NoRoom))
	return nil
}

// snapshots writes snapshots, now and then, until ctx is done.
func (d *Daemon) snapshots(ctx context.Context) {
	path := d.snapshotPath()
	if path == "" {
		return
	}
	every := func() time.Duration { return d.File().State.Snapshot }
	wait, saved := every(), uint64(0)
	for {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		start := time.Now()
		changes, err := d.aggregator.Changes(ctx)
		if err == nil && changes == saved {
			continue
		}
		if err == nil {
			err = d.aggregator.Save(ctx, path)
		}
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			saved = changes
		}
		took := time.Since(start)
		wait = max(every(), snapshotShare*took)
		d.noteSaved(start, took, err)
	}
}

// noteSaved remembers how the last snapshot went, and logs when that changes.
func (d *Daemon) noteSaved(at time.Time, took time.Duration, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.saved.Error
	if d.saved.Error = ""; err != nil {
		d.saved.Error = err.Error()
	} else {
		d.saved.Saved, d.saved.Seconds = &at, took.Seconds()
	}
	switch {
	case err != nil && was == "":
		d.log.Error("writing the state of the aggregates", zap.Error(err))
	case err == nil && was != "":
		d.log.Info("the state of the aggregates is written again")
	}
}

// stateStatus says what outlives the process; nil if nothing does.
func (d *Daemon) stateStatus() *StateStatus {
	dir := d.file.State.Dir
	if dir == "" {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.saved
	s.Dir = dir
	return &s
}
