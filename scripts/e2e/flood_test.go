package e2e

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"plumbago/carbon/transport/certtest"
)

// quiet wants all that a daemon has said to be short, and printable.
func (d *daemon) quiet(since int, span time.Duration) {
	d.t.Helper()
	log := d.said.String()
	if n, most := len(log)-since, 8<<10+int(span.Seconds()*1024); n > most {
		d.t.Errorf("the log grew by %d bytes in %v, want at most %d", n, span, most)
	}
	if i := strings.IndexFunc(log, func(r rune) bool { return (r < ' ' || r > '~') && r != '\n' }); i >= 0 {
		d.t.Errorf("the log has something in it that is not plain: %.200q", log[i:])
	}
}

// TestNoise has clients do all that they should not, at a high rate, while one sends as it should: its lines arrive, and the
// log stays small and plain. PLUMBAGO_E2E_SECONDS is for how long.
func TestNoise(t *testing.T) {
	out := newSink(t)
	line, frame, secure := freePort(t), freePort(t), freePort(t)
	own := certtest.NewAuthority(t, "e2e authority").Issue(t, nil, "localhost", "127.0.0.1")
	d := start(t, setup{bin: program, conf: fmt.Sprintf(`
[[listen]]
address = ["tcp://127.0.0.1:%d", "udp://127.0.0.1:%[1]d"]
[[listen]]
protocol = "pickle"
address = ["tcp://127.0.0.1:%d", "udp://127.0.0.1:%[2]d"]
[[listen]]
address = "tls://127.0.0.1:%d"
tls = { cert = %q, key = %q }
[[cluster]]
name = "out"
endpoints = [%q]
[[cluster]]
name = "dead"
endpoints = ["127.0.0.1:1"]
queue = "64KiB"
[[rule]]
match = "good.**"
stop = false
send = "dead"
[[rule]]
match = "good.**"
send = "out"
`, line, frame, secure, own.Cert, own.Key, out.addr), args: []string{"--drain", "100ms"}})
	span := time.Duration(number(t, "PLUMBAGO_E2E_SECONDS", 3)) * time.Second
	begin, since := time.Now(), len(d.said.String())
	at := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	noise := func(f func()) {
		go func() {
			for time.Since(begin) < span {
				f()
			}
		}()
	}
	connect := func(port int, text string) {
		if c, err := net.Dial("tcp", at(port)); err == nil {
			c.Write([]byte(text))
			c.SetReadDeadline(time.Now().Add(time.Second))
			c.Read(make([]byte, 1))
			c.Close()
		}
	}
	bad, err := net.Dial("tcp", at(line))
	if err != nil {
		t.Fatal(err)
	}
	defer bad.Close()
	lines := []byte(strings.Repeat("\x1b[31mno \u202e line\x07\n", 2000))
	noise(func() { bad.Write(lines) })
	noise(func() { connect(frame, "\x00\x00\x00\x0ac\x1b[2Jos\nsystem\n") })
	noise(func() { connect(secure, "\x16\x03\x01 no hello \u202e") })
	udp, err := net.Dial("udp", at(frame))
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	noise(func() { udp.Write([]byte("\x00\x00\x00\x02\x1b\x1b")); time.Sleep(100 * time.Microsecond) })
	noise(func() { connect(line, "") })

	good := dial(t, "tcp", at(line))
	good.SetDeadline(time.Now().Add(span + 2*patience))
	n := 0
	for time.Since(begin) < span {
		for range 100 {
			put(t, good, fmt.Appendf(nil, "good.line %d 1700000000\n", n))
			n++
		}
		time.Sleep(10 * time.Millisecond)
	}
	out.await(n)
	d.await("the queue of the dead has overflowed", func(l *ledger) bool { return n < 3000 || l.endpoint(t, "dead").lost() > 0 })
	d.quiet(since, time.Since(begin))
	if n > 3000 {
		d.says("points are lost: the queue is full", at(1))
	}
	p, l := d.listener(1).Callers, d.ledger()
	if len(p) != 1 || p[0].Address != "127.0.0.1" || p[0].Broken < 1 || p[0].Connections < 1 {
		t.Errorf("the callers of the second listener are %+v", p)
	}
	t.Logf("%d bad lines, %d bad pickles, %d bytes of log in %v", l.Received-l.Accepted, l.Invalid["bad_pickle"], len(d.said.String())-since, time.Since(begin))
	d.signal(syscall.SIGTERM)
	d.ended()
	if p[0].Broken < 10 || p[0].Connections < 10 || l.Invalid["bad_pickle"] < 10 || l.Received-l.Accepted < 10_000 {
		t.Skipf("too little noise to prove anything: %+v, %+v", p, l)
	}
	d.says("closing a connection that cannot be read on", `"more":`)
}

// TestCrowd lets one sender be heard among 10,000 silent connections, a thousand that send a byte now and then and never a
// line, a thousand new connections a second, and 100 MB without an end of line, in 60 MiB of memory for the silent ones.
// PLUMBAGO_E2E_CROWD is how many, PLUMBAGO_E2E_SECONDS for how long.
func TestCrowd(t *testing.T) {
	crowd := number(t, "PLUMBAGO_E2E_CROWD", 5000)
	span := time.Duration(number(t, "PLUMBAGO_E2E_SECONDS", 2)) * time.Second
	out, port := newSink(t), freePort(t)
	d := start(t, setup{bin: program, conf: "[limits]\nconnections = 15000\n" + forwarding(port, out.addr, "")})
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	good := dial(t, "tcp", addr)
	good.SetDeadline(time.Time{}) // it may take longer than other tests
	n := 0
	flows := func(what string) {
		t.Helper()
		for range 100 {
			put(t, good, fmt.Appendf(nil, "good.line %d 1700000000\n", n))
			n++
		}
		eventually(t, "lines arrive: "+what, func() bool { return out.count() == n })
	}
	flows("at first")
	idle := make([]net.Conn, crowd)
	for i := range idle {
		idle[i] = dial(t, "tcp", addr)
		idle[i].SetDeadline(time.Time{})
	}
	eventually(t, "all are taken", func() bool { return d.listener(0).Open == int64(crowd)+1 })
	flows("among silent connections")
	if n := rss(t, d.cmd.Process.Pid, "VmRSS"); n > 60<<20 {
		t.Errorf("%d silent connections take %d MiB", crowd, n>>20)
	} else {
		t.Logf("%d silent connections: %d MiB", crowd, n>>20)
	}
	slow := idle[:min(1000, crowd/2)]
	begin := time.Now()
	churned := 0
	for step := 0; time.Since(begin) < span; step++ {
		for _, c := range slow[step%10*len(slow)/10 : (step%10+1)*len(slow)/10] { // each one once a second
			c.Write([]byte("x"))
		}
		for range 100 {
			if c, err := net.Dial("tcp", addr); err == nil {
				c.Close()
				churned++
			}
		}
		flows("among slow and new connections")
		if rest := time.Duration(step+1)*100*time.Millisecond - time.Since(begin); rest > 0 {
			time.Sleep(rest)
		}
	}
	before := rss(t, d.cmd.Process.Pid, "VmRSS")
	endless, filler := idle[crowd-1], bytes.Repeat([]byte("x"), 1<<20)
	for range 100 {
		put(t, endless, filler)
	}
	put(t, endless, []byte("\ngood.after 1 1700000000\n"))
	n++
	flows("behind 100 MB without an end of line")
	if grown := rss(t, d.cmd.Process.Pid, "VmRSS") - before; grown > 16<<20 {
		t.Errorf("100 MB without an end of line cost %d MiB", grown>>20)
	}
	if l := d.ledger(); l.Invalid["too_long"] != 1 {
		t.Errorf("%d lines were too long, want 1", l.Invalid["too_long"])
	}
	eventually(t, "the callers are told", func() bool {
		p := d.listener(0).Callers
		return len(p) == 1 && p[0].Connections >= int64(crowd+churned) && p[0].Probes > 0
	})
	t.Logf("%d new connections in %v", churned, span)
}

// TestDescriptorsShort has many more clients come than the process can open files for: who is connected is served, the rest
// are refused, and neither the processor nor the log is kept busy with that. Then the endpoint breaks: there is a descriptor
// left to connect to it again.
func TestDescriptorsShort(t *testing.T) {
	outside(t)
	span := time.Duration(number(t, "PLUMBAGO_E2E_SECONDS", 2)) * time.Second
	out, port := newSink(t), freePort(t)
	bin := t.TempDir() + "/few"
	write(t, bin, fmt.Sprintf("#!/bin/sh\nulimit -n 300\nexec %s \"$@\"\n", program))
	if err := exec.Command("chmod", "+x", bin).Run(); err != nil {
		t.Fatal(err)
	}
	d := start(t, setup{bin: bin, conf: forwarding(port, out.addr, "reconnect = [\"10ms\", \"50ms\"]")})
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	good := dial(t, "tcp", addr)
	good.SetDeadline(time.Time{}) // it may take longer than other tests
	n := 0
	flows := func() {
		t.Helper()
		put(t, good, fmt.Appendf(nil, "good.line %d 1700000000\n", n))
		n++
		out.await(n)
	}
	flows()
	for range 500 {
		dial(t, "tcp", addr)
	}
	eventually(t, "some are refused", func() bool { l := d.listener(0); return l.Refused["connections"]+l.Refused["descriptors"] > 100 })
	flows()
	since, busy := len(d.said.String()), cpu(t, d.cmd.Process.Pid)
	<-time.After(span) // what it does when nobody does anything
	if used := cpu(t, d.cmd.Process.Pid) - busy; used > span/20 {
		t.Errorf("it used %v of the processor in %v", used, span)
	}
	d.quiet(since, span)
	at := out.addr
	out.close()
	out.open(at, 0)
	flows()
}
