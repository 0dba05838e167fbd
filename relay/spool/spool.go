package spool

import (
	"errors"
	"fmt"
	"os"
)

// Next returns the oldest record that was not read yet; it reports false if there is none. Damage is passed over and
// counted. An error says that the disk could not be read: Next may be called again, or Skip.
func (s *Spool) Next() (rec Record, ok bool, err error) {
	for {
		from := s.read.at
		h, payload, ok, err := s.read.next()
		if err != nil {
			return rec, false, s.reading(err)
		}
		if !ok {
			s.miss(from, s.span.end)
			s.read.at = s.span.end
			return rec, false, nil
		}
		s.miss(from, h.first)
		if !s.span.gone(h.first) {
			return Record{Payload: payload, Points: int(h.points), Oldest: h.oldest, End: h.end(), Tried: h.tried || h.first < s.tried}, true, nil
		}
	}
}

// reading says what an error is about.
func (s *Spool) reading(err error) error { return fmt.Errorf("reading %s: %w", s.chain.dir, err) }

// miss counts as corrupt the points of [from, to) that are held but were not found.
func (s *Spool) miss(from, to uint64) { s.acct.Corrupt += s.span.remove(from, to) }

// Skip gives up what Next could not read: 4 KiB of the file, or a segment that cannot be opened. What is lost by that is
// counted as corrupt when Next has found where it goes on.
func (s *Spool) Skip() { s.read.skip() }

// Confirm says that the endpoint has all that was read up to end, see Record.End, and returns how many points are gone by
// that. They will not be read again, after the next Sync not even after a crash.
func (s *Spool) Confirm(end uint64) (points int64) {
	if end > s.span.end {
		panic(fmt.Sprintf("bug: %d confirmed of %d points", end, s.span.end))
	}
	points = s.span.remove(s.span.pos, end)
	s.acct.Confirmed += points
	s.move()
	return points
}

// Try says that something of what was read up to end may have gone out. Its Records say so if they are read again, after the
// next Sync also after a crash. It reports whether that was new.
func (s *Spool) Try(end uint64) bool {
	if end <= s.tried {
		return false
	}
	s.tried = end
	return true
}

// move takes the reader to the first point that is held, if it is not there yet.
func (s *Spool) move() {
	if s.read.at < s.span.pos {
		s.read.close()
		s.read.at = s.span.pos
	}
}

// Rewind goes back: what was read and not confirmed is read again.
func (s *Spool) Rewind() {
	s.read.close()
	s.read.at = s.span.pos
}

// Expire drops the records in front whose oldest point is from before that time (Unix milliseconds), but for those that
// were read and are not confirmed, and returns how many points that were.
func (s *Spool) Expire(before int64) (points int64, err error) {
	for {
		h, ok, err := s.peek()
		if err != nil || !ok || h.oldest >= before {
			return points, err
		}
		s.read.pass(&h)
		n := s.span.remove(h.first, h.end())
		s.acct.Expired += n
		points += n
	}
}

// peek returns the header of the record that Next would look at.
func (s *Spool) peek() (h header, ok bool, err error) {
	from := s.read.at
	if h, ok, err = s.read.head(glanceSize); err != nil {
		return h, false, s.reading(err)
	}
	if !ok {
		h.first = s.span.end
	}
	s.miss(from, h.first)
	s.read.at = h.first
	return h, ok, nil
}

// Purge drops all that is held, what was read and is not confirmed too, and returns how many points that were.
func (s *Spool) Purge() (points int64, err error) {
	points = s.span.remove(s.span.pos, s.span.end)
	s.acct.Purged += points
	s.move()
	return points, s.Sync()
}

// End returns the number behind the last point that was appended: the End of the last record.
func (s *Spool) End() uint64 { return s.span.end }

// Account returns what became of every point.
func (s *Spool) Account() Account {
	a := s.acct
	a.Held = s.span.held()
	return a
}

// Torn returns what was cut off at opening.
func (s *Spool) Torn() Torn { return s.cut }

// A Level is how full a spool is.
type Level struct {
	Points   int64
	Bytes    int64 // of the segments, what of them is gone already included
	Segments int
	Oldest   int64 // when the oldest point came in that was not read yet, in Unix milliseconds; 0 if there is none
	Newest   int64 // when the oldest point of the last record came in; 0 if there is none
}

// Level returns how full the spool is. It may have to read a few bytes; if it cannot, Oldest is 0.
func (s *Spool) Level() Level {
	l := Level{Points: s.span.held(), Bytes: s.chain.bytes(), Segments: len(s.chain.segs)}
	if l.Points == 0 {
		return l
	}
	l.Newest = s.newest
	if h, ok, err := s.peek(); err == nil && ok {
		l.Oldest = h.oldest
	}
	return l
}

// Close syncs and lets go of the files and the lock. It returns how many points were still in memory only and could not
// be written: they are lost.
func (s *Spool) Close() (lost int64, err error) {
	if s.lock == nil {
		return 0, os.ErrClosed
	}
	err = s.Sync()
	lost = s.span.count(s.written, s.span.end)
	s.read.close()
	if s.file != nil {
		err = errors.Join(err, s.file.Close())
	}
	s.lock.Close()
	s.lock, s.file = nil, nil
	return lost, err
}
