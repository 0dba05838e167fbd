package daemon

import (
	"context"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon"
	"plumbago/carbon/stat"
	"plumbago/conf"
)

// self sends plumbago's own figures down the table, at the ends of intervals in Unix time, until ctx is done.
func (d *Daemon) self(ctx context.Context) {
	began := time.Now()
	for {
		f, turned := d.fileUntil()
		o := f.Self
		if o.Interval == 0 {
			select {
			case <-turned:
				continue
			case <-ctx.Done():
				return
			}
		}
		next := time.Now().Truncate(o.Interval).Add(o.Interval)
		if next.Before(began.Add(o.Interval)) { // the first interval is whole
			next = next.Add(o.Interval)
		}
		select {
		case <-time.After(time.Until(next)):
		case <-ctx.Done():
			return
		}
		if err := d.sendSelf(ctx, o, next); err != nil && ctx.Err() == nil {
			d.log.Warn("sending plumbago's own figures", zap.Error(err))
		}
	}
}

// sendSelf hands the figures of a time to a worker.
func (d *Daemon) sendSelf(ctx context.Context, o conf.Self, at time.Time) error {
	l, err := d.Ledger(ctx)
	if err != nil {
		return err
	}
	s, err := d.Status(ctx)
	if err != nil {
		return err
	}
	b := carbon.NewBatch()
	b.Own, b.Arrival = true, time.Now().UnixMilli()
	for _, f := range selfFigures(o, &l, &s) {
		b.Add([]byte(f.name), f.kind, f.value, at.UnixMilli())
	}
	return d.workers[0].Give(ctx, b)
}

// selfFigures returns the figures under the names that o asks for.
func selfFigures(o conf.Self, l *stat.Ledger, s *Status) []figure {
	figures := ownFigures
	if o.Compat == "carbon-c-relay" {
		figures = relayCFigures
	}
	all, prefix := figures(l, s), selfPrefix(o.Prefix)
	for i := range all {
		all[i].name = prefix + all[i].name
	}
	return all
}

// selfPrefix returns what names begin with, its dot included.
func selfPrefix(prefix string) string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	short, _, _ := strings.Cut(host, ".")
	prefix = strings.ReplaceAll(prefix, "{host}", node(short))
	if prefix == "" {
		return ""
	}
	return strings.TrimSuffix(prefix, ".") + "."
}
