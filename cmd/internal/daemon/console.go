package daemon

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"plumbago/ingest"
	"plumbago/ingest/statsd"
)

const (
	consoleConns = 16                    // connections of one console at once
	consoleIdle  = 10 * time.Minute      // how long one may be silent
	consoleRead  = 64 << 10              // the longest command
	consolePause = 50 * time.Millisecond // how long the rest of a command without a newline is waited for
)

// A console answers the management commands of the reference statsd on a port of its own.
type console struct {
	address string
	source  uint16 // the listener whose samples it is about
	options statsd.Options
	daemon  *Daemon
	log     *zap.Logger

	socket net.Listener
	wg     sync.WaitGroup
	mu     sync.Mutex // of the two below
	conns  map[net.Conn]struct{}
	down   bool // what "health" answers
}

// newConsole returns the console of a listener, nil if it has none.
func newConsole(d *Daemon, source uint16, o statsd.Options) *console {
	if o.Manage == "" {
		return nil
	}
	return &console{
		address: strings.TrimPrefix(o.Manage, "tcp://"), source: source, options: o, daemon: d, log: d.log, conns: map[net.Conn]struct{}{},
	}
}

// addConsole makes the console of a listener, if it has one.
func (d *Daemon) addConsole(l *ingest.Listener, listen ingest.Options) {
	if o, ok := listen.StatsdOptions(); ok && o.Manage != "" {
		d.consoles = append(d.consoles, newConsole(d, l.Source(), o))
	}
}

// openConsoles binds the ports of all consoles; on an error nothing of the daemon is open.
func (d *Daemon) openConsoles() error {
	for _, c := range d.consoles {
		if err := c.open(); err != nil {
			d.unopen()
			return fmt.Errorf("opening the port for management commands: %w", err)
		}
	}
	return nil
}

func (d *Daemon) startConsoles() {
	for _, c := range d.consoles {
		if c.socket != nil {
			c.start()
		}
	}
}

// startedAt is when d was started.
func (d *Daemon) startedAt() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.started
}

// open binds the port.
func (c *console) open() (err error) {
	c.socket, err = net.Listen("tcp", c.address)
	return err
}

// start answers who connects.
func (c *console) start() {
	c.log.Info("answering management commands", zap.Stringer("address", url{c.socket.Addr()}))
	c.wg.Go(func() {
		for {
			conn, err := c.socket.Accept()
			switch {
			case errors.Is(err, net.ErrClosed):
				return
			case err != nil:
				time.Sleep(consolePause)
			case !c.add(conn):
				_ = conn.Close()
			default:
				c.wg.Go(func() { c.serve(conn) })
			}
		}
	})
}

func (c *console) add(conn net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns == nil || len(c.conns) >= consoleConns {
		return false
	}
	c.conns[conn] = struct{}{}
	return true
}

// close ends the console and its connections.
func (c *console) close() {
	if c.socket == nil {
		return
	}
	_ = c.socket.Close()
	c.mu.Lock()
	for conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
	c.mu.Unlock()
	c.wg.Wait()
}

// serve answers the commands of one connection.
func (c *console) serve(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		c.mu.Lock()
		delete(c.conns, conn)
		c.mu.Unlock()
	}()
	buffer := make([]byte, 0, 4<<10)
	for wait := consoleIdle; ; {
		if len(buffer) == cap(buffer) {
			if cap(buffer) >= consoleRead {
				return
			}
			buffer = append(make([]byte, 0, 2*cap(buffer)), buffer...)
		}
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		n, err := conn.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if err == nil && buffer[len(buffer)-1] != '\n' {
			wait = consolePause // it may be all, or half of it
			continue
		}
		if err != nil && len(buffer) == 0 {
			return
		}
		ended := err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
		if !c.answerAll(conn, string(buffer)) || ended {
			return
		}
		buffer, wait = buffer[:0], consoleIdle
	}
}

// answerAll answers the commands in text, one a line; it reports whether the connection goes on.
func (c *console) answerAll(conn net.Conn, text string) bool {
	for line := range strings.Lines(text) {
		ctx, cancel := context.WithTimeout(context.Background(), consoleIdle)
		answer, more := c.answer(ctx, strings.Fields(line))
		cancel()
		if !more {
			return false
		}
		_ = conn.SetWriteDeadline(time.Now().Add(consoleIdle))
		if _, err := conn.Write([]byte(answer)); err != nil {
			return false
		}
	}
	return true
}
