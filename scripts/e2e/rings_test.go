package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A topology is a cluster of a real relay and of plumbago: where its members listen, and their instances.
type topology struct {
	name      string
	hosts     []string
	instances []string // "" is none
}

// The topologies of TestRings.
var (
	oneHost   = topology{"caches of one host", []string{"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"}, []string{"a", "b", "c", "d"}}
	manyHosts = topology{"hosts", []string{"127.0.0.1", "127.0.0.2", "127.0.0.3"}, []string{"", "", ""}}
	twoEach   = topology{"two hosts of three", []string{"127.0.0.4", "127.0.0.4", "127.0.0.4", "127.0.0.5", "127.0.0.5", "127.0.0.5"}, []string{"0", "1", "10", "2", "11", "3"}}
)

// ringNames is how many names are placed for each case: few enough for every run, or as many as PLUMBAGO_E2E_NAMES says.
func ringNames(t *testing.T) int {
	text := os.Getenv("PLUMBAGO_E2E_NAMES")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestRings sends names through a real carbon-c-relay, and through graphite-carbon's carbon-relay, and then
// through plumbago into the same members: no name may be at another member, copies included.
func TestRings(t *testing.T) {
	names := ringNames(t)
	for _, c := range []struct {
		ring, policy string
		at           topology
		replicas     int
	}{
		{"carbon-c-relay", "carbon_ch", oneHost, 1},
		{"carbon-c-relay", "carbon_ch", manyHosts, 2},
		{"carbon-c-relay", "carbon_ch", twoEach, 3},
		{"carbon-c-relay", "fnv1a_ch", oneHost, 2},
		{"carbon-c-relay", "fnv1a_ch", manyHosts, 1},
		{"carbon-c-relay", "jump_fnv1a_ch", twoEach, 2},
		{"carbon-c-relay", "jump_fnv1a_ch", manyHosts, 1},
		{"carbon", "carbon_ch", oneHost, 1},
		{"carbon", "carbon_ch", manyHosts, 2},
		{"carbon", "carbon_ch", twoEach, 2},
		{"carbon", "fnv1a_ch", twoEach, 1},
	} {
		t.Run(fmt.Sprintf("%s %s over %s, %d copies", c.ring, c.policy, c.at.name, c.replicas), func(t *testing.T) {
			outside(t)
			var sinks []*sink
			for _, host := range c.at.hosts {
				sinks = append(sinks, newSinkOn(t, host))
			}
			var text strings.Builder
			for i := range names {
				tags := ""
				if i%10 == 0 {
					tags = fmt.Sprintf(";dc=%d;rack=%d", i%7, i%13)
				}
				fmt.Fprintf(&text, "servers.web%d.cpu%d.%s%s 1 1700000000\n", i%3001, i%17, []string{"user", "idle", "wait"}[i%3], fmt.Sprint(i)+tags)
			}
			input := text.String()
			theirs := func() placement {
				port := freePort(t)
				if c.ring == "carbon" {
					startCarbonRelay(t, port, sinks, c.at, c.policy, c.replicas)
				} else {
					startCRelay(t, port, fmt.Sprintf("cluster c %s replication %d %s ;\nmatch * send to c stop ;\n",
						c.policy, c.replicas, strings.Join(endpoints(sinks, c.at), " ")))
				}
				return place(t, sinks, port, input, names*c.replicas)
			}()
			for _, s := range sinks {
				s.forget()
			}
			port := freePort(t)
			d := start(t, setup{bin: program, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "c"
policy = %q
ring = %q
replicas = %d
diverse = false
endpoints = ["%s"]
[[rule]]
match = "**"
send = "c"
`, port, c.policy, c.ring, c.replicas, strings.Join(endpoints(sinks, c.at), `", "`))})
			ours := place(t, sinks, port, input, names*c.replicas)
			d.stop()
			odd := 0
			for name, at := range theirs {
				if !slices.Equal(at, ours[name]) {
					if odd++; odd <= 5 {
						t.Errorf("%s: %v there, %v here", name, at, ours[name])
					}
				}
			}
			if odd > 0 || len(theirs) != names || len(ours) != names {
				t.Errorf("%d of %d names are elsewhere; %d here", odd, len(theirs), len(ours))
			}
		})
	}
}

// A placement says at which members a name arrived, in their order.
type placement map[string][]int

// place sends input to a relay and waits until n lines are at the members.
func place(t *testing.T, sinks []*sink, port int, input string, n int) placement {
	t.Helper()
	send(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port), input)
	eventually(t, fmt.Sprintf("%d lines at the members", n), func() bool {
		sum := 0
		for _, s := range sinks {
			sum += s.count()
		}
		return sum >= n
	})
	at := placement{}
	for i, s := range sinks {
		for _, line := range s.got() {
			name, _, _ := strings.Cut(strings.TrimSuffix(line, "\r"), " ")
			at[name] = append(at[name], i)
		}
	}
	return at
}

// endpoints returns the members as carbon-c-relay and plumbago write them.
func endpoints(sinks []*sink, at topology) (list []string) {
	for i, s := range sinks {
		text := s.addr
		if at.instances[i] != "" {
			text += "=" + at.instances[i]
		}
		list = append(list, text)
	}
	return list
}

// startCRelay starts a carbon-c-relay that listens on port.
func startCRelay(t *testing.T, port int, conf string, args ...string) {
	t.Helper()
	relay := part(t, "carbon-c-relay", "carbon-c-relay")
	path := filepath.Join(t.TempDir(), "relay.conf")
	write(t, path, fmt.Sprintf("listen type linemode 127.0.0.1:%d proto tcp ;\n%s", port, conf))
	background(t, relay, append([]string{"-f", path, "-q", "4000000", "-b", "25000"}, args...)...)
	listening(t, port)
}

// startCarbonRelay starts graphite-carbon's relay with consistent hashing.
func startCarbonRelay(t *testing.T, port int, sinks []*sink, at topology, hash string, replicas int) {
	t.Helper()
	relay := part(t, "graphite-carbon", "carbon-relay")
	dir := t.TempDir()
	var destinations []string
	for i, s := range sinks {
		text := s.addr
		if at.instances[i] != "" {
			text += ":" + at.instances[i]
		}
		destinations = append(destinations, text)
	}
	write(t, filepath.Join(dir, "storage-schemas.conf"), "[all]\npattern = .*\nretentions = 10s:1d\n")
	write(t, filepath.Join(dir, "carbon.conf"), fmt.Sprintf(`
[relay]
STORAGE_DIR = %[1]s
CONF_DIR = %[1]s
LOG_DIR = %[1]s
PID_DIR = %[1]s
USER =
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = %[2]d
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = %[3]d
RELAY_METHOD = consistent-hashing
ROUTER_HASH_TYPE = %[4]s
REPLICATION_FACTOR = %[5]d
DIVERSE_REPLICAS = False
DESTINATION_PROTOCOL = line
DESTINATIONS = %[6]s
MAX_QUEUE_SIZE = 1000000
MAX_DATAPOINTS_PER_MESSAGE = 500
USE_FLOW_CONTROL = True
CARBON_METRIC_INTERVAL = 0
TAG_RELAY_NORMALIZED = True
`, dir, port, freePort(t), hash, replicas, strings.Join(destinations, ", ")))
	background(t, relay, "--config="+filepath.Join(dir, "carbon.conf"), "--nodaemon", "start")
	listening(t, port)
}

// newSinkOn opens a sink of plaintext lines on a port of its own of a loopback address.
func newSinkOn(t *testing.T, host string) *sink {
	t.Helper()
	s := &sink{t: t, read: (*sink).readLines, conns: map[net.Conn]bool{}}
	s.open(host+":0", 0)
	t.Cleanup(s.close)
	return s
}

// forget drops what came so far.
func (s *sink) forget() {
	s.mu.Lock()
	s.lines = nil
	s.mu.Unlock()
}
