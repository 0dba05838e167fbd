package dest

import (
	"errors"
	"fmt"
	"os"
	"path"
	"syscall"
)

// maxOpen is how many files of a tree are open at once; the one not used for longest gives way.
const maxOpen = 256

// A tree is a directory of logs. Everything in it is reached through an os.Root, so that neither a name nor a symbolic
// link leads out of it.
type tree struct {
	root  *os.Root
	files map[string]*output
	tick  uint64
}

// openTree opens the directory at dir, or makes it.
func openTree(dir string) (*tree, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &tree{root: root, files: make(map[string]*output)}, nil
}

func (t *tree) close() {
	for _, o := range t.files {
		o.close()
	}
	t.root.Close()
}

// output returns the open file at a path below the root. An error that concerns this path alone, and will do so for
// ever, is errUnfit: a directory has its name, or a link leads elsewhere. It must not hold up the other files.
func (t *tree) output(path []byte) (*output, error) {
	t.tick++
	if o := t.files[string(path)]; o != nil {
		o.used = t.tick
		return o, nil
	}
	if len(t.files) >= maxOpen {
		t.closeOldest()
	}
	o, err := t.open(string(path))
	if err != nil && !outside(err) {
		return nil, fmt.Errorf("%w: %w", errUnfit, err)
	} else if err != nil {
		return nil, err
	}
	o.used = t.tick
	t.files[string(path)] = o
	return o, nil
}

func (t *tree) open(name string) (*output, error) {
	f, err := t.root.OpenFile(name, openFlags, openMode)
	if errors.Is(err, os.ErrNotExist) {
		if err := t.root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return nil, err
		}
		f, err = t.root.OpenFile(name, openFlags, openMode)
	}
	if err != nil {
		return nil, err
	}
	return newOutput(f, func() (*os.File, error) { return t.root.Open(name) })
}

// closeOldest closes the file that was not used for longest.
func (t *tree) closeOldest() {
	var name string
	oldest := ^uint64(0)
	for n, o := range t.files {
		if o.used < oldest {
			name, oldest = n, o.used
		}
	}
	t.files[name].close()
	delete(t.files, name)
}

// outside says whether err comes from the state of the machine or of the whole tree, so that waiting may help.
func outside(err error) bool {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return true // the root was removed or taken away: it is opened anew
	}
	for _, e := range []syscall.Errno{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EINTR,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
