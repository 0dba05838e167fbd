package daemon

import (
	"context"
	"time"

	"go.uber.org/zap"

	"plumbago/carbon/stat"
)

const (
	// lossLook is how often the accounts are looked at for losses, lossRest the same once nothing has come for three looks, so that
	// an idle process sleeps; lossEvery how often each is told of at most: the first of it at once, then that of ten seconds together.
	lossLook  = time.Second
	lossRest  = 5 * time.Second
	lossEvery = 10 * time.Second
)

// A loss is how much of one account the log knows.
type loss struct {
	told int64
	when time.Time
}

// news returns how much was lost since the log was told, or 0 if that is nothing or not long ago; sum is the account.
func (l *loss) news(sum int64, now time.Time) (n int64) {
	if n = sum - l.told; n <= 0 || !l.when.IsZero() && now.Sub(l.when) < lossEvery {
		return 0
	}
	l.told, l.when = sum, now
	return n
}

// losses are what the log knows of the losses, by whose they are.
type losses map[any]*[stat.NLosses]loss

// of returns what the log knows of somebody's.
func (ls losses) of(whose any) *[stat.NLosses]loss {
	if ls[whose] == nil {
		ls[whose] = new([stat.NLosses]loss)
	}
	return ls[whose]
}

// lossWords say why points were lost; of those that a stop or a reload loses it tells itself.
var lossWords = [stat.NLosses]string{
	stat.LossOverflow:   "points are lost: the queue is full",
	stat.LossExpired:    "points are lost: they have waited for too long",
	stat.LossWriteError: "points are lost: the endpoint cannot hold them",
	stat.LossDiskFull:   "points are lost: the spool has no room",
	stat.LossCorrupt:    "points are lost: the spool was damaged",
}

// watchLosses tells the log of what is lost, until ctx is done, without a word on the path of a line.
func (d *Daemon) watchLosses(ctx context.Context) {
	known := losses{}
	timer := time.NewTimer(lossLook)
	defer timer.Stop()
	for last, still := int64(-1), 0; ; {
		select {
		case now := <-timer.C:
			came := d.tellLosses(known, now)
			if still++; came != last {
				last, still = came, 0
			}
			if still < 3 {
				timer.Reset(lossLook)
			} else {
				timer.Reset(untilNext(lossRest, now))
			}
		case <-ctx.Done():
			return
		}
	}
}

// untilNext returns how long it is to the next multiple of every in time, so that all that looks at an idle process now and then wakes
// it at the same moments.
func untilNext(every time.Duration, now time.Time) time.Duration {
	return now.Truncate(every).Add(every).Sub(now)
}

// tellLosses looks once, and returns how much has come so far from outside, and was lost. An idle process's own figures are not counted:
// each would have it looked at three times more.
func (d *Daemon) tellLosses(known losses, now time.Time) (came int64) {
	d.pipe.RLock()
	table, listeners := d.table, d.listeners
	d.pipe.RUnlock()
	for _, c := range table.Clusters {
		for _, e := range c.Dests {
			counts := e.Counts()
			for why, words := range lossWords {
				came += counts.Dropped[why]
				n := int64(0)
				if words != "" {
					n = known.of(e)[why].news(counts.Dropped[why], now)
				}
				if n > 0 {
					s := e.Status()
					d.log.Warn(words, zap.String("cluster", c.Name), zap.String("endpoint", e.Endpoint()), zap.Int64("points", n),
						zap.String("state", s.State), zap.String("error", s.Error))
				}
			}
		}
	}
	for _, l := range listeners {
		s := l.Stats()
		dropped := s.Dropped
		came += s.Received + dropped
		if n := known.of(l)[0].news(dropped, now); n > 0 {
			d.log.Warn("datagrams are lost: the receive buffer is full", zap.String("listener", l.Name()), zap.Int64("datagrams", n))
		}
	}
	return came
}
