package story

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbago/conf"
)

// real is a configuration with endpoints of every kind; %s is a folder that nothing may be written to.
const real = `
[[listen]]
protocol = "pickle"
address = "tcp://:2004"
[[listen]]
protocol = "line"
address = ["tcp://:2003", "udp://:2003"]
names = "strict"
allow = ["10.0.0.0/8"]
proxy_protocol = true
rate = 1
idle = "1m"
[[cluster]]
name = "pair"
endpoints = ["10.0.0.1:2003", "10.0.0.2:2003"]
[[cluster]]
name = "fast"
protocol = "pickle"
endpoints = ["store.example.org:2004"]
[[cluster]]
name = "udp"
transport = "udp"
endpoints = ["[fd00::1]:2003"]
[[cluster]]
name = "trail"
protocol = "log"
layout = "json"
endpoints = ["DIR/points.log"]
[[cluster]]
name = "tree"
protocol = "log"
layout = "jumpscale"
endpoints = ["DIR/tree/", "stdout"]
[[rule]]
match = "**"
send = ["pair", "fast", "udp", "trail", "tree"]
`

// ready parses a story and a configuration, and makes the one ready against the other.
func ready(t *testing.T, story, file string) (*Story, error) {
	t.Helper()
	s, err := Parse("x.story", story)
	if err != nil {
		t.Fatal(err)
	}
	f, faults := conf.Parse("real.toml", []byte(file), os.LookupEnv)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return s, s.Against(f)
}

// A story runs against a real configuration: every endpoint is a sink, by its text and by the name of its cluster, and
// nothing is dialled or written.
func TestRealConfiguration(t *testing.T) {
	dir := t.TempDir()
	text := strings.ReplaceAll(`
-- 12:00:00 send --
a.b 1.5 now
..not.clean 1 now
-- +1s expect 10.0.0.1:2003 --
a.b 1.5 12:00:00
-- +0s down 10.0.0.2:2003 --
-- +0s expect fast --
a.b 1.5 12:00:00
-- +0s expect [fd00::1]:2003 --
a.b 1.5 12:00:00
-- +0s expect DIR/points.log --
a.b 1.5 12:00:00
-- +0s expect trail --
-- +0s expect DIR/tree/ --
a.b 1.5 12:00:00
-- +0s expect stdout --
a.b 1.5 12:00:00
-- +0s ledger --
invalid.bad_name 1
sent 1
-- +1h send --
c 2 now
-- +0s restart --
-- +0s expect 10.0.0.2:2003 --
a.b 1.5 12:00:00
-- +0s expect udp --
c 2 13:00:01
`, "DIR", dir)
	s, err := ready(t, text, strings.ReplaceAll(real, "DIR", dir))
	if err != nil {
		t.Fatal(err)
	}
	Run(t, s, false)
	if s.String() != text {
		t.Errorf("the story became\n%s", s)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("written to disk: %v (%v)", left, err)
	}
}

// A configuration that nothing listens in gets a listener; two clusters may share an endpoint; a cluster's name does not
// hide an endpoint's.
func TestStageNames(t *testing.T) {
	s, err := ready(t, `
-- 12:00:00 send --
a 1 now
-- +1s expect stdout --
a 1 12:00:00
a 1 12:00:00
-- +0s expect one --
-- +0s expect other --
a 1 12:00:00
`, `
[[cluster]]
name = "one"
protocol = "log"
endpoints = ["stdout"]
[[cluster]]
name = "two"
protocol = "log"
endpoints = ["stdout"]
[[cluster]]
name = "stdout"
protocol = "log"
endpoints = ["other"]
[[rule]]
match = "**"
send = ["one", "two", "stdout"]
`)
	if err != nil {
		t.Fatal(err)
	}
	Run(t, s, false)
}

// What is wrong says in which file and where.
func TestStageFaults(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := ready(t, text, strings.ReplaceAll(real, "DIR", "/nowhere"))
		if err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
	f("-- 12:00:00 wait --\n-- 12:00:00 expect pair --\n", `x.story:2: there is no sink "pair"; there are: `+
		`/nowhere/points.log, /nowhere/tree/, 10.0.0.1:2003, 10.0.0.2:2003, [fd00::1]:2003, fast, stdout, store.example.org:2004, trail, udp`)
	f("# one\n# two\n-- conf --\n[[rule]]\nmath = \"**\"\n-- 12:00:00 wait --\n", `x.story:5: rule[1].math: unknown key (did you mean "match"?)`)
	s, err := Parse(filepath.Join("a", "b.story"), "-- 12:00:00 wait --\n")
	if err == nil {
		err = s.Against(nil)
	}
	if want := "a/b.story: it has no configuration, and none was given"; err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
