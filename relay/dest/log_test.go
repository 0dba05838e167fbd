package dest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"plumbago/carbon/stat"
)

func logOptions(layout string) Options {
	o := quick()
	o.Protocol, o.Layout = "log", layout
	return o
}

// content returns what a file holds.
func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLogAppends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "points.log")
	if err := os.WriteFile(path, []byte("what was there\nand was cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDest(t, path, logOptions("plain"), nil)
	d.Start()
	d.Push(numbered(0, 1000))
	d.Push(numbered(1000, 1))
	await(t, d, "delivery", delivered(1001))
	if lost := d.Close(within(t)); lost != 0 {
		t.Errorf("%d points lost", lost)
	}
	want := "what was there\nand was cut\n" + string(numbered(0, 1000).Bytes) + string(numbered(1000, 1).Bytes)
	if got := content(t, path); got != want {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
}

func TestLogLayouts(t *testing.T) {
	f := func(layout, want string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "log")
		d := newDest(t, path, logOptions(layout), nil)
		d.Push(records(point("n1.system.cpu.percent", 3.25, clock), point("a.avg", 1, 1000), point("a.max", 2, 1000)))
		d.Start()
		await(t, d, "delivery", delivered(3))
		got := content(t, path)
		if layout == "senf" {
			if !strings.HasPrefix(got, "0000000000.0") {
				t.Errorf("got %q", got)
			}
			lines := strings.SplitAfter(got, "\n")
			for i := range lines[:len(lines)-1] {
				lines[i] = lines[i][len("0000000000.000000000 "):]
			}
			got = strings.Join(lines, "")
		}
		if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", layout, got, want)
		}
	}
	f("jumpscale", fmt.Sprintf("1416700800.12 %-100s 3.25\n1.0 %-100s 1.0\n1.0 %-100s 2.0\n", "n1.system.cpu.percent", "a.avg", "a.max"))
	f("senf", "n1.system.cpu.percent 3.25\na 1 2\n")
}

// A rename and a Reopen while many write: every line is in one of the files, whole, in order.
func TestLogRotates(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	d := newDest(t, path, logOptions("plain"), nil)
	d.Start()
	await(t, d, "the file", inState(Up))
	var old []string
	const frames, each = 400, 50
	for i := range frames {
		d.Push(numbered(each*i, each))
		if i%80 == 79 {
			to := fmt.Sprintf("%s.%d", path, i)
			await(t, d, "the file", func(stat.EndpointCounts, Status) bool { _, err := os.Stat(path); return err == nil })
			if err := os.Rename(path, to); err != nil {
				t.Fatal(err)
			}
			d.Reopen()
			old = append(old, to)
		}
	}
	await(t, d, "the new file", func(stat.EndpointCounts, Status) bool { _, err := os.Stat(path); return err == nil })
	d.Push(numbered(each*frames, 1))
	await(t, d, "delivery", delivered(frames*each+1))
	all := ""
	for _, p := range append(old, path) {
		all += content(t, p)
	}
	wantNumbered(t, bufio.NewScanner(strings.NewReader(all)), 0, frames*each)
	if got := content(t, path); !strings.HasSuffix(got, string(numbered(frames*each, 1).Bytes)) {
		t.Errorf("what was pushed after Reopen is not in the new file: %q", got)
	}
}

// A file that cannot be opened holds the queue, not the start; it is opened when it can be.
func TestLogComesLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	d := newDest(t, filepath.Join(dir, "log"), logOptions("plain"), nil)
	d.Start()
	d.Push(numbered(0, 5))
	await(t, d, "an error", inState(Down))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	await(t, d, "delivery", delivered(5))
	await(t, d, "the state", inState(Up))
}

// A pipe whose reader comes late, stops reading and goes on: whole lines, each once, in order, though writes were short.
func TestLogIntoPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	o := logOptions("plain")
	o.WriteTimeout = 20 * time.Millisecond
	d := newDest(t, path, o, nil)
	d.Start()
	for i := range 50 {
		d.Push(numbered(100*i, 100))
	}
	await(t, d, "an error", inState(Down))
	r, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	await(t, d, "a stall", func(c stat.EndpointCounts, s Status) bool { return c.Delivered > 0 && s.Error == errStalled.Error() })
	r.SetReadDeadline(time.Now().Add(soon))
	wantNumbered(t, bufio.NewScanner(r), 0, 4999)
	await(t, d, "delivery", delivered(5000))
}

// swapStdout makes a pipe the standard output; blocking as a shell's.
func swapStdout(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w.Fd() // makes it blocking
	was := os.Stdout
	os.Stdout = w
	t.Cleanup(func() { os.Stdout = was; r.Close(); w.Close() })
	return r
}

func TestLogStdout(t *testing.T) {
	r := swapStdout(t)
	d := newDest(t, "stdout", logOptions("plain"), nil)
	d.Start()
	for i := range 10 {
		d.Push(numbered(500*i, 500)) // more than the pipe holds
	}
	var reading sync.WaitGroup
	reading.Go(func() { wantNumbered(t, bufio.NewScanner(r), 0, 4999) })
	await(t, d, "delivery", delivered(5000))
	d.Reopen()
	reading.Wait()
}

// A standard output that nobody reads does not hold Close up; one whose reader is gone is an error like others.
func TestLogStdoutStuck(t *testing.T) {
	r := swapStdout(t)
	d := newDest(t, "stdout", logOptions("plain"), nil)
	d.Start()
	for i := range 10 {
		d.Push(numbered(500*i, 500))
	}
	await(t, d, "a full pipe", func(c stat.EndpointCounts, _ Status) bool { return c.Delivered > 0 })
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	lost := d.Close(ctx)
	if c := counts(t, d); lost == 0 || c.Delivered+lost != 5000 {
		t.Errorf("lost %d, %+v", lost, c)
	}
	r.Close()
	d = newDest(t, "stdout", logOptions("plain"), nil)
	d.Start()
	d.Push(numbered(0, 1))
	await(t, d, "an error", func(_ stat.EndpointCounts, s Status) bool { return strings.Contains(s.Error, "broken pipe") })
}
