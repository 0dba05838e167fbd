package dest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

func TestTreeFiles(t *testing.T) {
	root := filepath.Join(t.TempDir(), "logs") + "/"
	d := newDest(t, root, logOptions("jumpscale"), nil)
	d.Push(records(
		point("n1.system.cpu.percent", 1, clock), point("n1.system.cpu.percent.x", 2, clock),
		point("n1.system.cpu.percent", 3, clock), // the directory cpu exists now: the path is the same
		point("n1.system.cpu.other", 4, clock+dayMS), point("a.b", 5, clock), point("a", 6, clock),
		point("too.early.x", 7, dayZero-1), point("a.b", 8, clock)))
	d.Start()
	await(t, d, "an end", func(c stat.EndpointCounts, _ Status) bool { return c.Queued == 0 })
	if c := counts(t, d); c.Delivered != 7 || c.Dropped[stat.LossWriteError] != 1 {
		t.Errorf("got %+v", c)
	}
	f := func(path, values string) {
		t.Helper()
		got := ""
		for l := range strings.Lines(content(t, root+path)) {
			got += strings.TrimSpace(l[strings.LastIndexByte(l, ' '):])
		}
		if got != values {
			t.Errorf("%s: got values %s, want %s", path, got, values)
		}
	}
	f("n1/system/cpu_1786", "1.03.0")
	f("n1/system/cpu/percent_1786", "2.0")
	f("n1/system/cpu_1787", "4.0")
	f("a_1786", "5.08.0")
	f("_1786", "6.0")
}

// What a client can spoil is only its own: names that meet a directory, or a link that leads out.
func TestTreeHostile(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	d := newDest(t, root, logOptions("jumpscale"), nil) // a directory that exists is a tree, also without a slash
	d.Push(records(
		point("a.b_1786.c.d", 1, clock), point("a.b.c", 2, clock), // a/b_1786 is a directory
		point("link.x.y", 3, clock), point("..link.x.y", 4, clock), point("good.x.y", 5, clock)))
	d.Start()
	await(t, d, "an end", func(c stat.EndpointCounts, _ Status) bool { return c.Queued == 0 })
	if c := counts(t, d); c.Delivered != 3 || c.Dropped[stat.LossWriteError] != 2 {
		t.Errorf("got %+v", c)
	}
	if s := d.Status(); s.State != Up {
		t.Errorf("got status %+v", s)
	}
	if left, _ := os.ReadDir(outside); len(left) != 0 {
		t.Errorf("written outside: %v", left)
	}
}

func TestTreeKeepsFewOpen(t *testing.T) {
	root := t.TempDir()
	d := newDest(t, root, logOptions("jumpscale"), nil)
	const names = 3 * maxOpen
	for round := range 2 {
		for i := range names {
			d.Push(records(point(fmt.Sprintf("some.n%d.x", i), float64(round), clock)))
		}
	}
	d.Start()
	await(t, d, "delivery", delivered(2*names))
	d.Close(within(t))
	for i := range names {
		if got := content(t, fmt.Sprintf("%s/some/n%d_1786", root, i)); strings.Count(got, "\n") != 2 || strings.Index(got, " 0.0\n") > strings.Index(got, " 1.0\n") {
			t.Fatalf("file %d: %q", i, got)
		}
	}
	tree, err := openTree(root)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.close()
	for i := range names {
		if _, err := tree.output(fmt.Appendf(nil, "some/n%d_1786", i)); err != nil {
			t.Fatal(err)
		}
		if len(tree.files) > maxOpen || tree.files[fmt.Sprintf("some/n%d_1786", i)] == nil || i > 0 && tree.files[fmt.Sprintf("some/n%d_1786", i-1)] == nil {
			t.Fatalf("%d files open after %d", len(tree.files), i+1)
		}
	}
}

// A tree whose root is moved away is made anew by Reopen, and nothing is lost.
func TestTreeRotates(t *testing.T) {
	root := filepath.Join(t.TempDir(), "logs")
	d := newDest(t, root+"/", logOptions("jumpscale"), nil)
	d.Start()
	d.Push(records(point("a.b.c", 1, clock)))
	await(t, d, "delivery", delivered(1))
	if err := os.Rename(root, root+".old"); err != nil {
		t.Fatal(err)
	}
	d.Reopen()
	d.Push(records(point("a.b.c", 2, clock)))
	await(t, d, "delivery", delivered(2))
	if a, b := content(t, root+".old/a/b_1786"), content(t, root+"/a/b_1786"); !strings.HasSuffix(a, " 1.0\n") || !strings.HasSuffix(b, " 2.0\n") {
		t.Errorf("got %q and %q", a, b)
	}
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	d.Push(records(point("a.new.c", 3, clock)))
	await(t, d, "delivery", delivered(3)) // a removed root is made anew without being told
}

func BenchmarkTree(b *testing.B) {
	d := newDest(b, b.TempDir(), logOptions("jumpscale"), nil)
	f := carbon.NewFrame()
	src := records(point("servers.web01.http.requests", 1234.5, clock))
	for range 500 {
		f.Bytes = append(f.Bytes, src.Bytes...)
		f.Points++
	}
	if err := d.sink.open(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.sink.send(b.Context(), []parcel{{frame: f, left: 500}}); err != nil {
			b.Fatal(err)
		}
	}
	d.sink.shut()
	f.Free()
	src.Free()
}
