package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A usage is what a process and its descendants have used so far.
type usage struct {
	cpu       float64 // seconds, to the microsecond
	user, sys float64 // how the kernel splits them, in its ticks: a ratio, not a measure
	switches  int64   // context switches of the threads that live
	peak      int64   // bytes of memory at most, each process at its own time
	resident  int64   // bytes of memory now
}

// tick is what /proc counts CPU time in: USER_HZ, which is 100 on every Linux that Go runs on.
const tick = 0.01

// used looks at a process and its descendants.
func used(pid int) (usage, error) {
	var u usage
	pids, err := tree(pid)
	if err != nil {
		return u, err
	}
	for _, p := range pids {
		if err := u.add(p); err != nil && p == pid {
			return u, err // that a descendant is gone meanwhile is no error
		}
	}
	return u, nil
}

// since returns what was used between before and u. Memory is what u has.
func (u usage) since(before usage) usage {
	d := usage{
		cpu: u.cpu - before.cpu, user: u.user - before.user, sys: u.sys - before.sys,
		switches: u.switches - before.switches, peak: u.peak, resident: u.resident,
	}
	if ticks := d.user + d.sys; ticks > 0 {
		d.user, d.sys = d.cpu*d.user/ticks, d.cpu*d.sys/ticks
	}
	return d
}

// add adds one process, with those of its children that it has waited for.
func (u *usage) add(pid int) error {
	f, err := stat(pid)
	if err != nil {
		return err
	}
	var now unix.Timespec
	// The process's CPU clock, as clock_getcpuclockid(3) computes it.
	if err := unix.ClockGettime(int32(^pid<<3|2), &now); err != nil {
		return fmt.Errorf("reading the CPU clock of %d: %w", pid, err)
	}
	user, sys, childUser, childSys := f.number(14), f.number(15), f.number(16), f.number(17)
	u.cpu += float64(now.Nano())/1e9 + (childUser+childSys)*tick
	u.user += (user + childUser) * tick
	u.sys += (sys + childSys) * tick
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return err
	}
	u.peak += field(status, "VmHWM:") << 10
	u.resident += field(status, "VmRSS:") << 10
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, path := range threads {
		if status, err := os.ReadFile(path); err == nil {
			u.switches += field(status, "voluntary_ctxt_switches:") + field(status, "nonvoluntary_ctxt_switches:")
		}
	}
	return nil
}

// fields are those of /proc/PID/stat, which are counted from 1.
type fields []string

// stat reads /proc/PID/stat. The command's name is left out: it is in brackets and may hold anything.
func stat(pid int) (fields, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	rest := string(text[strings.LastIndexByte(string(text), ')')+1:])
	return append(fields{"", ""}, strings.Fields(rest)...), nil
}

// number returns field i, 0 if there is none.
func (f fields) number(i int) float64 {
	if i > len(f) {
		return 0
	}
	n, _ := strconv.ParseFloat(f[i-1], 64)
	return n
}

// field returns the number that follows key at the start of a line.
func field(text []byte, key string) int64 {
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
			return n
		}
	}
	return 0
}

// tree returns pid and its descendants.
func tree(pid int) ([]int, error) {
	names, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, e := range names {
		if p, err := strconv.Atoi(e.Name()); err == nil {
			if f, err := stat(p); err == nil {
				parent := int(f.number(4))
				children[parent] = append(children[parent], p)
			}
		}
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all, nil
}
