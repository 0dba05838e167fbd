package e2e

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// carbonConf is carbon.conf of a relay with rules and of an aggregator, which listen on different ports, for three members.
const carbonConf = `
[relay]
STORAGE_DIR = %[1]s
CONF_DIR = %[1]s
LOG_DIR = %[1]s
PID_DIR = %[1]s
USER =
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = %[5]d
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = %[6]d
RELAY_METHOD = rules
DESTINATION_PROTOCOL = line
DESTINATIONS = %[2]s:a, %[3]s:b, %[4]s
CARBON_METRIC_INTERVAL = 0
[aggregator]
STORAGE_DIR = %[1]s
CONF_DIR = %[1]s
LOG_DIR = %[1]s
PID_DIR = %[1]s
USER =
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = %[5]d
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = %[6]d
DESTINATION_PROTOCOL = line
DESTINATIONS = %[2]s:a, %[3]s:b, %[4]s
FORWARD_ALL = True
USE_WHITELIST = True
CARBON_METRIC_INTERVAL = 0
MAX_AGGREGATION_INTERVALS = 30
`

// carbonFiles are the files beside it, for the same members.
func carbonFiles(sinks []*sink) map[string]string {
	return map[string]string{
		"storage-schemas.conf": "[all]\npattern = .*\nretentions = 10s:1d\n",
		"blacklist.conf":       "^secret\\.\n",
		"rewrite-rules.conf":   "[pre]\n^old\\.(\\w+)\\. = new.\\1.\n[post]\n_raw$ =\n",
		"aggregation-rules.conf": "total.<way> (2) = sum req.<host>.<way>\npeak.<way>.<host> (2) = max req.<host>\\d.<way>\n" +
			"mean.all (2) = avg req.*.<<rest>>\np90.<way> (2) = p90 req.h\\d.<way>\n",
		"relay-rules.conf": fmt.Sprintf("[default]\ndefault = true\ndestinations = %[1]s:a\n[copy]\npattern = ^REQ\\.h(1|2)\\d*\\.\ndestinations = %[2]s:b, %[3]s\ncontinue = true\n"+
			"[old]\npattern = ^old|_raw$\ndestinations = %[3]s\n", sinks[0].addr, sinks[1].addr, sinks[2].addr),
	}
}

// TestConvertCarbon sends the same lines through graphite-carbon's relay and aggregator and through plumbago with their
// configurations, converted: at each member the same must arrive.
func TestConvertCarbon(t *testing.T) {
	f := func(daemon string, rules ...string) {
		t.Run(daemon, func(t *testing.T) {
			outside(t)
			theirs := part(t, "graphite-carbon", "carbon-"+daemon)
			sinks := []*sink{newSink(t), newSink(t), newSink(t)}
			dir := t.TempDir()
			for name, text := range carbonFiles(sinks) {
				write(t, filepath.Join(dir, name), text)
			}
			args := []string{"convert", "--from", "carbon", "--daemon", daemon, filepath.Join(dir, "carbon.conf")}
			for _, name := range rules {
				args = append(args, filepath.Join(dir, name))
			}
			configure := func() int {
				port := freePort(t)
				write(t, filepath.Join(dir, "carbon.conf"), fmt.Sprintf(carbonConf, dir, sinks[0].addr, sinks[1].addr, sinks[2].addr, port, freePort(t)))
				return port
			}
			// All samples of a series are of one slice, which lies in the past.
			lines := func() string {
				at := time.Now().Unix()/2*2 - 10
				var text strings.Builder
				for i := range 200 {
					for _, name := range []string{"req.h%d.in", "req.h%d.out", "old.x%d.used", "plain.%d_raw", "secret.%d", "other.%d"} {
						fmt.Fprintf(&text, name+" %d %d\n", i, i, at)
					}
				}
				return text.String()
			}
			sum, values := 0, []string{}
			for i := range 200 {
				sum += i
				values = append(values, strconv.Itoa(i))
			}
			all := 1688                    // by default 800, by [copy] 244 at two members, by [old] 400
			results := map[string]string{} // the last value of each is this
			if daemon == "aggregator" {
				for _, way := range []string{"in", "out"} {
					results["total."+way] = strconv.Itoa(sum)
					results["p90."+way] = "8.1"
					for tens := range 20 {
						name := "peak." + way + ".h"
						if tens > 0 {
							name += strconv.Itoa(tens)
						}
						results[name] = values[tens*10+9]
					}
				}
				results["mean.all"] = "99.5"
				all = 5*200 + len(results)
			}
			there := func() []map[string]string { return lastOf(sinks) }
			good := func() bool {
				n, right := 0, 0
				for _, points := range there() {
					n += len(points)
					for name, value := range points {
						if results[name] == value {
							right++
						}
					}
				}
				return right == len(results) && n == all
			}
			port := configure()
			background(t, theirs, "--config="+filepath.Join(dir, "carbon.conf"), "--nodaemon", "start")
			listening(t, port)
			send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), lines())
			eventually(t, "carbon sends all", good)
			want := there()
			for _, s := range sinks {
				s.forget()
			}
			port = configure()
			text, said, code := run(t, "", args...)
			if code != 0 {
				t.Fatalf("convert: exit code %d, %s", code, said)
			}
			d := start(t, setup{bin: program, conf: text})
			send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), lines())
			eventually(t, "plumbago sends all", good)
			d.stop()
			for i, got := range there() {
				if !maps.Equal(got, want[i]) {
					t.Errorf("member %d: %d names here, %d there; only here %v; only there %v", i, len(got), len(want[i]), beyond(got, want[i]), beyond(want[i], got))
				}
			}
		})
	}
	f("relay", "relay-rules.conf")
	f("aggregator", "aggregation-rules.conf", "rewrite-rules.conf", "blacklist.conf")
}

// lastOf returns the last value of each name that each member got.
func lastOf(sinks []*sink) (all []map[string]string) {
	for _, s := range sinks {
		points := map[string]string{}
		for _, line := range s.got() {
			f := strings.Fields(line)
			if len(f) != 3 || strings.HasPrefix(line, "carbon.") {
				continue // of a line under way, and what they say of themselves
			}
			v, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				s.t.Fatal(line, err)
			}
			points[f[0]] = strconv.FormatFloat(v, 'g', 8, 64)
		}
		all = append(all, points)
	}
	return all
}

// beyond returns some of what a has and b has not.
func beyond(a, b map[string]string) (left []string) {
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if b[name] != a[name] && len(left) < 5 {
			left = append(left, name+" "+a[name])
		}
	}
	return left
}
