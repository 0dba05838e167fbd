//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package mmstats

import (
	"os"
	"syscall"
)

// A mapping is a file's bytes as all who map it see them.
type mapping struct{ bytes []byte }

// view maps the first size bytes of f for reading.
func view(f *os.File, size int) (m mapping, err error) {
	m.bytes, err = syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	return m, err
}

// share maps the first size bytes of f for reading and writing.
func share(f *os.File, size int) (m mapping, err error) {
	m.bytes, err = syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	return m, err
}

// close gives the mapping back: its bytes must not be touched any more.
func (m mapping) close() { _ = syscall.Munmap(m.bytes) }

// signal0 asks whether a process is there.
func signal0(pid int) error { return syscall.Kill(pid, 0) }
