package spool

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Sync makes safe what was appended and what was confirmed, and removes the segments that are not needed any more. It is
// to be called every so often: a crash costs what came after the last one. When it fails, nothing is lost, and the next
// one tries again.
func (s *Spool) Sync() error {
	if s.span.held() == 0 {
		s.drain()
	}
	err := s.secure()
	if err := errors.Join(err, s.tidy()); err != nil {
		return fmt.Errorf("syncing %s: %w", s.chain.dir, full(err))
	}
	return nil
}

// drain lets go of everything when all points are gone; what was never written is not any more.
func (s *Spool) drain() {
	if s.chain.tail == nil {
		return
	}
	s.read.close()
	s.read.buf = nil
	s.file.Close()
	s.file, s.chain.pending = nil, nil
	s.chain.set(s.chain.segs, nil)
	s.written, s.synced = s.span.end, s.span.end
}

// secure writes and syncs the segment that is appended to.
func (s *Spool) secure() error {
	if err := s.Flush(); err != nil {
		return err
	}
	if s.newFiles {
		if err := s.syncDir(); err != nil {
			return err
		}
		s.newFiles = false
	}
	if s.chain.tail == nil || s.chain.tail.size == s.syncedSize {
		return nil
	}
	if s.suspect {
		return s.rescue()
	}
	if err := s.fsync(s.file); err != nil {
		s.suspect = true
		return err
	}
	s.syncedSize, s.synced = s.chain.tail.size, s.written
	return nil
}

// syncDir makes the names of new files safe.
func (s *Spool) syncDir() error {
	d, err := os.Open(s.chain.dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return s.fsync(d)
}

// rescue copies what is not safe into a file of its own, and goes on there. After a failed fsync the system takes the
// pages for clean, whether they reached the disk or not: syncing the same file again would succeed and mean nothing.
// Most often the pages can still be read. What cannot be is found missing by the reader.
func (s *Spool) rescue() error {
	old, from := s.chain.tail, max(s.syncedSize, segmentHeader)
	seg := &segment{first: s.synced}
	if s.syncedSize == 0 {
		seg.first = old.first
	}
	path := s.chain.path(seg)
	f, err := os.OpenFile(path+unfinishedSuffix, os.O_RDWR|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	if seg.size, err = s.copyTo(f, seg.first, from); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		f.Close()
		return errors.Join(err, remove(f.Name()))
	}
	s.read.close()
	s.file.Close()
	segs := s.chain.segs
	if seg.first == old.first {
		segs = segs[:len(segs)-1]
	} else if err := os.Truncate(s.chain.path(old), from); err == nil {
		old.size = from // else its records are there twice, and the second ones are passed over
	}
	s.file = f
	s.chain.set(append(segs, seg), seg)
	s.syncedSize, s.synced, s.suspect, s.newFiles = seg.size, s.written, false, true
	return s.secure()
}

// copyTo writes a segment that begins with the point first: what the tail has from there on. It makes it safe and returns
// its size.
func (s *Spool) copyTo(f *os.File, first uint64, from int64) (int64, error) {
	r, err := os.Open(s.chain.path(s.chain.tail))
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if _, err := f.Write(appendSegmentHeader(nil, first)); err != nil {
		return 0, err
	}
	n, err := io.Copy(f, io.NewSectionReader(r, from, s.chain.tail.size-from))
	if err != nil {
		return 0, err
	}
	return segmentHeader + n, s.fsync(f)
}

// tidy saves the position and removes the segments before it. The order matters: points that are not found behind the
// position are taken for lost. Only a disk without room for the position must not keep the room that the segments have.
func (s *Spool) tidy() error {
	p := position{generation: s.saved.generation + 1, pos: s.span.pos, end: max(s.synced, s.span.pos)}
	p.tried = min(s.tried, p.end) // numbers that a power cut takes back are given out again
	if p.pos != s.saved.pos || p.end != s.saved.end || p.tried > max(s.saved.tried, p.pos) {
		if err := full(writePosition(s.chain.dir, p, s.fsync)); errors.Is(err, ErrDiskFull) {
			return errors.Join(err, s.trim())
		} else if err != nil {
			return err
		}
		s.saved = p
	}
	return s.trim()
}

// spent says whether the oldest segment is not needed any more.
func (s *Spool) spent() bool {
	segs := s.chain.segs
	if len(segs) == 0 || segs[0] == s.chain.tail {
		return false
	}
	end := s.span.end
	if len(segs) > 1 {
		end = segs[1].first
	}
	return end <= s.span.pos
}

// trim removes the segments of which no point is held.
func (s *Spool) trim() error {
	for s.spent() {
		oldest := s.chain.segs[0]
		if err := remove(s.chain.path(oldest)); err != nil {
			return err
		}
		if s.read.seg == oldest {
			s.read.close()
		}
		s.chain.set(s.chain.segs[1:], s.chain.tail)
	}
	return nil
}
