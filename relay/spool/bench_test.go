package spool

import (
	"bytes"
	"os"
	"strconv"
	"testing"
)

// cycle is how much is appended before it is read, or thrown away, so that a benchmark's disk does not run full.
const cycle = 256 << 20

// BenchmarkAppend appends frames, without waiting for the disk.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{200, 4 << 10, 64 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			s := open(b, b.TempDir(), Options{Size: 2 * cycle})
			payload := bytes.Repeat([]byte("x"), size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for n := 0; b.Loop(); n += size {
				if err := s.Append(payload, 20, 1); err != nil {
					b.Fatal(err)
				}
				if n >= cycle {
					b.StopTimer()
					if _, err := s.Purge(); err != nil {
						b.Fatal(err)
					}
					n = 0
					b.StartTimer()
				}
			}
			closeUp(b, s)
		})
	}
}

// BenchmarkNext reads and confirms frames, from the files.
func BenchmarkNext(b *testing.B) {
	for _, size := range []int{200, 4 << 10, 64 << 10} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			s := open(b, b.TempDir(), Options{Size: 2 * cycle})
			payload := bytes.Repeat([]byte("x"), size)
			for range cycle / size {
				if err := s.Append(payload, 20, 1); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				_, ok, err := s.Next()
				if err != nil {
					b.Fatal(err)
				}
				if !ok {
					s.Rewind()
				}
			}
			closeUp(b, s)
		})
	}
}

// BenchmarkOpen opens a spool of 1 GB.
func BenchmarkOpen(b *testing.B) {
	root := b.TempDir()
	s := open(b, root, Options{Size: 2 << 30})
	payload := bytes.Repeat([]byte("x"), 64<<10)
	for range (1 << 30) / len(payload) {
		if err := s.Append(payload, 1000, 1); err != nil {
			b.Fatal(err)
		}
	}
	closeUp(b, s)
	for b.Loop() {
		closeUp(b, open(b, root, Options{Size: 2 << 30}))
	}
}

// TestAllocs wants appending and reading to allocate nothing.
func TestAllocs(t *testing.T) {
	if raceOn {
		t.Skip("the race detector allocates")
	}
	s := open(t, t.TempDir(), Options{Size: 1 << 30})
	payload := make([]byte, 10<<10)
	work := func() {
		for range 100 {
			if err := s.Append(payload, 9, 1); err != nil {
				t.Fatal(err)
			}
		}
		for {
			rec, ok, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			s.Confirm(rec.End)
		}
	}
	work()
	// A segment takes 16 of these rounds: its files are what remains.
	if n := testing.AllocsPerRun(200, work); n >= 5 {
		t.Errorf("%v allocations for 200 records", n)
	}
	closeUp(t, s)
}

// TestFiles wants no more than four files open, however much there is.
func TestFiles(t *testing.T) {
	count := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip(err)
		}
		return len(names)
	}
	before := count()
	s := open(t, t.TempDir(), small)
	for range 20 {
		put(t, s, 50)
		end, _ := take(t, s, 30)
		s.Confirm(end)
		if n := count() - before; n > 4 {
			t.Fatalf("%d files are open", n)
		}
	}
	closeUp(t, s)
	if n := count(); n != before {
		t.Fatalf("%d files are open after Close, %d before", n, before)
	}
}
