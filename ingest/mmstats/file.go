package mmstats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Options say where a file lies, and what its labels begin with. The zero value is the original's defaults.
type Options struct {
	// Path is the folder; without it $MMSTATS_PATH, then the system's folder for temporary files.
	Path string
	// Filename is the name in it; without it $MMSTATS_FILES, then "{CMD}-{PID}-{TID}.mmstats".
	Filename string
	// Prefix is put before each label, as "web.stats.".
	Prefix string
	// Bare leaves out the fields that say whose file it is: sys.pid and its like. Without sys.pid nothing can tell when
	// the file may be removed.
	Bare bool
}

// A File is one that this process writes. Its fields are added by NewCounter, NewGauge and so on, at any time; setting them
// takes no lock and no system call. Adding cannot fail visibly: a field that has no room in the file counts all the
// same, and Err says why it is not seen.
type File struct {
	path   string
	prefix string
	kin    string // a pattern of the files of this process's other threads, "" if they cannot be told

	mu   sync.Mutex // guards what follows; fields do not need it
	file *os.File   // nil once it is closed
	end  int        // where the next record goes
	size int        // of the file
	maps *mappings
	seen map[string]bool
	err  error
}

// mappings are a file's, the newest last. Those before it stay: there are fields that lie in them.
type mappings struct{ all []mapping }

// Create makes a file. One of the same name is replaced as a whole, so that whoever has it mapped keeps what he has.
func Create(o Options) (*File, error) {
	path, kin, err := o.where()
	if err != nil {
		return nil, err
	}
	f := &File{path: path, prefix: o.Prefix, kin: kin, end: 1, maps: &mappings{}, seen: map[string]bool{}}
	young := path + ".new"
	_ = os.Remove(young)
	if f.file, err = os.OpenFile(young, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o666); err != nil {
		return nil, err
	}
	err = f.grow(1)
	if err == nil {
		f.bytes()[0] = version
		if !o.Bare {
			f.introduce()
		}
		err = errors.Join(f.err, os.Rename(young, path))
	}
	if err != nil {
		_, _ = f.file.Close(), os.Remove(young)
		return nil, fmt.Errorf("making %s: %w", path, err)
	}
	// The mappings outlive Close, since a field may be set at any time. They end with the last field.
	runtime.AddCleanup(f, func(m *mappings) {
		for _, one := range m.all {
			one.close()
		}
	}, f.maps)
	return f, nil
}

// introduce adds the fields that say whose file it is.
func (f *File) introduce() {
	NewStatic(f, "sys.pid", uint32(os.Getpid()))
	NewStatic(f, "sys.tid", int64(threadID()))
	NewStatic(f, "sys.uid", uint64(os.Getuid()))
	NewStatic(f, "sys.gid", uint64(os.Getgid()))
	NewStaticText(f, "org.golang.version", runtime.Version())
	NewStatic(f, "sys.created", float64(time.Now().UnixMicro())/1e6)
}

// Path returns where the file lies.
func (f *File) Path() string { return f.path }

// Err returns the first error of adding a field, nil if all are in the file.
func (f *File) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// Close ends the file's growth; it stays where it is, for those who want to know how things ended. Fields may still be set, and
// are seen as long as the file exists.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// Remove closes the file and deletes it, and if its name holds both the process and the thread, those of the process's other
// threads too. Again it does nothing.
func (f *File) Remove() error {
	f.mu.Lock()
	open := f.file != nil
	f.mu.Unlock()
	if !open {
		return nil
	}
	errs := []error{f.Close(), os.Remove(f.path)}
	if f.kin != "" {
		others, _ := filepath.Glob(f.kin)
		for _, other := range others {
			if other != f.path {
				errs = append(errs, os.Remove(other))
			}
		}
	}
	return errors.Join(errs...)
}

// Flush returns when the file's bytes are on the disk. Nothing but a power cut makes that necessary: other processes see
// each value at once.
func (f *File) Flush() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return os.ErrClosed
	}
	return f.file.Sync() // the pages are the file's own, mapped or not
}

// bytes returns the file's bytes, in its newest mapping.
func (f *File) bytes() []byte { return f.maps.all[len(f.maps.all)-1].bytes }

// grow makes the file at least size bytes long, in whole pages.
func (f *File) grow(size int) error {
	page := os.Getpagesize()
	size = (size + page - 1) / page * page
	if size <= f.size {
		return nil
	}
	if err := allocate(f.file, size); err != nil {
		return err
	}
	m, err := share(f.file, size)
	if err != nil {
		return err
	}
	f.size, f.maps.all = size, append(f.maps.all, m)
	return nil
}

// add appends a record and returns its last part: the write buffer and the values. If it cannot be in the file, that is memory
// of its own which nobody sees.
func (f *File) add(label, kind string, buffers, size int, init func(area []byte)) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	label = f.prefix + label
	area, err := f.write(label, kind, 1+buffers*size, func(area []byte) {
		if buffers == 1 {
			area[0] = single
		}
		init(area[1:])
	})
	if err == nil {
		return area
	}
	if f.err == nil {
		f.err = fmt.Errorf("adding %q to %s: %w", label, f.path, err)
	}
	return make([]byte, 1+buffers*size)
}

// write writes the record down. Its first two bytes come last: until they are there, it is the end of the file.
func (f *File) write(label, kind string, size int, init func(area []byte)) ([]byte, error) {
	switch {
	case f.file == nil:
		return nil, os.ErrClosed
	case label == "":
		return nil, errors.New("no label")
	case len(label) > math.MaxUint16:
		return nil, fmt.Errorf("a label of %d bytes: at most %d have room", len(label), math.MaxUint16)
	case f.seen[label]:
		return nil, errors.New("it is there already")
	}
	whole := 2 + len(label) + 2 + len(kind) + size
	if err := f.grow(f.end + whole); err != nil {
		return nil, err
	}
	f.seen[label] = true
	record := f.bytes()[f.end : f.end+whole]
	f.end += whole
	at := 2 + copy(record[2:], label)
	binary.NativeEndian.PutUint16(record[at:], uint16(len(kind)))
	at += 2 + copy(record[at+2:], kind)
	area := record[at:len(record):len(record)]
	init(area)
	barrier()
	binary.NativeEndian.PutUint16(record, uint16(len(label)))
	return area, nil
}

// where returns the file's path and a pattern of its kin.
func (o Options) where() (path, kin string, err error) {
	folder, name := o.Path, o.Filename
	if folder == "" {
		folder = Folder()
	}
	if name == "" {
		if name = os.Getenv("MMSTATS_FILES"); name == "" {
			name = "{CMD}-{PID}-{TID}.mmstats"
		}
	}
	values := map[string]string{"CMD": filepath.Base(os.Args[0]), "PID": fmt.Sprint(os.Getpid()), "TID": fmt.Sprint(threadID())}
	template := filepath.Join(folder, name)
	if path, err = fill(template, values); err != nil {
		return "", "", err
	}
	if strings.Contains(template, "{PID}") && strings.Contains(template, "{TID}") {
		values["TID"] = "*"
		kin, err = fill(template, values)
	}
	return path, kin, err
}

// fill replaces each {NAME} in template; doubled braces are braces.
func fill(template string, values map[string]string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(template); i++ {
		c := template[i]
		if (c == '{' || c == '}') && strings.HasPrefix(template[i+1:], string(c)) {
			b.WriteByte(c)
			i++
			continue
		}
		if c != '{' && c != '}' {
			b.WriteByte(c)
			continue
		}
		name, _, ok := strings.Cut(template[i+1:], "}")
		v, known := values[name]
		if c == '}' || !ok || !known {
			return "", fmt.Errorf("%q: want {CMD}, {PID} or {TID}, and doubled braces for others", template)
		}
		b.WriteString(v)
		i += len(name) + 1
	}
	return b.String(), nil
}

// Folder returns where files lie if nothing else is said: $MMSTATS_PATH, or the system's folder for temporary files.
func Folder() string {
	if dir := os.Getenv("MMSTATS_PATH"); dir != "" {
		return dir
	}
	return os.TempDir()
}

// Glob returns which files are read if nothing else is said: $MMSTATS_GLOB, or all of Folder that end in .mmstats.
func Glob() string {
	if glob := os.Getenv("MMSTATS_GLOB"); glob != "" {
		return glob
	}
	return filepath.Join(Folder(), "*.mmstats")
}
