package daemon

import (
	"bytes"
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"plumbago/relay"
)

// forgetEvery is how often the aggregates forget what was silent for too long.
const forgetEvery = time.Minute

// forget forgets silent series, now and then, until ctx is done.
func (d *Daemon) forget(ctx context.Context) {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := d.forgetNow(ctx); err != nil && !errors.Is(err, context.Canceled) {
			d.log.Error("forgetting silent series", zap.Error(err))
		}
	}
}

func (d *Daemon) forgetNow(ctx context.Context) error {
	return d.tableNow().Forget(ctx, d.onWorkers(ctx))
}

// onWorkers returns a function that has its argument called for each worker's lane, by its owner.
func (d *Daemon) onWorkers(ctx context.Context) func(f func(*relay.Lane)) error {
	return func(f func(*relay.Lane)) error {
		for i, lane := range d.lanes {
			if err := d.ask(ctx, d.workers[i], func() { f(lane) }); err != nil {
				return err
			}
		}
		return nil
	}
}

// DeleteSeries forgets the live series whose names begin with prefix, and their past. It returns how many they were. One that
// gets another sample begins anew.
func (d *Daemon) DeleteSeries(ctx context.Context, prefix string) (int, error) {
	n, err := d.aggregator.Delete(ctx, func(name []byte) bool { return bytes.HasPrefix(name, []byte(prefix)) })
	d.log.Info("deleted series", zap.String("prefix", prefix), zap.Int("series", n), zap.Error(err))
	if err == nil && n > 0 {
		err = d.forgetNow(ctx) // what they took in memory
	}
	return n, err
}
