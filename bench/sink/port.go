package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A port is one address and what came in there.
type port struct {
	network, address string // the address has the number that the kernel chose
	looks

	lines, bytes, reads, opened, cut, last atomic.Int64

	mu      sync.Mutex
	stalled bool
	changed *sync.Cond // stalled, or conns
	ln      net.Listener
	conns   map[net.Conn]bool // true: its reader waits for the end of the stall
	wg      sync.WaitGroup
}

// A portReport is what came in at one port.
type portReport struct {
	Address     string  `json:"address"`
	Lines       int64   `json:"lines"`
	Bytes       int64   `json:"bytes"`
	Reads       int64   `json:"reads"`
	Connections int64   `json:"connections"` // opened so far
	Cut         int64   `json:"cut"`         // connections that ended within a line
	Last        float64 `json:"last"`
}

// listen opens a port.
func listen(url string, look looks) (*port, error) {
	network, address, ok := strings.Cut(url, "://")
	if !ok {
		return nil, fmt.Errorf("%q is not like tcp://127.0.0.1:0", url)
	}
	p := &port{network: network, address: address, looks: look, conns: map[net.Conn]bool{}}
	p.changed = sync.NewCond(&p.mu)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p, p.open()
}

// open makes the socket, the first time or again. The caller holds mu.
func (p *port) open() error {
	var err error
	switch p.network {
	case "udp":
		var conn net.PacketConn
		if conn, err = net.ListenPacket(p.network, p.address); err == nil {
			p.address = conn.LocalAddr().String()
			conn.(*net.UDPConn).SetReadBuffer(8 << 20)
			p.serve(conn.(*net.UDPConn))
		}
	case "unixgram":
		os.Remove(p.address) // what an earlier one left
		var conn *net.UnixConn
		if conn, err = net.ListenUnixgram(p.network, &net.UnixAddr{Name: p.address, Net: p.network}); err == nil {
			p.serve(conn)
		}
	default:
		var ln net.Listener
		if ln, err = net.Listen(p.network, p.address); err == nil {
			p.ln, p.address = ln, ln.Addr().String()
			p.wg.Go(func() { p.accept(ln) })
		}
	}
	if err != nil {
		return fmt.Errorf("listening on %s://%s: %w", p.network, p.address, err)
	}
	return nil
}

// accept takes connections until the listener is closed.
func (p *port) accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		if p.ln == ln {
			p.opened.Add(1)
			p.serve(conn)
		} else {
			conn.Close()
		}
		p.mu.Unlock()
	}
}

// serve reads a connection in a goroutine of its own. The caller holds mu.
func (p *port) serve(conn net.Conn) {
	p.conns[conn] = false
	p.wg.Go(func() {
		p.read(conn)
		conn.Close()
		p.mu.Lock()
		delete(p.conns, conn)
		p.changed.Broadcast()
		p.mu.Unlock()
	})
}

// pause waits while the port is stalled, unless the connection was closed.
func (p *port) pause(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.stalled {
		if _, open := p.conns[conn]; !open {
			return
		}
		p.conns[conn] = true
		p.changed.Broadcast()
		p.changed.Wait()
	}
	if _, open := p.conns[conn]; open {
		p.conns[conn] = false
	}
}

// read counts what comes in on one connection until its end.
func (p *port) read(conn net.Conn) {
	datagrams := p.network == "udp" || p.network == "unixgram"
	buf := make([]byte, 256<<10)
	var stream stream
	inside := false // a line that has begun has not ended
	for {
		p.pause(conn)
		n, err := conn.Read(buf)
		if n > 0 {
			lines := int64(0)
			if p.pickle {
				lines = points(&stream, buf[:n])
				inside = len(stream.tail) > 0
			} else {
				lines = int64(bytes.Count(buf[:n], []byte{'\n'}))
				inside = buf[n-1] != '\n'
			}
			if datagrams && inside { // the last line of a datagram needs no newline
				lines, inside = lines+1, false
			}
			p.check.take(&stream, buf[:n], datagrams)
			p.watch.take(&stream, buf[:n])
			p.lines.Add(lines)
			p.bytes.Add(int64(n))
			p.reads.Add(1)
			p.last.Store(time.Now().UnixNano())
		}
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	if inside {
		p.cut.Add(1)
	}
}

// obey carries out a command.
func (p *port) obey(command string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch command {
	case "report":
	case "zero":
		for _, n := range []*atomic.Int64{&p.lines, &p.bytes, &p.reads, &p.opened, &p.cut, &p.last} {
			n.Store(0)
		}
	case "stall":
		p.stall()
	case "refuse":
		if p.ln != nil {
			p.ln.Close()
			p.ln = nil
		}
		p.hangUp()
	case "reset":
		for conn := range p.conns {
			if tcp, ok := conn.(*net.TCPConn); ok {
				tcp.SetLinger(0)
			}
		}
		p.hangUp()
	case "resume":
		return p.resume()
	default:
		return fmt.Errorf("there is no command %q", command)
	}
	return nil
}

// stall stops the reading, and returns when nobody reads any more. The caller holds mu.
func (p *port) stall() {
	p.stalled = true
	for conn := range p.conns {
		conn.SetReadDeadline(time.Unix(1, 0)) // wakes those that wait for data
	}
	for slices.Contains(slices.Collect(maps.Values(p.conns)), false) {
		p.changed.Wait()
	}
}

// resume ends a stall or a refusal. The caller holds mu.
func (p *port) resume() error {
	for conn := range p.conns {
		conn.SetReadDeadline(time.Time{})
	}
	p.stalled = false
	p.changed.Broadcast()
	if p.ln == nil && len(p.conns) == 0 {
		return p.open()
	}
	return nil
}

// hangUp closes the connections, and sends their readers to find that out. The caller holds mu.
func (p *port) hangUp() {
	for conn := range p.conns {
		conn.Close()
		delete(p.conns, conn)
	}
	p.changed.Broadcast()
}

// close ends the port.
func (p *port) close() {
	p.obey("refuse")
	p.wg.Wait()
}

// report reads the counts.
func (p *port) report() portReport {
	p.mu.Lock()
	address := p.address
	p.mu.Unlock()
	return portReport{
		Address: address, Lines: p.lines.Load(), Bytes: p.bytes.Load(), Reads: p.reads.Load(),
		Connections: p.opened.Load(), Cut: p.cut.Load(), Last: float64(p.last.Load()) / 1e9,
	}
}
