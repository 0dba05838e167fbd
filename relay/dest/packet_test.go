package dest

import (
	"context"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// receiver opens a UDP socket and returns a function that reads the next datagram.
func receiver(t *testing.T, address string) (string, *net.UDPConn, func() string) {
	t.Helper()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	u := c.(*net.UDPConn)
	u.SetReadBuffer(4 << 20)
	u.SetReadDeadline(time.Now().Add(soon))
	return c.LocalAddr().String(), u, func() string {
		t.Helper()
		b := make([]byte, 65536)
		n, err := u.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
}

func udp(protocol string) Options {
	o := quick()
	o.Transport, o.Protocol = "udp", protocol
	return o
}

func TestPacketsHoldWholeLines(t *testing.T) {
	address, _, next := receiver(t, "127.0.0.1:0")
	d := newDest(t, address, udp("plaintext"), nil)
	long := "a." + strings.Repeat("b", 3000) + " 1 1700000000"
	var lines []string
	for i := range 200 {
		lines = append(lines, fmt.Sprintf("some.metric.%d %d 1700000000", i, i))
		if i == 77 {
			lines = append(lines, long)
		}
	}
	d.Push(frameOf(lines...))
	d.Push(frameOf("another.frame 1 1700000000"))
	d.Start()
	got := ""
	for len(got) < len(strings.Join(lines, "\n"))+1 {
		p := next()
		if !strings.HasSuffix(p, "\n") || len(p) > maxPacket && p != long+"\n" {
			t.Fatalf("a datagram of %d bytes that ends in %q", len(p), p[len(p)-5:])
		}
		got += p
	}
	if got != strings.Join(lines, "\n")+"\n" {
		t.Error("the datagrams do not hold the lines")
	}
	if p := next(); p != "another.frame 1 1700000000\n" {
		t.Errorf("got %q", p)
	}
	await(t, d, "delivery", delivered(202))
}

func TestPacketsTooLarge(t *testing.T) {
	address, _, next := receiver(t, "127.0.0.1:0")
	d := newDest(t, address, udp("plaintext"), nil)
	d.Push(frameOf("a 1 1", strings.Repeat("b", maxDatagram), "c 1 1"))
	d.Start()
	if got := next() + next(); got != "a 1 1\nc 1 1\n" {
		t.Errorf("got %q", got)
	}
	await(t, d, "delivery", delivered(2))
	if c := counts(t, d); c.Dropped[stat.LossWriteError] != 1 {
		t.Errorf("got %+v", c)
	}
}

// Each pickle frame is one datagram, also after the queue has gathered several.
func TestPacketsOfPickle(t *testing.T) {
	address, _, next := receiver(t, "127.0.0.1:0")
	o := udp("pickle")
	d := newDest(t, address, o, nil)
	b := carbon.NewBatch()
	for i := range 300 {
		b.Add(fmt.Appendf(nil, "some.metric.%d", i), carbon.Raw, float64(i), 1700000000_000)
	}
	e := Encoder(o)
	var frames []string
	f := carbon.NewFrame()
	push := func() {
		e.Finish(f)
		frames = append(frames, string(f.Bytes))
		d.Push(f)
		f = carbon.NewFrame()
	}
	for i := range b.Points {
		if !e.Append(f, b, &b.Points[i]) {
			push()
			e.Append(f, b, &b.Points[i])
		}
	}
	push()
	f.Free()
	b.Free()
	if d.queue.line.len() != 2 || len(frames) < 5 {
		t.Fatalf("%d frames wait in %d: nothing was gathered", len(frames), d.queue.line.len())
	}
	d.Start()
	for i, want := range frames {
		if got := next(); got != want || len(got) > maxPacket {
			t.Fatalf("datagram %d of %d bytes is not frame %d of %d bytes", i, len(got), i, len(want))
		}
	}
	await(t, d, "delivery", delivered(300))
}

// A refused datagram makes the endpoint down: the rest waits in the queue instead of being thrown at nobody.
func TestPacketsRefused(t *testing.T) {
	address, u, _ := receiver(t, "127.0.0.1:0")
	u.Close()
	d := newDest(t, address, udp("plaintext"), nil)
	d.Start()
	for i := 0; counts(t, d).Dropped[stat.LossWriteError] == 0; i++ {
		d.Push(numbered(i, 1))
		await(t, d, "an end", func(c stat.EndpointCounts, s Status) bool { return c.Queued == 0 || s.State == Down })
	}
	await(t, d, "the state", inState(Down))
	if s := d.Status(); !strings.Contains(s.Error, syscall.ECONNREFUSED.Error()) {
		t.Errorf("got status %+v", s)
	}
	_, _, next := receiver(t, address)
	marker := "back.again 1 1700000000\n"
	d.Push(frameOf(marker[:len(marker)-1]))
	for !strings.HasSuffix(next(), marker) {
	}
	await(t, d, "the state", inState(Up))
	c := counts(t, d)
	if c.Dropped[stat.LossWriteError] == 0 {
		t.Errorf("got %+v", c)
	}
}

// A name that cannot be resolved loses nothing: the queue holds.
func TestPacketsUnresolved(t *testing.T) {
	address, _, next := receiver(t, "127.0.0.1:0")
	tries := 0
	d := newDest(t, "some.name:2003", udp("plaintext"), func(ctx context.Context, network, name string) (net.Conn, error) {
		if tries++; tries < 4 {
			return nil, &net.DNSError{Err: "no such host", Name: name}
		}
		return dialNetwork(ctx, network, address)
	})
	d.Push(numbered(0, 1))
	d.Start()
	next()
	await(t, d, "delivery", delivered(1))
}
