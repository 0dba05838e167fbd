package conf

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plumbago/aggregate"
	"plumbago/carbon/pattern"
	"plumbago/ingest"
	"plumbago/relay"
)

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// The built-in configuration is what it says it is: without a fault, without a warning, and of defaults.
func TestDefault(t *testing.T) {
	f, faults := Parse("default", []byte(DefaultText), nowhere)
	if faults != nil || f.Warnings != nil {
		t.Fatal(faults, f.Warnings)
	}
	line, pickle := ingest.DefaultOptions(), ingest.DefaultOptions()
	line.Address = []string{"tcp://:2003", "udp://:2003"}
	pickle.Protocol, pickle.Address = "pickle", []string{"tcp://:2004"}
	log := relay.DefaultClusterOptions()
	log.Name, log.Protocol, log.Endpoints = "log", "log", []string{"stdout"}
	all := aggregate.DefaultOptions()
	all.Send = []string{"log"}
	want := empty()
	want.Listen = []ingest.Options{line, pickle}
	want.Cluster = []relay.ClusterOptions{log}
	every := pattern.Selection{Options: pattern.Options{Match: []string{"**"}}}
	own := pattern.Selection{Options: pattern.Options{Match: []string{"plumbago.*.**"}}}
	want.Rule = []relay.RuleOptions{{Selection: own, Drop: true}, {Selection: every, Aggregate: &all}}
	if diff := same(want, Default()); diff != "" {
		t.Error(diff)
	}
}

// The examples in the built-in configuration work once the # before them is gone.
func TestDefaultExamples(t *testing.T) {
	lines := strings.Split(DefaultText, "\n")
	examples := 0
	for i, line := range lines {
		if len(line) > 1 && line[0] == '#' && line[1] != ' ' {
			lines[i] = line[1:]
			examples++
		}
	}
	f, faults := Parse("default", []byte(strings.Join(lines, "\n")), nowhere)
	if faults != nil || f.Warnings != nil || examples == 0 {
		t.Fatal(faults, f.Warnings, examples)
	}
	if len(f.Cluster) != 2 || len(f.Rule) != 4 {
		t.Errorf("%d clusters, %d rules", len(f.Cluster), len(f.Rule))
	}
}

func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	env := func(value string) func(string) (string, bool) {
		return func(name string) (string, bool) { return value, name == "PLUMBAGO_CONFIG" }
	}
	f := func(flag, variable, want string) {
		t.Helper()
		path, ok := Find(flag, env(variable))
		if want == "" && ok && path == "/etc/plumbago/plumbago.toml" {
			return // this machine has one
		}
		if path != want || ok != (want != "") {
			t.Errorf("got %q %v, want %q", path, ok, want)
		}
	}
	f("", "", "")
	f("a.toml", "b.toml", "a.toml")
	f("", "b.toml", "b.toml")
	write(t, "plumbago.toml", "")
	f("", "", "plumbago.toml")
	f("", "b.toml", "b.toml")
}

func TestLoadUnreadable(t *testing.T) {
	dir := t.TempDir()
	f := func(path, want string) {
		t.Helper()
		if _, faults := Load(path, nowhere); faults.Error() != want {
			t.Errorf("got %q, want %q", faults.Error(), want)
		}
	}
	f(dir, dir+": cannot be read: is a directory")
	f(dir+"/none.toml", dir+"/none.toml: cannot be read: no such file or directory")
	write(t, dir+"/utf16.toml", "\xff\xfea\x00")
	f(dir+"/utf16.toml", dir+"/utf16.toml:1: is no TOML: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8")
	write(t, dir+"/latin.toml", "# caf\xe9\n")
	f(dir+"/latin.toml", dir+"/latin.toml:1: is no TOML: invalid UTF-8 byte: 0xe9")
}

// Included sections follow those of the including file, in the order of the patterns and then of the names, each file
// once; and each section knows where it stands.
func TestInclude(t *testing.T) {
	const path = "testdata/good/include.toml"
	f, faults := Load(path, nowhere)
	if faults != nil {
		t.Fatal(faults)
	}
	var got []string
	add := func(name string, p Place) {
		got = append(got, name+" "+strings.TrimPrefix(Fault{File: p.File, Line: p.Line, Key: p.Key}.Error(), "testdata/"))
	}
	for i, o := range f.Listen {
		add(o.Address[0], f.ListenPlace(i))
	}
	for i, o := range f.Cluster {
		add(o.Name, f.ClusterPlace(i))
	}
	for _, o := range f.Rule {
		add(o.Match[0], Place{File: o.File, Line: o.Line})
	}
	want := []string{
		"tcp://:2003 good/include.toml:2: listen[1]: ",
		"tcp://:2004 part/20-second.toml:1: listen[1]: ",
		"main good/include.toml:4: cluster[1]: ",
		"first part/10-first.toml:1: cluster[1]: ",
		"main.** good/include.toml:7: ",
		"second.** part/20-second.toml:4: ",
		"first.** part/10-first.toml:4: ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An absolute pattern is taken as it is, and a file that matches its own pattern is not included in itself.
func TestIncludeAbsolute(t *testing.T) {
	dir := t.TempDir()
	main := filepath.Join(dir, "main.toml")
	write(t, main, "include = [\""+dir+"/*.toml\", \""+dir+"/more.toml\"]\n[log]\nlevel = \"warn\"\n")
	write(t, filepath.Join(dir, "more.toml"), "[[listen]]\naddress = \"tcp://:0\"\n")
	f, faults := Load(main, nowhere)
	if faults != nil || len(f.Listen) != 1 || f.Log.Level != "warn" {
		t.Error(faults, f.Listen, f.Log)
	}
}

// A story's configuration may name the story's own endpoints.
func TestStoryEndpoints(t *testing.T) {
	const text = `
[[listen]]
address = "tcp://:0"
[[cluster]]
name = "a"
endpoints = ["sink:a"]
[[rule]]
match = "**"
send = "a"
`
	if _, faults := Parse("some.story", []byte(text), nowhere); faults != nil {
		t.Error(faults)
	}
	if _, faults := Parse("some.toml", []byte(text), nowhere); len(faults) != 1 {
		t.Error(faults)
	}
}

// A variable of the environment that is called like a group, or 1, does not get into a template or an expression.
func TestTemplatesAreOfTheMatch(t *testing.T) {
	const text = `
[[rule]]
regex = '^(?P<HOST>[^.]+)\.(.*)${1}'
rewrite = '${HOST}.${1}.$2;host=${tag:HOST}'
[[rule]]
match = "${HOST}.*"
[rule.aggregate]
name = '${1}.${HOST}'
as = '${1}.{fn}'
`
	env := func(string) (string, bool) { return "wrong", true }
	f, _ := Parse("some.toml", []byte(text), env)
	r := f.Rule[0]
	if r.Regex[0] != `^(?P<HOST>[^.]+)\.(.*)${1}` || r.Rewrite != "${HOST}.${1}.$2;host=${tag:HOST}" {
		t.Errorf("regex %q, rewrite %q", r.Regex, r.Rewrite)
	}
	if r := f.Rule[1]; r.Match[0] != "wrong.*" || r.Aggregate.Name != "${1}.${HOST}" || r.Aggregate.As != "${1}.{fn}" {
		t.Errorf("match %q, name %q, as %q", r.Match, r.Aggregate.Name, r.Aggregate.As)
	}
}

// What is said to be yet to come is not there yet.
func TestLaterIsLater(t *testing.T) {
	for _, s := range sections() {
		for _, f := range fields(s.of) {
			if keyIsLater(s.path, f.key) {
				t.Errorf("the key %s is there", join(s.path, f.key))
			}
			for _, value := range f.enum {
				if valueIsLater(join(s.path, f.key), value) {
					t.Errorf("the value %s of %s is there", value, join(s.path, f.key))
				}
			}
		}
	}
	for _, fn := range functions {
		if valueIsLater("rule.aggregate.functions", fn) {
			t.Errorf("the function %s is there", fn)
		}
	}
}

// Default values are values that may be set.
func TestDefaultsAreAllowed(t *testing.T) {
	for _, s := range sections() {
		v := fresh(s.of)
		if s.path == "log" {
			v.Set(reflect.ValueOf(empty().Log))
		}
		for _, f := range fields(s.of) {
			if f.enum == nil || f.key == "map" || v.FieldByIndex(f.index).Kind() == reflect.Slice { // not to map is no value
				continue
			}
			d := &decoder{at: scan(""), env: nowhere}
			if !d.allowed(v.FieldByIndex(f.index).String(), f, join(s.path, f.key)) {
				t.Error(d.faults)
			}
		}
	}
}
