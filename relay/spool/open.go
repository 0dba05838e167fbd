package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	fileMode = 0o640
	dirMode  = 0o750

	// defaultSegment is how large a segment gets at most, and partsOfSize how many of them a full spool has at least:
	// what overflows is dropped by segments.
	defaultSegment = 16 << 20
	partsOfSize    = 16

	unfinishedSuffix = ".new" // of a file that is being written before it gets its name
)

// Options are a spool's bounds.
type Options struct {
	// Size is how many bytes of segments there may be on disk. It must be more than 0.
	Size int64
	// Segment is how large one gets before the next one is begun; 0 is 16 MiB, or a sixteenth of Size if that is less.
	Segment int64
	// Newest makes Append refuse what does not fit, with ErrFull, instead of dropping the oldest segment.
	Newest bool
}

// A Spool is what waits for one endpoint on disk.
type Spool struct {
	opts  Options
	chain chain
	read  reader
	span  span
	acct  Account // but for Held

	lock       *os.File
	file       *os.File // of chain.tail
	written    uint64   // the number of the first point that is in no file
	synced     uint64   // of the first point that may not survive a power cut
	syncedSize int64    // of the tail's file
	suspect    bool     // syncing the tail failed: what the system says of it is not believed any more
	newFiles   bool     // the directory has names that may not survive a power cut
	newest     int64    // the time of the last record
	tried      uint64   // before it, something may have gone out
	saved      position
	cut        Torn
	fsync      func(*os.File) error
}

// Torn is what was unfinished at the end when a spool was opened, and cut off. It was never said to be safe, so it is in
// no account.
type Torn struct {
	Bytes  int64
	Points int64 // as far as headers tell
}

// Open makes the endpoint's spool below root ready, and what it holds readable. The directory is made if need be. No
// other process can open it before Close.
func Open(root, name string, o Options) (s *Spool, err error) {
	dir := Dir(root, name)
	defer func() {
		if err != nil {
			err = fmt.Errorf("opening the spool of %q in %s: %w", name, dir, full(err))
		}
	}()
	if o.Segment <= 0 {
		o.Segment = min(defaultSegment, o.Size/partsOfSize)
	}
	if o.Size <= 0 || o.Segment > o.Size {
		return nil, fmt.Errorf("segments of %d bytes do not fit into %d", o.Segment, o.Size)
	}
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, err
	}
	l, err := acquire(dir)
	if err != nil {
		return nil, err
	}
	f, err := load(dir)
	if err == nil {
		err = f.repair()
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	sign(l, name)
	return newSpool(o, l, f), nil
}

// newSpool goes on with what was found. Nothing is appended to the segments there are: what another process, or a power
// cut, left in them stays as it is.
func newSpool(o Options, lock *os.File, f *found) *Spool {
	s := &Spool{
		opts: o, chain: f.chain, span: f.span, lock: lock, written: f.span.end, synced: f.span.end,
		newest: f.newest, tried: f.saved.tried, saved: f.saved, cut: f.cut, fsync: (*os.File).Sync,
	}
	s.chain.set(s.chain.segs, nil)
	s.read = reader{chain: &s.chain, at: s.span.pos}
	s.acct.Opened = s.span.held()
	return s
}

// found is a spool as it lies on disk.
type found struct {
	chain  chain
	span   span
	saved  position
	good   int64 // the bytes of the last segment up to the end of its last good record
	newest int64
	cut    Torn
}

// load looks at the spool in dir and touches nothing.
func load(dir string) (*found, error) {
	c, err := list(dir)
	if err != nil {
		return nil, err
	}
	f := &found{chain: *c}
	for _, s := range f.chain.segs {
		if err := f.chain.inspect(s); err != nil {
			return nil, err
		}
	}
	var sure bool
	if f.saved, sure, err = readPosition(dir); err != nil {
		return nil, err
	}
	f.span = span{pos: f.saved.pos, end: f.saved.end}
	segs := f.chain.segs
	if len(segs) > 0 {
		err = f.survey(segs[len(segs)-1])
	}
	if !sure {
		// What comes before the first segment is gone, but who knows whether it was lost.
		f.span.pos = f.span.end
		if len(segs) > 0 {
			f.span.pos = max(f.saved.pos, segs[0].first)
		}
	}
	return f, err
}

// survey reads the last segment to find where it ends: nothing else on disk knows what was written after the last sync.
func (f *found) survey(last *segment) error {
	r := reader{chain: &chain{dir: f.chain.dir, segs: []*segment{last}}, at: last.first}
	defer r.close()
	f.good = 0
	for {
		h, _, ok, err := r.next()
		if err != nil {
			return fmt.Errorf("reading %s: %w", f.chain.path(last), err)
		}
		if !ok {
			break
		}
		f.good, f.newest = r.off, h.oldest
	}
	f.span.end = max(f.span.end, r.at)
	f.cut.Bytes = last.size - max(f.good, min(segmentHeader, last.size))
	return f.measure(&r, last)
}

// measure counts the points of the headers that are left behind the last good record. Those before the saved end were
// safe once: they are lost, not unfinished, and the account has them.
func (f *found) measure(r *reader, last *segment) error {
	r.close()
	r.at = max(r.at, f.span.end)
	for {
		h, ok, err := r.head(glanceSize)
		if err != nil || !ok {
			return err
		}
		f.cut.Points += int64(h.points)
		r.pass(&h)
	}
}

// repair removes what a crash left behind.
func (f *found) repair() error {
	entries, err := os.ReadDir(f.chain.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), segmentSuffix+unfinishedSuffix) {
			if err := remove(filepath.Join(f.chain.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	n := len(f.chain.segs)
	if n == 0 {
		return nil
	}
	switch last := f.chain.segs[n-1]; {
	case f.good == 0:
		if err := remove(f.chain.path(last)); err != nil {
			return err
		}
		f.chain.segs = f.chain.segs[:n-1]
	case f.good < last.size:
		if err := os.Truncate(f.chain.path(last), f.good); err != nil {
			return err
		}
		last.size = f.good
	}
	return nil
}

// remove deletes a file that may be gone already.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
