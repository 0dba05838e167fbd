// Load makes carbon's traffic: it sends lines with realistic names to an address at a fixed rate or as fast as they are
// taken, and prints what it sent, and at what cost, as one JSON object.
//
// Everything is built before the first byte is sent (track.go), so that the generator costs a small part of whatever it
// drives. The stream depends on the flags alone: two systems that are measured with the same flags get the same lines.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	to       string
	conns    int
	names    int
	groups   int
	seed     uint64
	protocol string
	frame    int
	write    int
	rate     int64
	lines    int64
	span     time.Duration
	probe    time.Duration
	print    string
}

// A result is what is printed at the end.
type result struct {
	Lines   int64   `json:"lines"`
	Bytes   int64   `json:"bytes"`
	Writes  int64   `json:"writes"`
	Sum     float64 `json:"sum"`     // of all values sent, or of what statsd counts
	Start   float64 `json:"start"`   // Unix time of the first write
	Seconds float64 `json:"seconds"` // from then until the last write returned
	Behind  float64 `json:"behind"`  // the most that a tick was late, in seconds
	User    float64 `json:"user"`    // own CPU seconds since the first write
	Sys     float64 `json:"sys"`
}

func main() {
	var o options
	flag.StringVar(&o.to, "to", "", "where to send: tcp://HOST:PORT, udp://HOST:PORT, unix://PATH or unixgram://PATH")
	flag.IntVar(&o.conns, "conns", 4, "connections, or sockets")
	flag.IntVar(&o.names, "names", 100000, "distinct names")
	flag.IntVar(&o.groups, "groups", 1000, "distinct first two nodes of the names")
	flag.Uint64Var(&o.seed, "seed", 1, "of names' order and values")
	flag.StringVar(&o.protocol, "protocol", "line", "line, pickle or statsd")
	flag.IntVar(&o.frame, "frame", 500, "points of a pickle frame")
	flag.IntVar(&o.write, "write", 0, "bytes of a write at most; 1 is one line each (default 64 KiB on streams, 1400 in datagrams)")
	flag.Int64Var(&o.rate, "rate", 0, "lines a second; 0 as fast as they are taken")
	flag.Int64Var(&o.lines, "lines", 0, "lines to send; 0 until -for is over")
	flag.DurationVar(&o.span, "for", 0, "how long to send")
	flag.DurationVar(&o.probe, "probe", 0, "how often to send a line that says when it was sent, on connections of their own (see sink -probes)")
	flag.StringVar(&o.print, "print", "", "names or groups: print these and send nothing")
	flag.Parse()
	if err := o.run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// run does what the flags say.
func (o *options) run() error {
	if err := o.check(); err != nil {
		return err
	}
	switch o.print {
	case "groups":
		for g := range o.groups {
			fmt.Println(group(g))
		}
		return nil
	case "names":
		fmt.Println(strings.Join(names(o.names, o.groups, o.seed), "\n"))
		return nil
	}
	senders, err := o.senders()
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	var probed int64
	var failed error
	stop := make(chan struct{})
	if network, address, _ := strings.Cut(o.to, "://"); o.probe > 0 {
		wg.Go(func() { probed, failed = probes(network, address, o.conns, o.probe, stop) })
	}
	r, err := o.send(senders)
	close(stop)
	wg.Wait()
	if err := errors.Join(err, failed); err != nil {
		return err
	}
	r.Lines += probed
	return json.NewEncoder(os.Stdout).Encode(r)
}

// check says what is wrong with the flags.
func (o *options) check() error {
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("what is %q?", flag.Arg(0))
	case o.conns < 1 || o.names < o.conns || o.groups < 1 || o.frame < 1:
		return errors.New("-conns, -groups and -frame are at least 1, -names at least -conns")
	case o.protocol != "line" && o.protocol != "pickle" && o.protocol != "statsd":
		return fmt.Errorf("-protocol %q is none of line, pickle and statsd", o.protocol)
	case o.print != "" && o.print != "names" && o.print != "groups":
		return fmt.Errorf("-print %q is neither names nor groups", o.print)
	case o.print == "" && o.lines <= 0 && o.span <= 0:
		return errors.New("one of -lines and -for is needed, or it would never end")
	}
	return nil
}

// senders builds the tracks and opens the connections. Names are dealt out to the connections in turn.
func (o *options) senders() ([]*sender, error) {
	network, address, ok := strings.Cut(o.to, "://")
	if !ok {
		return nil, fmt.Errorf("-to %q is not like tcp://127.0.0.1:2003", o.to)
	}
	most := o.write
	if most == 0 {
		if most = 64 << 10; network == "udp" || network == "unixgram" {
			most = 1400
		}
	}
	all, values := names(o.names, o.groups, o.seed), starts(o.names, o.seed)
	var senders []*sender
	for c := range o.conns {
		var mine []string
		var from []start
		for i := c; i < len(all); i += o.conns {
			mine, from = append(mine, all[i]), append(from, values[i])
		}
		s := &sender{most: most}
		switch o.protocol {
		case "pickle":
			s.track = newPickle(mine, from, o.frame)
		case "statsd":
			s.track = newStatsd(mine, from, network == "udp" && most == 1)
		default:
			s.track = newLines(mine, from)
		}
		senders = append(senders, s)
	}
	for _, s := range senders {
		conn, err := net.Dial(network, address)
		if err != nil {
			return nil, fmt.Errorf("connecting: %w", err)
		}
		s.conn = conn
		if most == 1 {
			s.alone = newSegmenter(conn)
		}
	}
	return senders, nil
}

// send sends, closes the connections and adds up.
func (o *options) send(senders []*sender) (result, error) {
	var r result
	var err error
	total, span := o.lines, o.span
	if span == 0 {
		span = math.MaxInt64
	}
	before, begin := usage(), time.Now()
	if o.rate > 0 {
		if most := float64(o.rate) * span.Seconds(); total == 0 || float64(total) > most {
			total = int64(most)
		}
		var behind time.Duration
		behind, err = paced(senders, o.rate, total)
		r.Behind = behind.Seconds()
	} else {
		if total == 0 {
			total = math.MaxInt32 * int64(len(senders))
		}
		err = flood(senders, total, span)
	}
	r.Seconds = time.Since(begin).Seconds()
	r.Start = float64(begin.UnixNano()) / 1e9
	after := usage()
	r.User, r.Sys = after.user-before.user, after.sys-before.sys
	var sum int64
	for _, s := range senders {
		if e := s.conn.Close(); err == nil {
			err = e
		}
		r.Lines += s.lines
		r.Bytes += s.bytes
		r.Writes += s.writes
		sum += s.sum
	}
	r.Sum = float64(sum) / 100
	return r, err
}

// A cost is CPU time in seconds.
type cost struct{ user, sys float64 }

// usage returns what this process has used so far.
func usage() cost {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return cost{float64(u.Utime.Nano()) / 1e9, float64(u.Stime.Nano()) / 1e9}
}
