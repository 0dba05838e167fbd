package main

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// open opens a port for a test.
func open(t *testing.T, url string, c *check) *port {
	t.Helper()
	p, err := listen(url, looks{check: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p
}

// dial connects to a port.
func dial(t *testing.T, p *port) net.Conn {
	t.Helper()
	c, err := net.Dial(p.network, p.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// put writes texts, each in a write of its own.
func put(t *testing.T, c net.Conn, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

// eventually polls what other goroutines do, until ok says true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// TestCount counts lines on streams, however they are cut into writes, and in datagrams.
func TestCount(t *testing.T) {
	f := func(network string, lines, cut int64, texts ...string) {
		t.Helper()
		address := "127.0.0.1:0"
		if strings.HasPrefix(network, "unix") {
			address = t.TempDir() + "/s"
		}
		p := open(t, network+"://"+address, nil)
		c := dial(t, p)
		put(t, c, texts...)
		size := int64(len(strings.Join(texts, "")))
		eventually(t, "all bytes", func() bool { return p.report().Bytes == size })
		c.Close()
		eventually(t, "the end", func() bool { return p.report().Cut == cut })
		if r := p.report(); r.Lines != lines {
			t.Errorf("%s %q: %d lines, want %d", network, texts, r.Lines, lines)
		}
	}
	f("tcp", 3, 0, "a 1 1\nb 1 1\nc 1 1\n")
	f("tcp", 2, 0, "a 1", " 1\nb", " 1 1\n")
	f("tcp", 1, 1, "a 1 1\nb 1")
	f("unix", 2, 0, "a 1 1\n", "b 1 1\n")
	f("udp", 3, 0, "a 1 1\nb 1 1\n", "c 1 1")
	f("unixgram", 2, 0, "a 1 1", "b 1 1\n")
}

// TestStall keeps a port from reading, and lets it read again.
func TestStall(t *testing.T) {
	p := open(t, "tcp://127.0.0.1:0", nil)
	c := dial(t, p)
	put(t, c, "a 1 1\n")
	eventually(t, "a line", func() bool { return p.report().Lines == 1 })
	if err := p.obey("stall"); err != nil {
		t.Fatal(err)
	}
	// Nobody reads, so the buffers between the two fill up. A second connection is taken, and not read either.
	c.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
	var wrote int
	block := []byte(strings.Repeat("a 1 1\n", 10000))
	for {
		n, err := c.Write(block)
		if wrote += n; err != nil {
			break
		}
	}
	other := dial(t, p)
	put(t, other, "b 1 1\n")
	eventually(t, "the second connection", func() bool { return p.report().Connections == 2 })
	if n := p.report().Lines; n != 1 {
		t.Errorf("a stalled port counted %d lines, want 1", n)
	}
	if err := p.obey("resume"); err != nil {
		t.Fatal(err)
	}
	want := int64(2 + wrote/6)
	eventually(t, "everything after the stall", func() bool { return p.report().Lines == want })
}

// TestRefuse closes a port and opens it again, also out of a stall.
func TestRefuse(t *testing.T) {
	f := func(before ...string) {
		t.Helper()
		p := open(t, "tcp://127.0.0.1:0", nil)
		c := dial(t, p)
		put(t, c, "a 1 1\n")
		eventually(t, "a line", func() bool { return p.report().Lines == 1 })
		for _, command := range append(before, "refuse") {
			if err := p.obey(command); err != nil {
				t.Fatal(err)
			}
		}
		c.SetReadDeadline(time.Now().Add(patience))
		if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, syscall.ETIMEDOUT) {
			t.Error("a refused port keeps its connections")
		}
		if c, err := net.Dial("tcp", p.address); err == nil {
			c.Close()
			t.Error("a refused port takes connections")
		}
		if err := p.obey("resume"); err != nil {
			t.Fatal(err)
		}
		put(t, dial(t, p), "b 1 1\n")
		eventually(t, "a line after it", func() bool { return p.report().Lines == 2 })
	}
	f()
	f("stall")
}

// TestReset breaks a connection so that its other end sees it.
func TestReset(t *testing.T) {
	p := open(t, "tcp://127.0.0.1:0", nil)
	c := dial(t, p)
	put(t, c, "a 1 1\n")
	eventually(t, "a line", func() bool { return p.report().Lines == 1 })
	if err := p.obey("reset"); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(patience))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the other end saw %v, want a reset", err)
	}
	put(t, dial(t, p), "b 1 1\n")
	eventually(t, "a new connection's line", func() bool { return p.report().Lines == 2 })
	if err := p.obey("zero"); err != nil || p.report().Lines != 0 {
		t.Errorf("zero left %d lines: %v", p.report().Lines, err)
	}
}

// TestCommands wants what is no command, or for no port, said.
func TestCommands(t *testing.T) {
	s := &sink{ports: []*port{open(t, "tcp://127.0.0.1:0", nil)}}
	f := func(command string, ok bool) {
		t.Helper()
		if err := s.obey(strings.Fields(command)); (err == nil) != ok {
			t.Errorf("%q: %v", command, err)
		}
	}
	f("report", true)
	f("stall 0", true)
	f("resume", true)
	f("", false)
	f("dance", false)
	f("stall 1", false)
	f("stall x", false)
}

// TestCheck finds what is wrong with lines.
func TestCheck(t *testing.T) {
	f := func(text string, want checkReport) {
		t.Helper()
		// Cut at every place, so that lines lie across reads.
		for i := range len(text) {
			c := newCheck("")
			var s stream
			c.take(&s, []byte(text[:i]), false)
			c.take(&s, []byte(text[i:]), false)
			if got := *c.report(); got != want {
				t.Fatalf("%q cut at %d: %+v, want %+v", text, i, got, want)
			}
		}
	}
	f("a 1.00 10\na 1.01 10\nb 200 11\nb 201 12\n", checkReport{Series: 2, Sum: 403.01, Kept: 402.01})
	f("a 100 10\na 102 11\na 101 11\n", checkReport{Series: 1, Sum: 303, Kept: 201, Lost: 1, Again: 1})
	f("a 101 10\n", checkReport{Series: 1, Sum: 101, Kept: 101, Lost: 1})
	f("a 100 10\na 100 10\n", checkReport{Series: 1, Sum: 200, Kept: 100, Again: 1})
	f("a 100 10\na 101 9\n", checkReport{Series: 1, Sum: 201, Kept: 201, Early: 1})
	f("a 100 10\na NaN 10\na\na 1 x\n 1 1\n\n", checkReport{Series: 1, Sum: 100, Kept: 100, Bad: 5})

	c := newCheck(".sum")
	c.take(&stream{}, []byte("a.sum 100 10\na.avg 7 10"), true)
	if got, want := *c.report(), (checkReport{Series: 1, Sum: 100, Kept: 100}); got != want {
		t.Errorf("with a suffix: %+v, want %+v", got, want)
	}
	if c.zero(); *c.report() != (checkReport{}) {
		t.Errorf("zero left %+v", *c.report())
	}
}
