package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The stores are built from their own modules, so that each has the dependencies that its authors chose.
const (
	goCarbonPath  = "github.com/go-graphite/go-carbon"
	carbonapiPath = "github.com/go-graphite/carbonapi/cmd/carbonapi"
)

// buildStore builds one of the programs under stores/.
func buildStore(t *testing.T, module, path string) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), module)
	cmd := exec.Command("go", "build", "-o", bin, path)
	cmd.Dir = filepath.Join("stores", module)
	if out, err := cmd.CombinedOutput(); err != nil {
		absent(t, fmt.Sprintf("building %s: %v\n%s", path, err, out))
	}
	return bin
}

// background runs a program until the test ends; its output is shown when the test fails.
func background(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	log := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = f, f
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			text := read(t, log)
			t.Logf("%s says:\n%s", filepath.Base(name), text[max(0, len(text)-3000):])
		}
	})
	return cmd
}

// listening waits until somebody listens on a TCP port of 127.0.0.1.
func listening(t *testing.T, port int) {
	t.Helper()
	eventually(t, fmt.Sprintf("a listener on port %d", port), func() bool {
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// A replay is ten minutes of samples every two seconds, and what must come of them in periods of ten.
type replay struct {
	from    int64
	samples string
	lines   int64
	want    map[string]map[int64]float64 // result -> time -> value
}

// newReplay computes the figures of a replay by itself, from the samples.
func newReplay(series int) *replay {
	r := &replay{from: hourAgo(), want: map[string]map[int64]float64{}}
	var b strings.Builder
	for s := range series {
		name := fmt.Sprintf("replay.host%02d.metric%d", s/10, s%10)
		avg, most := map[int64]float64{}, map[int64]float64{}
		r.want[name+".avg"], r.want[name+".max"] = avg, most
		for slice := r.from; slice < r.from+600; slice += 10 {
			total, top := 0.0, math.Inf(-1)
			for k := range int64(5) {
				v := float64((int64(s)*7919+slice/10*31+k*k*17)%2000) - 500 // whole numbers: their sum is exact
				total, top = total+v, max(top, v)
				fmt.Fprintf(&b, "%s %v %d\n", name, v, slice+2*k)
				r.lines++
			}
			avg[slice], most[slice] = total/5, top
		}
	}
	r.samples = b.String()
	return r
}

// results is how many points come of a replay.
func (r *replay) results() (n int64) {
	for _, s := range r.want {
		n += int64(len(s))
	}
	return n
}

// relayTo starts a plumbago that sends the averages and maxima of what comes on port to a store; keys are further keys of
// its cluster.
func relayTo(t *testing.T, port int, protocol string, store int, keys ...string) *daemon {
	return start(t, setup{bin: program, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "store"
protocol = %q
endpoints = ["127.0.0.1:%d"]
%s
[[rule]]
match = "replay.**"
[rule.aggregate]
send = "store"
`, port, protocol, store, strings.Join(keys, "\n"))})
}

// play sends the replay through nc and stops the daemon when all has left.
func (r *replay) play(t *testing.T, d *daemon, port int) {
	t.Helper()
	nc(t, fmt.Sprintf("127.0.0.1:%d", port), r.samples)
	results := r.results()
	d.await("every slice delivered", func(l *ledger) bool {
		results = r.results() + d.folding(1).Amended // on a machine that stood still
		return l.Received == r.lines && l.endpoint(t, "store").Delivered == results
	})
	if s := d.status(); s.Confirm != "close" || s.Proofs == 0 {
		t.Errorf("the store's proofs: %+v", s)
	}
	l := d.stop()
	if e := l.ledger.endpoint(t, "store"); e.Resent != 0 {
		t.Errorf("something was sent again: %+v", e)
	}
	if l.ledger.Emitted != results {
		t.Errorf("emitted %d results, want %d", l.ledger.Emitted, results)
	}
}

// TestGoCarbon replays ten minutes of 200 series into go-carbon and reads them back through carbonapi.
func TestGoCarbon(t *testing.T) {
	outside(t)
	in, api := startGoCarbon(t)
	r, port := newReplay(200), freePort(t)
	r.play(t, relayTo(t, port, "plaintext", in), port)
	var got map[string]map[int64]float64
	eventually(t, "carbonapi shows every point", func() bool {
		got = render(t, api, "replay.*.*.*", r.from-10, r.from+600)
		return count(got) >= r.results()
	})
	compare(t, got, r.want)
}

// startGoCarbon starts go-carbon and carbonapi in front of it; it returns the port for plaintext lines and that of
// carbonapi. keys are further keys of go-carbon's receiver.
func startGoCarbon(t *testing.T, keys ...string) (in, api int) {
	t.Helper()
	goCarbon, carbonapi := buildStore(t, "go-carbon", goCarbonPath), buildStore(t, "carbonapi", carbonapiPath)
	dir := t.TempDir()
	server := freePort(t)
	in, api = freePort(t), freePort(t)
	write(t, filepath.Join(dir, "schemas.conf"), "[all]\npattern = .*\nretentions = 10s:1d\n")
	write(t, filepath.Join(dir, "go-carbon.conf"), fmt.Sprintf(`
[common]
user = ""
metric-interval = "1h"
[whisper]
data-dir = %q
schemas-file = %q
[tcp]
listen = "127.0.0.1:%d"
%s
[udp]
enabled = false
[pickle]
enabled = false
[carbonlink]
enabled = false
[grpc]
enabled = false
[carbonserver]
enabled = true
listen = "127.0.0.1:%d"
trigram-index = false
query-cache-enabled = false
find-cache-enabled = false
glob-cache-enabled = false
[[logging]]
file = "stdout"
level = "warn"
`, dir, filepath.Join(dir, "schemas.conf"), in, strings.Join(keys, "\n"), server))
	write(t, filepath.Join(dir, "carbonapi.yaml"), fmt.Sprintf(`
listeners:
  - address: "127.0.0.1:%d"
expvar: {enabled: false}
cache: {type: "null"}
backendCache: {type: "null"}
upstreams:
  timeouts: {find: "10s", render: "20s", connect: "2s"}
  backendsv2:
    backends:
      - {groupName: "store", protocol: "carbonapi_v3_pb", lbMethod: "broadcast", servers: ["http://127.0.0.1:%d"]}
logger:
  - {logger: "", file: "stderr", level: "warn", encoding: "console"}
`, api, server))
	background(t, goCarbon, "-config", filepath.Join(dir, "go-carbon.conf"))
	listening(t, in)
	listening(t, server)
	background(t, carbonapi, "-config", filepath.Join(dir, "carbonapi.yaml"))
	listening(t, api)
	return in, api
}

// render reads series from carbonapi.
func render(t *testing.T, port int, target string, from, until int64) map[string]map[int64]float64 {
	t.Helper()
	q := url.Values{"target": {target}, "format": {"json"}, "from": {fmt.Sprint(from)}, "until": {fmt.Sprint(until)}, "noCache": {"1"}}
	client := http.Client{Timeout: patience}
	resp, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/render?%s", port, q.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil // nothing found yet
	}
	var series []struct {
		Target     string
		Datapoints [][2]*float64
	}
	if err := json.Unmarshal(body, &series); err != nil {
		t.Fatalf("carbonapi's answer: %v: %.300s", err, body)
	}
	out := map[string]map[int64]float64{}
	for _, s := range series {
		out[s.Target] = map[int64]float64{}
		for _, p := range s.Datapoints {
			if p[0] != nil {
				out[s.Target][int64(*p[1])] = *p[0]
			}
		}
	}
	return out
}

// whisperFetch prints every point of every whisper file below a directory that lies in a span of time.
const whisperFetch = `
import sys, os, json, whisper
root, begin, end = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
out = {}
for dir, _, files in os.walk(root):
    for f in files:
        if not f.endswith(".wsp"):
            continue
        path = os.path.join(dir, f)
        try:
            (start, stop, step), values = whisper.fetch(path, begin, end)
        except whisper.CorruptWhisperFile:
            continue # carbon-cache is about to write its header
        name = os.path.relpath(path, root)[:-4].replace("/", ".")
        out[name] = {str(start + i * step): v for i, v in enumerate(values) if v is not None}
json.dump(out, sys.stdout)
`

// TestCarbonCache replays ten minutes of 200 series over pickle into Debian's carbon-cache and reads the whisper files.
func TestCarbonCache(t *testing.T) {
	outside(t)
	pickled, whisper := startCarbonCache(t)
	r, port := newReplay(200), freePort(t)
	r.play(t, relayTo(t, port, "pickle", pickled), port)
	var got map[string]map[int64]float64
	eventually(t, "the whisper files hold every point", func() bool {
		got = nil
		runPython(t, whisperFetch, "", &got, whisper, fmt.Sprint(r.from-10), fmt.Sprint(r.from+600))
		return count(got) >= r.results()
	})
	compare(t, got, r.want)
}

// startCarbonCache starts carbon-cache; it returns the port for pickle frames and the directory of the whisper files.
func startCarbonCache(t *testing.T) (pickled int, whisper string) {
	t.Helper()
	carbonCache := part(t, "graphite-carbon", "carbon-cache")
	dir := t.TempDir()
	line, query := freePort(t), freePort(t)
	pickled, whisper = freePort(t), filepath.Join(dir, "whisper")
	write(t, filepath.Join(dir, "storage-schemas.conf"), "[all]\npattern = .*\nretentions = 10s:1d\n")
	write(t, filepath.Join(dir, "carbon.conf"), fmt.Sprintf(`
[cache]
STORAGE_DIR = %[1]s
CONF_DIR = %[1]s
LOG_DIR = %[1]s/log
PID_DIR = %[1]s
LOCAL_DATA_DIR = %[2]s
USER =
MAX_CACHE_SIZE = inf
MAX_UPDATES_PER_SECOND = inf
MAX_CREATES_PER_MINUTE = inf
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = %[3]d
ENABLE_UDP_LISTENER = False
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = %[4]d
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = %[5]d
CARBON_METRIC_INTERVAL = 0
ENABLE_TAGS = False
`, dir, whisper, line, pickled, query))
	os.MkdirAll(filepath.Join(dir, "log"), 0o755)
	background(t, carbonCache, "--config="+filepath.Join(dir, "carbon.conf"), "--nodaemon", "start")
	listening(t, pickled)
	return pickled, whisper
}

// count is how many points series have.
func count(series map[string]map[int64]float64) (n int64) {
	for _, s := range series {
		n += int64(len(s))
	}
	return n
}

// compare holds stored series to what was computed, to the last bit.
func compare(t *testing.T, got, want map[string]map[int64]float64) {
	t.Helper()
	var g, w []point
	for name, s := range got {
		for at, v := range s {
			g = append(g, point{name, v, at})
		}
	}
	for name, s := range want {
		for at, v := range s {
			w = append(w, point{name, v, at})
		}
	}
	same(t, "the store", g, w)
}
