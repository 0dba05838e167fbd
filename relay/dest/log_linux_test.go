package dest

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"plumbago/carbon/stat"
)

// A full disk holds the queue; when there is room again the begun line is finished and the rest follows.
func TestLogOnFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	defer syscall.Unmount(dir, 0)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 48<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDest(t, filepath.Join(dir, "log"), logOptions("plain"), nil)
	defer d.Close(within(t))
	d.Start()
	d.Push(numbered(0, 900))
	await(t, d, "the error", func(c stat.EndpointCounts, s Status) bool {
		return c.Delivered > 0 && s.State == Down && strings.Contains(s.Error, "no space")
	})
	if got := content(t, filepath.Join(dir, "log")); strings.HasSuffix(got, "\n") {
		t.Fatalf("the disk was full at the end of a line after %d bytes: nothing is shown", len(got))
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	await(t, d, "delivery", delivered(900))
	wantNumbered(t, bufio.NewScanner(strings.NewReader(content(t, filepath.Join(dir, "log")))), 0, 899)
	await(t, d, "the state", inState(Up))
}
