package spool

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	root := t.TempDir()
	if all, err := List(filepath.Join(root, "nothing")); err != nil || len(all) != 0 {
		t.Fatalf("%v, %v", all, err)
	}
	s := open(t, root, small)
	put(t, s, 50)
	end, _ := take(t, s, 20)
	s.Confirm(end)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("Long/", 100)
	other, err := Open(root, long, small)
	if err != nil {
		t.Fatal(err)
	}
	closeUp(t, other)
	foreign := filepath.Join(root, "foreign")
	if err := os.Mkdir(foreign, dirMode); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, segmentName(0)), []byte("not one of ours"), fileMode); err != nil {
		t.Fatal(err)
	}
	before := contents(t, Dir(root, endpoint))
	all, err := List(root)
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	slices.SortFunc(all, func(a, b Listing) int { return strings.Compare(a.Name, b.Name) })
	if l := all[0]; l.Name != long || l.Level.Points != 0 || l.Err != nil || l.InUse {
		t.Errorf("%+v", l)
	}
	if l := all[1]; !errors.Is(l.Err, ErrFormat) {
		t.Errorf("%+v", l)
	}
	if l := all[2]; l.Name != endpoint || l.Level != s.Level() || l.Torn != (Torn{}) || l.Err != nil || l.LastOpen != os.Getpid() || !l.InUse {
		t.Errorf("%+v, want %+v", l, s.Level())
	}
	if !equal(before, contents(t, Dir(root, endpoint))) {
		t.Error("it was touched")
	}
	closeUp(t, s)
}

func TestCat(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, small)
	put(t, s, 50)
	end, _ := take(t, s, 20)
	s.Confirm(end)
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	put(t, s, 1) // not to be seen yet
	at := end
	cat := func() (lost int64, err error) {
		at = end
		return Cat(root, endpoint, func(rec Record) error {
			verify(t, rec)
			at = rec.End
			return nil
		})
	}
	if lost, err := cat(); err != nil || lost != 0 || at != s.synced {
		t.Fatalf("read up to %d of %d, lost %d: %v", at, s.synced, lost, err)
	}
	stop := errors.New("enough")
	if _, err := Cat(root, endpoint, func(Record) error { return stop }); err != stop {
		t.Fatal(err)
	}
	if _, err := Cat(root, "another", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	path := s.chain.path(s.chain.segs[1])
	closeUp(t, s)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 1
	if err := os.WriteFile(path, b, fileMode); err != nil {
		t.Fatal(err)
	}
	if lost, err := cat(); err != nil || lost == 0 || lost > most || at != s.span.end {
		t.Fatalf("read up to %d, lost %d: %v", at, lost, err)
	}
}

func TestPurge(t *testing.T) {
	root := t.TempDir()
	if _, err := Purge(root, endpoint); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if _, err := os.Stat(Dir(root, endpoint)); err == nil {
		t.Fatal("a purge made the spool")
	}
	s := open(t, root, small)
	put(t, s, 50)
	held := balance(t, s).Held
	closeUp(t, s)
	if n, err := Purge(root, endpoint); err != nil || n != held {
		t.Fatalf("purged %d points of %d: %v", n, held, err)
	}
	if got := files(t, root); !slices.Equal(got, []string{"lock", "position"}) {
		t.Fatalf("%v are left", got)
	}
	s = open(t, root, small) // and the owner's own
	put(t, s, 50)
	take(t, s, 5)
	if n, err := s.Purge(); err != nil || n == 0 {
		t.Fatalf("purged %d points: %v", n, err)
	}
	if a := balance(t, s); a.Held != 0 || s.Level() != (Level{}) {
		t.Fatalf("%+v, %+v", a, s.Level())
	}
	put(t, s, 1)
	if end, _ := take(t, s, 2); end != s.span.end {
		t.Fatal("it cannot be used any more")
	}
	closeUp(t, s)
}

func TestRemove(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, small)
	put(t, s, 50)
	held := balance(t, s).Held
	if _, err := Remove(root, endpoint); !errors.Is(err, ErrHeld) {
		t.Fatalf("in use: %v", err)
	}
	closeUp(t, s)
	if n, err := Remove(root, endpoint); err != nil || n != held {
		t.Fatalf("%d points of %d: %v", n, held, err)
	}
	if _, err := os.Stat(Dir(root, endpoint)); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	closeUp(t, open(t, root, small))
	alien := filepath.Join(Dir(root, endpoint), "notes.txt")
	if err := os.WriteFile(alien, nil, fileMode); err != nil {
		t.Fatal(err)
	}
	if _, err := Remove(root, endpoint); err == nil {
		t.Fatal("it was removed with somebody's notes in it")
	}
	if _, err := os.Stat(alien); err != nil {
		t.Fatal(err)
	}
}
