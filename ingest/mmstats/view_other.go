//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package mmstats

import (
	"errors"
	"io"
	"os"
)

// A mapping is a file's bytes as all who map it see them.
type mapping struct{ bytes []byte }

// view reads the first size bytes of f. Nothing is mapped here, so a value that is being written may be seen in halves.
func view(f *os.File, size int) (m mapping, err error) {
	m.bytes = make([]byte, size)
	_, err = io.ReadFull(f, m.bytes)
	return m, err
}

// share cannot be had here.
func share(*os.File, int) (m mapping, err error) { return m, errors.ErrUnsupported }

func (m mapping) close() {}

// signal0 cannot ask for other processes here.
func signal0(int) error { return errors.ErrUnsupported }
