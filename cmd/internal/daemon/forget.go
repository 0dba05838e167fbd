package daemon

import (
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
		err := d.table.Forget(ctx, func(f func(*relay.Lane)) error {
			for i, lane := range d.lanes {
				if err := d.ask(ctx, d.workers[i], func() { f(lane) }); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, context.Canceled) {
			d.log.Error("forgetting silent series", zap.Error(err))
		}
	}
}
