package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// places are what one of the original programs placed where; relay/ring's test data says how it was got.
type places struct {
	Names []string
	Lists map[string][]struct {
		Host     string
		Port     int
		Instance string
	}
	Cases []struct {
		List     string
		Policy   string
		Replicas int
		Diverse  bool
		Routes   string // a word a name, a base 36 digit a copy: the place of the member in its list
		Hangs    bool   // the original never answers
	}
}

// TestPlaces asks explain where every name of every case lives: at the members that the original program gave it to, in
// its order. Two names have another form here: tags out of order, which are put into it, and, where the ring is
// carbon-c-relay's, tags at all, which the daemon does not hash, unlike the test mode that the cases are from.
func TestPlaces(t *testing.T) {
	outside(t)
	for _, ring := range []string{"carbon", "carbon-c-relay", "carbon-relay-ng"} {
		var p places
		if err := json.Unmarshal([]byte(read(t, "../../relay/ring/testdata/"+ring+".json")), &p); err != nil {
			t.Fatal(err)
		}
		var conf strings.Builder
		fmt.Fprintf(&conf, "[[listen]]\naddress = \"tcp://127.0.0.1:65000\"\n")
		var clusters []string
		for i, c := range p.Cases {
			var endpoints []string
			for _, m := range p.Lists[c.List] {
				text := strconv.Quote(address(m.Host, m.Port) + map[bool]string{true: "=" + m.Instance}[m.Instance != ""])
				endpoints = append(endpoints, text)
			}
			clusters = append(clusters, fmt.Sprintf("\"c%d\"", i))
			fmt.Fprintf(&conf, "[[cluster]]\nname = \"c%d\"\npolicy = %q\nring = %q\nreplicas = %d\ndiverse = %t\nendpoints = [%s]\n",
				i, c.Policy, ring, c.Replicas, c.Diverse, strings.Join(endpoints, ", "))
		}
		fmt.Fprintf(&conf, "[[rule]]\nmatch = \"**\"\nsend = [%s]\n", strings.Join(clusters, ", "))
		file := filepath.Join(t.TempDir(), ring+".toml")
		write(t, file, conf.String())
		walks := explainAll(t, file, p.Names)
		held := 0
		for i, c := range p.Cases {
			if c.Hangs {
				continue // what nobody answered cannot be compared
			}
			routes := strings.Fields(c.Routes)
			for n, name := range p.Names {
				if walks[n].Name != name || ring == "carbon-c-relay" && strings.Contains(name, ";") {
					continue
				}
				var want []string
				for _, digit := range routes[n] {
					member, err := strconv.ParseInt(string(digit), 36, 64)
					if err != nil {
						t.Fatal(err)
					}
					m := p.Lists[c.List][member]
					want = append(want, address(m.Host, m.Port))
				}
				if got := walks[n].Steps[0].To[i]; !slices.Equal(got.Endpoints, want) || got.Cluster != fmt.Sprintf("c%d", i) {
					t.Errorf("%s, %s over %s, %d copies: %s is at %v, want %v", ring, c.Policy, c.List, c.Replicas, name, got.Endpoints, want)
				}
				held++
			}
		}
		if held < 85*len(p.Cases) {
			t.Errorf("%s: only %d names compared in %d cases", ring, held, len(p.Cases))
		}
		t.Logf("%s: %d cases, %d places", ring, len(p.Cases), held)
	}
}

// address writes a host and a port.
func address(host string, port int) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s:%d", host, port)
}
