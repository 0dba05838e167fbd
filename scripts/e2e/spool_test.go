package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A spoolListing is what "spool ls --json" says of a spool.
type spoolListing struct {
	Cluster  string `json:"cluster"`
	Endpoint string `json:"endpoint"`
	Form     string `json:"form"`
	Points   int64  `json:"points"`
	InUse    bool   `json:"in_use"`
	Pid      int    `json:"pid"`
	Orphan   bool   `json:"orphan"`
}

// spools returns what "spool ls" says.
func spools(t *testing.T, conf string) (all []spoolListing) {
	t.Helper()
	text, stderr, code := run(t, "", "spool", "ls", "--json", "-c", conf)
	if err := json.Unmarshal([]byte(text), &all); err != nil || code != 0 {
		t.Fatalf("spool ls: exit code %d, %v, %s%s", code, err, text, stderr)
	}
	return all
}

// TestSpoolStop stops a daemon whose endpoint is away. What waited is on disk, which nobody else could have meanwhile; it can
// be looked at, and the next daemon sends it.
func TestSpoolStop(t *testing.T) {
	out := newSink(t)
	port, state, addr := freePort(t), t.TempDir(), out.addr
	out.close()
	conf := spooling(port, addr, state, "")
	d := start(t, setup{conf: conf})
	put(t, dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port)), []byte(numbered(0, 5000)))
	d.await("the lines wait on disk", func(l *ledger) bool { return l.endpoint(t, "graphite").Spooled == 5000 })

	other := filepath.Join(t.TempDir(), "other.toml")
	write(t, other, spooling(freePort(t), addr, state, "")+"[admin]\naddress = \"\"\n")
	if _, stderr, code := run(t, "", "run", "-c", other); code != 1 || !strings.Contains(stderr, fmt.Sprintf("in use by process %d", d.cmd.Process.Pid)) {
		t.Errorf("a second daemon: exit code %d, %s", code, stderr)
	}
	if all := spools(t, d.conf); len(all) != 1 || !all[0].InUse || all[0].Pid != d.cmd.Process.Pid || all[0].Points != 5000 {
		t.Errorf("listed while it runs: %+v", all)
	}
	if _, stderr, code := run(t, "", "spool", "purge", "-c", d.conf, "graphite"); code != 1 || !strings.Contains(stderr, "in use") {
		t.Errorf("purged while it runs: exit code %d, %s", code, stderr)
	}
	eventually(t, "the status says so", func() bool {
		_, text, _ := d.get("/api/status")
		return strings.Contains(string(text), `"spool":{"points":5000,"bytes":`)
	})
	if code, text, err := d.get("/metrics"); err != nil || code != http.StatusOK ||
		!strings.Contains(string(text), fmt.Sprintf("plumbago_endpoint_spool_points{cluster=\"graphite\",endpoint=%q} 5000\n", addr)) {
		t.Errorf("/metrics: %d, %v", code, err)
	}
	put(t, dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port)), []byte(numbered(5000, 100)))
	d.received(5100)
	d.signal(syscall.SIGTERM)
	l := d.ended()
	if e := l.ledger.endpoint(t, "graphite"); l.code != 0 || l.Left != 5100 || e.Spooled != 5100 || e.lost() != 0 {
		t.Errorf("exit code %d, %d left, %+v", l.code, l.Left, e)
	}

	if all := spools(t, d.conf); len(all) != 1 || all[0].InUse || all[0].Orphan || all[0].Points != 5100 || all[0].Endpoint != addr {
		t.Errorf("listed after the stop: %+v", all)
	}
	text, stderr, code := run(t, "", "spool", "cat", "-c", d.conf, "graphite")
	if code != 0 || text != numbered(0, 5100) {
		t.Errorf("cat: exit code %d, %d bytes, %s", code, len(text), stderr)
	}
	renamed := filepath.Join(t.TempDir(), "renamed.toml")
	write(t, renamed, strings.ReplaceAll(conf, `"graphite"`, `"new"`))
	if _, stderr, code := run(t, "", "check", "-c", renamed); code != 0 || !strings.Contains(stderr, "warning: 5100 points wait for "+addr) {
		t.Errorf("check with a renamed cluster: exit code %d, %s", code, stderr)
	}

	out.open(addr, 0)
	d = start(t, setup{conf: conf})
	for i, p := range parse(t, out.await(5100)) {
		if int(p.Value) != i {
			t.Fatalf("line %d is %v", i, p)
		}
	}
	d.await("they are delivered", func(l *ledger) bool {
		e := l.endpoint(t, "graphite")
		return e.Enqueued == 5100 && e.Delivered == 5100
	})
	d.stop()
	if files := segments(t, state); len(files) > 0 {
		t.Errorf("%v are left", files)
	}
}

// TestSpoolDiskFull fills the disk of a spool: what memory has no room for is lost and counted, and nothing is any more once
// there is room.
func TestSpoolDiskFull(t *testing.T) {
	f := func(overflow string) {
		t.Run(overflow, func(t *testing.T) {
			outside(t)
			state := t.TempDir()
			if err := syscall.Mount("tmpfs", state, "tmpfs", 0, "size=3m"); err != nil {
				t.Skipf("a small disk takes root: %v", err)
			}
			t.Cleanup(func() {
				if err := syscall.Unmount(state, syscall.MNT_DETACH); err != nil {
					t.Error(err)
				}
			})
			balloon := filepath.Join(state, "balloon")
			if err := os.WriteFile(balloon, make([]byte, 3<<19), 0o600); err != nil {
				t.Fatal(err)
			}
			out := newSink(t)
			port, addr := freePort(t), out.addr
			out.close()
			d := start(t, setup{bin: program, conf: spooling(port, addr, state, fmt.Sprintf("queue = \"512KiB\"\nspool_sync = \"100ms\"\noverflow = %q", overflow))})
			c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
			n := 0
			push := func(what string, ok func(e endpoint) bool) endpoint {
				t.Helper()
				put(t, c, []byte(numbered(n, 1000)))
				n += 1000
				return d.await(what, func(l *ledger) bool {
					e := l.endpoint(t, "graphite")
					return e.Enqueued == int64(n) && ok(e)
				}).endpoint(t, "graphite")
			}
			const few = 2000 // points that memory has room for, many times over
			full := func() bool {
				_, text, _ := d.get("/api/status")
				return strings.Contains(string(text), "no room on disk")
			}
			var e endpoint
			for e.lost() == 0 && n < 1_000_000 {
				e = push("it waits on disk, or there is no room", func(e endpoint) bool { return e.Queued < few || full() })
			}
			if e.Dropped["disk_full"] == 0 || e.Dropped["disk_full"] != e.lost() || !full() {
				t.Fatalf("after %d points: %+v", n, e)
			}
			if err := os.Remove(balloon); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the spool takes again what waits", func() bool {
				return d.ledger().endpoint(t, "graphite").Queued == 0 && !full()
			})
			lost := d.ledger().endpoint(t, "graphite").lost()
			for range 8 {
				e = push("it waits on disk", func(e endpoint) bool { return e.Queued < few })
			}
			if e.lost() != lost {
				t.Errorf("%d more points are lost though there is room", e.lost()-lost)
			}
			out.open(addr, 0)
			l := d.await("the rest is delivered", func(l *ledger) bool {
				e := l.endpoint(t, "graphite")
				return e.Delivered+e.lost() == int64(n)
			})
			if e := l.endpoint(t, "graphite"); e.lost() != lost {
				t.Errorf("%+v, want %d lost", e, lost)
			}
			eventually(t, "the disk is empty", func() bool { return len(segments(t, state)) == 0 })
			d.signal(syscall.SIGTERM)
			d.ended()
		})
	}
	f("drop_oldest")
	f("drop_newest")
}

// TestSpoolReload changes an endpoint that is away, by a reload: what lies on disk is taken over, and counted once.
func TestSpoolReload(t *testing.T) {
	out := newSink(t)
	port, state, addr := freePort(t), t.TempDir(), out.addr
	out.close()
	d := start(t, setup{conf: spooling(port, addr, state, "")})
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	put(t, c, []byte(numbered(0, 5000)))
	waits := func(n int64) {
		t.Helper()
		d.await(fmt.Sprintf("%d points wait on disk", n), func(l *ledger) bool {
			e := l.endpoint(t, "graphite")
			return e.Enqueued == n && e.Spooled == n
		})
	}
	waits(5000)
	write(t, d.conf, strings.Replace(read(t, d.conf), "spool = \"8GB\"", "spool = \"4GB\"\nflush = \"10ms\"", 1))
	if said, stderr, code := run(t, "", "reload", "--admin", d.admin); code != 0 {
		t.Fatalf("reload: exit code %d, %s%s", code, said, stderr)
	}
	if r := d.reloading(); r.Done != 1 {
		t.Errorf("%+v", r)
	}
	put(t, c, []byte(numbered(5000, 1000)))
	waits(6000)
	out.open(addr, 0)
	d.await("they are delivered", func(l *ledger) bool {
		e := l.endpoint(t, "graphite")
		return e.Enqueued == 6000 && e.Delivered == 6000
	})
	d.stop()
	seen := map[float64]bool{}
	for _, p := range parse(t, out.finish(6000)) {
		seen[p.Value] = true
	}
	if len(seen) != 6000 {
		t.Errorf("%d different points arrived", len(seen))
	}
}
