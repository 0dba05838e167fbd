package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestGrafana holds the dashboards and the alerts to what a running daemon exports: every metric and every figure that they name is
// there.
func TestGrafana(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(`
[self]
prefix = "own.{host}"
interval = "1s"
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "g"
endpoints = [%q]
[[rule]]
match = "a.**"
[rule.aggregate]
send = "g"
[[rule]]
match = "**"
send = "g"
`, port, out.addr)})
	figures := map[string]bool{}
	eventually(t, "the own figures leave", func() bool {
		for _, line := range out.got() {
			name, _, _ := strings.Cut(line, " ")
			figures[name] = true
		}
		return len(figures) > 20
	})
	_, metrics, err := d.get("/metrics")
	if err != nil {
		t.Fatal(err)
	}
	named := func(file string) string {
		t.Helper()
		text, err := os.ReadFile("../grafana/" + file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, file := range []string{"prometheus.json", "alerts.yaml"} {
		for _, name := range regexp.MustCompile(`\b(plumbago|process)_[a-z_]+\b`).FindAllString(named(file), -1) {
			if !strings.Contains(string(metrics), "\n"+name+"{") && !strings.Contains(string(metrics), "\n"+name+" ") {
				t.Errorf("%s: /metrics has no %s", file, name)
			}
		}
	}
	var board struct {
		Panels []struct {
			Targets []struct{ Target, Expr string }
		}
	}
	if err := json.Unmarshal([]byte(named("prometheus.json")), &board); err != nil || len(board.Panels) == 0 || board.Panels[0].Targets[0].Expr == "" {
		t.Errorf("prometheus.json: %v, %d panels", err, len(board.Panels))
	}
	board.Panels = nil
	if err := json.Unmarshal([]byte(named("graphite.json")), &board); err != nil || len(board.Panels) == 0 {
		t.Fatalf("graphite.json: %v, %d panels", err, len(board.Panels))
	}
	path := regexp.MustCompile(`\$prefix\.\$host\.((?:\{[^}]*\}|[^,){])+)`)
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			m := path.FindStringSubmatch(target.Target)
			if m == nil {
				t.Errorf("graphite.json: %q names no figure", target.Target)
				continue
			}
			glob := regexp.QuoteMeta(m[1])
			glob = strings.NewReplacer(`\*`, `[^.]+`, `\{`, `(`, `\}`, `)`, `,`, `|`).Replace(glob)
			is := regexp.MustCompile(`^own\.[^.]+\.` + glob + `$`)
			found := false
			for name := range figures {
				found = found || is.MatchString(name)
			}
			if !found {
				t.Errorf("graphite.json: no figure is called %s", m[1])
			}
		}
	}
}
