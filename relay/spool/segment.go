package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	version       = 1
	segmentMark   = "plmbspl\n"
	segmentHeader = 24
	segmentSuffix = ".seg"

	// highest keeps the sums of numbers from running over, whatever a file is called.
	highest = 1 << 62
)

// A segment is one file of records.
type segment struct {
	first uint64 // the number of its first point, and the file's name
	size  int64  // the bytes that are in the file
}

// A chain is the segments of a spool, in order.
type chain struct {
	dir     string
	segs    []*segment
	tail    *segment // the one that is appended to, always the last; nil if none is
	pending []byte   // what was appended to tail and is not yet written
	rest    int64    // the bytes of all segments but the tail
}

// set makes segs the chain, with tail open to appends; nil: none is.
func (c *chain) set(segs []*segment, tail *segment) {
	c.segs, c.tail, c.rest = segs, tail, 0
	for _, s := range segs {
		if s != tail {
			c.rest += s.size
		}
	}
}

func (c *chain) path(s *segment) string { return filepath.Join(c.dir, segmentName(s.first)) }

func segmentName(first uint64) string { return fmt.Sprintf("%020d", first) + segmentSuffix }

// unwritten returns the bytes of s that follow those in its file.
func (c *chain) unwritten(s *segment) []byte {
	if s == c.tail {
		return c.pending
	}
	return nil
}

// find returns which segment the point belongs to: the last that begins at or before it, else the first; -1 if there is
// none.
func (c *chain) find(point uint64) int {
	i, found := slices.BinarySearchFunc(c.segs, point, func(s *segment, p uint64) int {
		switch {
		case s.first < p:
			return -1
		case s.first > p:
			return 1
		}
		return 0
	})
	if !found && i > 0 {
		i--
	}
	return min(i, len(c.segs)-1)
}

// after returns the segment that follows s, nil if there is none.
func (c *chain) after(s *segment) *segment {
	if i := c.find(s.first) + 1; i < len(c.segs) {
		return c.segs[i]
	}
	return nil
}

// bytes counts what the segments take.
func (c *chain) bytes() int64 {
	n := c.rest + int64(len(c.pending))
	if c.tail != nil {
		n += c.tail.size
	}
	return n
}

// list finds the segments in dir. Other files are none of its business.
func list(dir string) (*chain, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	c := &chain{dir: dir}
	for _, e := range entries {
		digits, is := strings.CutSuffix(e.Name(), segmentSuffix)
		first, err := strconv.ParseUint(digits, 10, 64)
		if !is || err != nil || first >= highest || segmentName(first) != e.Name() {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // its owner has just removed it
		}
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() {
			c.segs = append(c.segs, &segment{first: first, size: info.Size()})
		}
	}
	return c, nil
}

// appendSegmentHeader begins a segment.
func appendSegmentHeader(b []byte, first uint64) []byte {
	start := len(b)
	b = append(b, segmentMark...)
	b = binary.LittleEndian.AppendUint32(b, version)
	b = binary.LittleEndian.AppendUint64(b, first)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// inspect refuses a file that is a segment of another version, or none at all. A header that is damaged, or that a power
// cut left empty, is no reason to refuse the records behind it.
func (c *chain) inspect(s *segment) error {
	f, err := os.Open(c.path(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var b [segmentHeader]byte
	n, err := io.ReadFull(f, b[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return fmt.Errorf("reading %s: %w", f.Name(), err)
	}
	mark := string(b[:min(n, len(segmentMark))])
	sound := crc32.Checksum(b[:20], castagnoli) == binary.LittleEndian.Uint32(b[20:])
	switch v := binary.LittleEndian.Uint32(b[8:]); {
	case sound && mark == segmentMark && v != version:
		return fmt.Errorf("%w: %s has version %d, this plumbago knows %d", ErrFormat, f.Name(), v, version)
	case strings.HasPrefix(segmentMark, strings.TrimRight(mark, "\x00")):
		return nil
	}
	// Its mark is damaged, if there is a record in it; else it is none of ours.
	r := reader{chain: &chain{dir: c.dir, segs: []*segment{s}}, at: s.first}
	defer r.close()
	if _, _, ok, err := r.next(); err != nil || ok {
		return err
	}
	return fmt.Errorf("%w: %s is not a segment", ErrFormat, f.Name())
}
