//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package spool

import (
	"errors"
	"os"
)

// tryLock knows no way here to keep other processes out.
func tryLock(*os.File) error { return errors.ErrUnsupported }

func trySharedLock(*os.File) error { return errors.ErrUnsupported }
