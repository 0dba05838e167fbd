package daemon

import (
	"context"
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"plumbago/aggregate/history"
	"plumbago/conf"
	"plumbago/ingest"
	"plumbago/relay"
	"plumbago/relay/dest"
)

// What the parts of the limit on memory are for, in hundredths of it. The rest is for series, and for what batches and
// connections take.
const (
	queueShare   = 35 // what waits for the endpoints
	namesShare   = 8  // what lanes remember of names
	historyShare = 7  // the kept past
	messageShare = 10 // messages whose end has not come, of all connections

	collectAt = 90 // the collector does what it can to stay below
	tightAt   = 80 // of what is in use, with what the queues may still take: no new series from here
	easyAt    = 75 // and again new ones below
)

const (
	// The use of memory is looked at the more often the less room is left: before growth at fastest, in bytes a second, could
	// fill half of it, in these bounds.
	fastest    = 256 << 20
	leastLook  = 50 * time.Millisecond
	mostLook   = 5 * time.Second
	pruneEvery = 10 * time.Second // how often names are forgotten while it is short
)

// A memory is the limit on what the process takes, and how close it is.
type memory struct {
	limit      int           // bytes; 0 for none
	unfinished *ingest.Quota // of messages whose end has not come; nil for none
	tight      atomic.Bool
	samples    []metrics.Sample
}

// newMemory reads what the configuration says of this machine.
func newMemory(limit int) *memory {
	m := &memory{limit: limit}
	if limit > 0 {
		m.unfinished = ingest.NewQuota(m.share(messageShare))
	}
	for _, name := range []string{"/memory/classes/total:bytes", "/memory/classes/heap/released:bytes", "/gc/heap/live:bytes"} {
		m.samples = append(m.samples, metrics.Sample{Name: name})
	}
	return m
}

// share returns a part of the limit in bytes, 0 if there is none.
func (m *memory) share(hundredths int) int { return m.limit / 100 * hundredths }

// MemoryStatus says how much memory the process takes.
type MemoryStatus struct {
	Limit int64 `json:"limit"` // bytes; 0 for none
	Used  int64 `json:"used"`  // by the runtime, as the system sees it
	Live  int64 `json:"live"`  // of that, what the last collection found in use
	Tight bool  `json:"tight"` // no new series is let in
}

// status reads the runtime's figures. Only one goroutine may call it on one memory.
func (m *memory) status() MemoryStatus {
	metrics.Read(m.samples)
	total, released, live := m.samples[0].Value.Uint64(), m.samples[1].Value.Uint64(), m.samples[2].Value.Uint64()
	return MemoryStatus{Limit: int64(m.limit), Used: int64(total - released), Live: int64(live), Tight: m.tight.Load()}
}

// look says whether memory is short when so much is in use and the queues may take so much more, and whether that has
// changed.
func (m *memory) look(live, pending int64) (tight, changed bool) {
	was := m.tight.Load()
	at := tightAt
	if was {
		at = easyAt
	}
	tight = live+pending >= int64(m.share(at))
	m.tight.Store(tight)
	return tight, tight != was
}

// patience returns how long memory need not be looked at when so much is in use.
func (m *memory) patience(used int64) time.Duration {
	room := max(0, int64(m.share(tightAt))-used)
	return min(max(time.Duration(float64(room/2)/fastest*float64(time.Second)), leastLook), mostLook)
}

// guardMemory keeps the process below its limit until ctx is done, as far as that can be done from here: the shares of the
// parts are kept by the parts.
func (d *Daemon) guardMemory(ctx context.Context) {
	if d.memory.limit == 0 {
		return
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(d.memory.share(collectAt)))
		defer debug.SetMemoryLimit(math.MaxInt64)
	}
	timer := time.NewTimer(leastLook)
	defer timer.Stop()
	pruned := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-timer.C:
			live, pending := d.memory.status().Live, d.pending()
			tight, changed := d.memory.look(live, pending)
			rest := d.memory.patience(live + pending)
			if rest == mostLook {
				rest = untilNext(rest, now)
			}
			timer.Reset(rest)
			if changed {
				d.tighten(tight)
			}
			if tight && now.Sub(pruned) >= pruneEvery {
				pruned = now
				_ = d.tableNow().ForgetNames(ctx, d.onWorkers(ctx)) // if not now, then later
			}
		}
	}
}

// past returns how much of the past f keeps, with the memory that there is for it.
func (d *Daemon) past(f *conf.File) history.Options {
	o := f.History
	o.Bytes = d.memory.share(historyShare)
	return o
}

// shareQueues bounds what waits for all endpoints together.
func (d *Daemon) shareQueues(clusters []*relay.Cluster) {
	var all []*dest.Dest
	for _, c := range clusters {
		all = append(all, c.Dests...)
	}
	dest.Share(all, d.memory.share(queueShare))
}

// pending returns how much more the queues may take than they hold.
func (d *Daemon) pending() int64 {
	held, most := 0, 0
	for _, c := range d.tableNow().Clusters {
		for _, e := range c.Dests {
			h, m := e.Fill()
			held, most = held+h, most+m
		}
	}
	return int64(max(min(most, d.memory.share(queueShare))-held, 0))
}

// tighten tells who makes series that memory is short, or not any more.
func (d *Daemon) tighten(tight bool) {
	d.aggregator.Tighten(tight)
	s := newMemory(d.memory.limit).status()
	fields := []zap.Field{zap.Int64("limit", s.Limit), zap.Int64("used", s.Used), zap.Int64("live", s.Live)}
	if tight {
		d.log.Warn("memory is short: new series are refused", fields...)
	} else {
		d.log.Info("memory is no longer short", fields...)
	}
}
