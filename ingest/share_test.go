package ingest

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
)

// A crew is a listener with several workers, each with a recorder behind it.
type crew struct {
	*Listener
	workers []*Worker
	sinks   []*recorder
}

// newCrew starts a listener with n workers, and closes it all at the test's end if the test did not.
func newCrew(t *testing.T, o Options, n int) *crew {
	t.Helper()
	c := &crew{}
	for range n {
		r := newRecorder()
		c.sinks = append(c.sinks, r)
		c.workers = append(c.workers, NewWorker(r, r.asks, 0, zap.NewNop()))
	}
	var err error
	if c.Listener, err = NewListener(o, 0, c.workers, zap.NewNop()); err != nil {
		t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	for _, w := range c.workers {
		w.Start()
	}
	c.Start()
	t.Cleanup(func() { c.close(t) })
	return c
}

// close closes the listener and then the workers, and returns what each was given.
func (c *crew) close(t *testing.T) (names [][]string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := c.Listener.Close(ctx); err != nil {
		t.Error(err)
	}
	for i, w := range c.workers {
		if err := w.Close(ctx); err != nil {
			t.Error(err)
		}
		names = append(names, c.sinks[i].names)
	}
	return names
}

// A UDP address has a socket for each worker, all of which get something to do; what one client sends stays in order,
// and the end loses none of it.
func TestSharedAddress(t *testing.T) {
	const workers, clients, each = 4, 64, 20
	c := newCrew(t, on("line", "udp://127.0.0.1:0"), workers)
	if n := len(c.Addrs()); n != 1 || len(c.packets) != workers {
		t.Fatalf("%d addresses, %d sockets", n, len(c.packets))
	}
	for i := range clients {
		conn := dialPacket(t, c.Addrs()[0])
		for j := range each {
			write(t, conn, fmt.Sprintf("c%d.%d 1 1700000000", i, j))
		}
	}
	next, total := map[string]int{}, 0
	for i, names := range c.close(t) {
		if len(names) == 0 {
			t.Errorf("socket %d of %d got nothing from %d clients", i, workers, clients)
		}
		total += len(names)
		for _, name := range names {
			client, number, _ := strings.Cut(name, ".")
			if number != fmt.Sprint(next[client]) {
				t.Fatalf("%s comes where number %d is due", name, next[client])
			}
			next[client]++
		}
	}
	if total != clients*each {
		t.Errorf("%d of %d lines arrived", total, clients*each)
	}
}

// Where sockets cannot share an address, one reads it.
func TestUnshare(t *testing.T) {
	first, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	conns, err := shareAddress(first.(*net.UDPConn), 3)
	if err != nil || len(conns) != 3 {
		t.Fatalf("%d sockets, %v", len(conns), err)
	}
	if err := control(conns[0], refuseAll); err != nil { // as half way
		t.Fatal(err)
	}
	conns = unshare(conns)
	if len(conns) != 1 {
		t.Fatalf("%d sockets are left", len(conns))
	}
	for range 8 { // each from a port of its own
		write(t, dialPacket(t, first.LocalAddr()), "x")
		if n, _, err := first.ReadFrom(make([]byte, 2)); n != 1 || err != nil {
			t.Fatalf("read %d, %v", n, err)
		}
	}
}

// Sharing is among the sockets of one listener: a second one cannot take half of what is sent.
func TestSharedAddressIsTaken(t *testing.T) {
	l := newCrew(t, on("line", "udp://127.0.0.1:0"), 2)
	workers := []*Worker{NewWorker(nowhere{}, nil, 0, zap.NewNop()), NewWorker(nowhere{}, nil, 0, zap.NewNop())}
	again, err := NewListener(on("line", "udp://"+l.Addrs()[0].String()), 0, workers, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Open(); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a second listener opened: %v", err)
	}
}

// The kernel gives a broadcast to every socket of an address; it is read once.
func TestBroadcastIsReadOnce(t *testing.T) {
	c := newCrew(t, on("line", "udp://:0"), 4)
	_, port, _ := net.SplitHostPort(c.Addrs()[0].String())
	conn, err := net.Dial("udp", net.JoinHostPort(broadcastAddress(t), port))
	if err != nil {
		t.Skip(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("cast 1 1700000000")); err != nil {
		t.Skip(err)
	}
	eventually(t, func() bool { return c.Stats().Datagrams == 4 }) // all four have their copy
	if s := c.Stats(); s.Dropped != 0 || s.Bytes != int64(len("cast 1 1700000000")) {
		t.Errorf("stats are %+v", s)
	}
	if got := slices.Concat(c.close(t)...); !slices.Equal(got, []string{"cast"}) {
		t.Errorf("got %q", got)
	}
}

// broadcastAddress returns the broadcast address of an interface that has one.
func broadcastAddress(t *testing.T) string {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Skip(err)
	}
	for _, i := range all {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			n, ok := a.(*net.IPNet)
			if v4 := n.IP.To4(); ok && v4 != nil && i.Flags&net.FlagBroadcast != 0 && i.Flags&net.FlagUp != 0 {
				for j := range v4 {
					v4[j] |= ^n.Mask[len(n.Mask)-4+j]
				}
				return v4.String()
			}
		}
	}
	t.Skip("no interface can broadcast")
	return ""
}
