package dest

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"plumbago/carbon/stat"
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
