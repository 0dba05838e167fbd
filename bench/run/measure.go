package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// How long a sink may get nothing before what is missing counts as lost. The first is for relays: carbon-c-relay sleeps
// up to 300 ms, and waits 600 ms for a write. Aggregates come a period and an expiry after the last line.
const (
	quiet          = 3 * time.Second
	quietAggregate = 45 * time.Second
	// A statsd flushes what is idle, too, so it is never quiet: this long after the last line it has flushed all that it will.
	lastFlush = (slice + 6) * time.Second
)

// settled is how long after its start a system is idle: a collector's first rounds and the return of what they freed are no rest.
const settled = 10 * time.Second

// slice is the period of the aggregates in bench/peers, in seconds.
const slice = 10

// exactly is how far a sum of floating point numbers may be from what it is, as a part of it.
const exactly = 1e-9

// A measurement is one run of one entry.
type measurement struct {
	Entry   string  `json:"entry"`
	Round   int     `json:"round"`
	Sent    int64   `json:"sent"`
	Got     int64   `json:"got"`              // lines at the sink
	Ports   []int64 `json:"ports"`            // the same for each destination
	Lost    float64 `json:"lost"`             // part of the lines sent, or of their sum, that did not arrive
	Wrong   bool    `json:"wrong,omitempty"`  // what arrived has nothing to do with what was sent; it all counts as lost then
	Seconds float64 `json:"seconds"`          // from the first line sent to the last received
	Lag     float64 `json:"lag"`              // seconds from the last line sent, or the end of its slice, to the last received
	CPU     float64 `json:"cpu"`              // seconds of the system's processes, and how they split up
	User    float64 `json:"user"`             //
	Sys     float64 `json:"sys"`              //
	Context int64   `json:"context_switches"` //
	Peak    int64   `json:"peak_bytes"`       // most memory at any time
	Load    float64 `json:"load_cpu"`         // CPU seconds of the generator
	Sink    float64 `json:"sink_cpu"`         // and of the sink
	Behind  float64 `json:"generator_behind"` // the most that the generator was late, in seconds
	Sum     float64 `json:"sum"`              // of the values sent

	Check   *checkReport `json:"check,omitempty"`   // what was found in what arrived
	Delay   *delayReport `json:"delay,omitempty"`   // how long probes were on the way
	Skipped string       `json:"skipped,omitempty"` // why there is nothing
}

// A loadReport is what the generator says that matters here.
type loadReport struct {
	Lines             int64
	Sum               float64
	Start, Seconds    float64
	Behind, User, Sys float64
}

// measure runs one entry once.
func (b *bench) measure(ctx context.Context, s scenario, e entry) (m measurement, err error) {
	m.Entry = e.label
	y, ok := b.table()[e.system]
	if !ok {
		return m, fmt.Errorf("there is no system %q", e.system)
	}
	if s.hits > 0 {
		return m, b.count(ctx, s, &m, y)
	}
	var check []string
	if s.statsd {
		check = []string{"-verify", "-suffix", ".count", "-without", ".statsd."}
	} else if s.aggregate {
		check = []string{"-verify", "-suffix", ".sum"}
	} else if s.probes {
		check = []string{"-probes"}
	} else if s.pickleOut {
		check = []string{"-pickle"}
	} else if b.verify {
		check = []string{"-verify"}
	}
	sink, out, err := newSink(ctx, b.program("sink"), s.outs, check...)
	if err != nil {
		return m, err
	}
	defer sink.stop()

	w := work{
		Out: out, Policy: s.policy, Rules: rules(b.groups, e.rules-1, s.kind), Each: s.each,
		Pickle: s.pickleIn, PickleOut: s.pickleOut, Linger: e.linger,
	}
	if w.Dir, err = os.MkdirTemp("", "bench-"); err != nil {
		return m, err
	}
	defer os.RemoveAll(w.Dir)
	if w.In, err = freeAddress(); err != nil {
		return m, err
	}
	if w.InHost, w.InPort, err = net.SplitHostPort(w.In); err != nil {
		return m, err
	}
	if m.Skipped, err = y.prepare(b.peers, &w, s); err != nil || m.Skipped != "" {
		return m, err
	}
	if y.program == "" {
		w.In = out[0]
		return m, b.drive(ctx, s, e, &m, w.In, sink, nil)
	}
	args, err := w.fillAll(y.args)
	if err != nil {
		return m, err
	}
	c, err := start(ctx, w.Dir+"/log", y.program, args...)
	if err != nil {
		return m, err
	}
	defer c.stop()
	if err := c.ready(w.In); err != nil {
		m.Skipped = err.Error()
		return m, nil
	}
	return m, b.drive(ctx, s, e, &m, w.In, sink, c)
}

// drive sends the lines and takes the measure. c is nil if there is no system between generator and sink.
func (b *bench) drive(ctx context.Context, s scenario, e entry, m *measurement, to string, sink *sink, c *child) error {
	// Connections to the destinations are made in this time, and what starting costs is over.
	time.Sleep(500 * time.Millisecond)
	var before, after usage
	var err error
	if c != nil {
		if before, err = used(c.cmd.Process.Pid); err != nil {
			return err
		}
	}
	begin, err := sink.report()
	if err != nil {
		return err
	}
	if s.idle {
		return b.rest(ctx, s, m, c)
	}
	load, err := b.load(ctx, s, e, to)
	if err != nil {
		return err
	}
	end, err := arrived(ctx, sink, s, load)
	if err != nil {
		return err
	}
	if c != nil {
		if after, err = used(c.cmd.Process.Pid); err != nil {
			return fmt.Errorf("it ended while it was measured: %w: %s", err, c.last())
		}
	}
	m.took(after.since(before))
	m.compare(s, load, end)
	m.Sink = end.User + end.Sys - begin.User - begin.Sys
	return nil
}

// took fills in what was used.
func (m *measurement) took(u usage) {
	m.CPU, m.User, m.Sys, m.Context, m.Peak = u.cpu, u.user, u.sys, u.switches, u.peak
}

// rest takes the measure of a system that has nothing to do.
func (b *bench) rest(ctx context.Context, s scenario, m *measurement, c *child) error {
	time.Sleep(settled) // what it does once at first is over
	before, err := used(c.cmd.Process.Pid)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(s.seconds) * time.Second):
	}
	after, err := used(c.cmd.Process.Pid)
	m.took(after.since(before))
	m.Peak = after.resident // when nothing is going on
	m.Seconds = float64(s.seconds)
	return err
}

// compare fills in what follows from what was sent and what arrived.
func (m *measurement) compare(s scenario, load loadReport, end sinkReport) {
	m.Sent, m.Got, m.Sum, m.Check, m.Delay = load.Lines, end.Lines, load.Sum, end.Check, end.Delay
	m.Load, m.Behind = load.User+load.Sys, load.Behind
	m.Lost = 1 - float64(end.Lines)/float64(load.Lines)
	for _, p := range end.Ports {
		m.Ports = append(m.Ports, p.Lines)
	}
	done := load.Start + load.Seconds
	if s.aggregate {
		m.Lost = 1 - end.Check.Kept/load.Sum
		switch far := math.Abs(m.Lost); {
		case far < exactly:
			m.Lost = 0
		case !(far <= 1):
			m.Lost, m.Wrong = 1, true
		}
		done = (math.Floor(done/slice) + 1) * slice
	}
	if end.Last > 0 {
		m.Seconds = end.Last - load.Start
		m.Lag = end.Last - done
	}
}

// load runs the generator.
func (b *bench) load(ctx context.Context, s scenario, e entry, to string) (r loadReport, err error) {
	rate := s.rate
	if e.most > 0 && rate > e.most {
		rate = e.most
	}
	args := []string{
		"-names", strconv.Itoa(s.names), "-rate", strconv.FormatInt(rate, 10), "-for", (time.Duration(s.seconds) * time.Second).String(),
	}
	if s.statsd {
		args = append(args, "-to", "udp://"+to, "-protocol", "statsd")
	} else {
		args = append(args, "-to", "tcp://"+to)
	}
	if s.single {
		args = append(args, "-write", "1")
	}
	if s.pickleIn {
		args = append(args, "-protocol", "pickle")
	}
	if s.probes {
		args = append(args, "-probe", "10ms")
	}
	out, err := exec.CommandContext(ctx, b.program("load"), args...).Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return r, fmt.Errorf("running the generator: %w", err)
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return r, fmt.Errorf("reading the generator's result: %w", err)
	}
	if r.Lines == 0 {
		return r, fmt.Errorf("the generator sent nothing: %s", out)
	}
	return r, nil
}

// arrived waits until all that was sent is at the sink, or nothing comes any more, and returns the sink's last report.
func arrived(ctx context.Context, k *sink, s scenario, load loadReport) (sinkReport, error) {
	patience := quiet
	if s.aggregate {
		patience = quietAggregate
	}
	over := time.Unix(0, int64((load.Start+load.Seconds)*1e9)).Add(lastFlush)
	for last, since := int64(-1), time.Now(); ; {
		r, err := k.report()
		if err != nil {
			return r, err
		}
		if s.aggregate && math.Abs(1-r.Check.Kept/load.Sum) < exactly || !s.aggregate && r.Lines >= load.Lines {
			return r, nil
		}
		if r.Lines != last {
			last, since = r.Lines, time.Now()
		}
		if time.Since(since) > patience || s.statsd && time.Now().After(over) {
			return r, nil
		}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
