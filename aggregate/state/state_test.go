package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// written returns a file with some records.
func written(t testing.TB, records ...string) (path string, text []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "x.state")
	w, err := Create(path, 7, time.UnixMilli(1_700_000_000_123))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		w.Record([]byte(r))
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	text, err = os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, text
}

func read(path string) (records []string, at time.Time, err error) {
	at, err = Read(path, 7, func(r []byte) error { records = append(records, string(r)); return nil })
	return records, at, err
}

// What is written is read; there is nothing of a file before it is whole.
func TestFile(t *testing.T) {
	path, _ := written(t, "a", strings.Repeat("b", 1<<20), "c")
	got, at, err := read(path)
	if err != nil || len(got) != 3 || got[2] != "c" || len(got[1]) != 1<<20 || at.UnixMilli() != 1_700_000_000_123 {
		t.Errorf("%d records of %v, %v", len(got), at, err)
	}
	w, err := Create(path, 7, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	w.Record([]byte("new"))
	if got, _, err := read(path); err != nil || len(got) != 3 {
		t.Errorf("while another is written there are %d records, %v", len(got), err)
	}
	w.Abort()
	if _, _, err := read(path); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Dir(path) + "/*.tmp"); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if _, _, err := read(path + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there gives %v", err)
	}
}

// Whatever is cut off or changed is found, before anything of the file is seen.
func TestDamage(t *testing.T) {
	path, whole := written(t, "one", "two", "three")
	try := func(what string, text []byte, want ...error) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, _, err := read(path)
		ok := false
		for _, w := range want {
			ok = ok || errors.Is(err, w)
		}
		if !ok || got != nil {
			t.Errorf("%s gives %v and %q", what, err, got)
		}
	}
	for n := range whole {
		want := ErrDamaged
		if n == 0 {
			want = ErrForeign
		}
		try(fmt.Sprint("a cut at ", n), whole[:n], want)
	}
	try("more behind the end", append(bytes.Clone(whole), 'x'), ErrDamaged)
	for i := range whole {
		if i >= len(magic)+8 && i < headSize {
			continue // the time may be any
		}
		text := bytes.Clone(whole)
		text[i] ^= 0x41
		try(fmt.Sprint("byte ", i), text, ErrDamaged, ErrForeign, ErrVersion)
	}
	newer := bytes.Clone(whole)
	binary.LittleEndian.PutUint32(newer[len(magic)+4:], 8)
	try("another version", newer, ErrVersion)
	try("a picture", []byte("\x89PNG\r\n\x1a\n and so on and on and on and on"), ErrForeign)
	to, err := SetAside(path, time.Unix(0, 0))
	if err != nil || !strings.HasSuffix(to, "x.state.bad-19700101T000000") {
		t.Errorf("%s, %v", to, err)
	}
	if _, err := os.Stat(to); err != nil {
		t.Error(err)
	}
}

// A Decoder reads what was appended, and of anything else says so.
func FuzzDecoder(f *testing.F) {
	good := AppendText(AppendFloat(binary.AppendVarint(binary.AppendUvarint(nil, 300), -5), 1.5), "text")
	f.Add(good)
	f.Add([]byte{})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, record []byte) {
		d := NewDecoder(record)
		n, i, v, text := d.Uint(), d.Int(), d.Float(), d.Text()
		if d.Failed() {
			if d.Rest() != nil || d.Uint() != 0 || d.Float() != 0 || len(d.Text()) != 0 {
				t.Error("something was read behind what could not be")
			}
			return
		}
		again := AppendText(AppendFloat(binary.AppendVarint(binary.AppendUvarint(nil, n), i), v), text)
		e := NewDecoder(again)
		if e.Uint() != n || e.Int() != i || !(e.Float() == v || v != v) || !bytes.Equal(e.Text(), text) || len(e.Rest()) > 0 {
			t.Errorf("%v %v %v %q were not read back", n, i, v, text)
		}
	})
}

// A file is read as it was written, or not at all.
func FuzzRecords(f *testing.F) {
	_, text := written(f, "one", "two")
	f.Add(text)
	f.Add(text[:len(text)-3])
	f.Fuzz(func(t *testing.T, text []byte) {
		var all []byte
		n := uint32(0)
		at, err := records(bytes.NewReader(text), 7, func(r []byte) error {
			all = append(all, r...)
			n++
			return nil
		})
		if err == nil && len(all)+headSize+8*int(n+1) != len(text) {
			t.Errorf("%d records with %d bytes at %v are not all of %d bytes", n, len(all), at, len(text))
		}
	})
}
