package ingest

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"

	"plumbago/carbon/stat"
)

// proxyV2 makes a header of version 2.
func proxyV2(command, family byte, body string) string {
	b := append([]byte(proxySignature), 0x20|command, family)
	return string(binary.BigEndian.AppendUint16(b, uint16(len(body)))) + body
}

const (
	inet4 = "\x01\x02\x03\x04\x7f\x00\x00\x01\x12\x34\x07\xd3"
	inet6 = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x06\x12\x34\x07\xd3"
)

func TestParseProxy(t *testing.T) {
	f := func(header, peer string) {
		t.Helper()
		h, n, err := parseProxy([]byte(header + "PROXY and what follows"))
		if err != nil || n != len(header) {
			t.Errorf("%.60q: %d of %d bytes, %v", header, n, len(header), err)
			return
		}
		if got := h.peer.String(); h.local != (peer == "local") || !h.local && got != peer {
			t.Errorf("%.60q: got %+v, want %s", header, h, peer)
		}
		for i := range header { // in pieces it is not complete, and not broken either
			if _, n, err := parseProxy([]byte(header[:i])); n != 0 || err != nil {
				t.Errorf("%.60q: %d bytes of it give %d, %v", header, i, n, err)
			}
		}
	}
	f("PROXY TCP4 192.0.2.7 10.0.0.1 56324 2003\r\n", "192.0.2.7:56324")
	f("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "[2001:db8::1]:1")
	f("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n", "192.0.2.7:1")
	f("PROXY UNKNOWN\r\n", "invalid AddrPort")
	f("PROXY UNKNOWN ffff:f:f:f:f:f:f:f ffff:f:f:f:f:f:f:f 65535 65535\r\n", "invalid AddrPort")
	f(proxyV2(1, 0x11, inet4), "1.2.3.4:4660")
	f(proxyV2(1, 0x12, inet4+"\x03\x00\x04abcd"), "1.2.3.4:4660")
	f(proxyV2(1, 0x21, inet6), "[2001:db8::5]:4660")
	f(proxyV2(1, 0x31, strings.Repeat("u", 216)), "invalid AddrPort")
	f(proxyV2(1, 0x00, ""), "invalid AddrPort")
	f(proxyV2(0, 0x00, ""), "local")
	f(proxyV2(0, 0x11, inet4), "local")
	f(proxyV2(0, 0x77, "x"), "local")
	f(proxyV2(1, 0x11, inet4+strings.Repeat("t", maxProxyLength-len(inet4))), "1.2.3.4:4660")
}

func TestParseProxyBroken(t *testing.T) {
	f := func(header, reason string) {
		t.Helper()
		if h, n, err := parseProxy([]byte(header)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.60q: got %+v, %d, %v, want %q", header, h, n, err, reason)
		}
	}
	f("servers.web01.cpu 1 1700000000\n", `begins with "servers.web01.cp"`)
	f("PROXX", "begins with")
	f("\r\n\r\n\x00\r\nQUIX", "begins with")
	f("PROXY TCP4 192.0.2.7 10.0.0.1 56324 2003\n", "CR LF")
	f("PROXY \n", "CR LF")
	f("PROXY TCP4 192.0.2.7 10.0.0.1 56324\r\n", "4 words")
	f("PROXY TCP4  192.0.2.7 10.0.0.1 56324 2003\r\n", "6 words")
	f("PROXY TCP5 192.0.2.7 10.0.0.1 56324 2003\r\n", "TCP5")
	f("PROXY TCP4 ::1 10.0.0.1 56324 2003\r\n", `"::1" is no address`)
	f("PROXY TCP4 192.0.2.7 ::1 56324 2003\r\n", `"::1" is no address`)
	f("PROXY TCP6 192.0.2.7 ::1 56324 2003\r\n", `"192.0.2.7" is no address`)
	f("PROXY TCP6 fe80::1%lo ::1 56324 2003\r\n", "no address")
	f("PROXY TCP4 192.0.2.7 10.0.0.1 056324 2003\r\n", `"056324" is no port`)
	f("PROXY TCP4 192.0.2.7 10.0.0.1 56324 65536\r\n", `"65536" is no port`)
	f("PROXY UNKNOWN "+strings.Repeat("x", 92)+"\r\n", "107 bytes")
	f("PROXY TCP4 "+strings.Repeat("x", 200), "107 bytes")
	f(proxySignature+"\x11\x11\x00\x0c"+inet4, "version is 1")
	f(proxyV2(2, 0x11, inet4), "command is 2")
	f(proxyV2(1, 0x13, inet4), "0x13")
	f(proxyV2(1, 0x41, inet4), "0x41")
	f(proxyV2(1, 0x11, inet4[:11]), "11 bytes")
	f(proxyV2(1, 0x21, inet6[:35]), "35 bytes")
	f(proxyV2(1, 0x31, "short"), "5 bytes")
	f(proxySignature+"\x21\x11\x10\x01", "4097 bytes")
}

// What is taken for a header, go-proxyproto takes for the same one; what it makes, we read.
func FuzzParseProxy(f *testing.F) {
	for _, s := range []string{
		"PROXY TCP4 192.0.2.7 10.0.0.1 56324 2003\r\na.b 1", "PROXY TCP6 ::1 ::2 1 2\r\n", "PROXY UNKNOWN x\r\n",
		proxyV2(1, 0x11, inet4), proxyV2(1, 0x21, inet6+"\x04\x00\x01x"), proxyV2(0, 0, ""), proxyV2(1, 0x31, strings.Repeat("u", 216)),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := parseProxy(b)
		if err != nil || n == 0 {
			return
		}
		if n > len(b) || n > maxProxyHeader {
			t.Fatalf("%d bytes of %d", n, len(b))
		}
		for i := range n {
			if _, m, err := parseProxy(b[:i]); m != 0 || err != nil {
				t.Fatalf("%d of its %d bytes give %d, %v", i, n, m, err)
			}
		}
		theirs, err := proxyproto.Read(bufio.NewReader(bytes.NewReader(b[:n])))
		if err != nil {
			if h.local || !h.peer.IsValid() {
				return // it looks at what is left alone here, and refuses who is unknown
			}
			t.Fatalf("%q is %+v to us; go-proxyproto says %v", b[:n], h, err)
		}
		if h.local {
			return
		}
		want := netip.AddrPort{}
		switch a := theirs.SourceAddr.(type) {
		case *net.TCPAddr:
			want = plainAddr(a.AddrPort())
		case *net.UDPAddr:
			want = plainAddr(a.AddrPort())
		}
		if h.peer != want {
			t.Fatalf("%q: peer %v, go-proxyproto says %v", b[:n], h.peer, want)
		}
		if !want.IsValid() {
			return
		}
		for version := byte(1); version <= 2; version++ {
			made := proxyproto.HeaderProxyFromAddrs(version, net.TCPAddrFromAddrPort(want), net.TCPAddrFromAddrPort(want))
			text, err := made.Format()
			if err != nil {
				t.Fatal(err)
			}
			if again, m, err := parseProxy(text); err != nil || m != len(text) || again.peer != want {
				t.Fatalf("%q gives %+v, %d, %v", text, again, m, err)
			}
		}
	})
}

// behindProxy returns the options of a listener that takes PROXY headers from anybody here.
func behindProxy(address string) Options {
	o := on("line", address)
	o.ProxyProtocol = true
	return o
}

// The samples after a header are taken, however it is cut, and its client is the peer in what is said.
func TestProxiedStream(t *testing.T) {
	f := func(t *testing.T, address string) {
		r := newRig(t, behindProxy(address), newRecorder())
		conn := dial(t, r.Addrs()[0])
		write(t, conn, "PROXY TCP4 192.0.2.7 10.0.0.1 56324 2003\r\na.a 1 1700000000\na.")
		write(t, conn, "b 1 1700000000\n")
		r.sink.want(t, "a.a", "a.b")
		conn = dial(t, r.Addrs()[0])
		write(t, conn, "PROXY TCP4 192.0.2.7 10.0")
		write(t, conn, ".0.1 56324 2003\r\n")
		write(t, conn, "a.c 1 1700000000\n")
		r.sink.want(t, "a.a", "a.b", "a.c")
		conn = dial(t, r.Addrs()[0])
		write(t, conn, proxyV2(1, 0x11, inet4+strings.Repeat("t", 3000)))
		write(t, conn, "a.d 1 1700000000\na.e")
		closeConn(t, conn)
		r.sink.want(t, "a.a", "a.b", "a.c", "a.d")
		r.sink.wantBad(t, stat.Unterminated, 1)
	}
	t.Run("tcp", func(t *testing.T) { f(t, "tcp://127.0.0.1:0") })
	t.Run("unix", func(t *testing.T) { f(t, "unix://"+t.TempDir()+"/s") })
}

// A broken header ends its connection, with a warning that names the peer; one that never comes is a probe.
func TestProxyBroken(t *testing.T) {
	r := newRig(t, behindProxy("tcp://127.0.0.1:0"), newRecorder())
	f := func(text, reason string) {
		t.Helper()
		conn := dial(t, r.Addrs()[0])
		write(t, conn, text)
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		wantEnd(t, conn)
		eventually(t, func() bool { return r.logs.FilterMessage(closingBroken).Len() > 0 })
		m := r.logs.TakeAll()[0].ContextMap()
		if m["peer"] != conn.LocalAddr().String() || !strings.Contains(m["reason"].(string), reason) {
			t.Errorf("%q: said %v", text, m)
		}
	}
	f("a.b 1 1700000000\n", `begins with "a.b 1 1700000000`)
	f("PROXY TCP4 192.0.2.7\r\na.b 1 1700000000\n", "2 words")
	f("PROXY TCP4 192", "ends within")
	closeConn(t, dial(t, r.Addrs()[0]))
	healthy := dial(t, r.Addrs()[0])
	write(t, healthy, "PROXY UNKNOWN\r\n")
	closeConn(t, healthy)
	eventually(t, func() bool { return r.Stats().Open == 0 })
	r.close(t)
	r.sink.want(t)
	if s := r.Stats(); s.Broken.Proxy != 3 || s.Probes != 2 || r.logs.Len() != 0 {
		t.Errorf("the figures are %+v, and %v was said", s, r.logs.All())
	}
}

// proxy_from says which balancers may connect, allow which clients they may speak for; a balancer may speak for itself.
func TestProxyFrom(t *testing.T) {
	f := func(from, allow []string, header string, taken bool, refused Refused) {
		t.Helper()
		o := behindProxy("tcp://127.0.0.1:0")
		o.ProxyFrom, o.Allow = from, allow
		r := newRig(t, o, newRecorder())
		conn := dial(t, r.Addrs()[0])
		// The other side may be quick to close.
		_, _ = conn.Write([]byte(header + "a.b 1 1700000000\n"))
		if taken {
			r.sink.want(t, "a.b")
		} else {
			wantEnd(t, conn)
		}
		r.close(t)
		if s := r.Stats(); s.Refused != refused || len(r.sink.names) > 0 != taken {
			t.Errorf("from %v allow %v %.60q: the figures are %+v, the names %q", from, allow, header, s, r.sink.names)
		}
	}
	client := "PROXY TCP4 192.0.2.7 10.0.0.1 56324 2003\r\n"
	f([]string{"127.0.0.1"}, nil, client, true, Refused{})
	f([]string{"10.0.0.0/8"}, nil, client, false, Refused{ProxyFrom: 1})
	f([]string{"127.0.0.1"}, []string{"192.0.2.0/24"}, client, true, Refused{})
	f([]string{"127.0.0.1"}, []string{"127.0.0.1"}, client, false, Refused{Allow: 1})
	f(nil, []string{"192.0.2.0/24"}, client, false, Refused{Allow: 1})
	f(nil, []string{"127.0.0.1", "192.0.2.7"}, client, true, Refused{})
	f([]string{"127.0.0.1"}, []string{"192.0.2.0/24"}, proxyV2(0, 0, ""), true, Refused{})
	f([]string{"127.0.0.1"}, []string{"192.0.2.0/24"}, "PROXY UNKNOWN\r\n", false, Refused{Allow: 1})
}

// The client that the header names is who is held to a rate.
func TestProxyRate(t *testing.T) {
	o := behindProxy("tcp://127.0.0.1:0")
	o.Rate = 1
	r := newRig(t, o, newRecorder())
	for _, client := range []string{"192.0.2.7", "192.0.2.8", "192.0.2.9"} {
		conn := dial(t, r.Addrs()[0])
		write(t, conn, "PROXY TCP4 "+client+" 10.0.0.1 56324 2003\r\na.b 1 1700000000\n")
		closeConn(t, conn)
	}
	r.sink.want(t, "a.b", "a.b", "a.b")
}

// What has arrived when we stop is read, though the header was not looked at before.
func TestProxyAtTheStop(t *testing.T) {
	r := newRig(t, behindProxy("tcp://127.0.0.1:0"), newRecorder())
	r.mu.Lock() // the reader cannot begin
	conn := dial(t, r.Addrs()[0])
	text, names := lines(5000)
	write(t, conn, "PROXY UNKNOWN\r\n"+text)
	silent := dial(t, r.Addrs()[0])
	r.mu.Unlock()
	r.close(t)
	r.sink.want(t, names...)
	wantEnd(t, silent)
}

// A header that does not come in its time ends the connection.
func TestProxyTakesItsTime(t *testing.T) {
	s := &stream{listener: &Listener{}}
	ours, theirs := net.Pipe()
	defer ours.Close()
	if err := theirs.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.readHeader(newSocket(theirs)); err == nil || !strings.Contains(err.Error(), "did not come") {
		t.Errorf("got %v", err)
	}
}
