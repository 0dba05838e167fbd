package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestRender reads the kept past as Grafana does, with the requests that it sends, and as carbonapi does, which computes functions
// of it.
func TestRender(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(remembering, port, out.addr)})
	base := hourAgo() + 3000
	base -= base % 60
	var lines strings.Builder
	for i := range int64(6) {
		fmt.Fprintf(&lines, "web.load %d %d\nweb.reqs %d %d\n", i, base+10*i, 10*i, base+10*i)
	}
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), lines.String())
	d.await("all is emitted", func(l *ledger) bool { return l.Emitted == 24 })

	post := func(path, form, want string) {
		t.Helper()
		resp, err := http.Post(d.admin+path, "application/x-www-form-urlencoded", strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK || string(body) != want {
			t.Errorf("POST %s %s: %d %s %v, want %s", path, form, resp.StatusCode, body, err, want)
		}
	}
	post("/render", fmt.Sprintf("target=web.*.max&from=%d&until=%d&format=json&maxDataPoints=1280", base-1, base+20),
		fmt.Sprintf(`[{"target":"web.load.max","tags":{"name":"web.load.max"},"datapoints":[[0,%[1]d],[1,%[2]d],[2,%[3]d]]},`+
			`{"target":"web.reqs.max","tags":{"name":"web.reqs.max"},"datapoints":[[0,%[1]d],[10,%[2]d],[20,%[3]d]]}]`, base, base+10, base+20))
	post("/metrics/find", "from=-6h&until=now&query=web.l*", `[{"allowChildren":1,"expandable":1,"leaf":0,"id":"web.load","text":"load"}]`)
	post("/metrics/find", "query=web.load.max&from=-6h&until=now", `[{"allowChildren":0,"expandable":0,"leaf":1,"id":"web.load.max","text":"max"}]`)

	series := map[string][][2]float64{}
	for i := range int64(6) {
		at, v := float64(base+10*i), float64(i)
		for name, v := range map[string]float64{"web.load.avg": v, "web.load.max": v, "web.reqs.avg": 10 * v, "web.reqs.max": 10 * v} {
			series[name] = append(series[name], [2]float64{at, v})
		}
	}
	d.likeGraphite(base, series)

	carbonapi := buildStore(t, "carbonapi", carbonapiPath)
	api := freePort(t)
	file := filepath.Join(t.TempDir(), "carbonapi.yaml")
	write(t, file, fmt.Sprintf(`
listeners:
  - address: "127.0.0.1:%d"
expvar: {enabled: false}
cache: {type: "null"}
backendCache: {type: "null"}
upstreams:
  timeouts: {find: "10s", render: "20s", connect: "2s"}
  backendsv2:
    backends:
      - {groupName: "plumbago", protocol: "msgpack", lbMethod: "broadcast", servers: [%q]}
logger:
  - {logger: "", file: "stderr", level: "warn", encoding: "console"}
`, api, d.admin))
	background(t, carbonapi, "-config", file)
	listening(t, api)
	want := map[string]map[int64]float64{"both": {}}
	for i := range int64(6) {
		want["both"][base+10*i] = float64(11 * i)
	}
	if got := render(t, api, `alias(sumSeries(web.*.max),"both")`, base-1, base+60); !reflect.DeepEqual(got, want) {
		t.Errorf("carbonapi computes %v, want %v", got, want)
	}
	resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics/find?query=web.load.*&format=json", api))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var nodes []struct {
		ID   string
		Leaf int
	}
	if err := json.NewDecoder(resp.Body).Decode(&nodes); err != nil || len(nodes) != 2 || nodes[1].ID != "web.load.max" || nodes[1].Leaf != 1 {
		t.Errorf("carbonapi finds %+v (%v)", nodes, err)
	}
	d.stop()
}
