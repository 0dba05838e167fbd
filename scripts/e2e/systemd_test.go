package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// held opens a socket that outlives each daemon that gets it, as systemd's do.
func held(t *testing.T, network, addr string) (net.Addr, *os.File) {
	t.Helper()
	var socket interface{ File() (*os.File, error) }
	var at net.Addr
	if strings.HasPrefix(network, "udp") || network == "unixgram" {
		c, err := net.ListenPacket(network, addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if u, ok := c.(*net.UDPConn); ok { // room for what comes during a restart
			u.SetReadBuffer(8 << 20)
		}
		at, socket = c.LocalAddr(), c.(interface{ File() (*os.File, error) })
	} else {
		var config net.ListenConfig
		config.SetMultipathTCP(false)
		l, err := config.Listen(context.Background(), network, addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		at, socket = l.Addr(), l.(interface{ File() (*os.File, error) })
	}
	f, err := socket.File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return at, f
}

// A crowd sends all the time, each line with a number of its own, and wants all of them to be taken.
type crowd struct {
	t    *testing.T
	sent atomic.Int64
	end  chan struct{}
	wg   sync.WaitGroup
}

// connect has senders connect for each line, and hear plumbago close after it.
func (c *crowd) connect(network, addr string) {
	c.wg.Go(func() {
		for !c.over() {
			conn, err := net.DialTimeout(network, addr, patience)
			if err != nil {
				c.t.Errorf("a connection attempt failed: %v", err)
				return
			}
			conn.SetDeadline(time.Now().Add(patience))
			_, err = fmt.Fprintf(conn, "crowd.%s %d 1700000000\n", network, c.sent.Add(1))
			if err == nil {
				err = conn.(interface{ CloseWrite() error }).CloseWrite()
			}
			if err == nil {
				_, err = io.Copy(io.Discard, conn)
			}
			conn.Close()
			if err != nil {
				c.t.Errorf("a %s connection failed: %v", network, err)
				return
			}
		}
	})
}

// spray has a sender send datagrams.
func (c *crowd) spray(network, addr string) {
	conn := dial(c.t, network, addr)
	conn.SetDeadline(time.Time{})
	c.wg.Go(func() {
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for !c.over() {
			if _, err := fmt.Fprintf(conn, "crowd.%s %d 1700000000", network, c.sent.Add(1)); err != nil {
				c.t.Errorf("a %s datagram failed: %v", network, err)
				return
			}
			<-tick.C
		}
	})
}

func (c *crowd) over() bool {
	select {
	case <-c.end:
		return true
	default:
		return false
	}
}

// While systemd holds the sockets, restarts lose no attempt to connect, no line and no datagram.
func TestRestartWithHeldSockets(t *testing.T) {
	outside(t)
	const restarts = 5
	out, dir := newSink(t), t.TempDir()
	tcp, f1 := held(t, "tcp", "127.0.0.1:0")
	udp, f2 := held(t, "udp", "127.0.0.1:0")
	unix, f3 := held(t, "unix", dir+"/stream")
	unixgram, f4 := held(t, "unixgram", dir+"/datagram")
	_, stranger := held(t, "tcp", "127.0.0.1:0")
	s := setup{sockets: []*os.File{f1, f2, f3, f4, stranger}, env: []string{"LISTEN_FDNAMES=a:b:c:d:stranger"}, conf: fmt.Sprintf(`
[[listen]]
address = ["tcp://%s", "udp://%s", "unix://%s", "unixgram://%s"]
[[cluster]]
name = "graphite"
endpoints = [%q]
[[rule]]
match = "**"
send = "graphite"
`, tcp, udp, unix, unixgram, out.addr)}
	d := start(t, s)
	d.says("closing an inherited socket", `"name":"stranger"`)

	c := &crowd{t: t, end: make(chan struct{})}
	for range 3 {
		c.connect("tcp", tcp.String())
	}
	c.connect("unix", unix.String())
	c.spray("udp", udp.String())
	c.spray("unixgram", unixgram.String())
	var received int64
	for range restarts {
		d.received(500)
		received += d.stop().ledger.Received
		d = start(t, s)
	}
	d.received(500)
	close(c.end)
	c.wg.Wait()
	// What comes in a restart must fit into the kernel's buffer, which a machine that stands still overflows.
	dropped, _ := udpDrops(t, udp.(*net.UDPAddr).Port)
	all := c.sent.Load() - dropped
	d.received(all - received)
	last := d.stop()
	received += last.ledger.Received
	if received != all || last.KernelDropped > dropped {
		t.Errorf("%d of %d lines were received over %d restarts, %d datagrams dropped", received, all, restarts, last.KernelDropped)
	}
	values := map[float64]bool{}
	for _, p := range parse(t, out.finish(int(all))) {
		values[p.Value] = true
	}
	if len(values) != int(all) {
		t.Errorf("%d different lines arrived, want %d", len(values), all)
	}
	for _, path := range []string{unix.String(), unixgram.String()} {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("the file of a socket is gone: %v", err)
		}
	}
	t.Logf("%d lines over %d restarts, and %d that the kernel dropped", received, restarts, dropped)
}

// systemd hears in time of each step in a daemon's life.
func TestNotify(t *testing.T) {
	outside(t)
	path := filepath.Join(t.TempDir(), "notify")
	bus, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: path})
	if err != nil {
		t.Fatal(err)
	}
	defer bus.Close()
	hear := func(want string) {
		t.Helper()
		for p := make([]byte, 4096); ; {
			bus.SetReadDeadline(time.Now().Add(patience))
			n, err := bus.Read(p)
			if err != nil {
				t.Fatalf("systemd waits for %q: %v", want, err)
			}
			text := string(p[:n])
			if strings.HasPrefix(text, want) {
				return
			}
			if text != "WATCHDOG=1" && !strings.HasPrefix(text, "STATUS=") {
				t.Fatalf("systemd heard %q, want %q", text, want)
			}
		}
	}
	out := newSink(t)
	port := freePort(t)
	d := start(t, setup{conf: forwarding(port, out.addr, ""), env: []string{"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=3000000"}})
	hear(fmt.Sprintf("READY=1\nSTATUS=listening on tcp://127.0.0.1:%d; ", port))
	hear("WATCHDOG=1")
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), "a.b 1 1700000000\n")
	d.received(1)
	d.signal(syscall.SIGHUP)
	hear("RELOADING=1\nMONOTONIC_USEC=")
	hear("READY=1")
	hear("WATCHDOG=1")
	d.stop()
	hear("STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=20000000")
	out.finish(1)
}

// The units are sound, as systemd sees it, and leave little exposed; the configuration that goes with them is good.
func TestUnits(t *testing.T) {
	outside(t)
	const from = "../systemd/"
	if _, stderr, code := run(t, "", "check", "-c", from+"plumbago.toml"); code != 0 || stderr != "" {
		t.Errorf("check says %d: %s", code, stderr)
	}
	analyze := part(t, "systemd", "systemd-analyze")
	dir := t.TempDir()
	service := strings.ReplaceAll(read(t, from+"plumbago.service"), "/usr/bin/plumbago ", raceProgram+" ")
	write(t, dir+"/plumbago.service", service)
	write(t, dir+"/plumbago.socket", read(t, from+"plumbago.socket"))
	f := func(args ...string) {
		t.Helper()
		out, err := exec.Command(analyze, args...).CombinedOutput()
		for line := range strings.Lines(string(out)) {
			if err != nil || strings.Contains(line, "plumbago.") && !strings.Contains(line, "exposure") {
				t.Errorf("systemd-analyze %s: %v: %s", args[0], err, line)
			}
		}
	}
	f("verify", dir+"/plumbago.service", dir+"/plumbago.socket")
	f("security", "--offline=yes", "--threshold=15", "--no-pager", dir+"/plumbago.service")
}
