package daemon

import (
	"bufio"
	"bytes"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// memoryHere returns how much memory there is for the process: what its cgroup (of either version), or one above it, may
// take, at most what the machine has. root is the file system's. It returns 0 if that is not to be found out.
func memoryHere(root fs.FS) (n int) {
	least := func(m int) {
		if m > 0 && (n == 0 || m < n) {
			n = m
		}
	}
	least(machineMemory(root))
	text, _ := fs.ReadFile(root, "proc/self/cgroup")
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		parts := strings.SplitN(lines.Text(), ":", 3) // number:controllers:path
		if len(parts) < 3 {
			continue
		}
		switch {
		case parts[1] == "":
			least(groupMemory(root, "sys/fs/cgroup", parts[2], "memory.max"))
		case strings.Contains(","+parts[1]+",", ",memory,"):
			least(groupMemory(root, "sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes"))
		}
	}
	return n
}

// groupMemory returns the least limit of a cgroup and of those above it, 0 if there is none. In a container the path is
// often that of the host, and not there; what is there is at the top then.
func groupMemory(root fs.FS, at, group, file string) (n int) {
	for group = path.Clean("/" + group); ; group = path.Dir(group) {
		text, err := fs.ReadFile(root, path.Join(at, group, file))
		if err == nil { // a limit that is none is "max", or more than any machine has
			if m, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && (n == 0 || m < n) {
				n = m
			}
		}
		if group == "/" {
			return n
		}
	}
}

// machineMemory returns the memory of the machine, 0 if that cannot be found out.
func machineMemory(root fs.FS) int {
	text, _ := fs.ReadFile(root, "proc/meminfo")
	_, rest, _ := strings.Cut(string(text), "MemTotal:")
	fields := strings.Fields(rest)
	if len(fields) < 2 || fields[1] != "kB" {
		return 0
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil {
		return 0
	}
	return n << 10
}
