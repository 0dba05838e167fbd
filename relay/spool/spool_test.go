package spool

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const endpoint = "graphite/10.0.0.1:2003"

// small are the options of most tests: many segments of few records.
var small = Options{Size: 64 << 10, Segment: 2 << 10}

// frame returns a frame whose first point has that number: everything in it follows from the number.
func frame(first uint64) (payload []byte, points int, oldest int64) {
	r := rand.New(rand.NewPCG(first, 7))
	points = 1 + r.IntN(9)
	payload = fmt.Appendf(nil, "frame %d ", first)
	for range points + r.IntN(300) {
		payload = append(payload, byte(r.Uint32()))
	}
	return payload, points, int64(first) * 10
}

// open opens the spool. It does not wait for the disk: no test cuts the power.
func open(t testing.TB, root string, o Options) *Spool {
	t.Helper()
	s, err := Open(root, endpoint, o)
	if err != nil {
		t.Fatal(err)
	}
	s.fsync = func(*os.File) error { return nil }
	return s
}

// put appends n frames.
func put(t testing.TB, s *Spool, n int) {
	t.Helper()
	for range n {
		if err := s.Append(frame(s.span.end)); err != nil {
			t.Fatal(err)
		}
	}
}

// take reads up to n frames and checks each; it returns the number after the last one, and how many points they had.
func take(t testing.TB, s *Spool, n int) (end uint64, points int64) {
	t.Helper()
	for range n {
		rec, ok, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		verify(t, rec)
		end, points = rec.End, points+int64(rec.Points)
	}
	return end, points
}

// verify wants rec to be a frame that was appended.
func verify(t testing.TB, rec Record) {
	t.Helper()
	payload, points, oldest := frame(rec.End - uint64(rec.Points))
	if rec.Points != points || rec.Oldest != oldest || !bytes.Equal(rec.Payload, payload) {
		t.Fatalf("the record that ends at %d was never appended", rec.End)
	}
}

// balance wants the law to hold and returns the account.
func balance(t testing.TB, s *Spool) Account {
	t.Helper()
	a := s.Account()
	if !a.Balanced() {
		t.Fatalf("the account does not balance: %+v", a)
	}
	return a
}

func closeUp(t testing.TB, s *Spool) {
	t.Helper()
	balance(t, s)
	if lost, err := s.Close(); err != nil || lost != 0 {
		t.Fatalf("Close lost %d points: %v", lost, err)
	}
}

// files returns the names in the spool's directory.
func files(t testing.TB, root string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(Dir(root, endpoint))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestThrough follows points from start to end, over several processes' lives.
func TestThrough(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, small)
	put(t, s, 100)
	held := balance(t, s).Held
	end, points := take(t, s, 30)
	if n := s.Confirm(end); n != points {
		t.Fatalf("confirmed %d points, read %d", n, points)
	}
	take(t, s, 10) // never confirmed
	closeUp(t, s)

	s = open(t, root, small)
	if a := balance(t, s); a.Opened != held-points || s.span.pos != end {
		t.Fatalf("opened with %+v at %d, want %d points at %d", a, s.span.pos, held-points, end)
	}
	put(t, s, 20)
	_, first := take(t, s, 50)
	s.Rewind()
	if _, again := take(t, s, 50); again != first {
		t.Fatalf("read %d points again, %d before", again, first)
	}
	end, _ = take(t, s, 20)
	s.Rewind()
	s.Confirm(end) // what was read before
	if l := s.Level(); l.Oldest < int64(end)*10 {
		t.Fatalf("%+v, though all before %d is gone", l, end*10)
	}
	end, _ = take(t, s, 1000)
	s.Confirm(end)
	if a := balance(t, s); a.Held != 0 || a.Corrupt != 0 {
		t.Fatalf("all is confirmed, but %+v", a)
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	if got := files(t, root); !slices.Equal(got, []string{"lock", "position"}) {
		t.Fatalf("an empty spool has %v", got)
	}
	put(t, s, 1)
	closeUp(t, s)
	s = open(t, root, small)
	if e, _ := take(t, s, 2); e != s.span.end {
		t.Fatalf("read up to %d, want %d", e, s.span.end)
	}
	closeUp(t, s)
}

// TestUnwritten reads what is only in memory yet, and never writes what was confirmed before it had to be.
func TestUnwritten(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, Options{Size: 1 << 20})
	for range 50 {
		put(t, s, 3)
		end, _ := take(t, s, 3)
		if end != s.span.end {
			t.Fatalf("read up to %d of %d", end, s.span.end)
		}
		s.Confirm(end)
	}
	if tail := s.chain.tail; tail.size != 0 {
		t.Fatalf("wrote %d bytes", tail.size)
	}
	put(t, s, 2)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	put(t, s, 2)
	if end, _ := take(t, s, 9); end != s.span.end {
		t.Fatalf("read up to %d of %d", end, s.span.end)
	}
	closeUp(t, s)
}

func TestOverflow(t *testing.T) {
	f := func(o Options, inHand int) {
		t.Helper()
		s := open(t, t.TempDir(), o)
		defer closeUp(t, s)
		put(t, s, 20)
		_, read := take(t, s, inHand)
		refused := false
		for range 2000 {
			err := s.Append(frame(s.span.end))
			if err != nil && !errors.Is(err, ErrFull) {
				t.Fatal(err)
			}
			refused = refused || err != nil
			if got := s.Level().Bytes; got > o.Size {
				t.Fatalf("%d bytes of %d", got, o.Size)
			}
		}
		if a := balance(t, s); refused != o.Newest || (a.Overflow > 0) == o.Newest {
			t.Fatalf("refused: %v, %+v", refused, a)
		}
		if got := s.Level().Bytes; got < o.Size*8/10 {
			t.Fatalf("only %d bytes of %d", got, o.Size)
		}
		if inHand > 0 {
			s.Rewind()
			if _, points := take(t, s, inHand); points != read {
				t.Fatal("what was in hand gave way")
			}
		}
		end, _ := take(t, s, 1<<20)
		s.Confirm(end)
		if a := balance(t, s); a.Held != 0 || a.Corrupt != 0 {
			t.Fatalf("%+v", a)
		}
	}
	f(small, 0)
	f(small, 7)
	f(Options{Size: 64 << 10}, 20)
	f(Options{Size: 64 << 10, Newest: true}, 0)

	s := open(t, t.TempDir(), Options{Size: 64 << 10, Newest: true})
	for s.Append(frame(s.span.end)) == nil {
	}
	s.fsync = func(*os.File) error {
		t.Error("a full spool waits for the disk, for nothing")
		return nil
	}
	for range 3 {
		end, _ := take(t, s, 1)
		s.Confirm(end)
		if err := s.Append(frame(s.span.end)); !errors.Is(err, ErrFull) {
			t.Fatal(err)
		}
	}
	s.fsync = func(*os.File) error { return nil }
	closeUp(t, s)

	s = open(t, t.TempDir(), Options{Size: 1 << 10})
	put(t, s, 1)
	if err := s.Append(make([]byte, 1<<10), 1, 0); !errors.Is(err, ErrFull) {
		t.Fatalf("a record larger than the spool: %v", err)
	}
	if a := balance(t, s); a.Overflow != 0 || a.Held == 0 {
		t.Fatalf("something gave way for nothing: %+v", a)
	}
	closeUp(t, s)
}

func TestExpire(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, small)
	put(t, s, 200)
	end, inHand := take(t, s, 20)
	expire := func(before uint64) int64 {
		t.Helper()
		n, err := s.Expire(int64(before) * 10)
		if err != nil {
			t.Fatal(err)
		}
		balance(t, s)
		return n
	}
	if n := expire(end); n != 0 {
		t.Fatalf("%d points expired that were in hand", n)
	}
	half := s.span.end / 2
	expired := expire(half)
	if expired <= 0 || expire(half) != 0 {
		t.Fatalf("%d points expired", expired)
	}
	if l := s.Level(); l.Oldest < int64(half)*10 || l.Newest < l.Oldest {
		t.Fatalf("%+v after all before %d expired", l, half*10)
	}
	s.Rewind() // what is in hand comes again, and then what did not expire
	if _, points := take(t, s, 20); points != inHand {
		t.Fatalf("%d points, %d were in hand", points, inHand)
	}
	rec, _, _ := s.Next()
	if rec.Oldest < int64(half)*10 {
		t.Fatalf("a record of %d came back", rec.Oldest)
	}
	if n := s.Confirm(end); n != inHand {
		t.Fatalf("confirmed %d of %d", n, inHand)
	}
	expire(s.span.end)
	if a := balance(t, s); a.Held != int64(rec.Points) || a.Corrupt != 0 {
		t.Fatalf("%+v", a)
	}
	closeUp(t, s)
}

func TestHeld(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, small)
	_, err := Open(root, endpoint, small)
	if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), fmt.Sprintf("by process %d", os.Getpid())) {
		t.Fatalf("opened twice: %v", err)
	}
	if _, err := Purge(root, endpoint); !errors.Is(err, ErrHeld) {
		t.Fatalf("purged while in use: %v", err)
	}
	closeUp(t, s)
	if _, err := s.Close(); err == nil {
		t.Fatal("closed twice")
	}
	closeUp(t, open(t, root, small))
}

// TestFormat wants what is not ours to be refused as it is, and what is only damaged not to be.
func TestFormat(t *testing.T) {
	f := func(name, content string, refused bool) {
		t.Helper()
		root := t.TempDir()
		s := open(t, root, small)
		put(t, s, 20)
		held := balance(t, s).Held
		closeUp(t, s)
		path := filepath.Join(Dir(root, endpoint), name)
		if err := os.WriteFile(path, []byte(content), fileMode); err != nil {
			t.Fatal(err)
		}
		before := contents(t, Dir(root, endpoint))
		s, err := Open(root, endpoint, small)
		if refused {
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), Dir(root, endpoint)) {
				t.Fatalf("%s: %v", name, err)
			}
			if after := contents(t, Dir(root, endpoint)); !equal(before, after) {
				t.Fatal("it was touched")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if a := balance(t, s); a.Opened < held {
			t.Fatalf("opened with %d points of %d", a.Opened, held)
		}
		closeUp(t, s)
	}
	newer := sealed(appendSegmentHeader(nil, 5000)[:20], 8)
	f(segmentName(5000), string(newer), true)
	f(segmentName(5000), "some other program's data, which has a header of its own", true)
	f(segmentName(5000), "x", true)
	f(segmentName(5000), "", false)
	f(segmentName(5000), "plmb", false)
	f(segmentName(5000), string(make([]byte, 100)), false)
	f("5000.seg", "not even a segment's name", false)
	f("99999999999999999999.seg", "nor this", false)
	f("notes", "nor this", false)
	var slot [slotSize]byte
	position{generation: 9, end: 5}.encode(slot[:])
	f(positionFile, string(sealed(slot[:44], 8)), true)
	f(positionFile, "a damaged one", false)
	f(segmentName(3)+unfinishedSuffix, "what a crash left", false)
}

// What may have gone out before is known of each record, and after another opening too.
func TestTried(t *testing.T) {
	root := t.TempDir()
	s := open(t, root, Options{Size: 1 << 20})
	want := func(tried ...bool) {
		t.Helper()
		s.Rewind()
		for i, w := range tried {
			rec, ok, err := s.Next()
			if err != nil || !ok || rec.Tried != w {
				t.Fatalf("record %d: %v %v, tried %v, want %v", i, ok, err, rec.Tried, w)
			}
		}
	}
	for i := range 5 {
		put := s.Append
		if i == 3 {
			put = s.AppendTried
		}
		if err := put([]byte("0123456789"), 10, 1); err != nil {
			t.Fatal(err)
		}
	}
	want(false, false, false, true, false)
	if !s.Try(20) || s.Try(20) || s.Try(10) {
		t.Error("what is new and what is not")
	}
	want(true, true, false, true, false)
	s.Confirm(10)
	want(true, false, true, false)
	closeUp(t, s)
	s = open(t, root, Options{Size: 1 << 20})
	want(true, false, true, false)
	closeUp(t, s)
}

func TestName(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{
		"", ".", "..", "a", "A", "a/b", "a%2Fb", "%", "a:1", "graphite/10.0.0.1:2003", "graphite/[::1]:2003=b", "\x00", "é", "~",
		"con", "A b", strings.Repeat("x", 200), strings.Repeat("x", 201), strings.Repeat("x", 202), strings.Repeat("/", 100),
	} {
		dir := escape(name)
		if other, is := seen[strings.ToLower(dir)]; is {
			t.Errorf("%q and %q share %s", name, other, dir)
		}
		seen[strings.ToLower(dir)] = name
		if len(dir) > longestName || strings.ContainsAny(dir, "/\x00 ") || strings.HasPrefix(dir, ".") || dir == "" {
			t.Errorf("%q is no name of a directory", dir)
		}
		if back, ok := unescape(dir); ok && back != name || !ok && !strings.Contains(dir, "~") {
			t.Errorf("%q came back as %q", name, back)
		}
	}
}
