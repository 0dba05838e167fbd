// Sink counts lines: it listens on one or more addresses, counts what arrives on each exactly, and answers commands on
// its standard input with one JSON report a line on its standard output. The first line it prints, unasked, is a report
// too: by then it listens, and the report says where.
//
// Commands: report; zero (start counting afresh); stall, refuse, reset or resume, for all ports or, followed by a number,
// for one (0 is the first); quit. The end of the input, SIGTERM and SIGINT are quit too, which reports a last time.
//
// A stalled port keeps its connections and takes new ones, but does not read. A refused one has no listener and no
// connections. A reset breaks the connections that are there, and that is all.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
)

// A report is the state of all ports.
type report struct {
	Lines int64        `json:"lines"`
	Bytes int64        `json:"bytes"`
	Last  float64      `json:"last"` // Unix time of the last read, 0 before it
	User  float64      `json:"user"` // own CPU seconds since the start
	Sys   float64      `json:"sys"`
	Ports []portReport `json:"ports"`
	Check *checkReport `json:"check,omitempty"` // with -verify
	Delay *probeReport `json:"delay,omitempty"` // with -probes
	Error string       `json:"error,omitempty"` // what was wrong with the command
}

func main() {
	var addresses []string
	flag.Func("listen", "address to listen on, once or more: tcp://127.0.0.1:0, udp://..., unix://PATH or unixgram://PATH",
		func(a string) error { addresses = append(addresses, a); return nil })
	verify := flag.Bool("verify", false, "parse every line, and report sums and what is missing or out of order")
	suffix := flag.String("suffix", "", "with -verify: only names with this end")
	without := flag.String("without", "", "with -verify: only names that do not contain this")
	probes := flag.Bool("probes", false, "look for load's probes, and report how long they took")
	pickled := flag.Bool("pickle", false, "frames of pickle come in, not lines: their points are what is counted")
	flag.Parse()
	look := looks{pickle: *pickled}
	if *probes {
		look.watch = new(watch)
	}
	if *verify {
		look.check = newCheck(*suffix)
		look.check.without = []byte(*without)
	}
	if err := run(addresses, look); err != nil {
		fmt.Fprintln(os.Stderr, "sink:", err)
		os.Exit(1)
	}
}

// run listens, and obeys commands until it is told to quit.
func run(addresses []string, look looks) error {
	modes := 0
	for _, on := range []bool{look.check != nil, look.watch != nil, look.pickle} {
		if on {
			modes++
		}
	}
	if len(addresses) == 0 || flag.NArg() > 0 || modes > 1 {
		return fmt.Errorf("usage: sink -listen ADDRESS... [-verify [-suffix TEXT] | -probes | -pickle]")
	}
	s := &sink{looks: look}
	defer s.close()
	for _, a := range addresses {
		p, err := listen(a, look)
		if err != nil {
			return err
		}
		s.ports = append(s.ports, p)
	}
	quit := make(chan os.Signal, 1)
	signal.Notify(quit, syscall.SIGTERM, syscall.SIGINT)
	commands := make(chan string)
	go func() {
		defer close(commands)
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			commands <- lines.Text()
		}
	}()
	out := json.NewEncoder(os.Stdout)
	if err := out.Encode(s.report()); err != nil {
		return err
	}
	for {
		select {
		case <-quit:
			return out.Encode(s.report())
		case command, ok := <-commands:
			if !ok || strings.TrimSpace(command) == "quit" {
				return out.Encode(s.report())
			}
			err := s.obey(strings.Fields(command))
			r := s.report()
			if err != nil {
				r.Error = err.Error()
			}
			if err := out.Encode(r); err != nil {
				return err
			}
		}
	}
}

// A sink is the ports and what looks at their lines.
type sink struct {
	ports []*port
	looks
}

// looks is how what comes in is looked at, besides being counted.
type looks struct {
	check  *check // nil without -verify
	watch  *watch // nil without -probes
	pickle bool
}

// close closes all ports.
func (s *sink) close() {
	for _, p := range s.ports {
		p.close()
	}
}

// obey carries out a command.
func (s *sink) obey(words []string) error {
	if len(words) == 0 {
		return fmt.Errorf("no command")
	}
	ports := s.ports
	if len(words) > 1 {
		i, err := strconv.Atoi(words[1])
		if err != nil || i < 0 || i >= len(s.ports) {
			return fmt.Errorf("there is no port %q", words[1])
		}
		ports = s.ports[i : i+1]
	}
	if words[0] == "zero" {
		s.check.zero()
		s.watch.zero()
	}
	for _, p := range ports {
		if err := p.obey(words[0]); err != nil {
			return err
		}
	}
	return nil
}

// report looks at all ports.
func (s *sink) report() report {
	var r report
	for _, p := range s.ports {
		one := p.report()
		r.Ports = append(r.Ports, one)
		r.Lines += one.Lines
		r.Bytes += one.Bytes
		r.Last = max(r.Last, one.Last)
	}
	r.Check, r.Delay = s.check.report(), s.watch.report()
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	r.User, r.Sys = float64(u.Utime.Nano())/1e9, float64(u.Stime.Nano())/1e9
	return r
}
