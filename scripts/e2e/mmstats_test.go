package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"plumbago/ingest/mmstats"
)

// TestMmstats samples an application's file: its counters become rates, its other numbers are sent as they are.
func TestMmstats(t *testing.T) {
	dir := t.TempDir()
	f, err := mmstats.Create(mmstats.Options{Path: dir, Prefix: "app."})
	if err != nil {
		t.Fatal(err)
	}
	hits, load := mmstats.NewCounter(f, "hits"), mmstats.NewGauge[float64](f, "load")
	load.Set(0.5)
	hits.Add(1000)
	out := newSink(t)
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
protocol = "mmstats"
address = "file://%s/*.mmstats"
period = "1s"
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "app.hits"
stop = true
[rule.aggregate]
period = "1s"
functions = ["delta"]
partial = "emit"
send = ["out"]
[[rule]]
match = "app.load"
send = ["out"]
`, dir, out.addr)})
	d.await("the counter has a baseline", func(l *ledger) bool { return l.Aggregated >= 1 })
	hits.Add(42)
	eventually(t, "the growth and the load arrive", func() bool {
		text := strings.Join(out.got(), "\n")
		return strings.Contains(text, "app.hits.delta 42 ") && strings.Contains(text, "app.load 0.5 ")
	})
	if l := d.ledger(); l.Unrouted == 0 { // app.sys.pid and its like
		t.Errorf("%+v", l)
	}
	d.stop()
}

// TestMmstatsCommands reads, watches and cleans files with the built binary.
func TestMmstatsCommands(t *testing.T) {
	outside(t)
	dir := t.TempDir()
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	for name, pid := range map[string]int{"alive": os.Getpid(), "dead": gone.Process.Pid} {
		f, err := mmstats.Create(mmstats.Options{Path: dir, Filename: name + ".mmstats", Bare: true})
		if err != nil {
			t.Fatal(err)
		}
		mmstats.NewStatic(f, "sys.pid", uint32(pid))
		mmstats.NewCounter(f, "hits").Add(21)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(program, append([]string{"mmstats"}, args...)...)
		cmd.Env = append(os.Environ(), "MMSTATS_PATH="+dir, "MMSTATS_GLOB=")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v: %v: %s", args, err, out)
		}
		return string(out)
	}
	alive, dead := filepath.Join(dir, "alive.mmstats"), filepath.Join(dir, "dead.mmstats")
	if got, want := run("slurp"), fmt.Sprintf("==> %s\n  sys.pid %d\n  hits    21\n\n==> %s\n  sys.pid %d\n  hits    21\n\n", alive, os.Getpid(), dead, gone.Process.Pid); got != want {
		t.Errorf("slurp: %q, want %q", got, want)
	}
	if got, want := run("poll", "-c", "1", "hits"), "        hits        \n                 42 \n"; got != want {
		t.Errorf("poll: %q, want %q", got, want)
	}
	if got, want := run("clean"), "PID "+strconv.Itoa(gone.Process.Pid)+" not found. Deleting "+dead+"\nRemoved 1  -  1 alive\n"; got != want {
		t.Errorf("clean: %q, want %q", got, want)
	}
	port := freePort(t)
	cmd := exec.Command(program, "mmstats", "serve", "--address", fmt.Sprintf("127.0.0.1:%d", port), filepath.Join(dir, "*"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	eventually(t, "the page answers", func() bool {
		resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/stats/hits?aggr=sum", port))
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var body bytes.Buffer
		_, _ = body.ReadFrom(resp.Body)
		return strings.TrimSpace(body.String()) == `{"hits":21}`
	})
}
