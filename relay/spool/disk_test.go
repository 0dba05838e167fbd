package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// contents returns what is in the files of dir.
func contents(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = text
	}
	return all
}

func equal(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }

// lay makes dir hold exactly these files. Those that are there are written over, not anew: file systems hurry to get a file
// to the disk that was emptied first.
func lay(t testing.TB, dir string, all map[string][]byte) {
	t.Helper()
	err := os.MkdirAll(dir, dirMode)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if all[e.Name()] == nil {
			err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
		}
	}
	for name, text := range all {
		f, open := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, fileMode)
		if open != nil {
			t.Fatal(open)
		}
		_, write := f.WriteAt(text, 0)
		err = errors.Join(err, write, f.Truncate(int64(len(text))), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// sealed makes b, whose version is at that place, a sound header of the next version.
func sealed(b []byte, at int) []byte {
	binary.LittleEndian.PutUint32(b[at:], version+1)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
}
