package ingest

import "errors"

// errCrowded is what a reader ends with when its unfinished message has no room.
var errCrowded = errors.New("there is no room for its unfinished message")

// hold sees, after a read, that what is left of it for the next one does not become too much.
func (s *stream) hold() error {
	n := int64(cap(s.tail))
	if s.batch != nil {
		n += int64(cap(s.batch.Bytes))
	}
	if n < minRead { // the rest of a line: the number of connections bounds those
		n = 0
	}
	if !s.listener.opts.Unfinished.add(n - s.held) {
		s.listener.crowded(s)
		return errCrowded
	}
	s.held = n
	return nil
}

// reserve waits for room in the worker's inbox, at most until the listener is aborted.
func (s *stream) reserve() error {
	if s.tryReserve() {
		return nil
	}
	s.pulse.Store(waiting)
	defer s.pulse.Store(busy)
	select {
	case s.worker.room <- struct{}{}:
		s.reserved = true
		return nil
	case <-s.listener.abort:
		return errAborted
	}
}

// tryReserve does so without waiting.
func (s *stream) tryReserve() bool {
	if s.reserved {
		return true
	}
	select {
	case s.worker.room <- struct{}{}:
		s.reserved = true
	default:
	}
	return s.reserved
}

// release gives the place back that was not needed.
func (s *stream) release() {
	if s.reserved {
		s.reserved = false
		<-s.worker.room
	}
}
