package main

import (
	"bytes"
	"encoding/hex"
	"io"
	"math"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	pickle "github.com/lomik/graphite-pickle"
)

// TestNames wants the names that bench/README.md promises.
func TestNames(t *testing.T) {
	const n, groups = 20000, 1000
	all := names(n, groups, 1)
	seen, per, length := map[string]bool{}, map[string]int{}, 0
	for _, name := range all {
		nodes := strings.Split(name, ".")
		if len(nodes) < 6 || len(nodes) > 7 {
			t.Fatalf("%s has %d nodes", name, len(nodes))
		}
		seen[name] = true
		per[nodes[0]+"."+nodes[1]+"."]++
		length += len(name)
	}
	if len(seen) != n {
		t.Errorf("%d of %d names are distinct", len(seen), n)
	}
	if average := float64(length) / n; average < 60 || average > 65 {
		t.Errorf("names have %.1f bytes on average", average)
	}
	if len(per) != groups {
		t.Errorf("%d groups, want %d", len(per), groups)
	}
	for g := range groups {
		if per[group(g)] != n/groups {
			t.Errorf("%s has %d names, want %d", group(g), per[group(g)], n/groups)
		}
	}
	if strings.Join(all, "\n") != strings.Join(names(n, groups, 1), "\n") {
		t.Error("the same seed gives another order")
	}
}

// TestLines patches stretches of a track and reads the lines back.
func TestLines(t *testing.T) {
	all := names(5000, 100, 1)
	track := newLines(all, starts(len(all), 1))
	if average := float64(len(track.bytes)) / float64(len(all)); average < 79 || average > 83 {
		t.Errorf("lines have %.1f bytes on average", average)
	}
	f := func(from, to int, pass, now int64) {
		t.Helper()
		track.patch(from, to, pass, now)
		var sum float64
		lines := strings.Split(strings.TrimSuffix(string(track.bytes[track.ends[from]:track.ends[to]]), "\n"), "\n")
		for i, line := range lines {
			parts := strings.Split(line, " ")
			value, err := strconv.ParseFloat(parts[1], 64)
			if err != nil || len(parts) != 3 || parts[0] != all[from+i] || parts[2] != strconv.FormatInt(now, 10) {
				t.Fatalf("line %d is %q: %v", from+i, line, err)
			}
			if digits, _ := strconv.Atoi(parts[1][len(parts[1])-2:]); int64(digits) != pass {
				t.Fatalf("line %d is %q in pass %d", from+i, line, pass)
			}
			sum += value
		}
		if want := float64(track.sum(from, to, pass)) / 100; len(lines) != to-from || math.Abs(sum-want) > 1e-6*want {
			t.Errorf("[%d, %d): %d lines with the sum %v, want %v", from, to, len(lines), sum, want)
		}
	}
	f(0, 5000, 0, 1700000000)
	f(17, 18, 99, 1700000001)
	f(17, 900, 7, 4294967295)
	f(4999, 5000, 50, 1700000002)
}

// TestPickle wants the bytes that Python 3.11 writes, and the values that a reader of pickles finds.
func TestPickle(t *testing.T) {
	two := newPickle([]string{"a.b", "c.d"}, []start{{149, 1}, {1269900, 100}}, 500)
	two.patch(0, 1, 1, 1700000000)
	// pickle.dumps([("a.b", (1700000000, 1.5)), ("c.d", (1700000000, 12700.0))], protocol=2), after its length
	want := "0000004480025d7100285803000000612e6271014a00f15365473ff80000000000008671028671035803000000632e6471044a00f15365" +
		"4740c8ce0000000000867105867106652e"
	if got := hex.EncodeToString(two.bytes); got != want {
		t.Errorf("two points are\n%s, want\n%s", got, want)
	}

	all := names(1234, 10, 1)
	track := newPickle(all, starts(len(all), 1), 500)
	track.patch(0, 3, 42, 1700000000)
	var points, sum = 0, 0.0
	for u := range track.units() {
		err := pickle.ParseMessage(track.bytes[track.ends[u]+4:track.ends[u+1]], func(name string, value float64, time int64) {
			if name != all[points] || time != 1700000000 {
				t.Fatalf("point %d is %s at %d", points, name, time)
			}
			points++
			sum += value
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := float64(track.sum(0, 3, 42)) / 100; points != 1234 || track.units() != 3 || math.Abs(sum-want) > 1e-6*want {
		t.Errorf("%d points in %d frames with the sum %v, want 1234 in 3 with %v", points, track.units(), sum, want)
	}
}

// TestSend counts what arrives of floods and paced sending, over streams and in datagrams.
func TestSend(t *testing.T) {
	f := func(o options, lines int64, most int) {
		t.Helper()
		if err := o.check(); err != nil {
			t.Fatal(err)
		}
		network, _, _ := strings.Cut(o.to, "://")
		to, received := receiver(t, network)
		o.to = to
		senders, err := o.senders()
		if err != nil {
			t.Fatal(err)
		}
		r, err := o.send(senders)
		if err != nil {
			t.Fatal(err)
		}
		if r.Lines != lines || r.Sum == 0 {
			t.Errorf("%+v: says that it sent %d lines with the sum %v, want %d", o, r.Lines, r.Sum, lines)
		}
		var got, size int64
		for got < lines {
			select {
			case b := <-received:
				if size = max(size, int64(len(b))); network == "udp" && b[len(b)-1] != '\n' {
					t.Fatalf("a datagram ends within a line: %q", b)
				}
				got += int64(bytes.Count(b, []byte{'\n'}))
			case <-time.After(20 * time.Second):
				t.Fatalf("%+v: %d of %d lines arrived", o, got, lines)
			}
		}
		if got != lines || size > int64(most) {
			t.Errorf("%+v: %d lines arrived, want %d; a block had %d bytes, want at most %d", o, got, lines, size, most)
		}
	}
	line := options{to: "tcp://", conns: 3, names: 1000, groups: 10, protocol: "line", frame: 1}
	flooding := line
	flooding.lines = 10007
	f(flooding, 10007, 64<<10)
	pacing := line
	pacing.lines, pacing.rate = 5003, 100000
	f(pacing, 5003, 64<<10)
	brief := line
	brief.span, brief.rate = 50*time.Millisecond, 20000
	f(brief, 1000, 64<<10)
	// No more than fit into a socket's usual buffer, however late they are read: small datagrams take 768 bytes there.
	packed := pacing
	packed.to, packed.conns, packed.lines = "udp://", 2, 1503
	f(packed, 1503, 1400)
	single := packed
	single.write, single.lines = 1, 253
	f(single, 253, 120)
	alone := single
	alone.protocol = "statsd"
	f(alone, 253, 120)
}

// receiver listens and hands over what it reads, block by block.
func receiver(t *testing.T, network string) (to string, received chan []byte) {
	received = make(chan []byte, 10000)
	read := func(c io.Reader) {
		for buf := make([]byte, 64<<10); ; {
			n, err := c.Read(buf)
			if n > 0 {
				received <- bytes.Clone(buf[:n])
			}
			if err != nil {
				return
			}
		}
	}
	if network == "udp" {
		c, err := net.ListenUDP(network, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		c.SetReadBuffer(8 << 20)
		t.Cleanup(func() { c.Close() })
		go read(c)
		return "udp://" + c.LocalAddr().String(), received
	}
	ln, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go read(c)
		}
	}()
	return network + "://" + ln.Addr().String(), received
}

// TestCheck refuses flags that make no sense.
func TestCheck(t *testing.T) {
	good := options{to: "tcp://127.0.0.1:1", conns: 1, names: 10, groups: 1, protocol: "line", frame: 1, lines: 1}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	f := func(spoil func(o *options)) {
		t.Helper()
		o := good
		spoil(&o)
		if o.check() == nil {
			t.Errorf("%+v passes", o)
		}
	}
	f(func(o *options) { o.conns = 0 })
	f(func(o *options) { o.conns = 11 })
	f(func(o *options) { o.protocol = "morse" })
	f(func(o *options) { o.print = "everything" })
	f(func(o *options) { o.lines = 0 })
}

// BenchmarkPatch is what the changing values cost: it should be a nanosecond or two a line.
func BenchmarkPatch(b *testing.B) {
	all := names(100000, 1000, 1)
	track := newLines(all, starts(len(all), 1))
	for n, pass := 0, int64(0); n < b.N; n += 800 {
		from := n % 96000
		track.patch(from, from+800, pass%100, 1700000000)
		pass++
	}
}

// TestStatsd wants counters and timers in turn, and their count to be the number of lines.
func TestStatsd(t *testing.T) {
	all := names(1000, 100, 1)
	track := newStatsd(all, starts(len(all), 1), true)
	track.patch(0, track.units(), 7, 1)
	counters, timers := 0, 0
	for line := range strings.Lines(string(track.bytes)) {
		switch {
		case strings.HasSuffix(line, ":1|c\n"):
			counters++
		case strings.HasSuffix(line, "|ms\n"):
			timers++
		}
	}
	if counters != 500 || timers != 500 || track.sum(0, track.units(), 7) != 1000*100 {
		t.Errorf("%d counters, %d timers, the sum is %d", counters, timers, track.sum(0, track.units(), 7))
	}
}
