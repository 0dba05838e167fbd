package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// clients is how many connections redis-benchmark hits over.
const clients = 4

// count has redis-benchmark hit a key, and takes the measure. Each hit is answered, so all that were sent have arrived; an answer that
// is an error ends redis-benchmark with one.
func (b *bench) count(ctx context.Context, s scenario, m *measurement, y system) (err error) {
	benchmark, err := exec.LookPath("redis-benchmark")
	if err != nil {
		m.Skipped = "redis-benchmark is not installed"
		return nil
	}
	var w work
	if w.Dir, err = os.MkdirTemp("", "bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(w.Dir)
	if w.In, err = freeAddress(); err != nil {
		return err
	}
	if w.InHost, w.InPort, err = net.SplitHostPort(w.In); err != nil {
		return err
	}
	if m.Skipped, err = y.prepare(b.peers, &w, s); err != nil || m.Skipped != "" {
		return err
	}
	args, err := w.fillAll(y.args)
	if err != nil {
		return err
	}
	c, err := start(ctx, w.Dir+"/log", y.program, args...)
	if err != nil {
		return err
	}
	defer c.stop()
	if err := c.ready(w.In); err != nil {
		m.Skipped = err.Error()
		return nil
	}
	time.Sleep(500 * time.Millisecond) // what starting costs is over
	before, err := used(c.cmd.Process.Pid)
	if err != nil {
		return err
	}
	run := exec.CommandContext(ctx, benchmark, append([]string{
		"-h", w.InHost, "-p", w.InPort, "-q", "-c", strconv.Itoa(clients), "-P", strconv.Itoa(s.pipeline), "-n", strconv.FormatInt(s.hits, 10),
	}, y.hit...)...)
	began := time.Now()
	if out, err := run.CombinedOutput(); err != nil {
		return fmt.Errorf("running redis-benchmark: %w: %s", err, out)
	}
	m.Seconds = time.Since(began).Seconds()
	after, err := used(c.cmd.Process.Pid)
	if err != nil {
		return fmt.Errorf("it ended while it was measured: %w: %s", err, c.last())
	}
	u := after.since(before)
	m.Sent, m.Got = s.hits, s.hits
	m.CPU, m.User, m.Sys, m.Context, m.Peak = u.cpu, u.user, u.sys, u.switches, u.peak
	m.Load = (run.ProcessState.UserTime() + run.ProcessState.SystemTime()).Seconds()
	return nil
}
