package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	lockFile = "lock"

	// lockTries and lockPause are how often and how fast a lock is tried for: whoever only looks whether a spool is in
	// use has it for a moment.
	lockTries = 5
	lockPause = 10 * time.Millisecond
)

// acquire takes the lock of the spool in dir. The file stays when it is given back: who removed it could take the lock
// from under somebody who has just opened it.
func acquire(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	err = tryLock(f)
	for i := 1; errors.Is(err, ErrHeld) && i < lockTries; i++ {
		time.Sleep(lockPause)
		err = tryLock(f)
	}
	if err != nil {
		f.Close()
		if _, pid := signature(dir); errors.Is(err, ErrHeld) && pid > 0 {
			return nil, fmt.Errorf("%w by process %d", ErrHeld, pid)
		}
		return nil, fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	return f, nil
}

// inUse says whether somebody has the lock of the spool in dir.
func inUse(dir string) bool {
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(trySharedLock(f), ErrHeld)
}

// sign writes into the lock whose spool it is and who has it. That is for people: the lock holds without it, so a full
// disk does not matter.
func sign(l *os.File, name string) {
	text := fmt.Sprintf("%q\npid %d\n", name, os.Getpid())
	if n, err := l.WriteAt([]byte(text), 0); err == nil {
		_ = l.Truncate(int64(n))
	}
}

// signature returns what sign wrote, as far as it can be read. The process may have ended since.
func signature(dir string) (name string, pid int) {
	text, err := os.ReadFile(filepath.Join(dir, lockFile))
	if err != nil {
		return "", 0
	}
	first, second, _ := strings.Cut(string(text), "\n")
	name, _ = strconv.Unquote(first)
	number, _ := strings.CutPrefix(strings.TrimSpace(second), "pid ")
	pid, _ = strconv.Atoi(number)
	return name, pid
}
