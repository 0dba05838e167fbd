package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plumbago/carbon"
	"plumbago/cmd/internal/daemon"
	"plumbago/relay/dest"
	"plumbago/relay/spool"
)

const spooled = `[state]
dir = %q
[[listen]]
address = "tcp://127.0.0.1:0"
[[cluster]]
name = "graphite"
endpoints = ["10.0.0.1:2003=a", "10.0.0.2:2003"]
spool = "1MiB"
[[cluster]]
name = "pickled"
protocol = "pickle"
endpoints = ["10.0.0.1:2004"]
spool = "1MiB"
[[rule]]
match = "**"
send = ["graphite", "pickled"]
`

// lay puts points into the spool of an endpoint, and returns the spool, which is open.
func lay(t *testing.T, dir string, name dest.SpoolName, points ...string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(daemon.SpoolRoot(dir), name.String(), spool.Options{Size: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	o := dest.Options{Protocol: name.Form}
	if name.Form == "types" {
		o = dest.Options{Protocol: "plaintext", Types: true}
	}
	encoder := dest.Encoder(o)
	for i, point := range points {
		b := carbon.NewBatch()
		b.Bytes = append(b.Bytes, point...)
		if err := carbon.NewLineDecoder(carbon.DefaultLimits()).Decode(b, 0); err != nil || len(b.Points) != 1 {
			t.Fatalf("%q: %v", point, err)
		}
		f := &carbon.Frame{}
		encoder.Append(f, b, &b.Points[0])
		encoder.Finish(f)
		if err := s.Append(f.Bytes, 1, int64(1000+i)); err != nil {
			t.Fatal(err)
		}
		b.Free()
	}
	if err := s.Sync(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSpoolCommands(t *testing.T) {
	dir := t.TempDir()
	conf := configure(t, "x.toml", fmt.Sprintf(spooled, dir))
	if got := command(t, 0, "", "spool", "ls", "-c", conf); got != "" {
		t.Errorf("without spools: %s", got)
	}
	held := lay(t, dir, dest.SpoolName{Cluster: "graphite", Endpoint: "10.0.0.1:2003", Form: "plaintext"}, "a 1 60\n", "b 2 120\n")
	lay(t, dir, dest.SpoolName{Cluster: "pickled", Endpoint: "10.0.0.1:2004", Form: "pickle"}, "c 3.5 180", "d;x=y 4 240").Close()
	lay(t, dir, dest.SpoolName{Cluster: "gone", Endpoint: "/run/a b", Form: "types"}, "e 5 300\n").Close()
	lay(t, dir, dest.SpoolName{Cluster: "empty", Endpoint: "x:1", Form: "plaintext"}).Close()
	if err := os.Mkdir(filepath.Join(daemon.SpoolRoot(dir), "foreign"), 0o700); err != nil {
		t.Fatal(err)
	}
	list := func() (found []daemon.SpoolInfo) {
		t.Helper()
		if err := json.Unmarshal([]byte(command(t, 0, "", "spool", "ls", "--json", "-c", conf)), &found); err != nil {
			t.Fatal(err)
		}
		return found
	}
	if got := command(t, 0, "", "check", "-c", conf); !strings.Contains(got, "; 1 warning\n") {
		t.Errorf("check does not warn of the orphan: %s", got)
	}
	var seen []string
	for _, s := range list() {
		seen = append(seen, fmt.Sprintf("%s %s %s %d use=%v orphan=%v", s.Cluster, s.Endpoint, s.Form, s.Points, s.InUse, s.Orphan))
		if s.Dir == "" || s.Bytes == 0 || s.Oldest == nil || s.Oldest.UnixMilli() != 1000 || s.Pid != os.Getpid() {
			t.Errorf("%+v", s)
		}
	}
	want := []string{
		"gone /run/a b types 1 use=false orphan=true",
		"graphite 10.0.0.1:2003 plaintext 2 use=true orphan=false",
		"pickled 10.0.0.1:2004 pickle 2 use=false orphan=false",
	}
	if strings.Join(seen, "\n") != strings.Join(want, "\n") {
		t.Errorf("listed:\n%s", strings.Join(seen, "\n"))
	}
	for _, part := range []string{"cluster ", "orphan: no endpoint", fmt.Sprintf("in use by process %d", os.Getpid()), " ago"} {
		if text := command(t, 0, "", "spool", "ls", "--state", dir, "-c", conf); !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
	cat := func(want string, args ...string) {
		t.Helper()
		if got := command(t, 0, "", append([]string{"spool", "cat", "-c", conf}, args...)...); got != want {
			t.Errorf("cat %v: %q", args, got)
		}
	}
	cat("a 1 60\nb 2 120\n", "graphite")
	cat("c 3.5 180\nd;x=y 4 240\n", "pickled", "10.0.0.1:2004")
	cat("e 5 300 N\n", "gone", "/run/a b")
	command(t, 1, "", "spool", "cat", "-c", conf, "nothing")
	command(t, 1, "", "spool", "cat", "-c", conf, "graphite", "10.0.0.9:2003")

	command(t, 1, "", "spool", "purge", "-c", conf)
	command(t, 1, "", "spool", "purge", "-c", conf, "--all", "graphite")
	command(t, 1, "", "spool", "purge", "-c", conf, "graphite") // in use
	if got := command(t, 1, "", "spool", "purge", "-c", conf, "--all"); !strings.Contains(got, "gone /run/a b: 1 point thrown away\n") ||
		!strings.Contains(got, "pickled 10.0.0.1:2004: 2 points thrown away\n") || strings.Contains(got, "graphite") {
		t.Errorf("purge: %s", got)
	}
	if found := list(); len(found) != 2 || found[0].Points != 2 || found[1].Points != 0 {
		t.Errorf("left: %+v", found)
	}
	if entries, err := os.ReadDir(daemon.SpoolRoot(dir)); err != nil || len(entries) != 3 {
		t.Errorf("left: %v, %v", entries, err)
	}
	held.Close()
	command(t, 0, "", "spool", "purge", "-c", conf, "graphite", "10.0.0.1:2003")
	cat("", "graphite")
}

// Where no spool can be, the commands say so.
func TestSpoolWithoutState(t *testing.T) {
	conf := configure(t, "x.toml", strings.NewReplacer("dir = \"\"", "", "spool = \"1MiB\"", "").Replace(fmt.Sprintf(spooled, "")))
	command(t, 1, "", "spool", "ls", "-c", conf)
	command(t, 1, "", "spool", "ls", "-c", conf, "--state", filepath.Join(t.TempDir(), "nowhere"))
	if got := command(t, 0, "", "spool", "ls", "-c", conf, "--state", t.TempDir()); got != "" {
		t.Errorf("listed %s", got)
	}
}
