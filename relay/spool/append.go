package spool

import (
	"fmt"
	"os"
	"slices"
)

// Append takes a frame of so many points, the oldest of them as old as that (Unix milliseconds), and copies it. When it
// does not fit, the oldest segment that nobody has read from is dropped and counted as overflow, or, with Options.Newest,
// or if there is none, the frame is refused with ErrFull. After any error the frame was not taken; what was before it
// still is.
func (s *Spool) Append(payload []byte, points int, oldest int64) error {
	return s.append(payload, points, oldest, false)
}

// AppendTried is Append for a frame of which something may have gone out before. Its Record says so, also after a crash.
func (s *Spool) AppendTried(payload []byte, points int, oldest int64) error {
	return s.append(payload, points, oldest, true)
}

func (s *Spool) append(payload []byte, points int, oldest int64, tried bool) error {
	if !valid(int64(len(payload)), int64(points)) {
		return fmt.Errorf("a record of %d bytes cannot hold %d points", len(payload), points)
	}
	h := header{first: s.span.end, oldest: oldest, size: uint32(len(payload)), points: uint32(points), tried: tried}
	if err := s.fit(h.length()); err != nil {
		return fmt.Errorf("appending to %s: %w", s.chain.dir, full(err))
	}
	s.chain.pending = h.append(s.chain.pending, payload)
	s.span.end = h.end()
	s.acct.Appended += int64(points)
	s.newest = oldest
	return nil
}

// fit makes room for n bytes: in the spool, in its last segment, and in memory.
func (s *Spool) fit(n int64) error {
	tail := s.chain.tail
	roll := tail == nil || s.tailSize() > segmentHeader && s.tailSize()+n > s.opts.Segment
	need := n
	if roll {
		need += segmentHeader
	}
	if need > s.opts.Size {
		return ErrFull
	}
	for s.chain.bytes()+need > s.opts.Size {
		if err := s.shrink(); err != nil {
			return err
		}
	}
	if roll {
		return s.roll()
	}
	if len(s.chain.pending) > 0 && int64(len(s.chain.pending))+n > bufferSize {
		return s.Flush()
	}
	return nil
}

// tailSize is how large the segment that is appended to will be when all is written.
func (s *Spool) tailSize() int64 { return s.chain.tail.size + int64(len(s.chain.pending)) }

// shrink makes the spool smaller: by what is confirmed, else by the oldest segment.
func (s *Spool) shrink() error {
	if s.spent() {
		return s.tidy()
	}
	if s.opts.Newest || s.victim() < 0 {
		return ErrFull
	}
	points, err := s.drop(s.victim())
	s.acct.Overflow += points
	return err
}

// GiveWay drops the oldest segment that nobody has read from, so that others have room on a full disk, and returns how
// many points were in it. They are counted as disk_full.
func (s *Spool) GiveWay() (points int64, err error) {
	if i := s.victim(); i >= 0 {
		points, err = s.drop(i)
		s.acct.DiskFull += points
	}
	return points, full(err)
}

// victim returns the oldest segment of which nothing is in the hands of the caller, -1 if there is none. The last one never
// is.
func (s *Spool) victim() int {
	for i := range len(s.chain.segs) - 1 {
		if max(s.chain.segs[i].first, s.span.pos) >= s.read.at {
			return i
		}
	}
	return -1
}

// drop removes the segment with all that it holds, and returns how many points that is.
func (s *Spool) drop(i int) (points int64, err error) {
	victim, next := s.chain.segs[i], s.chain.segs[i+1].first
	points = s.span.remove(victim.first, next)
	if s.read.at < next {
		s.read.close()
		s.read.at = max(s.read.at, s.span.pos)
	}
	if s.span.pos >= next {
		return points, s.tidy()
	}
	// Something before it waits to be confirmed, so the position cannot say that it is gone: after a crash it would be
	// missed, and counted as corrupt.
	s.chain.set(slices.Delete(s.chain.segs, i, i+1), s.chain.tail)
	return points, remove(s.chain.path(victim))
}

// roll begins a new segment, after the last one is safe.
func (s *Spool) roll() error {
	if s.chain.tail != nil {
		if err := s.secure(); err != nil {
			return err
		}
		s.file.Close()
		s.file = nil
		s.chain.set(s.chain.segs, nil)
	}
	seg := &segment{first: s.span.end}
	f, err := os.OpenFile(s.chain.path(seg), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	if cap(s.chain.pending) < bufferSize {
		s.chain.pending = make([]byte, 0, bufferSize)
	}
	s.file = f
	s.chain.set(append(s.chain.segs, seg), seg)
	s.chain.pending = appendSegmentHeader(s.chain.pending[:0], seg.first)
	s.syncedSize, s.suspect, s.newFiles = 0, false, true
	return nil
}

// Flush hands what was appended to the operating system, so that it survives the end of this process. A write that does
// not succeed leaves nothing behind and is made again by the next Flush; until then the records are read from memory.
func (s *Spool) Flush() error {
	if len(s.chain.pending) == 0 {
		return nil
	}
	tail := s.chain.tail
	n, err := s.file.WriteAt(s.chain.pending, tail.size)
	if err != nil {
		// A part may be there, whatever n says. If it stays, the next write goes over it.
		_ = s.file.Truncate(tail.size)
		return fmt.Errorf("writing %s: %w", s.file.Name(), full(err))
	}
	tail.size += int64(n)
	s.chain.pending = s.chain.pending[:0]
	s.written = s.span.end
	return nil
}
