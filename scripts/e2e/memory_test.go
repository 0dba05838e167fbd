package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestMemoryLimit has lines come in as fast as they can, of names that are ever new too, while every endpoint is dead, each
// with a queue as large as all the memory there may be: the process stays within the limit, and everything is accounted for.
// PLUMBAGO_E2E_MEMORY is the limit in MiB, PLUMBAGO_E2E_SECONDS for how long (0: until 300,000 lines have come),
// PLUMBAGO_E2E_RATE how many lines a second come (0: as many as can), PLUMBAGO_E2E_CGROUP how many MiB a memory cgroup of the first version has, where it is to run in one.
func TestMemoryLimit(t *testing.T) {
	outside(t)
	limit := number(t, "PLUMBAGO_E2E_MEMORY", 96)
	span := time.Duration(number(t, "PLUMBAGO_E2E_SECONDS", 0)) * time.Second
	rate := number(t, "PLUMBAGO_E2E_RATE", 0)
	port := freePort(t)
	var conf strings.Builder
	memory := strconv.Itoa(limit) + "MiB"
	bin := program
	if group := number(t, "PLUMBAGO_E2E_CGROUP", 0); group > 0 {
		bin, memory = caged(t, group), "80%"
		limit = group * 8 / 10
	}
	fmt.Fprintf(&conf, "[limits]\nmemory = %q\n[[listen]]\naddress = \"tcp://127.0.0.1:%d\"\n", memory, port)
	send := ""
	for i := range 4 {
		fmt.Fprintf(&conf, "[[cluster]]\nname = \"dead%d\"\nendpoints = [\"127.0.0.1:1\"]\nqueue = \"%dMiB\"\noverflow = %q\n",
			i, limit, []string{"drop_oldest", "drop_newest"}[i%2])
		send += fmt.Sprintf("%q, ", "dead"+strconv.Itoa(i))
	}
	fmt.Fprintf(&conf, `
[[rule]]
match = "churn.**"
[rule.aggregate]
functions = ["avg", "p99"]
send = ["dead0"]
[[rule]]
match = "steady.**"
[rule.aggregate]
functions = ["count"]
period = "1s"
send = ["dead1"]
[[rule]]
match = "**"
send = [%s]
`, strings.TrimSuffix(send, ", "))
	d := start(t, setup{bin: bin, conf: conf.String(), args: []string{"--drain", "100ms"}})
	begin := time.Now()
	var lines atomic.Int64
	var wg sync.WaitGroup
	for sender := range 2 {
		c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		c.SetDeadline(time.Time{})
		wg.Go(func() {
			for i := 0; time.Since(begin) < span || span == 0 && i < 150; i++ {
				var text []byte
				for j := range 1000 {
					if j%5 == 0 {
						text = fmt.Appendf(text, "churn.new.name.%d.%d.%d 1\n", sender, i, j)
					} else {
						text = fmt.Appendf(text, "steady.series.with.a.long.name.that.fills.the.queues.of.endpoints.that.are.dead.%d.of.%d 1\n", j, sender)
					}
				}
				if _, err := c.Write(text); err != nil {
					t.Errorf("writing: %v", err)
					return
				}
				lines.Add(1000)
				if rate > 0 {
					time.Sleep(time.Until(begin.Add(time.Duration(i) * 2000 * time.Second / time.Duration(rate))))
				}
			}
			c.Close()
		})
	}
	most := int64(0)
	for more := true; more; more = time.Since(begin) < span || span == 0 && lines.Load() < 300_000 {
		d.ledger()
		most = max(most, rss(t, d.pid(), "VmRSS"))
		time.Sleep(50 * time.Millisecond)
	}
	wg.Wait()
	l := d.received(lines.Load())
	peak := rss(t, d.pid(), "VmHWM")
	s := d.memory()
	t.Logf("limit %d MiB; %d lines in %v; at most %d MiB resident, peak %d; %+v; series refused: %d, overflow %v", limit, lines.Load(), span,
		most>>20, peak>>20, s, l.Dropped["series_limit"], l.endpoint(t, "dead0").Dropped)
	if allowed := int64(limit)<<20*11/10 + 16<<20; peak > allowed {
		t.Errorf("the process took %d MiB, with a limit of %d", peak>>20, limit)
	}
	if s.Limit != int64(limit)<<20 && bin == program || s.Used == 0 {
		t.Errorf("the status says %+v", s)
	}
	for i := range 4 {
		if e := l.endpoint(t, "dead"+strconv.Itoa(i)); e.Queued == 0 {
			t.Errorf("nothing is queued for the endpoint of dead%d: %+v", i, e)
		}
	}
	d.metric(fmt.Sprintf("plumbago_memory_limit_bytes %s", strconv.FormatFloat(float64(s.Limit), 'g', -1, 64)))
	d.signal(syscall.SIGTERM)
	d.ended()
}

// A memoryStatus is what /api/status says of it.
type memoryStatus struct {
	Limit int64
	Used  int64
	Live  int64
	Tight bool
}

func (d *daemon) memory() memoryStatus {
	d.t.Helper()
	_, body, err := d.get("/api/status")
	if err != nil {
		d.t.Fatal(err)
	}
	var s struct{ Memory memoryStatus }
	unmarshal(d.t, body, &s)
	return s.Memory
}

func (d *daemon) pid() int { return d.cmd.Process.Pid }

// caged returns a program that runs plumbago in a memory cgroup of so many MiB.
func caged(t *testing.T, mib int) string {
	t.Helper()
	group := fmt.Sprintf("/sys/fs/cgroup/memory/plumbago-e2e-%d", os.Getpid())
	if err := os.Mkdir(group, 0o755); err != nil {
		absent(t, "no memory cgroup of the first version can be made: "+err.Error())
	}
	t.Cleanup(func() {
		t.Logf("the cgroup took %s at most, and was at its limit %s times", strings.TrimSpace(read(t, group+"/memory.max_usage_in_bytes")),
			strings.TrimSpace(read(t, group+"/memory.failcnt")))
		os.Remove(group)
	})
	write(t, group+"/memory.limit_in_bytes", strconv.Itoa(mib<<20))
	bin := filepath.Join(t.TempDir(), "caged")
	write(t, bin, fmt.Sprintf("#!/bin/sh\necho $$ >%s/cgroup.procs\nexec %s \"$@\"\n", group, program))
	if err := os.Chmod(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	return bin
}
