package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestRotate renames a log's file and sends a signal, as logrotate does: what comes then goes to a new file, and no line is
// lost or cut.
func TestRotate(t *testing.T) {
	t.Run("SIGHUP", func(t *testing.T) { rotate(t, syscall.SIGHUP) })
	t.Run("SIGUSR1", func(t *testing.T) { rotate(t, syscall.SIGUSR1) })
}

func rotate(t *testing.T, s syscall.Signal) {
	dir := t.TempDir()
	log, old, own := filepath.Join(dir, "points.log"), filepath.Join(dir, "points.log.1"), filepath.Join(dir, "plumbago.log")
	port := freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(`file = %q
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "log"
protocol = "log"
endpoints = [%q]
[[rule]]
match = "**"
send = "log"
`, own, port, log)})
	in := fmt.Sprintf("127.0.0.1:%d", port)
	lines := func(path string) int { return strings.Count(read(t, path), "\n") }
	nc(t, in, numbered(0, 500))
	eventually(t, "500 lines in the log", func() bool { return lines(log) == 500 })
	for _, path := range []string{log, own} {
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
	}
	d.signal(s)
	eventually(t, "both files are there again", func() bool {
		_, err := os.Stat(log)
		_, err2 := os.Stat(own)
		return err == nil && err2 == nil
	})
	nc(t, in, numbered(500, 500))
	eventually(t, "500 lines in the new log", func() bool { return lines(log) == 500 })
	if n := lines(old); n != 500 {
		t.Errorf("%d lines in the old log, want 500", n)
	}
	d.signal(syscall.SIGTERM)
	<-d.done
	d.said.Write([]byte(read(t, own))) // its last words went to the log's file
	if l := d.ended(); l.code != 0 || l.Delivered != 1000 {
		t.Errorf("exit code %d, delivered %d; want 0 and 1000", l.code, l.Delivered)
	}
	if n := lines(old) + lines(log); n != 1000 {
		t.Errorf("%d lines in both logs, want 1000", n)
	}
}
