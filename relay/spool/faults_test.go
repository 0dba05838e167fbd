package spool

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// TestSyncFails lets fsync fail: once, for a while, every third time. What the system then calls clean is not believed.
func TestSyncFails(t *testing.T) {
	f := func(fails func(call int) bool) {
		t.Helper()
		root := t.TempDir()
		s := open(t, root, Options{Size: 1 << 20, Segment: 8 << 10})
		calls := 0
		s.fsync = func(f *os.File) error {
			if calls++; fails(calls) {
				return syscall.EIO
			}
			return nil
		}
		failed, read := 0, int64(0)
		for range 60 {
			for range 10 {
				if err := s.Append(frame(s.span.end)); err != nil && !errors.Is(err, syscall.EIO) {
					t.Fatal(err)
				}
			}
			end, n := take(t, s, 5)
			s.Confirm(end)
			read += n
			err := s.Sync()
			if errors.Is(err, syscall.EIO) {
				failed++
			} else if err != nil {
				t.Fatal(err)
			}
			if err == nil && s.synced != s.span.end || s.suspect && s.syncedSize == s.chain.tail.size {
				t.Fatal("what is not safe is taken for safe")
			}
			balance(t, s)
		}
		if failed == 0 {
			t.Fatal("no Sync failed")
		}
		s.fsync = func(*os.File) error { return nil }
		a := balance(t, s)
		closeUp(t, s)
		s = open(t, root, small)
		if b := balance(t, s); b.Opened != a.Held || a.Confirmed != read {
			t.Fatalf("opened with %d points, %d were held", b.Opened, a.Held)
		}
		end, n := take(t, s, 1<<20)
		if a := balance(t, s); a.Corrupt != 0 || end != s.span.end || n != a.Opened {
			t.Fatalf("read %d points up to %d, %+v", n, end, a)
		}
		closeUp(t, s)
	}
	f(func(call int) bool { return call == 5 })
	f(func(call int) bool { return 20 < call && call < 60 })
	f(func(call int) bool { return call%3 == 0 })
	f(func(call int) bool { return call%7 == 0 })
}

// TestSyncDrops lets the system drop the pages that it could not write, too. Then they are lost, and counted.
func TestSyncDrops(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, Options{Size: 1 << 20})
	put(t, s, 10)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	safe, from := s.span.end, s.chain.tail.size
	put(t, s, 10)
	s.fsync = func(f *os.File) error {
		s.fsync = func(*os.File) error { return nil }
		zero := make([]byte, 600)
		if _, err := f.WriteAt(zero, from); err != nil {
			t.Fatal(err)
		}
		return syscall.EIO
	}
	if err := s.Sync(); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	put(t, s, 10)
	end, points := take(t, s, 1<<20)
	a := balance(t, s)
	if end != s.span.end || a.Corrupt == 0 || a.Corrupt > 3*most || points+a.Corrupt != a.Appended || s.synced < safe {
		t.Fatalf("read %d points up to %d of %d, %+v", points, end, s.span.end, a)
	}
	closeUp(t, s)
}

// TestShort takes the end of the file away while there is more in memory.
func TestShort(t *testing.T) {
	s := open(t, t.TempDir(), small)
	put(t, s, 5)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(s.chain.path(s.chain.tail), s.chain.tail.size-1); err != nil {
		t.Fatal(err)
	}
	put(t, s, 2)
	end, points := take(t, s, 100)
	a := balance(t, s)
	if end != s.span.end || a.Corrupt == 0 || a.Corrupt > most || points+a.Corrupt != a.Appended {
		t.Fatalf("read %d points up to %d of %d, %+v", points, end, s.span.end, a)
	}
	closeUp(t, s)
}

// TestReadFails lets the disk be unreadable for a while, then for good.
func TestReadFails(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, small)
	put(t, s, 60)
	closeUp(t, s)
	s = open(t, root, small)
	take(t, s, 1)
	s.read.file.Close() // every read of it fails from now on
	s.read.buf = s.read.buf[:0]
	for range 3 {
		if _, _, err := s.Next(); !errors.Is(err, os.ErrClosed) {
			t.Fatal(err)
		}
	}
	if a := balance(t, s); a.Corrupt != 0 {
		t.Fatal("given up too early")
	}
	for range 3 { // page by page, until the segment is over
		s.Skip()
		if _, ok, err := s.Next(); ok || err != nil {
			break
		}
	}
	end, _ := take(t, s, 1<<20)
	if a := balance(t, s); end != s.span.end || a.Corrupt == 0 || a.Corrupt > 15*most {
		t.Fatalf("read up to %d of %d, %+v", end, s.span.end, a)
	}
	s.Rewind()
	if a := s.Account(); a.Held+a.Corrupt != a.Opened {
		t.Fatalf("counted twice: %+v", a)
	}
	closeUp(t, s)
}

// TestOpenFails puts something in a segment's place that cannot be opened.
func TestOpenFails(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, small)
	put(t, s, 60)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	second := s.chain.path(s.chain.segs[1])
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Base(second), second); err != nil { // a ring of links: ELOOP, for root too
		t.Fatal(err)
	}
	var err error
	for err == nil {
		_, _, err = s.Next()
	}
	if !errors.Is(err, syscall.ELOOP) {
		t.Fatal(err)
	}
	lost := int64(s.chain.segs[2].first - s.chain.segs[1].first)
	s.Skip()
	end, _ := take(t, s, 1<<20)
	if a := balance(t, s); end != s.span.end || a.Corrupt != lost {
		t.Fatalf("%+v, want %d lost", a, lost)
	}
	s.Confirm(end)
	closeUp(t, s)
}

// TestOrder wants the position to be safe before what lies behind it is removed, and a segment before it is followed by
// the next one.
func TestOrder(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, small)
	var synced []string
	s.fsync = func(f *os.File) error {
		name := filepath.Base(f.Name())
		if synced = append(synced, name); name == positionFile {
			for _, seg := range s.chain.segs {
				if _, err := os.Stat(s.chain.path(seg)); err != nil {
					t.Error(err)
				}
			}
		}
		return nil
	}
	put(t, s, 50)
	for _, seg := range s.chain.segs[:len(s.chain.segs)-1] {
		if !slices.Contains(synced, segmentName(seg.first)) {
			t.Errorf("%d was not synced", seg.first)
		}
	}
	end, _ := take(t, s, 40)
	s.Confirm(end)
	before := len(s.chain.segs)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if len(s.chain.segs) == before || synced[len(synced)-1] != positionFile {
		t.Errorf("%v were synced", synced)
	}
	closeUp(t, s)
}
