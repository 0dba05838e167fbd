//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package spool

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks f until it is closed, also by the process's end, whatever ends it.
func tryLock(f *os.File) error { return flock(f, syscall.LOCK_EX) }

// trySharedLock does so for one who only wants to know whether somebody else has it.
func trySharedLock(f *os.File) error { return flock(f, syscall.LOCK_SH) }

func flock(f *os.File, how int) error {
	err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrHeld
	}
	return err
}
