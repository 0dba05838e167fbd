package mmstats

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// allocate makes f size bytes long, of zeros. The blocks are taken at once: a mapping over a hole would end the process with
// SIGBUS when the disk is full.
func allocate(f *os.File, size int) error {
	err := syscall.Fallocate(int(f.Fd()), 0, 0, int64(size))
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		return f.Truncate(int64(size))
	}
	return err
}

// threadID returns the number of the thread that runs this.
func threadID() int { return syscall.Gettid() }

// started returns when a process began, by the wall clock as it is now.
func started(pid int) (begun time.Time, ok bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return begun, false
	}
	// The name, in brackets, may hold anything. Behind it come the state and so on; the start is the twenty-second field.
	_, rest, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return begun, false
	}
	ticks, err := strconv.ParseInt(fields[19], 10, 64)
	up, boot := boottime()
	if err != nil || !boot {
		return begun, false
	}
	const perSecond = 100 // USER_HZ, on every architecture that Go knows
	return time.Now().Add(time.Duration(ticks)*time.Second/perSecond - up), true
}

// boottime returns how long the system has been running.
func boottime() (up time.Duration, ok bool) {
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, false
	}
	first, _, _ := strings.Cut(string(text), " ")
	s, err := strconv.ParseFloat(first, 64)
	return time.Duration(s * float64(time.Second)), err == nil
}
