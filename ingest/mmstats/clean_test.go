package mmstats

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// of makes a file that says that a process made it.
func of(t *testing.T, dir, name string, pid int, created float64) string {
	t.Helper()
	f, err := Create(Options{Path: dir, Filename: name, Prefix: "app.", Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	NewStatic(f, "sys.pid", uint32(pid))
	if created > 0 {
		NewStatic(f, "sys.created", created)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Path()
}

// TestClean removes the files of processes that are gone, and of those whose numbers others have now.
func TestClean(t *testing.T) {
	dir := t.TempDir()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Skip(err)
	}
	now := float64(time.Now().Unix())
	mine := of(t, dir, "mine", os.Getpid(), now)
	timeless := of(t, dir, "timeless", os.Getpid(), 0)
	dead := of(t, dir, "dead", gone.Process.Pid, now)
	reused := of(t, dir, "reused", os.Getpid(), 1e9)
	odd := filepath.Join(dir, "odd")
	if err := os.WriteFile(odd, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	nameless := of(t, dir, "nameless", 1, 0)
	if err := os.WriteFile(nameless, []byte{1}, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	paths, _ := filepath.Glob(filepath.Join(dir, "*"))
	got := map[string]Verdict{}
	Clean(paths, false, func(v Verdict) { got[v.Path] = v })
	f := func(path string, removed, alive bool, why string) {
		t.Helper()
		v := got[path]
		if v.Removed != removed || v.Alive != alive || v.Why != why {
			t.Errorf("%+v, want %v, %v, %q", v, removed, alive, why)
		}
		if _, err := os.Stat(path); (err == nil) == removed {
			t.Errorf("%s: %v", path, err)
		}
	}
	f(mine, false, true, "")
	f(timeless, false, true, "")
	f(dead, true, false, "PID "+strconv.Itoa(gone.Process.Pid)+" not found. Deleting "+dead)
	if _, known := started(os.Getpid()); known {
		f(reused, true, false, "PID "+strconv.Itoa(os.Getpid())+" is another process now. Deleting "+reused)
	}
	f(odd, false, false, "Invalid file: "+odd)
	f(nameless, false, false, "File has no sys.pid entry: "+nameless)
	if len(got) != 6 {
		t.Errorf("%d files were looked at", len(got))
	}
}

// TestStarted knows when this process began.
func TestStarted(t *testing.T) {
	begun, ok := started(os.Getpid())
	if !ok {
		t.Skip("not known here")
	}
	if ago := time.Since(begun); ago < -time.Second || ago > time.Hour {
		t.Errorf("%v ago", ago)
	}
	if _, ok := started(1 << 30); ok {
		t.Error("a process that is not there has begun")
	}
	if text, err := os.ReadFile("/proc/self/stat"); err == nil && !strings.Contains(string(text), ")") {
		t.Errorf("%s", text)
	}
}
