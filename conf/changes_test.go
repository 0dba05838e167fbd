package conf

import (
	"slices"
	"strings"
	"testing"
)

// small is a configuration to change.
const small = `
[admin]
address = "127.0.0.1:2080"
[[listen]]
address = "tcp://:2003"
[[cluster]]
name = "a"
endpoints = ["10.0.0.1:2003", "${SECRET}:2003"]
[[rule]]
match = "x.**"
[rule.aggregate]
period = "10s"
[[rule]]
match = "**"
send = ["a"]
`

func changed(t *testing.T, replace ...string) (before, after *File) {
	t.Helper()
	secret := func(name string) (string, bool) { return "10.0.0.2", name == "SECRET" }
	parse := func(text string) *File {
		f, faults := Parse("p.toml", []byte(text), secret)
		if faults != nil {
			t.Fatal(faults)
		}
		return f
	}
	return parse(small), parse(strings.NewReplacer(replace...).Replace(small))
}

// What is different is said, a line each, and nothing else.
func TestChangesAreSaid(t *testing.T) {
	f := func(want string, replace ...string) {
		t.Helper()
		before, after := changed(t, replace...)
		if got := strings.Join(Changes(before, after), "\n"); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", replace, got, want)
		}
	}
	f("")
	f("listener tcp://:2003: changed max_line", `"tcp://:2003"`, "\"tcp://:2003\"\nmax_line = 100")
	f("listener tcp://:2004: added\nlistener tcp://:2003: removed", ":2003\"\n[[cluster", ":2004\"\n[[cluster")
	f("cluster a: changed queue", `name = "a"`, "name = \"a\"\nqueue = \"1MiB\"")
	f("cluster a: endpoint 10.0.0.3:2003 added\ncluster a: endpoint 10.0.0.1:2003 removed", "10.0.0.1", "10.0.0.3")
	f("rule 1 (x.**, aggregate): changed aggregate.wait", `period = "10s"`, "period = \"10s\"\nwait = \"1s\"")
	f("rule 1 (y.**, aggregate): added\nrule 1 (x.**, aggregate): removed", "x.**", "y.**")
	f("limits.series: 5000000 -> 7", "[[listen]]", "[limits]\nseries = 7\n[[listen]]")
	f("rule 1 (none, drop): added", "[[rule]]\nmatch = \"x", "[[rule]]\nmatch = \"none\"\ndrop = true\n[[rule]]\nmatch = \"x")
}

// What cannot change while plumbago runs is a fault where it stands; what can is none.
func TestFixed(t *testing.T) {
	f := func(want string, replace ...string) {
		t.Helper()
		before, after := changed(t, replace...)
		if got := Fixed(before, after).Error(); got != want {
			t.Errorf("%q:\ngot  %s\nwant %s", replace, got, want)
		}
	}
	f("")
	f("", "[admin]", "[log]\nlevel = \"warn\"\nfile = \"x.log\"\n[admin]\ntoken_file = \"testdata/token\"", "[[listen]]", "[history]\nkeep = \"2h\"\n[self]\ninterval = \"0\"\nmmstats = \"/tmp/x\"\n[[listen]]")
	f(`p.toml:3: admin.address: cannot change from "127.0.0.1:2080" while plumbago runs (restart it for that)`, ":2080", ":2081")
	f(`p.toml:5: state.dir: cannot change from "" while plumbago runs (restart it for that)`, "[[listen]]", "[state]\ndir = \"d\"\n[[listen]]")
}

// What is shown has no value from the environment in it, and comes to the same where that is as it was.
func TestShow(t *testing.T) {
	before, _ := changed(t)
	text := Show(before)
	if strings.Contains(text, "10.0.0.2") || !strings.Contains(text, "${SECRET}:2003") {
		t.Errorf("shown is\n%s", text)
	}
	after, faults := Parse("p.toml", []byte(text), func(string) (string, bool) { return "10.0.0.2", true })
	if faults != nil {
		t.Fatal(faults)
	}
	if lines := slices.Concat(Changes(before, after), Changes(after, before)); len(lines) > 0 {
		t.Errorf("put back in it changes %q", lines)
	}
}
