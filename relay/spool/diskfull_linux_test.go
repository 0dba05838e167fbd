package spool

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// limitRoot tells the test binary to fill a disk that has no room past a file's size.
const limitRoot = "SPOOL_TEST_LIMIT"

// TestLimit lets writes fail in the middle, past a size that the system sets. That needs no rights, but a process of its
// own.
func TestLimit(t *testing.T) {
	if root := os.Getenv(limitRoot); root != "" {
		signal.Ignore(syscall.SIGXFSZ)
		limit := func(n uint64) {
			var was syscall.Rlimit
			err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was)
			if was.Cur = n; err == nil {
				err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		limit(1<<20 + 5000)
		fill(t, root, Options{Size: 16 << 20, Segment: 4 << 20}, func() { limit(64 << 20) })
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestLimit$", "-test.v")
	cmd.Env = append(os.Environ(), limitRoot+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "filled") {
		t.Fatalf("%v: %s", err, out)
	}
}

// TestDiskFull fills a real, small file system, if one may be mounted.
func TestDiskFull(t *testing.T) {
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=3m"); err != nil {
		t.Skipf("mounting takes root: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(root, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	balloon := filepath.Join(root, "balloon")
	if err := os.WriteFile(balloon, make([]byte, 1<<20), fileMode); err != nil {
		t.Fatal(err)
	}
	fill(t, root, Options{Size: 16 << 20, Segment: 1 << 20}, func() {
		if err := os.Remove(balloon); err != nil {
			t.Fatal(err)
		}
	})
}

// fill appends until the disk is full, goes on reading, makes room, and wants every point that was taken to be there.
func fill(t *testing.T, root string, o Options, relief func()) {
	s := open(t, root, o)
	toFull := func() {
		t.Helper()
		for range 1 << 20 {
			if err := s.Append(frame(s.span.end)); errors.Is(err, ErrDiskFull) {
				return
			} else if err != nil {
				t.Fatal(err)
			}
		}
		t.Fatal("the disk does not get full")
	}
	toFull()
	for range 5 { // it stays full, and takes nothing more
		end := s.span.end
		if err := s.Append(frame(end)); !errors.Is(err, ErrDiskFull) || s.span.end != end {
			t.Fatal(err)
		}
		if err := s.Sync(); !errors.Is(err, ErrDiskFull) {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(s.chain.path(s.chain.tail)); err != nil || info.Size() != s.chain.tail.size {
		t.Fatalf("a part of a record stayed: %v", err)
	}
	end, points := take(t, s, 1<<20) // also what is not written
	if a := balance(t, s); end != s.span.end || points != a.Held {
		t.Fatalf("read %d points up to %d, %+v", points, end, a)
	}
	s.Rewind()
	relief()
	put(t, s, 1000)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	held := balance(t, s).Held
	closeUp(t, s)
	s = open(t, root, o)
	if end, points = take(t, s, 1<<20); end != s.span.end || points != held {
		t.Fatalf("read %d points of %d", points, held)
	}
	s.Rewind()
	giveWay(t, s)
	fmt.Println("filled")
}

// giveWay fills the disk once more and gives up old points for new ones.
func giveWay(t *testing.T, s *Spool) {
	t.Helper()
	for len(s.chain.segs) < 2 {
		put(t, s, 100)
		s.opts.Segment = 1
	}
	points, err := s.GiveWay()
	if err != nil || points == 0 {
		t.Fatalf("%d points gave way: %v", points, err)
	}
	if a := balance(t, s); a.DiskFull != points {
		t.Fatalf("%+v", a)
	}
	end, _ := take(t, s, 1<<20)
	if s.Confirm(end); balance(t, s).Held != 0 {
		t.Fatalf("%+v", s.Account())
	}
	closeUp(t, s)
}
