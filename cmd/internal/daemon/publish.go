package daemon

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/ingest/mmstats"
)

// publishEvery is how often the figures in the file of [self] change.
const publishEvery = time.Second

// A publication is the file in which plumbago's own figures are, as an application's are in its.
type publication struct {
	path string        // as it is configured
	file *mmstats.File // nil while there is none
	set  map[string]func(v float64)
	said string // what went wrong the last time
}

// publish keeps the file of [self] as it should be until ctx is done, and then removes it: figures that nothing changes any more
// would pass for true.
func (d *Daemon) publish(ctx context.Context) {
	var p publication
	defer func() { p.tell(d.log, p.close()) }()
	tick := time.NewTicker(publishEvery)
	defer tick.Stop()
	for {
		f, turned := d.fileUntil()
		if f.Self.Mmstats != "" || p.file != nil {
			p.tell(d.log, d.publishOnce(ctx, &p))
			turned = nil // the tick is soon enough
			tick.Reset(publishEvery)
		} else {
			tick.Stop() // nothing wakes an idle process for nothing
		}
		select {
		case <-tick.C:
		case <-turned:
		case <-ctx.Done():
			return
		}
	}
}

// tell says what went wrong with the file, once while it is the same.
func (p *publication) tell(log *zap.Logger, err error) {
	if err == nil {
		p.said = ""
	} else if p.said != err.Error() {
		p.said = err.Error()
		log.Warn("publishing plumbago's own figures", zap.Error(err))
	}
}

// publishOnce writes the figures of now.
func (d *Daemon) publishOnce(ctx context.Context, p *publication) error {
	o := d.File().Self
	if o.Mmstats == "" {
		return p.close()
	}
	l, err := d.Ledger(ctx)
	if err != nil {
		return nil // the daemon is busy, or ends: figures are a second late
	}
	s, err := d.Status(ctx)
	if err != nil {
		return nil
	}
	return p.write(o.Mmstats, selfFigures(o, &l, &s))
}

// write sets the fields that there are to figures, in a new file if these are not of the old one's.
func (p *publication) write(path string, all []figure) error {
	if p.file == nil || p.path != path || !p.has(all) {
		if err := p.open(path); err != nil {
			return err
		}
	}
	for _, f := range all {
		set, known := p.set[f.name]
		if !known {
			set = p.field(f)
			p.set[f.name] = set
		}
		set(f.value)
	}
	return p.file.Err()
}

// has says whether every field of the file is among figures: one that is gone, as an endpoint that was removed, must not stay there.
// Two figures may have one name, as those of endpoints whose addresses make the same node.
func (p *publication) has(all []figure) bool {
	gone := maps.Clone(p.set)
	for _, f := range all {
		delete(gone, f.name)
	}
	return len(gone) == 0
}

// open makes a file without figures, in place of the one there is.
func (p *publication) open(path string) error {
	if p.path != path {
		if err := p.close(); err != nil {
			return err
		}
	}
	file, err := mmstats.Create(mmstats.Options{Path: filepath.Dir(path), Filename: filepath.Base(path)})
	if err != nil {
		return err
	}
	if p.file != nil {
		_ = p.file.Close() // it has been replaced where it lay
	}
	p.path, p.file, p.set = path, file, map[string]func(float64){}
	return nil
}

// field adds a field to the file and returns what sets it: a counter of what only grows, in whole numbers, else a number.
func (p *publication) field(f figure) func(v float64) {
	if f.kind == carbon.Diff && !f.fraction {
		c := mmstats.NewCounter(p.file, f.name)
		return func(v float64) { c.Set(uint64(v)) }
	}
	return mmstats.NewGauge[float64](p.file, f.name).Set
}

// close removes the file.
func (p *publication) close() error {
	if p.file == nil {
		return nil
	}
	err := p.file.Remove()
	p.file, p.set = nil, nil
	if err != nil {
		return fmt.Errorf("removing the file of figures: %w", err)
	}
	return nil
}
