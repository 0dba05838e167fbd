package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const toTest = `[[listen]]
protocol = "line"
address = "tcp://127.0.0.1:%PORT"
[[cluster]]
name = "graphite"
endpoints = ["127.0.0.1:%SINK", "10.255.255.1:2003"]
[[cluster]]
name = "trail"
protocol = "log"
endpoints = ["%DIR/points.log"]
[[rule]]
match = "**"
send = ["graphite", "trail"]
`

// TestStoriesAgainstAConfiguration runs stories against a real configuration: its endpoints are sinks, and neither the
// network nor the disk hears of it.
func TestStoriesAgainstAConfiguration(t *testing.T) {
	outside(t)
	out, dir := newSink(t), t.TempDir()
	_, port, _ := strings.Cut(out.addr, ":")
	fill := strings.NewReplacer("%PORT", strconv.Itoa(freePort(t)), "%SINK", port, "%DIR", dir)
	conf := filepath.Join(dir, "plumbago.toml")
	write(t, conf, fill.Replace(toTest))
	good := filepath.Join(dir, "good.story")
	write(t, good, fill.Replace(`# what is sent gets there
-- 12:00:00 send --
a 1 now
-- +1s expect 127.0.0.1:%SINK --
a 1 12:00:00
-- +0s expect 10.255.255.1:2003 --
a 1 12:00:00
-- +0s expect trail --
a 1 12:00:00
`))
	bad := filepath.Join(dir, "bad.story")
	write(t, bad, "-- 12:00:00 send --\na 1 now\n-- +1s expect trail --\na 2 12:00:00\n")
	lost := filepath.Join(dir, "lost.story")
	write(t, lost, "-- 12:00:00 expect nobody --\n")
	f := func(code int, part string, args ...string) {
		t.Helper()
		stdout, stderr, got := run(t, "", append([]string{"test"}, args...)...)
		if got != code || !strings.Contains(stdout+stderr, part) {
			t.Errorf("test %v: exit code %d, %s%s; want %d and %q", args, got, stdout, stderr, code, part)
		}
	}
	f(0, "PASS", "-c", conf, good)
	f(1, bad+":3: +1s expect trail: got", "-c", conf, good, bad)
	f(1, lost+":1: there is no sink \"nobody\"", "-c", conf, lost)
	before := read(t, good)
	f(0, "PASS", "-c", conf, "--update", good, bad)
	if after := read(t, good); after != before {
		t.Errorf("--update changed a story that was right to\n%s", after)
	}
	f(0, "PASS", "-c", conf, bad)
	if _, err := os.Stat(filepath.Join(dir, "points.log")); err == nil {
		t.Error("a story wrote the log's file")
	}
	if n := out.count(); n > 0 {
		t.Errorf("a story sent %d points over the network", n)
	}
	faulty := filepath.Join(dir, "faulty.toml")
	write(t, faulty, "[[listen]]\nadress = \"tcp://127.0.0.1:0\"\n")
	f(1, faulty+":2: listen[1].adress: ", "-c", faulty, good)
}

// TestUnreadableConfiguration wants one sentence of every command that is given a configuration it cannot read.
func TestUnreadableConfiguration(t *testing.T) {
	outside(t)
	dir := t.TempDir()
	story := filepath.Join(dir, "x.story")
	write(t, story, "-- 12:00:00 wait --\n")
	none := filepath.Join(dir, "none.toml")
	for path, why := range map[string]string{none: "no such file or directory", dir: "is a directory"} {
		for _, args := range [][]string{{"check"}, {"run"}, {"explain", "a"}, {"test", story}} {
			stdout, stderr, code := run(t, "", append(args, "-c", path)...)
			if want := path + ": cannot be read: " + why + "\n"; code != 1 || stderr != want || stdout != "" {
				t.Errorf("%v -c %s: exit code %d, %q %q; want 1 and %q", args, path, code, stdout, stderr, want)
			}
		}
	}
}

// TestWarnings wants what is odd about a configuration in the log of the daemon, each once.
func TestWarnings(t *testing.T) {
	var conf strings.Builder
	conf.WriteString("[[listen]]\naddress = \"tcp://127.0.0.1:0\"\n")
	for _, name := range strings.Fields("a b c d e f g h i j k l m") {
		conf.WriteString("[[cluster]]\nprotocol = \"log\"\nname = \"" + name + "\"\nendpoints = [\"stderr\"]\n")
	}
	d := start(t, setup{conf: conf.String()})
	for _, name := range strings.Fields("a b c d e f g h i j k l m") {
		want := `no rule sends to the cluster \"` + name + `\"`
		if n := strings.Count(d.said.String(), want); n != 1 {
			t.Errorf("the log says %d times %s", n, want)
		}
	}
	d.stop()
}
