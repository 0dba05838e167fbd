package daemon

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
)

// A bus is where systemd hears from its services.
type bus struct {
	t    *testing.T
	conn *net.UnixConn
}

func newBus(t *testing.T) *bus {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return &bus{t, conn}
}

// heard returns what has been said and not been heard yet: sending is done when the sender's call returns.
func (b *bus) heard() (all []string) {
	b.t.Helper()
	raw, err := b.conn.SyscallConn()
	if err != nil {
		b.t.Fatal(err)
	}
	for p := make([]byte, 4096); ; {
		n := -1
		raw.Control(func(fd uintptr) { n, _, _ = syscall.Recvfrom(int(fd), p, syscall.MSG_DONTWAIT) })
		if n < 0 {
			return all
		}
		all = append(all, string(p[:n]))
	}
}

// want compares what is heard with texts, of which one that ends in "..." is only the beginning.
func (b *bus) want(texts ...string) {
	b.t.Helper()
	got := b.heard()
	same := len(got) == len(texts)
	for i := 0; same && i < len(got); i++ {
		if begin, cut := strings.CutSuffix(texts[i], "..."); cut {
			same = strings.HasPrefix(got[i], begin)
		} else {
			same = got[i] == texts[i]
		}
	}
	if !same {
		b.t.Errorf("systemd heard %q, want %q", got, texts)
	}
}

const quiet = `
[[listen]]
address = "unix://%s"
[[cluster]]
name = "nowhere"
endpoints = ["127.0.0.1:1"]
[[rule]]
match = "**"
[rule.aggregate]
send = "nowhere"
`

func TestManager(t *testing.T) {
	b := newBus(t)
	t.Setenv("WATCHDOG_USEC", "3600000000")
	path := filepath.Join(t.TempDir(), "in")
	d := start(t, strings.Replace(quiet, "%s", path, 1))
	defer d.Close(t.Context())
	m := newManager(d, zap.NewNop())
	defer m.close()
	status := "STATUS=listening on unix://" + path + "; 0 of 1 endpoints up"
	b.want("READY=1\n" + status)
	m.look()
	b.want("WATCHDOG=1")
	m.reload(func() { b.want("RELOADING=1\nMONOTONIC_USEC=...") })
	b.want("READY=1")
	m.status = "something else"
	m.look()
	b.want("WATCHDOG=1", status)
	m.stop(20 * time.Second)
	b.want("STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=30000000")
}

// Without systemd nothing is said, and without its watchdog only what has changed.
func TestManagerOfNobody(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	d := start(t, strings.Replace(quiet, "%s", filepath.Join(t.TempDir(), "in"), 1))
	defer d.Close(t.Context())
	m := newManager(d, zap.NewNop())
	m.reload(func() {})
	m.stop(0)
	m.close()

	b := newBus(t)
	m = newManager(d, zap.NewNop())
	defer m.close()
	b.want("READY=1...")
	m.look()
	b.want()
}

// An owner that is stuck is not covered up for.
func TestStuckOwner(t *testing.T) {
	b := newBus(t)
	t.Setenv("WATCHDOG_USEC", "300000")
	d := start(t, strings.Replace(quiet, "%s", filepath.Join(t.TempDir(), "in"), 1))
	defer d.Close(t.Context())
	m := &manager{daemon: d, log: zap.NewNop(), step: 20 * time.Millisecond, watchdog: true, status: "unknown"}
	f := func(who string, stick func(f func())) {
		t.Helper()
		stuck, free, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			stick(func() { close(stuck); <-free })
		}()
		<-stuck
		m.look()
		b.want()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Answer(ctx); err == nil || !strings.Contains(err.Error(), who) {
			t.Errorf("who is stuck: %v, want %q", err, who)
		}
		close(free)
		<-done
		m.step = time.Minute
		m.look()
		m.step = 20 * time.Millisecond
		if got := b.heard(); len(got) == 0 || got[0] != "WATCHDOG=1" {
			t.Errorf("systemd heard %q when all was well again", got)
		}
	}
	f("worker 2", func(f func()) { d.workers[1].Ask(context.Background(), f) })
	f("shard 1", func(f func()) { d.table.Aggregator.Ask(context.Background(), 0, f) })
}
