//go:build !linux

package mmstats

import (
	"os"
	"time"
)

// allocate makes f size bytes long, of zeros.
func allocate(f *os.File, size int) error { return f.Truncate(int64(size)) }

// threadID returns 0: threads have no numbers here.
func threadID() int { return 0 }

// started does not know when a process began here.
func started(int) (begun time.Time, ok bool) { return begun, false }
