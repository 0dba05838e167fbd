package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestTable sends 10,000 names down a table of 60 rules of every kind and holds what arrives at twelve endpoints, of
// clusters of every policy, to what explain says of each name: nothing more, nothing less, nothing elsewhere.
func TestTable(t *testing.T) {
	sinks := map[string]*sink{} // by address
	cluster := func(name, keys string, members int) string {
		var endpoints []string
		for i := range members {
			s := newSink(t)
			sinks[s.addr] = s
			endpoints = append(endpoints, fmt.Sprintf("%q", s.addr+fmt.Sprintf("=i%d", i)))
		}
		return fmt.Sprintf("[[cluster]]\nname = %q\n%s\nendpoints = [%s]\n", name, keys, strings.Join(endpoints, ", "))
	}
	port := freePort(t)
	conf := fmt.Sprintf("[[listen]]\naddress = \"tcp://127.0.0.1:%d\"\n", port) +
		cluster("all", "", 2) +
		cluster("ring", "policy = \"carbon_ch\"\nreplicas = 2\ndiverse = false", 3) +
		cluster("jump", "policy = \"jump_fnv1a_ch\"\nring = \"carbon-c-relay\"", 2) +
		cluster("any", "policy = \"any\"", 2) +
		cluster("first", "policy = \"failover\"", 2) +
		cluster("results", "", 1) +
		sixtyRules()
	d := start(t, setup{conf: conf})
	names := randomNames(10_000)

	walks := explainAll(t, d.conf, names)
	want := map[string]map[string]int{} // how often each endpoint gets a name
	for addr := range sinks {
		want[addr] = map[string]int{}
	}
	ends := map[string]int64{}
	for _, w := range walks {
		ends[w.End]++
		forms := map[string]bool{} // an endpoint gets each form of a name once
		for _, s := range w.Steps {
			for _, to := range s.To {
				for _, e := range to.Endpoints {
					if s.Action == "send" {
						forms[e+" "+s.Name] = true
					}
					for _, result := range s.Outputs {
						want[e][result] = 1 // all samples are of one slice
					}
				}
			}
		}
		for form := range forms {
			e, name, _ := strings.Cut(form, " ")
			want[e][name]++
		}
	}
	for _, end := range []string{"sent", "dropped", "aggregated", "unrouted"} {
		if ends[end] < 50 {
			t.Errorf("only %d of %d names are %s: the table shows nothing", ends[end], len(names), end)
		}
	}

	var text strings.Builder
	for _, name := range names {
		fmt.Fprintf(&text, "%s 1 1700000000\n", name)
	}
	nc(t, fmt.Sprintf("127.0.0.1:%d", port), text.String())
	l := d.received(int64(len(names)))
	for addr, s := range sinks {
		s.await(times(want[addr]))
	}
	d.stop()
	total := 0
	for addr, s := range sinks {
		got := map[string]int{}
		for _, line := range s.finish(times(want[addr])) {
			name, _, _ := strings.Cut(line, " ")
			got[name]++
		}
		total += len(got)
		compareNames(t, addr, got, want[addr])
	}
	if l.Dropped["rule"] != ends["dropped"] || l.Unrouted < ends["unrouted"] {
		t.Errorf("the ledger has %d dropped and %d unrouted, explain %v", l.Dropped["rule"], l.Unrouted, ends)
	}
	t.Logf("%d names, %v, %d names at twelve endpoints", len(names), ends, total)
}

// times is how many lines there are.
func times(names map[string]int) (sum int) {
	for _, n := range names {
		sum += n
	}
	return sum
}

// compareNames holds what an endpoint got to what it was to get.
func compareNames(t *testing.T, addr string, got, want map[string]int) {
	t.Helper()
	odd := 0
	tell := func(format string, args ...any) {
		if odd++; odd <= 5 {
			t.Errorf(addr+": "+format, args...)
		}
	}
	for name, n := range got {
		if n != want[name] {
			tell("got %s %d times, explained %d", name, n, want[name])
		}
	}
	for name := range want {
		if got[name] == 0 {
			tell("did not get %s", name)
		}
	}
	if odd > 5 {
		t.Errorf("%s: and %d more", addr, odd-5)
	}
}

// explainAll asks explain about names.
func explainAll(t *testing.T, conf string, names []string) (walks []walk) {
	t.Helper()
	for batch := range slices.Chunk(names, 2000) {
		text, stderr, code := run(t, "", append([]string{"explain", "-c", conf, "--json"}, batch...)...)
		if code != 0 {
			t.Fatalf("explain: exit code %d, %.500q", code, stderr)
		}
		for dec := json.NewDecoder(strings.NewReader(text)); dec.More(); {
			var w walk
			if err := dec.Decode(&w); err != nil {
				t.Fatalf("explain --json: %v: %.500s", err, text)
			}
			walks = append(walks, w)
		}
	}
	if len(walks) != len(names) {
		t.Fatalf("explain --json printed %d objects for %d names", len(walks), len(names))
	}
	return walks
}

// sixtyRules returns rules of every kind over the names of randomNames.
func sixtyRules() string {
	var b strings.Builder
	n := 0
	rule := func(format string, args ...any) {
		n++
		fmt.Fprintf(&b, "[[rule]]\n"+format+"\n", args...)
	}
	rule(`match = "noise.**"` + "\ndrop = true")
	rule(`tag = { env = "test*" }` + "\ndrop = true")
	rule(`match = "Loud.**"` + "\nmap = \"lower\"")
	rule(`regex = '^old\.(?P<host>[a-z]+\d+)\.(.+)$'` + "\nrewrite = 'servers.${host}.$2;was=old'")
	rule(`match = "flat.*.**"` + "\nrewrite = 'servers.$1.$2.${tag:dc}x;*='")
	rule(`match = "copy.**"` + "\nsend = [\"all\", \"ring\"]\nstop = false")
	rule(`match = "copy.**"` + "\nrewrite = 'servers.copied.$1'")
	rule(`match = "servers.*.requests"` + "\n[rule.aggregate]\nname = 'all.requests'\nfunctions = [\"sum\", \"count\"]\nsend = \"results\"")
	rule(`suffix = ".bytes"` + "\nnot = { prefix = \"servers.\" }\nstop = true\n[rule.aggregate]\nname = 'bytes.$0'\nfunctions = [\"max\"]\nsend = \"results\"")
	for i := range 40 {
		host := fmt.Sprintf("web%d", i)
		to := []string{"all", "ring", "jump", "any", "first"}[i%5]
		switch i % 4 {
		case 0:
			rule(`match = "servers.%s.**"`+"\nsend = %q", host, to)
		case 1:
			rule(`prefix = "servers.%s."`+"\ncontains = [\"cpu\", \"disk\"]\nsend = [%q, \"results\"]", host, to)
		case 2:
			rule(`regex = '^servers\.%s\.[a-m]'`+"\nsend = %q", host, to)
		case 3:
			rule(`match = ["servers.%s.cpu.*", "servers.%[1]s.{disk,mem}.[a-r]*"]`+"\nnot = { tag = { dc = \"b*\" } }\nsend = %q", host, to)
		}
	}
	for i, tag := range []string{"ams", "ber", "cph"} {
		rule(`tag = { dc = %q }`+"\nsend = %q\nstop = %t", tag, []string{"ring", "jump", "first"}[i], i > 0)
	}
	rule(`regex = ['idle$', 'user$']` + "\nsend = \"any\"")
	rule(`contains = "requests"` + "\nsend = \"first\"")
	rule(`suffix = [".bytes", ".free"]` + "\nsend = \"jump\"")
	rule(`match = "servers.copied.**"` + "\nsend = \"all\"")
	for n < 60 {
		rule(`prefix = "spare%d."`+"\nsend = \"all\"", n)
	}
	return b.String()
}

// randomNames returns so many distinct names, the same ones each time.
func randomNames(n int) (names []string) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	seen := map[string]bool{}
	for len(names) < n {
		name := pick("servers", "servers", "servers", "servers", "noise", "Loud", "old", "flat", "copy", "spare51", "else") + "." +
			fmt.Sprintf("%s%d", pick("web", "web", "web", "db"), r.IntN(50)) + "." +
			pick("cpu", "disk", "mem", "requests", "net") + "." +
			pick("user", "idle", "free", "bytes", "used", "total") + fmt.Sprint(pick("", "", "", fmt.Sprint(r.IntN(9))))
		if r.IntN(12) == 0 {
			name = name[:strings.LastIndexByte(name, '.')]
		}
		if r.IntN(3) == 0 {
			name += ";dc=" + pick("ams", "ber", "cph")
		}
		if r.IntN(9) == 0 {
			name += ";env=" + pick("prod", "test", "test2")
		}
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
