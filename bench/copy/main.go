// Copy is the floor: the least that a relay in Go can do. It reads blocks, splits them into lines, hashes each name
// byte by byte, copies the line to the buffer of one of its destinations and writes the buffers after every read. It
// checks nothing, remembers nothing and queues nothing.
//
// What a relay costs more than this is the price of what it does for it. With -wait it sleeps before each read, so that
// more arrives at a time: at usual rates waking up is most of the cost.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:2003", "TCP address to listen on")
	to := flag.String("to", "", "TCP addresses to send to, separated by commas")
	wait := flag.Duration("wait", 0, "how long to sleep before each read")
	flag.Parse()
	fmt.Fprintln(os.Stderr, "copy:", run(*listen, strings.Split(*to, ","), *wait))
	os.Exit(1)
}

// A destination is a connection that all readers write whole lines to.
type destination struct {
	mu   sync.Mutex
	conn net.Conn
}

// run copies until the process is killed, or something fails.
func run(listen string, to []string, wait time.Duration) error {
	var all []*destination
	for _, address := range to {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		all = append(all, &destination{conn: conn})
	}
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go func() {
			if err := relay(conn, all, wait); err != nil {
				fmt.Fprintln(os.Stderr, "copy:", err)
			}
		}()
	}
}

// relay copies one connection's lines.
func relay(conn net.Conn, all []*destination, wait time.Duration) error {
	defer conn.Close()
	buf := make([]byte, 256<<10)
	out := make([][]byte, len(all))
	kept := 0 // bytes of an unfinished line at the front of buf
	for {
		if wait > 0 {
			time.Sleep(wait)
		}
		n, err := conn.Read(buf[kept:])
		if err != nil {
			return nil // the sender has gone
		}
		kept += n
		rest := split(buf[:kept], out)
		if len(rest) == len(buf) {
			return fmt.Errorf("a line of %d bytes", len(rest))
		}
		kept = copy(buf, rest)
		for i, d := range all {
			if len(out[i]) == 0 {
				continue
			}
			d.mu.Lock()
			_, err := d.conn.Write(out[i])
			d.mu.Unlock()
			if err != nil {
				return err
			}
			out[i] = out[i][:0]
		}
	}
}

// split appends each line to one of out, by the FNV-1a hash of its name, and returns the unfinished line.
func split(b []byte, out [][]byte) (rest []byte) {
	for {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			return b
		}
		line := b[:end+1]
		hash := uint32(2166136261)
		for _, c := range line {
			if c == ' ' {
				break
			}
			hash = (hash ^ uint32(c)) * 16777619
		}
		i := int(hash % uint32(len(out)))
		out[i] = append(out[i], line...)
		b = b[end+1:]
	}
}
