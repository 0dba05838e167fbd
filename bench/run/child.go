package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A child is a process that this one started. It is ended by its own id and no other.
type child struct {
	cmd  *exec.Cmd
	log  string // path of what it printed
	done chan struct{}
}

// start runs a program with its output in a file.
func start(ctx context.Context, log, program string, args ...string) (*child, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	c := &child{cmd: exec.CommandContext(ctx, program, args...), log: log, done: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = out, out
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		c.cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// stop asks the process to end, and after five seconds makes it.
func (c *child) stop() {
	c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(5 * time.Second):
		c.cmd.Process.Kill()
		<-c.done
	}
}

// ready waits until somebody listens at address.
func (c *child) ready(address string) error {
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case <-c.done:
			return fmt.Errorf("it ended at once: %s", c.last())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("it does not listen on %s: %s", address, c.last())
}

// last returns the end of what the process printed.
func (c *child) last() string {
	text, _ := os.ReadFile(c.log)
	return string(text[max(0, len(text)-500):])
}

// A sink is the counting receiver, as a process.
type sink struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

// A sinkReport is what the sink says that matters here.
type sinkReport struct {
	Lines int64
	Last  float64
	User  float64
	Sys   float64
	Ports []struct {
		Address string
		Lines   int64
	}
	Check *checkReport
	Delay *delayReport
	Error string
}

// A delayReport is how long probes were on the way, in seconds.
type delayReport struct {
	Probes int     `json:"probes"`
	P50    float64 `json:"p50"`
	P99    float64 `json:"p99"`
	P999   float64 `json:"p999"`
	Most   float64 `json:"most"`
}

// A checkReport is what the sink found in the lines, where it was told to look.
type checkReport struct {
	Series int     `json:"series"`
	Sum    float64 `json:"sum"`
	Kept   float64 `json:"kept"` // the sum, if of successive lines of one series and time only the last counts
	Bad    int64   `json:"bad"`
	Early  int64   `json:"early"` // times that went back
	Lost   int64   `json:"lost"`  // lines of a series left out
	Again  int64   `json:"again"` // or repeated
}

// newSink starts the sink with n ports and returns it with their addresses.
func newSink(ctx context.Context, program string, n int, args ...string) (*sink, []string, error) {
	for range n {
		args = append(args, "-listen", "tcp://127.0.0.1:0")
	}
	k := &sink{cmd: exec.CommandContext(ctx, program, args...)}
	k.cmd.Stderr = os.Stderr
	in, err := k.cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := k.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := k.cmd.Start(); err != nil {
		return nil, nil, err
	}
	k.in, k.out = in, json.NewDecoder(bufio.NewReader(out))
	r, err := k.next()
	if err != nil {
		k.stop()
		return nil, nil, err
	}
	var addresses []string
	for _, p := range r.Ports {
		addresses = append(addresses, p.Address)
	}
	return k, addresses, nil
}

// next reads a report.
func (k *sink) next() (r sinkReport, err error) {
	if err := k.out.Decode(&r); err != nil {
		return r, fmt.Errorf("reading the sink's report: %w", err)
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

// report asks for the counts.
func (k *sink) report() (sinkReport, error) {
	if _, err := io.WriteString(k.in, "report\n"); err != nil {
		return sinkReport{}, err
	}
	return k.next()
}

// stop ends the sink.
func (k *sink) stop() {
	k.in.Close()
	k.cmd.Wait()
}
