package state

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"time"
)

// magic begins every file.
const magic = "plumbago state\r\n\x00"

// format is the version of the frame around the records.
const format = 1

// headSize is the length of the head: the magic, both versions, and the time in Unix milliseconds.
const headSize = len(magic) + 4 + 4 + 8

// mostRecord bounds a record, so that a damaged length cannot make a reader take all memory.
const mostRecord = 64 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Why a file cannot be read. A file that does not exist gives fs.ErrNotExist.
var (
	// ErrForeign is of a file that no plumbago has written.
	ErrForeign = errors.New("it is not a state of plumbago")
	// ErrVersion is of a file that another version has written, which this one cannot read.
	ErrVersion = errors.New("another version has written it")
	// ErrDamaged is of a file that was cut or changed.
	ErrDamaged = errors.New("it is damaged")
)

// A Writer writes a file, or the same to a stream.
type Writer struct {
	path    string
	file    *os.File // nil if it is a stream
	out     *bufio.Writer
	records uint32
	err     error
}

// Create begins a file with contents of the given version, as of a time. Nothing is seen of it before Commit.
func Create(path string, version uint32, at time.Time) (*Writer, error) {
	file, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return nil, fmt.Errorf("creating a state: %w", err)
	}
	w := NewWriter(file, version, at)
	w.path, w.file = path, file
	return w, nil
}

// NewWriter begins the same in a stream. It ends with Finish.
func NewWriter(out io.Writer, version uint32, at time.Time) *Writer {
	w := &Writer{out: bufio.NewWriterSize(out, 256<<10)}
	head := append(make([]byte, 0, headSize), magic...)
	head = binary.LittleEndian.AppendUint32(head, format)
	head = binary.LittleEndian.AppendUint32(head, version)
	head = binary.LittleEndian.AppendUint64(head, uint64(at.UnixMilli()))
	w.write(head)
	return w
}

// Record appends a record, which must not be empty. An error shows in Commit or Finish.
func (w *Writer) Record(text []byte) {
	if len(text) == 0 || len(text) > mostRecord {
		w.fail(fmt.Errorf("a record of %d bytes", len(text)))
		return
	}
	w.records++
	var frame [8]byte
	binary.LittleEndian.PutUint32(frame[:], uint32(len(text)))
	binary.LittleEndian.PutUint32(frame[4:], crc32.Checksum(text, castagnoli))
	w.write(frame[:])
	w.write(text)
}

func (w *Writer) write(text []byte) {
	if w.err == nil {
		_, err := w.out.Write(text)
		w.fail(err)
	}
}

func (w *Writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// Finish ends what is written to a stream.
func (w *Writer) Finish() error {
	w.write(binary.LittleEndian.AppendUint32(make([]byte, 4, 8), w.records))
	if w.err == nil {
		w.fail(w.out.Flush())
	}
	return w.err
}

// Commit puts the file in its place, on the disk.
func (w *Writer) Commit() error {
	if w.Finish() == nil {
		w.fail(w.file.Sync())
	}
	w.fail(w.file.Close())
	if w.err == nil {
		w.fail(os.Rename(w.path+".tmp", w.path))
	}
	if w.err != nil {
		os.Remove(w.path + ".tmp")
		return fmt.Errorf("writing %s: %w", w.path, w.err)
	}
	return syncDir(filepath.Dir(w.path))
}

// Abort gives the file up.
func (w *Writer) Abort() {
	w.file.Close()
	os.Remove(w.path + ".tmp")
}

// syncDir has a directory's entries written to the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", dir, err)
	}
	return nil
}

// Read calls f with each record of the file at path, which it may keep no slice of, and returns the time of the file. It
// reads the file twice: f sees nothing of a file that is not whole.
func Read(path string, version uint32, f func(record []byte) error) (at time.Time, err error) {
	if at, err = scan(path, version, func([]byte) error { return nil }); err == nil {
		at, err = scan(path, version, f)
	}
	if err != nil {
		return at, fmt.Errorf("reading %s: %w", path, err)
	}
	return at, nil
}

// ReadFrom calls f with each record of a stream that a Writer has written, as Read does with those of a file. But f sees
// what comes before a damage is found.
func ReadFrom(in io.Reader, version uint32, f func(record []byte) error) (at time.Time, err error) {
	return records(bufio.NewReaderSize(in, 256<<10), version, f)
}

func scan(path string, version uint32, f func([]byte) error) (at time.Time, err error) {
	file, err := os.Open(path)
	if err != nil {
		return at, err
	}
	defer file.Close()
	return records(bufio.NewReaderSize(file, 256<<10), version, f)
}

// records reads the records of a whole file.
func records(in io.Reader, version uint32, f func([]byte) error) (at time.Time, err error) {
	head := make([]byte, headSize)
	if n, err := io.ReadFull(in, head); err != nil {
		if short := min(n, len(magic)); n > 0 && string(head[:short]) == magic[:short] {
			return at, ErrDamaged
		}
		return at, ErrForeign
	}
	rest := head[len(magic):]
	switch {
	case string(head[:len(magic)]) != magic:
		return at, ErrForeign
	case binary.LittleEndian.Uint32(rest) != format, binary.LittleEndian.Uint32(rest[4:]) != version:
		return at, ErrVersion
	}
	at = time.UnixMilli(int64(binary.LittleEndian.Uint64(rest[8:])))
	var frame [8]byte
	var text []byte
	for n := uint32(0); ; n++ {
		if _, err := io.ReadFull(in, frame[:]); err != nil {
			return at, ErrDamaged
		}
		size, sum := binary.LittleEndian.Uint32(frame[:]), binary.LittleEndian.Uint32(frame[4:])
		if size == 0 {
			if _, err := io.ReadFull(in, frame[:1]); err != io.EOF || sum != n {
				return at, ErrDamaged
			}
			return at, nil
		}
		if size > mostRecord {
			return at, ErrDamaged
		}
		text = append(text[:0], make([]byte, size)...)
		if _, err := io.ReadFull(in, text); err != nil || crc32.Checksum(text, castagnoli) != sum {
			return at, ErrDamaged
		}
		if err := f(text); err != nil {
			return at, err
		}
	}
}

// SetAside renames a file that cannot be read, so that it is neither lost nor in the way, and returns its new name.
func SetAside(path string, now time.Time) (to string, err error) {
	to = path + now.UTC().Format(".bad-20060102T150405")
	if err := os.Rename(path, to); err != nil {
		return "", fmt.Errorf("setting %s aside: %w", path, err)
	}
	return to, nil
}
