package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pickleFixtures is where the pickle fixtures lie: frames written by Python 2 and 3, by other senders, and by hand to do
// harm, with a manifest that says what must become of each.
const pickleFixtures = "testdata/pickle"

// A fixture is an entry of the manifest.
type fixture struct {
	File    string
	Payload int64 `json:"payload_bytes"`
	Bytes   int64
	Expect  struct {
		Result     string
		Conn       string
		Accept     [][3]any
		AcceptFile string `json:"accept_file"`
		Skipped    int64
	}

	set  string // good, crafted, hostile or wire
	data []byte
}

// loadFixtures reads the manifest's fixtures that have a file of their own.
func loadFixtures(t *testing.T) (all []*fixture) {
	t.Helper()
	var manifest map[string]json.RawMessage
	unmarshal(t, []byte(read(t, filepath.Join(pickleFixtures, "manifest.json"))), &manifest)
	for _, set := range []string{"good", "crafted", "hostile", "wire"} {
		var fs []*fixture
		unmarshal(t, manifest[set], &fs)
		for _, f := range fs {
			if f.File == "" {
				continue // the same bytes as another fixture's
			}
			f.set = set
			b, err := os.ReadFile(filepath.Join(pickleFixtures, f.File))
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(f.File, ".gz") {
				z, err := gzip.NewReader(bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				if b, err = io.ReadAll(z); err != nil {
					t.Fatal(err)
				}
			}
			f.data = b
			if f.Expect.AcceptFile != "" {
				unmarshal(t, []byte(read(t, filepath.Join(pickleFixtures, f.Expect.AcceptFile))), &f.Expect.Accept)
			}
			all = append(all, f)
		}
	}
	return all
}

func unmarshal(t *testing.T, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// wants returns the points that must leave and how many items must be refused; a name above max_name is one more.
// A time of -1 means now and is returned as -1.
func (f *fixture) wants(t *testing.T) (ps []point, skipped int64) {
	t.Helper()
	skipped = f.Expect.Skipped
	for _, a := range f.Expect.Accept {
		name, at := a[0].(string), int64(-1)
		if n, ok := a[2].(float64); ok {
			at = int64(n)
		}
		v, err := strconv.ParseFloat(a[1].(string), 64)
		if err != nil {
			t.Fatal(err)
		}
		if len(name) > 4096 {
			skipped++
			continue
		}
		ps = append(ps, point{name, v, at})
	}
	return ps, skipped
}

// probe is a good frame of one point.
var probe = []byte("\x00\x00\x00\x1c\x80\x02]q\x00X\x01\x00\x00\x00pq\x01J\x00\xf1SeK\x01\x86q\x02\x86q\x03a.")

// picklePort starts a daemon that takes pickles and sends them on to out.
func picklePort(t *testing.T, bin string, out *sink) (*daemon, string) {
	port := freePort(t)
	d := start(t, setup{bin: bin, conf: fmt.Sprintf(`
[[listen]]
protocol = "pickle"
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "graphite"
endpoints = [%q]
[[rule]]
match = "**"
send = "graphite"
`, port, out.addr)})
	return d, fmt.Sprintf("127.0.0.1:%d", port)
}

// TestPickles sends every fixture over a connection of its own and wants its outcome, with a second connection open
// beside it that nothing may touch.
func TestPickles(t *testing.T) {
	out := newSink(t)
	d, addr := picklePort(t, raceProgram, out)
	bystander := dial(t, "tcp", addr)
	for _, f := range loadFixtures(t) {
		t.Run(f.File, func(t *testing.T) {
			d := d.with(t)
			c := dial(t, "tcp", addr)
			was, lines := d.ledger(), out.count()
			switch {
			case f.Expect.Result == "accepted", f.Expect.Result == "accepted 3 points", f.Expect.Result == "accepted-or-limit":
				accepted(t, d, f, c, was, out, lines)
			case f.Expect.Conn == "closed":
				refused(t, d, f, c, was, out, lines)
			case f.Expect.Conn == "closed by peer":
				put(t, c, f.data)
				c.Close()
				l := d.received(was.Received + 1)
				if l.Received != was.Received+1 || l.Invalid["unterminated"] != was.Invalid["unterminated"]+1 {
					t.Errorf("a cut frame: received %d, unterminated %d; want 1 and 1",
						l.Received-was.Received, l.Invalid["unterminated"]-was.Invalid["unterminated"])
				}
			default:
				t.Fatalf("the manifest says %q and %q", f.Expect.Result, f.Expect.Conn)
			}
			was, lines = d.ledger(), out.count()
			bystander.SetDeadline(time.Now().Add(patience))
			put(t, bystander, probe)
			if l := d.received(was.Received + 1); l.Accepted != was.Accepted+1 {
				t.Errorf("the connection beside it: accepted %d, want 1", l.Accepted-was.Accepted)
			}
			out.await(lines + 1)
		})
	}
	d.stop()
}

func put(t *testing.T, c net.Conn, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
}

// accepted sends a good fixture and then the probe on the same connection.
func accepted(t *testing.T, d *daemon, f *fixture, c net.Conn, was *ledger, out *sink, lines int) {
	t.Helper()
	want, skipped := f.wants(t)
	n := int64(len(want))
	if f.set == "wire" {
		n = 3
	}
	if f.Expect.Result == "accepted-or-limit" {
		n = 40000
	}
	put(t, c, f.data)
	put(t, c, probe)
	l := d.received(was.Received + n + skipped + 1)
	if l.Received != was.Received+n+skipped+1 || l.Accepted != was.Accepted+n+1 || l.Invalid["bad_pickle"] != was.Invalid["bad_pickle"] {
		t.Errorf("received %d, accepted %d, bad_pickle %d; want %d, %d, 0", l.Received-was.Received, l.Accepted-was.Accepted,
			l.Invalid["bad_pickle"]-was.Invalid["bad_pickle"], n+skipped+1, n+1)
	}
	got := parse(t, out.await(lines + int(n) + 1)[lines:])
	if len(want) == 0 {
		return // the manifest gives their number only
	}
	now := time.Now().Unix()
	for i, p := range want {
		if p.Time == -1 && got[i].Time > now-60 && got[i].Time <= now {
			want[i].Time = got[i].Time
		}
	}
	same(t, "left", got, append(want, point{"p", 1, 1700000000}))
}

// refused sends a bad fixture and wants its connection closed, one bad_pickle counted, and nothing sent on.
func refused(t *testing.T, d *daemon, f *fixture, c net.Conn, was *ledger, out *sink, lines int) {
	t.Helper()
	c.Write(f.data) // may fail, since the daemon need not read to the end
	if _, err := io.Copy(io.Discard, c); err != nil {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Fatal("the connection was not closed")
		}
	}
	l := d.received(was.Received + 1)
	if l.Received != was.Received+1 || l.Invalid["bad_pickle"] != was.Invalid["bad_pickle"]+1 || l.Accepted != was.Accepted {
		t.Errorf("received %d, bad_pickle %d, accepted %d; want 1, 1, 0",
			l.Received-was.Received, l.Invalid["bad_pickle"]-was.Invalid["bad_pickle"], l.Accepted-was.Accepted)
	}
	if n := out.count(); n != lines {
		t.Errorf("%d points of a refused frame left", n-lines)
	}
}

// TestPickleMemory measures what each hostile fixture makes the daemon's memory grow by at most: eight times its bytes
// and a MiB.
func TestPickleMemory(t *testing.T) {
	out := newSink(t)
	d, addr := picklePort(t, program, out)
	pid := d.cmd.Process.Pid
	// The first connections and points make the daemon as large as it is in daily life.
	for range 200 {
		was := d.ledger()
		send(t, "tcp", addr, string(probe))
		d.received(was.Received + 1)
	}
	for _, f := range loadFixtures(t) {
		if f.set != "hostile" && f.set != "wire" || f.Expect.Conn != "closed" {
			continue
		}
		c := dial(t, "tcp", addr)
		was := d.ledger()
		base := rss(t, pid, "VmRSS")
		forgetPeak(t, pid)
		c.Write(f.data)
		io.Copy(io.Discard, c)
		d.received(was.Received + 1)
		growth := rss(t, pid, "VmHWM") - base
		if bound := 8*max(f.Payload, f.Bytes) + 1<<20; growth > bound {
			t.Errorf("%s of %d bytes made the memory grow by %d, want at most %d", f.File, len(f.data), growth, bound)
		}
	}
	d.stop()
}
