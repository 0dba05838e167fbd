package spool

import (
	"errors"
	"fmt"
	"syscall"
)

var (
	// ErrFull says that a record does not fit into the spool's size. Nothing was taken.
	ErrFull = errors.New("the spool is full")
	// ErrDiskFull says that the file system has no room, or the user's quota none. What the spool has taken before is
	// still held, and a later call succeeds once there is room again.
	ErrDiskFull = errors.New("no room on disk")
	// ErrHeld says that another process has the spool, or another part of this one.
	ErrHeld = errors.New("the spool is in use")
	// ErrFormat says that the files are of another format: another program's, or a newer plumbago's. They were not
	// touched.
	ErrFormat = errors.New("not a spool of this version")
)

// full gives an error that means "no room" its name.
func full(err error) error {
	if errors.Is(err, ErrDiskFull) {
		return err
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return err
}
