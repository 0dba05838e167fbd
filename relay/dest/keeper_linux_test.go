package dest

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"plumbago/carbon/stat"
	"plumbago/relay/spool"
)

// A full disk costs what memory has no room for, by the policy, and is forgotten once there is room again.
func TestKeeperDiskFull(t *testing.T) {
	f := func(overflow string, first bool) {
		t.Helper()
		root := t.TempDir()
		if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=4m"); err != nil {
			t.Skipf("mounting takes root: %v", err)
		}
		defer func() {
			if err := syscall.Unmount(root, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		}()
		balloon := filepath.Join(root, "balloon")
		if err := os.WriteFile(balloon, make([]byte, 2<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		o := spooling(filepath.Join(root, "spool"))
		o.Spool, o.Overflow = 16<<20, overflow
		b := newBench(t, 1, o)
		n := b.fill(100) // 6 MB
		c := b.counts()
		if c.Dropped[stat.LossDiskFull] == 0 || c.Dropped[stat.LossOverflow] > 0 || c.Spooled == 0 || !strings.Contains(b.keeper.failure(), "no room on disk") {
			t.Errorf("%s: full: %+v, %q", overflow, c, b.keeper.failure())
		}
		if err := os.Remove(balloon); err != nil {
			t.Fatal(err)
		}
		b.step(fullFor)
		before := b.counts().Dropped
		m := b.fill(6)
		b.spill()
		if c := b.counts(); c.Dropped != before || c.Queued > 0 || b.keeper.failure() != "" {
			t.Errorf("%s: relieved: %+v, %q", overflow, c, b.keeper.failure())
		}
		b.drain()
		if c := b.counts(); c.Delivered+c.Dropped[stat.LossDiskFull] != n+m || b.segments() > 0 {
			t.Errorf("%s: in the end: %+v", overflow, c)
		}
		if b.got[0] != first || !b.got[b.next-1] {
			t.Errorf("%s: the first one arrived: %v, the last one: %v", overflow, b.got[0], b.got[b.next-1])
		}
		b.keeper.close()
	}
	f("drop_oldest", false)
	f("drop_newest", true)
}

// A disk that hangs does not hold up the end, and what it did not take is lost and counted.
func TestSpoolHangs(t *testing.T) {
	o := spooled(t)
	d := newDest(t, "127.0.0.1:9", o, func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF })
	if err := d.Open(); err != nil {
		t.Fatal(err)
	}
	d.keeper.patience = 50 * time.Millisecond
	// Whoever opens a pipe that nobody reads waits: so does the position, which is written at each sync.
	pipe := filepath.Join(spool.Dir(o.SpoolRoot, d.keeper.name), "position")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	d.Start()
	d.Push(numbered(0, 10))
	await(t, d, "the spooling", onDisk(10))
	time.Sleep(o.SpoolSync) // the keeper hangs by then, or a little later
	d.Push(numbered(10, 10))
	lost := d.Close(noTime())
	if c := counts(t, d); lost != c.Dropped[stat.LossShutdown] || c.Spooled+lost != 20 || c.Spooled < 10 {
		t.Errorf("%d lost, %+v", lost, c)
	}
	// Let the keeper go, and wait until it is gone.
	r, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := os.Remove(pipe); err != nil {
		t.Fatal(err)
	}
	d = newDest(t, "127.0.0.1:9", o, nil)
	for end := time.Now().Add(10 * time.Second); d.Open() != nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the keeper never ended")
		}
	}
	d.Close(noTime())
}
