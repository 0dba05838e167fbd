package daemon

import (
	"os"
	"testing"
	"testing/fstest"
)

func TestMemoryHere(t *testing.T) {
	f := func(want int, files ...string) {
		t.Helper()
		root := fstest.MapFS{}
		for i := 0; i < len(files); i += 2 {
			root[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
		}
		if got := memoryHere(root); got != want {
			t.Errorf("%q: %d, want %d", files, got, want)
		}
	}
	machine := []string{"proc/meminfo", "MemTotal:       1048576 kB\nMemFree:         1024 kB\n"}
	with := func(more ...string) []string { return append(machine[:2:2], more...) }
	f(0)
	f(1<<30, machine...)
	// The second version, a limit in the group itself, above it, and in a container's top.
	f(4096, with("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "4096\n", "sys/fs/cgroup/a/memory.max", "8192\n")...)
	f(8192, with("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "max\n", "sys/fs/cgroup/a/memory.max", "8192\n")...)
	f(4096, with("proc/self/cgroup", "0::/../host/x\n", "sys/fs/cgroup/memory.max", "4096\n")...)
	f(1<<30, with("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "max\n")...)
	// The first version.
	f(4096, with("proc/self/cgroup", "9:cpu:/x\n4:memory:/a\n0::/\n", "sys/fs/cgroup/memory/a/memory.limit_in_bytes", "4096\n")...)
	f(1<<30, with("proc/self/cgroup", "4:cpu,memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")...)
	f(1<<30, with("proc/self/cgroup", "rubbish\n4:memory\n")...)
	if memoryHere(os.DirFS("/")) == 0 {
		t.Error("nothing is found out of this machine")
	}
}
