package spool

import (
	"errors"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

const (
	// bufferSize is what is read or written in one call.
	bufferSize = 256 << 10
	// glanceSize is what is read where only headers are looked at.
	glanceSize = 4 << 10
)

// A reader goes through the records of a chain. It passes over damage and says nothing of it: who calls it compares the
// number of each record's first point with the one it expected.
type reader struct {
	chain *chain
	at    uint64   // the next point; what comes before it is not read
	seg   *segment // where the reader is; nil if that is still to be found
	file  *os.File // nil: there is no such file
	off   int64    // in seg
	buf   []byte   // what the file has from base on
	base  int64
	bad   int64 // where in the file the last read failed; -1: it could not even be opened
}

// next returns the next good record and moves behind it; it reports false at the end.
func (r *reader) next() (h header, payload []byte, ok bool, err error) {
	for {
		h, ok, err = r.head(bufferSize)
		if err != nil || !ok {
			return h, nil, false, err
		}
		b, err := r.window(h.length(), bufferSize)
		if err != nil {
			return h, nil, false, err
		}
		if int64(len(b)) >= h.length() {
			payload = b[headerSize:h.length()]
			if crc32.Checksum(payload, castagnoli) == h.sum {
				r.pass(&h)
				return h, payload, true, nil
			}
		}
		if err := r.scan(bufferSize); err != nil {
			return h, nil, false, err
		}
	}
}

// head finds the next good header and stays before it; it reports false at the end. Reads take chunk bytes at least.
func (r *reader) head(chunk int64) (h header, ok bool, err error) {
	for {
		if r.seg == nil {
			if i := r.chain.find(r.at); i < 0 {
				return h, false, nil
			} else if err := r.enter(r.chain.segs[i]); err != nil {
				return h, false, err
			}
		}
		b, err := r.window(headerSize, chunk)
		switch {
		case err != nil:
			return h, false, err
		case len(b) < headerSize:
			if more, err := r.leave(); err != nil || !more {
				return h, false, err
			}
		case !h.decode(b) || !r.fits(&h):
			if err := r.scan(chunk); err != nil {
				return h, false, err
			}
		case h.first < r.at:
			r.off += h.length()
		default:
			return h, true, nil
		}
	}
}

// pass moves behind a record whose header is next.
func (r *reader) pass(h *header) {
	r.off += h.length()
	r.at = h.end()
}

// fits says whether a record with that number can be here. A point takes a byte at least, so no sound record is farther
// from the start of its segment in points than in bytes. That holds numbers from nowhere to what is in the file.
func (r *reader) fits(h *header) bool {
	return h.first >= r.seg.first && h.first-r.seg.first <= uint64(r.off)
}

// scan moves to the next place in the segment where a record may begin, or to the end.
func (r *reader) scan(chunk int64) error {
	for r.off++; ; {
		b, err := r.window(int64(len(recordMark)), chunk)
		if err != nil {
			return err
		}
		if len(b) < len(recordMark) {
			r.off += int64(len(b))
			return nil
		}
		if i := nextMark(b); i >= 0 {
			r.off += int64(i)
			return nil
		}
		r.off += int64(len(b) - len(recordMark) + 1)
	}
}

// enter begins to read a segment.
func (r *reader) enter(s *segment) error {
	r.close()
	f, err := os.Open(r.chain.path(s))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.bad = -1
		return err
	}
	if err == nil {
		r.file = f
	}
	r.seg, r.off = s, segmentHeader
	return nil
}

// leave goes on behind the end of what can be read where the reader is; it reports false if nothing follows.
func (r *reader) leave() (more bool, err error) {
	if r.off < r.seg.size && len(r.chain.unwritten(r.seg)) > 0 {
		r.off = r.seg.size
		return true, nil
	}
	next := r.chain.after(r.seg)
	if next == nil {
		return false, nil
	}
	return true, r.enter(next)
}

// window returns the bytes from the reader's place on: at least n of them, unless the segment has not so many. The file
// is read by chunk bytes or more.
func (r *reader) window(n, chunk int64) ([]byte, error) {
	if from := r.off - r.seg.size; from >= 0 {
		p := r.chain.unwritten(r.seg)
		return p[min(from, int64(len(p))):], nil
	}
	have := r.have()
	if int64(len(have)) >= min(n, r.seg.size-r.off) || r.file == nil {
		return have, nil
	}
	want := min(max(n, chunk), r.seg.size-r.off)
	if int64(cap(r.buf)) < want {
		r.buf = make([]byte, 0, max(want, min(bufferSize, chunk)))
	}
	kept := copy(r.buf[:cap(r.buf)], have)
	got, err := r.file.ReadAt(r.buf[kept:want], r.off+int64(kept))
	r.buf, r.base = r.buf[:kept+got], r.off
	if err != nil && err != io.EOF && int64(kept+got) < n {
		r.bad = r.base + int64(kept+got)
		return nil, err
	}
	return r.buf, nil
}

// have returns the part of the buffer from the reader's place on.
func (r *reader) have() []byte {
	if from := r.off - r.base; 0 <= from && from < int64(len(r.buf)) {
		return r.buf[from:]
	}
	return nil
}

// skip gives up what could not be read: the page that the last read failed at, or the segment that it could not open.
func (r *reader) skip() error {
	if r.seg != nil {
		r.off = max(r.off, r.bad|(glanceSize-1)+1)
		return nil
	}
	i := r.chain.find(r.at)
	if i < 0 {
		return nil
	}
	r.close()
	r.seg, r.off = r.chain.segs[i], r.chain.segs[i].size
	return nil
}

// close gives the file back. The reader finds its place again by the number of the next point.
func (r *reader) close() {
	if r.file != nil {
		r.file.Close()
	}
	r.file, r.seg, r.off, r.buf, r.base = nil, nil, 0, r.buf[:0], 0
}
