package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const ownFigures = `
[self]
prefix = "own.{host}"
interval = "1s"
mmstats = %q
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "g"
endpoints = [%q]
[[cluster]]
name = "gone"
endpoints = [%q]
reconnect = ["50ms", "100ms"]
[[rule]]
match = "own.**"
send = "g"
[[rule]]
match = "**"
send = ["g", "gone"]
`

// TestSelf reads plumbago's own figures where they are exported: as samples that walk the table, in the status and for Prometheus. All
// say how long an endpoint that is gone has kept a point waiting.
func TestSelf(t *testing.T) {
	out := newSink(t)
	port, gone := freePort(t), freePort(t)
	file := filepath.Join(t.TempDir(), "own.mmstats")
	d := start(t, setup{args: []string{"--drain", "100ms"}, conf: fmt.Sprintf(ownFigures, file, port, out.addr, fmt.Sprintf("127.0.0.1:%d", gone))})
	before := time.Now()
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), "a 1\nb 2\nc x\n")
	d.received(3)
	after := time.Now()
	name := fmt.Sprintf(".endpoints.gone.127_0_0_1_%d.oldest_queued_seconds ", gone)
	own := map[string]string{} // the latest of each figure
	eventually(t, "it is two seconds old", func() bool {
		for _, line := range out.got() {
			if f := strings.Fields(line); strings.HasPrefix(line, "own.") {
				_, rest, _ := strings.Cut(strings.TrimPrefix(f[0], "own."), ".")
				own[rest] = f[1] + " " + f[2]
				if v, err := strconv.ParseFloat(f[1], 64); err == nil && v >= 2 && strings.Contains(line, name) {
					return true
				}
			}
		}
		return false
	})
	// It came between before and after, so its age lies between what had passed since then.
	between := func(where string, v float64, asked, answered time.Time) {
		t.Helper()
		if v < asked.Sub(after).Seconds()-0.01 || v > answered.Sub(before).Seconds()+0.01 {
			t.Errorf("%s says %v s, between %v and %v after", where, v, asked.Sub(after), answered.Sub(before))
		}
	}
	figures := strings.Fields(own[strings.Trim(name, ". ")])
	v, _ := strconv.ParseFloat(figures[0], 64)
	at, _ := strconv.ParseInt(figures[1], 10, 64)
	between("the own figure", v, time.Unix(at, 0), time.Now())

	asked := time.Now()
	_, body, err := d.get("/api/status")
	var status struct {
		Clusters []struct {
			Endpoints []struct {
				Oldest float64 `json:"oldest_queued_seconds"`
			}
		}
	}
	if err != nil || json.Unmarshal(body, &status) != nil {
		t.Fatal(string(body), err)
	}
	between("the status", status.Clusters[1].Endpoints[0].Oldest, asked, time.Now())
	asked = time.Now()
	_, body, _ = d.get("/metrics")
	m := regexp.MustCompile(`plumbago_endpoint_oldest_queued_seconds\{cluster="gone",endpoint="[^"]*"\} (\S+)`).FindSubmatch(body)
	if m == nil {
		t.Fatalf("/metrics does not say how old it is")
	}
	v, _ = strconv.ParseFloat(string(m[1]), 64)
	between("/metrics", v, asked, time.Now())
	for _, want := range []string{`plumbago_endpoint_write_delay_seconds_bucket{cluster="g",endpoint="` + out.addr + `",le="300"}`, "plumbago_self_total ", "plumbago_build_info{version="} {
		if !strings.Contains(string(body), want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	for name, want := range map[string]string{"received": "3", "invalid.bad_value": "1", "accepted": "2", "ledger_balanced": "1", "endpoints.gone.127_0_0_1_" + fmt.Sprint(gone) + ".up": "0"} {
		if got, _, _ := strings.Cut(own[name], " "); got != want {
			t.Errorf("the own figure %s is %q, want %s", name, got, want)
		}
	}
	t.Run("mmstats", func(t *testing.T) {
		eventually(t, "the file says so too", func() bool {
			text, _, code := run(t, "", "mmstats", "slurp", file)
			up := fmt.Sprintf(`endpoints\.gone\.127_0_0_1_%d\.up +0\.0\n`, gone)
			return code == 0 && regexp.MustCompile(`\n  own\.\S+\.received +3\n`).MatchString(text) && regexp.MustCompile(up).MatchString(text)
		})
	})
	l := d.await("the own figures are in the account", func(l *ledger) bool { return l.Self > 0 })
	if l.Received != 3 || l.Accepted != 2 || l.Sent != 2+l.Self {
		t.Errorf("the account: %+v", l)
	}
	d.signal(syscall.SIGTERM)
	d.ended()
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("after the end its figures are still there: %v", err)
	}
}
