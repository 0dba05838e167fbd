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
)

const (
	positionFile = "position"
	positionMark = "plmbpos\n"
	slotSize     = 64
	slotApart    = 512 // in a sector of its own, so that a torn write spoils one slot at most
)

// A position is what is remembered of a spool beside its segments.
type position struct {
	generation uint64
	pos, end   uint64
	tried      uint64
}

// encode writes p as a slot.
func (p position) encode(b []byte) {
	copy(b, positionMark)
	binary.LittleEndian.PutUint32(b[8:], version)
	binary.LittleEndian.PutUint64(b[12:], p.generation)
	binary.LittleEndian.PutUint64(b[20:], p.pos)
	binary.LittleEndian.PutUint64(b[28:], p.end)
	binary.LittleEndian.PutUint64(b[36:], p.tried)
	binary.LittleEndian.PutUint32(b[44:], crc32.Checksum(b[:44], castagnoli))
}

// decode reads a slot. It reports false, and leaves p alone, if there is no sound one; one of another version is an error.
func (p *position) decode(b []byte) (ok bool, err error) {
	if string(b[:8]) != positionMark || crc32.Checksum(b[:44], castagnoli) != binary.LittleEndian.Uint32(b[44:]) {
		return false, nil
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != version {
		return false, fmt.Errorf("%w: the position has version %d, this plumbago knows %d", ErrFormat, v, version)
	}
	u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	q := position{generation: u64(12), pos: u64(20), end: u64(28), tried: u64(36)}
	if q.pos > q.end || q.end >= highest {
		return false, nil
	}
	*p = q
	return true, nil
}

// readPosition returns the position of the spool in dir, the zero one if there is none. It is sure if it is the last one
// that was written; one of before may tell of points whose segments were removed since.
func readPosition(dir string) (p position, sure bool, err error) {
	f, err := os.Open(filepath.Join(dir, positionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return p, false, nil
	}
	if err != nil {
		return p, false, err
	}
	defer f.Close()
	var b [slotApart + slotSize]byte
	if _, err := io.ReadFull(f, b[:]); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return p, false, fmt.Errorf("reading %s: %w", f.Name(), err)
	}
	var p1, p2 position
	ok1, err1 := p1.decode(b[:slotSize])
	ok2, err2 := p2.decode(b[slotApart:])
	if err := errors.Join(err1, err2); err != nil {
		return p, false, err
	}
	if !ok1 || ok2 && p2.generation > p1.generation {
		p1, p2, ok1, ok2 = p2, p1, ok2, ok1
	}
	return p1, ok1 && (ok2 || p1.generation == 1), nil
}

// writePosition makes p safe, in the slot of its generation, and leaves the one before it alone. The file is opened for
// each write: it is done once in a Sync, and saves a descriptor.
func writePosition(dir string, p position, fsync func(*os.File) error) error {
	f, err := os.OpenFile(filepath.Join(dir, positionFile), os.O_WRONLY|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	defer f.Close()
	var b [slotSize]byte
	p.encode(b[:])
	if _, err := f.WriteAt(b[:], int64(p.generation%2)*slotApart); err != nil {
		return err
	}
	return fsync(f)
}
