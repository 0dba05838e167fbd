package mmstats

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"
)

// A Verdict is what Clean found of a file.
type Verdict struct {
	Path    string
	PID     int
	Removed bool
	Alive   bool   // its process runs, so that it stays
	Why     string // in the words of the original's cleaner; "" for a file that stays because its process runs
}

// Clean looks at each of the files and removes those whose process is gone. A process that has the file's number but started
// later than the file was made is another one. Files of other users' processes stay, unless force says that those whose
// process cannot be looked at go too. A file that is no such file is left alone. tell is called for each file but folders.
func Clean(paths []string, force bool, tell func(Verdict)) {
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			continue
		}
		tell(clean(path, force))
	}
}

func clean(path string, force bool) Verdict {
	v := Verdict{Path: path}
	fields, err := ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		v.Why = "Permission denied: " + path
		return v
	case errors.Is(err, fs.ErrNotExist):
		v.Why = "Gone meanwhile: " + path
		return v
	case err != nil && len(fields) == 0:
		v.Why = "Invalid file: " + path
		return v
	}
	pid, created, ok := maker(fields)
	if !ok {
		v.Why = "File has no sys.pid entry: " + path
		return v
	}
	v.PID = pid
	switch err := signal0(pid); {
	case err == nil:
		begun, known := started(pid)
		if !known || created.IsZero() || begun.Before(created.Add(reuse)) {
			v.Alive = true
			return v
		}
		v.Why = fmt.Sprintf("PID %d is another process now. Deleting %s", pid, path)
	case errors.Is(err, syscall.ESRCH):
		v.Why = fmt.Sprintf("PID %d not found. Deleting %s", pid, path)
	case errors.Is(err, syscall.EPERM):
		v.Alive = true
		if !force {
			v.Why = fmt.Sprintf("PID %d is alive but owned by another user. Keeping %s", pid, path)
			return v
		}
		v.Why = fmt.Sprintf("PID %d is alive but owned by another user. Deleting %s", pid, path)
	default:
		v.Why = fmt.Sprintf("PID %d: %v. Keeping %s", pid, err, path)
		return v
	}
	if err := os.Remove(path); err != nil {
		v.Why += fmt.Sprintf("\nCould not remove %s: %v", path, err)
		return v
	}
	v.Removed, v.Alive = true, false
	return v
}

// reuse is how much later than its file's making a process may seem to have started: the start is known to a hundredth of a
// second, and the system's clock may have been set.
const reuse = time.Minute

// maker returns the process that made a file, and when. The last field that ends in sys.pid counts, as it may have a prefix.
func maker(fields []Field) (pid int, created time.Time, ok bool) {
	for _, f := range fields {
		switch {
		case strings.HasSuffix(f.Label, "sys.pid"):
			if n, is := f.Number(); is && n >= 1 && n < 1<<31 {
				pid, ok = int(n), true
			}
		case strings.HasSuffix(f.Label, "sys.created"):
			if s, is := f.Number(); is && s > 0 && s < 1<<40 {
				created = time.UnixMilli(int64(s * 1000))
			}
		}
	}
	return pid, created, ok
}
