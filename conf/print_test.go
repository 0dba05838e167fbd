package conf

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plumbago/relay"
)

// same compares what two Files configure, not where it stands or how it was joined.
func same(a, b *File) string {
	return cmp.Diff(a, b, cmpopts.IgnoreUnexported(File{}), cmpopts.IgnoreFields(File{}, "Include", "Warnings"),
		cmpopts.IgnoreFields(relay.RuleOptions{}, "File", "Line"))
}

// nowhere is an empty environment: what is printed has no need of one.
func nowhere(string) (string, bool) { return "", false }

// What Print writes is the same configuration, with nothing left to defaults or the environment.
func TestPrintRoundTrip(t *testing.T) {
	paths, _ := filepath.Glob("testdata/good/*.toml")
	more, _ := filepath.Glob("testdata/warn/*.toml")
	for _, path := range append(paths, more...) {
		f, faults := Load(path, environment)
		if faults != nil {
			t.Fatal(faults)
		}
		printed := Print(f)
		back, faults := Parse("printed", []byte(printed), nowhere)
		if faults != nil {
			t.Fatalf("%s: %v\n%s", path, faults, printed)
		}
		if diff := same(f, back); diff != "" {
			t.Errorf("%s: %s\n%s", path, diff, printed)
		}
		if again := Print(back); again != printed {
			t.Errorf("%s: printed again it is\n%s\nnot\n%s", path, again, printed)
		}
	}
}

func TestPrintDefault(t *testing.T) {
	const want = `[log]
level = "info"
format = "auto"
file = ""

[admin]
address = "127.0.0.1:2080"
token_file = ""

[state]
dir = ""
snapshot = "10s"

[self]
prefix = "plumbago.{host}"
interval = "10s"
compat = ""
mmstats = ""

[history]
keep = "1h"
series = 10000

[limits]
series = 5000000
connections = 10000
idle = "10m"
memory = "80%"

[[listen]]
protocol = "line"
address = ["tcp://:2003", "udp://:2003"]
max_line = "16KiB"
max_name = "4KiB"
max_frame = "1MiB"
names = "clean"
unterminated = "drop"
recv_buffer = "8MiB"
connections = 0
rate = 0
proxy_protocol = false
compress = "none"
linger = "5ms"

[[listen]]
protocol = "pickle"
address = ["tcp://:2004"]
max_line = "16KiB"
max_name = "4KiB"
max_frame = "1MiB"
names = "clean"
unterminated = "drop"
recv_buffer = "8MiB"
connections = 0
rate = 0
proxy_protocol = false
compress = "none"
linger = "5ms"

[[cluster]]
name = "log"
endpoints = ["stdout"]
policy = "forward"
protocol = "log"
queue = "64MiB"
overflow = "drop_oldest"
types = false
batch = "64KiB"
flush = "5ms"
reconnect = ["100ms", "30s"]
layout = "plain"

[[rule]]
match = ["plumbago.*.**"]
drop = true

[[rule]]
match = ["**"]
[rule.aggregate]
type = "auto"
name = "$0"
period = "10s"
functions = ["avg", "max"]
send = ["log"]
memonly = false
as = "{name}.{fn}"
as_rollup = "{name}.{period}.{fn}"
stamp = "start"
wait = "2s"
late = "amend"
grace = "1m"
clock = "sample"
max_future = "1d"
decimals = -1
keep = "1h"
series = 0
max_gap = "2h"
reset = "zero"
partial = "drop"
percentile = "nearest"
dedup = "none"
empty = "skip"
window_minmax = "abs"
window_stddev = "pooled"
compat = ""
percent = false
`
	if got := Print(Default()); got != want {
		t.Errorf("got\n%s", got)
	}
}

// Whatever the text is, parsing it ends in a File or in Faults that stand in it; and a File can be printed and read.
func FuzzParse(f *testing.F) {
	for _, dir := range []string{"bad", "good", "warn", "part"} {
		paths, _ := filepath.Glob(filepath.Join("testdata", dir, "*.toml"))
		for _, path := range paths {
			file, _ := Load(path, environment)
			f.Add(read(f, path))
			f.Add(Print(file))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Without including: a fuzzer must not read through the machine's files.
		l := newLoader(environment)
		l.into.name = "fuzz"
		l.file("fuzz", text, l.into)
		faults := append(l.faults, check(l.into, l.faults)...).sorted()
		lines := strings.Count(text, "\n") + 1
		for _, fault := range append(slices.Clone(faults), l.into.Warnings...) {
			if fault.File != "fuzz" || fault.Line < 1 || fault.Line > lines || fault.Msg == "" {
				t.Errorf("a strange fault of %d lines: %s", lines, fault)
			}
		}
		if faults != nil || l.into.Include != nil {
			return
		}
		printed := Print(l.into)
		back, faults := Parse("printed", []byte(printed), nowhere)
		if faults != nil {
			t.Fatalf("%v\n%s", faults, printed)
		}
		if diff := same(l.into, back); diff != "" {
			t.Fatalf("%s\n%s", diff, printed)
		}
	})
}
