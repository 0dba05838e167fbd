package ingest

import (
	"io"
	"runtime"
	"syscall"
	"time"

	"plumbago/carbon"
)

// What costs most at usual rates is not the lines but to wake for them: a thread that sleeps until a segment arrives takes some
// 40 us of CPU, as much as 200 lines. So a stream that brings little at a time is left to its worker, which reads all such streams
// at the tick at which it flushes, and its reader sleeps. That is over when a tick finds nothing, or more than a
// reader should let gather.
const (
	// eager is how much a read may bring before the next one follows at once.
	eager = 16 << 10
	// restless is how much may come within a linger of a stream that is left to its worker: a flood is read as it comes.
	restless = 64 << 10
	// mostLooks is how often a stream is read in a row at one tick.
	mostLooks = 4
	// steady is how many ticks have to find something before the system is asked to stay silent about the stream.
	steady = 2
)

// Who may touch a stream's state.
const (
	held    uint32 = iota // its reader
	resting               // nobody at the moment: its worker takes it from time to time, or its reader at the stop
	visited               // its worker
)

// A pause is what a stream needs to be left to its worker.
type pause struct {
	raw     syscall.RawConn
	glance  func(fd uintptr) // s.glimpse, made once
	back    chan struct{}    // has room for one: the stream is its reader's again
	wanted  bool             // what is about to be sent takes the stream along
	lent    bool             // it did
	visits  int              // in a row
	lowered bool             // the system is silent about it
	verdict error            // why it came back, if that is its end
	burst   int              // bytes since
	since   time.Time
}

// mayRest decides, after a read, whether the stream is to be left to its worker.
func (s *stream) mayRest(raw syscall.RawConn) {
	linger := s.listener.opts.Linger
	if linger <= 0 || s.listener.events != nil || s.worker.linger <= 0 || s.listener.stopping() {
		s.pause = nil
		return
	}
	if s.pause == nil {
		s.pause = &pause{raw: raw, glance: s.glimpse, back: make(chan struct{}, 1)}
	}
	p := s.pause
	p.burst += s.got
	if p.wanted = s.got < eager && p.burst < restless; s.got >= eager {
		return
	}
	if now := time.Now(); now.Sub(p.since) >= linger {
		p.since, p.burst = now, 0
	}
}

// rest leaves the stream to its worker, which has it already, and returns when it came back, with an error if it has ended. At the
// stop the reader takes it back, as its worker may be waiting, and does not give it away again.
func (s *stream) rest() error {
	s.pause.lent = false
	select {
	case <-s.pause.back:
	case <-s.listener.stop:
		s.reclaim()
	}
	if s.pause.lowered {
		s.pause.lowered = false
		_ = s.pause.raw.Control(func(fd uintptr) { _ = setLowWater(fd, 1) })
	}
	return s.pause.verdict
}

// reclaim makes the stream its reader's, once its worker is not just reading it.
func (s *stream) reclaim() {
	for !s.holder.CompareAndSwap(resting, held) {
		select {
		case <-s.pause.back:
			return
		default:
			runtime.Gosched()
		}
	}
}

// lend readies the stream to go to its worker with the batch that is about to be sent.
func (s *stream) lend() *stream {
	p := s.pause
	p.wanted, p.lent = false, true
	p.visits, p.verdict = 0, nil
	s.holder.Store(resting)
	return s
}

// look reads the stream once, without waiting. It returns what can be decoded, if anything, and whether the stream may stay
// with its worker.
func (s *stream) look() (b *carbon.Batch, stay bool) {
	if s.listener.stopping() {
		return nil, false
	}
	switch err := s.pause.raw.Control(s.pause.glance); {
	case err != nil: // closed: its reader finds out by itself
		return nil, false
	case s.err == syscall.EAGAIN:
		return nil, false
	case s.err != nil:
		s.pause.verdict = s.err
		return nil, false
	case s.got == 0:
		s.pause.verdict = io.EOF
		return nil, false
	}
	b, s.pause.verdict = s.whole()
	return b, s.pause.verdict == nil
}

// glimpse is what look does with the socket.
func (s *stream) glimpse(fd uintptr) {
	s.fill(fd)
	if p := s.pause; s.got > 0 {
		if p.visits++; p.visits == steady {
			p.lowered = setLowWater(fd, restless) == nil
		}
	}
}

// visit reads a stream that rests and decodes what it brings. It reports whether the stream stays; if not, its reader has it
// again.
func (w *Worker) visit(s *stream) bool {
	for range mostLooks {
		if !s.holder.CompareAndSwap(resting, visited) {
			return false // its reader took it back
		}
		b, stay := s.look()
		enough := s.got < eager
		s.holder.Store(resting)
		if b != nil {
			w.handle(work{batch: b, from: s.from, peer: s.peer})
		}
		if !stay {
			break
		}
		if enough {
			return true
		}
	}
	if s.holder.CompareAndSwap(resting, held) {
		s.pause.back <- struct{}{}
	}
	return false
}

// A rest is a stream that its worker reads, and when again at the earliest.
type rest struct {
	stream *stream
	due    time.Time
}

// visitAll reads all streams that rest and are due.
func (w *Worker) visitAll() {
	if len(w.rests) == 0 {
		return
	}
	now := time.Now()
	kept := w.rests[:0]
	for _, r := range w.rests {
		if now.Before(r.due) {
			kept = append(kept, r)
		} else if linger := r.stream.listener.opts.Linger; w.visit(r.stream) {
			kept = append(kept, rest{r.stream, now.Add(linger - w.linger/2)})
		}
	}
	clear(w.rests[len(kept):])
	w.rests = kept
}

// untilTick returns how long it is to the next tick. All workers have it at the same time, so that a thread that wakes for one
// finds the others' work.
func untilTick(linger time.Duration) time.Duration {
	return linger - time.Duration(time.Now().UnixNano()%int64(linger))
}
