package e2e

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// datagramListener is a configuration with one UDP listener.
func datagramListener(port int, keys, endpoint string) string {
	return fmt.Sprintf(`
[[listen]]
address = "udp://127.0.0.1:%d"
%s
[[cluster]]
name = "graphite"
endpoints = [%q]
[[rule]]
match = "**"
send = "graphite"
`, port, keys, endpoint)
}

// udpDrops adds up what the kernel says that the sockets of a port of 127.0.0.1 have dropped.
func udpDrops(t *testing.T, port int) (drops int64, sockets int) {
	t.Helper()
	b, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		if len(f) < 13 || f[1] != fmt.Sprintf("0100007F:%04X", port) {
			continue
		}
		n, err := strconv.ParseInt(f[12], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		drops, sockets = drops+n, sockets+1
	}
	return drops, sockets
}

// backlogDrops adds up what the kernel has dropped before it came to any socket, of all that is under way in the machine: it does so
// with a thousand packets that a busy core has not looked at.
func backlogDrops(t *testing.T) (drops int64) {
	t.Helper()
	for line := range strings.Lines(read(t, "/proc/net/softnet_stat")) {
		n, err := strconv.ParseInt(strings.Fields(line)[1], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		drops += n
	}
	return drops
}

// What the kernel drops in a flood is known to the datagram: it is what the system says, and what was sent but not
// received.
func TestDatagramFlood(t *testing.T) {
	const clients, each = 16, 1000
	out := newSink(t)
	port := freePort(t)
	d := start(t, setup{conf: datagramListener(port, `recv_buffer = "16KiB"`, out.addr)})
	var conns []net.Conn
	for range clients {
		conns = append(conns, dial(t, "udp", fmt.Sprintf("127.0.0.1:%d", port)))
	}
	before := backlogDrops(t)
	d.signal(syscall.SIGSTOP) // so that the buffers overflow, and not only now and then
	for i := range each {
		for _, c := range conns {
			put(t, c, fmt.Appendf(nil, "flood.line.%d 1 1700000000", i))
		}
	}
	d.signal(syscall.SIGCONT)
	var l listener
	eventually(t, "every datagram is read or dropped", func() bool {
		l = d.listener(0)
		return l.Datagrams+l.Dropped+backlogDrops(t)-before >= clients*each
	})
	drops, sockets := udpDrops(t, port)
	if l.Dropped == 0 || l.Datagrams == 0 || drops != l.Dropped {
		t.Errorf("received %d and dropped %d; the kernel has dropped %d", l.Datagrams, l.Dropped, drops)
	}
	var got, dropped int64
	for _, s := range l.Sockets {
		got, dropped = got+s.Datagrams, dropped+s.Dropped
	}
	if len(l.Sockets) != sockets || got != l.Datagrams || dropped != l.Dropped {
		t.Errorf("the sockets' figures %+v do not add up to %+v, or are not %d", l.Sockets, l, sockets)
	}
	d.metric(fmt.Sprintf(`plumbago_listener_kernel_dropped_total{listener="udp://127.0.0.1:%d"} %d`, port, l.Dropped))
	d.received(l.Datagrams)
	last := d.stop()
	if last.ledger.Received != l.Datagrams || last.KernelDropped != l.Dropped {
		t.Errorf("the last line says received %d, dropped by the kernel %d; want %d and %d", last.ledger.Received, last.KernelDropped,
			l.Datagrams, l.Dropped)
	}
	out.finish(int(l.Datagrams))
}

// A lone datagram without a newline is not held back on a system that is otherwise idle. The quickest of many says how
// long plumbago takes; the others how busy the machine was.
func TestLoneDatagram(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	d := start(t, setup{bin: program, conf: datagramListener(port, "", out.addr)})
	c := dial(t, "udp", fmt.Sprintf("127.0.0.1:%d", port))
	const tries = 30
	var took []time.Duration
	for i := range tries {
		begin := time.Now()
		put(t, c, []byte("lone.line 1 1700000000"))
		for out.count() == i {
			if time.Since(begin) > patience {
				t.Fatal("a datagram did not arrive")
			}
			time.Sleep(100 * time.Microsecond)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	if took[0] > 20*time.Millisecond {
		t.Errorf("a lone datagram takes %v at best", took[0])
	}
	t.Logf("a lone datagram takes %v at best, %v in the middle", took[0], took[tries/2])
	if l := d.stop(); l.ledger.Received != tries {
		t.Errorf("received %d, want %d", l.ledger.Received, tries)
	}
	out.finish(tries)
}
