package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A Listing says what the spool of an endpoint holds, seen from outside: as of the owner's last Flush, if it has one.
type Listing struct {
	Name     string // the endpoint, or the directory's name if that does not tell
	Dir      string
	Level    Level
	Torn     Torn
	LastOpen int   // the process that opened it last; 0 if that is not known
	InUse    bool  // by that process, most likely
	Err      error // why the rest could not be found out
}

// List looks into all spools below root, in the order of their directories' names, also of endpoints that are not
// configured any more. It touches nothing, so their owners may be at work. Without root there are none.
func List(root string) ([]Listing, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing the spools: %w", err)
	}
	var all []Listing
	for _, e := range entries {
		if e.IsDir() {
			all = append(all, look(filepath.Join(root, e.Name())))
		}
	}
	return all, nil
}

// look finds out about the spool in dir.
func look(dir string) Listing {
	l := Listing{Name: filepath.Base(dir), Dir: dir}
	signed, pid := signature(dir)
	if name, ok := unescape(l.Name); ok {
		l.Name = name
	} else if escape(signed) == l.Name {
		l.Name = signed
	}
	l.LastOpen, l.InUse = pid, inUse(dir)
	f, err := load(dir)
	if err != nil {
		l.Err = fmt.Errorf("looking into %s: %w", dir, err)
		return l
	}
	s := newSpool(Options{}, nil, f)
	defer s.read.close()
	l.Level, l.Torn = s.Level(), f.cut
	return l
}

// Cat calls f with each record of the endpoint's spool below root, in order, from the first that is not confirmed, and
// returns how many points are lost to damage. Like List it touches nothing; what the owner appends meanwhile may be in it
// or not, and what it removes counts as lost. It ends early with f's error.
func Cat(root, name string, f func(Record) error) (lost int64, err error) {
	dir := Dir(root, name)
	found, err := load(dir)
	if err != nil {
		return 0, fmt.Errorf("looking into the spool of %q: %w", name, err)
	}
	s := newSpool(Options{}, nil, found)
	defer s.read.close()
	for {
		rec, ok, err := s.Next()
		if err != nil || !ok {
			return s.acct.Corrupt, err
		}
		if err := f(rec); err != nil {
			return s.acct.Corrupt, err
		}
	}
}

// Purge drops all that the endpoint's spool below root holds, and returns how many points that were. The spool must not be
// in use: its owner has a method for it.
func Purge(root, name string) (points int64, err error) {
	if _, err := os.Stat(Dir(root, name)); err != nil {
		return 0, fmt.Errorf("looking for the spool of %q: %w", name, err)
	}
	s, err := Open(root, name, Options{Size: 1 << 62})
	if err != nil {
		return 0, err
	}
	points, err = s.Purge()
	_, closing := s.Close()
	return points, errors.Join(err, closing)
}

// Remove purges the endpoint's spool below root and removes its directory, unless there is something else in it. Nobody must
// open the spool meanwhile: it is for endpoints that are gone.
func Remove(root, name string) (points int64, err error) {
	if points, err = Purge(root, name); err != nil {
		return points, err
	}
	dir := Dir(root, name)
	for _, file := range []string{positionFile, lockFile} {
		if err := remove(filepath.Join(dir, file)); err != nil {
			return points, err
		}
	}
	return points, remove(dir)
}
