package main

import (
	"fmt"
	"net"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A sender is one connection and how far it is on its track.
type sender struct {
	conn  net.Conn
	track *track
	most  int        // bytes a write may have; a unit that is longer goes by itself
	alone *segmenter // sends each unit in a datagram of its own, many at once; nil if they go in writes of up to most bytes
	next  int        // unit
	pass  int64      // since the start

	lines, bytes, writes int64
	sum                  int64 // of the values sent, in hundredths
}

// send writes as much as fits into one write, but at most so many points, and returns how many it wrote: 0 if the next
// unit has more.
func (s *sender) send(points, now int64) (int64, error) {
	t, from := s.track, s.next
	to := from + sort.Search(t.units()-from, func(i int) bool {
		return t.ends[from+i+1]-t.ends[from] > s.most || t.points[from+i+1]-t.points[from] > points
	})
	if to == from { // the one unit that is too long for a write is still sent, if there may be so many points
		if to++; t.points[to]-t.points[from] > points {
			return 0, nil
		}
	}
	if s.alone != nil {
		to = t.alike(from, points)
	}
	pass := s.pass % 100
	t.patch(from, to, pass, now)
	var err error
	if b := t.bytes[t.ends[from]:t.ends[to]]; s.alone != nil {
		err = s.alone.send(b, t.ends[from+1]-t.ends[from])
	} else {
		_, err = s.conn.Write(b)
	}
	s.bytes += int64(t.ends[to] - t.ends[from])
	s.writes++
	if err != nil {
		return 0, fmt.Errorf("sending to %s: %w", s.conn.RemoteAddr(), err)
	}
	sent := t.points[to] - t.points[from]
	s.lines += sent
	s.sum += t.sum(from, to, pass)
	if s.next = to; to == t.units() {
		s.next = 0
		s.pass++
	}
	return sent, nil
}

// flood sends as fast as the receiver takes it, until each sender has sent its part of total lines or span is over.
func flood(senders []*sender, total int64, span time.Duration) error {
	var over atomic.Bool
	defer time.AfterFunc(span, func() { over.Store(true) }).Stop()
	errs := make(chan error, len(senders))
	var wg sync.WaitGroup
	for i, s := range senders {
		left := share(total, i, len(senders))
		wg.Go(func() {
			for left > 0 && !over.Load() {
				n, err := s.send(left, time.Now().Unix())
				if err != nil {
					errs <- err
				}
				if n == 0 {
					return
				}
				left -= n
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// share returns the i-th of n parts of total.
func share(total int64, i, n int) int64 {
	return total*int64(i+1)/int64(n) - total*int64(i)/int64(n)
}

// paced sends rate lines a second, in ticks of a millisecond, until total is sent. It returns the longest time that it
// was late for a tick: above a few milliseconds the receiver pushed back, or the machine was busy.
//
// All connections are served by one thread that sleeps in the kernel: a goroutine for each would wake far more often,
// and the runtime's own timers are no finer than a millisecond.
func paced(senders []*sender, rate, total int64) (behind time.Duration, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := time.Now()
	for tick := time.Millisecond; ; tick += time.Millisecond {
		sleep(time.Until(begin.Add(tick)))
		now := time.Now()
		elapsed := now.Sub(begin)
		behind = max(behind, elapsed-tick)
		tick = max(tick, elapsed.Truncate(time.Millisecond))
		due := min(total, int64(float64(rate)*elapsed.Seconds()))
		for i, s := range senders {
			for owed := share(due, i, len(senders)) - s.lines; owed > 0; {
				n, err := s.send(owed, now.Unix())
				if err != nil {
					return behind, err
				}
				if n == 0 {
					break
				}
				owed -= n
			}
		}
		if due == total {
			return behind, nil
		}
	}
}

// sleep blocks the thread for d.
func sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	left := syscall.NsecToTimespec(int64(d))
	for syscall.Nanosleep(&left, &left) == syscall.EINTR {
	}
}
