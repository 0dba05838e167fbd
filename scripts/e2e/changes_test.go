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

// TestChanges runs two tables one after the other on the same names and the same endpoints, and holds what diff says to
// what really changed: a name is told if and only if something of it arrived elsewhere or under another name, or it was
// dropped in one and met no rule in the other.
func TestChanges(t *testing.T) {
	sinks := []*sink{newSink(t), newSink(t), newSink(t), newSink(t), newSink(t)}
	port := freePort(t)
	clusters := fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "ring"
policy = "carbon_ch"
endpoints = ["%s=a", "%s=b", "%s=c"]
[[cluster]]
name = "any"
policy = "any"
endpoints = [%q, %q]
`, port, sinks[0].addr, sinks[1].addr, sinks[2].addr, sinks[3].addr, sinks[4].addr)
	rules := `
[[rule]]
match = "noise.**"
drop = true
[[rule]]
prefix = "spare51."
drop = true
[[rule]]
match = "old.*.**"
rewrite = "servers.$1.$2"
[[rule]]
tag = { dc = "ams" }
send = "any"
stop = false
[[rule]]
regex = '^servers\.web[0-3]'
send = "ring"
[[rule]]
match = "servers.{web,db}?.*.*"
send = "any"
`
	changed := strings.NewReplacer(
		"prefix = \"spare51.\"\ndrop = true", "prefix = \"spare5\"\nsend = \"any\"", // other places
		`web[0-3]`, `web[1-4]`, // another selection
		`"servers.$1.$2"`, `"servers.$1.$2;was=old"`, // other names
	).Replace(rules)
	names := randomNames(10_000)
	before, was, conf := arrivals(t, port, clusters+rules, names, sinks)
	after, is, _ := arrivals(t, port, clusters+changed, names, sinks)

	other := filepath.Join(t.TempDir(), "new.toml")
	write(t, other, clusters+changed)
	text, _, code := run(t, strings.Join(names, "\n"), "diff", "--json", conf, other)
	if code != 1 {
		t.Errorf("diff: exit code %d, want 1", code)
	}
	told := map[string]bool{}
	ends := map[string]int64{} // of names that arrived nowhere, both times
	for dec := json.NewDecoder(strings.NewReader(text)); dec.More(); {
		var d struct {
			Name    string
			Was, Is struct{ End string }
		}
		if err := dec.Decode(&d); err != nil {
			t.Fatalf("diff --json: %v", err)
		}
		told[d.Name] = true
		ends["was "+d.Was.End]++
		ends["is "+d.Is.End]++
		if len(before[d.Name])+len(after[d.Name]) == 0 && d.Was.End == d.Is.End {
			t.Errorf("%s: told, but nothing of it changed", d.Name)
		}
	}
	changes, odd := 0, 0
	for _, name := range names {
		really := !slices.Equal(before[name], after[name])
		if really {
			changes++
		}
		if really != told[name] && (really || len(before[name]) > 0) {
			if odd++; odd <= 5 {
				t.Errorf("%s: told %t, but was at %v and is at %v", name, told[name], before[name], after[name])
			}
		}
	}
	// What arrived nowhere shows in the ledger only: as many more or fewer dropped, and unrouted, as diff tells.
	if got, want := is.Dropped["rule"]-was.Dropped["rule"], ends["is dropped"]-ends["was dropped"]; got != want {
		t.Errorf("%d more dropped, diff tells of %d", got, want)
	}
	if got, want := is.Unrouted-was.Unrouted, ends["is unrouted"]-ends["was unrouted"]; got != want {
		t.Errorf("%d more unrouted, diff tells of %d", got, want)
	}
	if odd > 0 || changes < 500 || changes > len(names)/2 {
		t.Errorf("%d of %d changed, %d told wrongly", changes, len(names), odd)
	}
	t.Logf("%d of %d names changed, %d told, %v", changes, len(names), len(told), ends)
}

// arrivals runs a daemon on names and returns at which endpoints, and as what, each arrived; its last ledger; and the
// file of its configuration. A name is told by the value of its line.
func arrivals(t *testing.T, port int, conf string, names []string, sinks []*sink) (map[string][]string, *ledger, string) {
	t.Helper()
	d := start(t, setup{conf: conf})
	var text strings.Builder
	for i, name := range names {
		fmt.Fprintf(&text, "%s %d 1700000000\n", name, i)
	}
	nc(t, fmt.Sprintf("127.0.0.1:%d", port), text.String())
	d.received(int64(len(names)))
	l := d.stop().ledger
	at := map[string][]string{}
	for _, s := range sinks {
		enqueued := 0
		for _, e := range l.Endpoints {
			if e.Endpoint == s.addr {
				enqueued += int(e.Enqueued)
			}
		}
		for _, line := range s.finish(enqueued) {
			f := strings.Fields(line)
			i, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			at[names[i]] = append(at[names[i]], s.addr+" "+f[0])
		}
		s.forget()
	}
	for _, list := range at {
		slices.Sort(list)
	}
	return at, l, d.conf
}
