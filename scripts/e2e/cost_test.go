package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTapCost measures what it costs a daemon that takes 100,000 lines a second of 100,000 names when somebody watches one of
// them, by its name, by the end of it, and by a glob that says little: the CPU seconds with a tap, less those without, in turn.
// PLUMBAGO_E2E_PAIRS says how many times; as it depends on the machine, it is not measured unless it is asked for.
func TestTapCost(t *testing.T) {
	pairs := number(t, "PLUMBAGO_E2E_PAIRS", 0)
	if pairs == 0 {
		t.Skip("scripts/soak inside measures it")
	}
	outside(t)
	load := os.Getenv("PLUMBAGO_LOAD_BIN")
	if load == "" {
		load = filepath.Join(t.TempDir(), "load")
		if out, err := exec.Command("go", "build", "-o", load, "plumbago/bench/load").CombinedOutput(); err != nil {
			t.Fatalf("building the generator: %v\n%s", err, out)
		}
	}
	const names, rate = "100000", "100000"
	text, err := exec.Command(load, "-print", "names", "-names", names).Output()
	if err != nil {
		t.Fatal(err)
	}
	one, _, _ := strings.Cut(string(text), "\n")
	_, end, _ := strings.Cut(one, ".")
	_, end, _ = strings.Cut(end, ".")

	port := freePort(t)
	out := newRawSink(t, func(c io.Reader) { io.Copy(io.Discard, c) })
	d := start(t, setup{bin: program, conf: forwarding(port, out.addr, "")})
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	sending := exec.CommandContext(ctx, load, "-to", fmt.Sprintf("tcp://127.0.0.1:%d", port), "-names", names, "-rate", rate, "-for", "1h")
	if err := sending.Start(); err != nil {
		t.Fatal(err)
	}
	defer sending.Wait()
	d.received(300_000) // every name is known
	for _, glob := range []string{one, "*.*." + end, "*.*.node000-prod.cpu-?.**"} {
		var costs []float64
		for range pairs {
			without := d.load(5 * time.Second)
			watching := d.watch(glob)
			d.load(time.Second) // the tap gets to know the names
			costs = append(costs, d.load(5*time.Second)-without)
			if n := watching(); n == 0 {
				t.Errorf("watching %s shows nothing", glob)
			}
		}
		slices.Sort(costs)
		median := costs[len(costs)/2]
		t.Logf("watching %s costs %.2f %% of a core (median of %d, %.2f to %.2f)", glob, 100*median, pairs, 100*costs[0], 100*costs[len(costs)-1])
		if glob == one && median > 0.01 {
			t.Errorf("watching a name costs more than 1 %% of a core")
		}
	}
	stop()
}

// load returns which part of a core the daemon takes, over a span of time.
func (d *daemon) load(span time.Duration) float64 {
	d.t.Helper()
	before, begin := cpu(d.t, d.cmd.Process.Pid), time.Now()
	time.Sleep(span)
	return (cpu(d.t, d.cmd.Process.Pid) - before).Seconds() / time.Since(begin).Seconds()
}

// watch opens a tap; what it returns ends it and says how many bytes were seen.
func (d *daemon) watch(glob string) (end func() int64) {
	d.t.Helper()
	res, err := http.Get(d.admin + "/api/tap?" + url.Values{"match": {glob}}.Encode())
	if err != nil || res.StatusCode != http.StatusOK {
		d.t.Fatal(res, err)
	}
	seen := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, res.Body) // ends with an error, as it is cut off
		seen <- n
	}()
	return func() int64 {
		res.Body.Close()
		return <-seen
	}
}
