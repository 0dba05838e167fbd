package ingest

import (
	"time"

	"go.uber.org/zap"
)

// What a stream was last seen doing.
const (
	quiet   uint32 = iota // nothing has been read since the last sweep
	busy                  // something has
	waiting               // it waits for its worker: the sender may have much to say
)

// How often the connections are looked at: this often within the time that one may be silent, in these bounds. So one is
// closed at most two such steps late, and nobody sets a timer for each read.
const (
	sweepsPerIdle      = 8
	minSweep, maxSweep = 10 * time.Millisecond, 15 * time.Second
)

// touch notes that something was read. It is called once a read, and most times finds it noted.
func (s *stream) touch() {
	s.spoke = true
	if s.pulse.Load() != busy {
		s.pulse.Store(busy)
	}
}

// sweepIdle closes TCP connections that are silent for too long, until the stop.
func (l *Listener) sweepIdle(idle time.Duration) {
	step := min(max(idle/sweepsPerIdle, minSweep), maxSweep)
	for l.rest(step, nil) {
		l.sweep(time.Now(), idle)
	}
}

// sweep ends the connections that were silent for idle at now. What has arrived on them by then is read.
func (l *Listener) sweep(now time.Time, idle time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.streams {
		switch {
		case !s.tcp || s.ending:
		case s.pulse.CompareAndSwap(busy, quiet), s.pulse.Load() == waiting, s.holder.Load() != held:
			s.heard = now
		case now.Sub(s.heard) >= idle:
			l.counts.idled.Add(1)
			s.wake()
			l.log.Debug("closing a silent connection", zap.String("listener", s.from.listener), zap.String("peer", s.name()))
		}
	}
}

// longAgo is a deadline that has passed: it wakes who waits for a socket.
func longAgo() time.Time { return time.Unix(1, 0) }
