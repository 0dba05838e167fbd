package spool

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
)

// childRoot tells the test binary that it is the process to be killed, and where its spool is.
const childRoot = "SPOOL_TEST_CHILD"

// TestMain is the child's main too.
func TestMain(m *testing.M) {
	if root := os.Getenv(childRoot); root != "" {
		work(root)
		return
	}
	os.Exit(m.Run())
}

// work appends, reads and confirms for ever, and says after each Flush how far it has come: those points are in the
// kernel's hands.
func work(root string) {
	s, err := Open(root, endpoint, Options{Size: 1 << 20, Segment: 40 << 10})
	for r := rand.New(rand.NewPCG(uint64(os.Getpid()), 0)); err == nil; {
		for range r.IntN(60) {
			if err = s.Append(frame(s.span.end)); err != nil {
				break
			}
		}
		for range r.IntN(60) {
			rec, ok, e := s.Next()
			if err = e; err != nil || !ok {
				break
			}
			s.Confirm(rec.End)
		}
		if err != nil {
			break
		}
		if r.IntN(4) == 0 {
			err = s.Sync()
		} else {
			err = s.Flush()
		}
		fmt.Println(s.written, s.saved.pos, s.span.pos)
	}
	fmt.Println("failed:", err)
	os.Exit(1)
}

// TestKill kills a process in the middle of its work, again and again.
func TestKill(t *testing.T) {
	root := t.TempDir()
	r := rand.New(rand.NewPCG(1, 2))
	kills := 20
	if testing.Short() {
		kills = 4
	}
	var last uint64
	for range kills {
		written, saved, confirmed := killed(t, root, 1+r.IntN(100))
		s := open(t, root, Options{Size: 1 << 20})
		if s.span.pos < saved {
			t.Fatalf("reads again from %d, though %d was saved", s.span.pos, saved)
		}
		at := s.span.pos
		for {
			rec, ok, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			verify(t, rec)
			if first := rec.End - uint64(rec.Points); first != at {
				t.Fatalf("%d comes after %d", first, at)
			}
			at = rec.End
		}
		if at < written {
			t.Fatalf("read up to %d, %d was written", at, written)
		}
		if a := balance(t, s); a.Corrupt != 0 || at != s.span.end {
			t.Fatalf("%+v", a)
		}
		if confirmed > last {
			last = confirmed
		}
		s.Rewind()
		closeUp(t, s)
	}
	if last == 0 {
		t.Fatal("nothing was ever confirmed")
	}
}

// killed lets a child work until it has said so many lines, kills it, and returns the last of them.
func killed(t *testing.T, root string, lines int) (written, saved, confirmed uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childRoot+"="+root)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for n := 0; in.Scan(); n++ { // also what it still said before it was gone
		if k, err := fmt.Sscan(in.Text(), &written, &saved, &confirmed); err != nil && k > 0 {
			break // a line that was cut
		} else if err != nil {
			t.Fatal(in.Text())
		}
		if n == lines {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if cmd.Wait() == nil {
		t.Fatal("it ended by itself")
	}
	return written, saved, confirmed
}
