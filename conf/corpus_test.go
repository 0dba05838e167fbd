package conf

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the answers that test data states")

// environment is what the test data's ${...} refer to.
func environment(name string) (string, bool) {
	values := map[string]string{"SOME_HOST": "10.1.1.1", "EMPTY": "", "SOME_SIZE": "2MiB", "TRICKY": "${SOME_HOST}"}
	v, ok := values[name]
	return v, ok
}

// Each file of testdata/bad states in its first lines, after "#!", every fault that it must give, without the name of
// the file; likewise each of testdata/warn its warnings. A line that ends in "…" states how a fault begins: what
// follows are another package's words. testdata/good gives neither.
func TestCorpus(t *testing.T) {
	for _, dir := range []string{"bad", "warn", "good"} {
		paths, err := filepath.Glob(filepath.Join("testdata", dir, "*.toml"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no test data in %s: %v", dir, err)
		}
		for _, path := range paths {
			t.Run(dir+"/"+filepath.Base(path), func(t *testing.T) { corpusFile(t, dir, path) })
		}
	}
}

func corpusFile(t *testing.T, dir, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, body := stated(string(text))
	got := complaints(path, string(text))
	if *update {
		for range 3 { // the header moves the lines that it states
			text = []byte(header(complaints(path, string(text)), want) + body)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if (len(want) == 0) != (dir == "good") {
		t.Errorf("states %d faults", len(want))
	}
	if !slices.EqualFunc(got, want, states) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	if f, faults := Parse(path, text, environment); (faults != nil) != (dir == "bad") {
		t.Errorf("%d faults", len(faults))
	} else if faults != nil && f.Warnings != nil {
		t.Error("warnings beside faults")
	}
}

// states says whether the stated fault is the one that was got.
func states(got, stated string) bool {
	if start, ok := strings.CutSuffix(stated, "…"); ok {
		return strings.HasPrefix(got, start)
	}
	return got == stated
}

// stated cuts the header off the text of a file.
func stated(text string) (faults []string, body string) {
	for {
		line, rest, _ := strings.Cut(text, "\n")
		fault, ok := strings.CutPrefix(line, "#! ")
		if !ok {
			return faults, text
		}
		faults, text = append(faults, fault), rest
	}
}

// header writes faults as a file states them, keeping the statements that hold already.
func header(faults, before []string) string {
	var b strings.Builder
	for _, f := range faults {
		if i := slices.IndexFunc(before, func(s string) bool { return strings.HasSuffix(s, "…") && states(f, s) }); i >= 0 {
			f = before[i]
		}
		b.WriteString("#! " + f + "\n")
	}
	return b.String()
}

// complaints returns the faults or warnings of a file as it states them.
func complaints(path, text string) (lines []string) {
	f, faults := Parse(path, []byte(text), environment)
	for _, f := range append(faults, f.Warnings...) {
		line := strings.ReplaceAll(f.Error(), filepath.Dir(path)+"/", "")
		lines = append(lines, strings.TrimPrefix(line, filepath.Base(path)+":"))
	}
	return lines
}

// What a person most likely meant is what is proposed.
func TestNearest(t *testing.T) {
	words := []string{"address", "protocol", "queue", "debug", "max_line", "max_name", "avg", "max", "min"}
	f := func(in, want string) {
		t.Helper()
		if got := nearest(in, words); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f("adress", "address")
	f("addr", "address")
	f("Protocol", "protocol")
	f("max-line", "max_line")
	f("MaxLine", "max_line")
	f("quuee", "queue")
	f("dbeug", "debug")
	f("maximum", "max")
	f("mim", "min")
	f("av", "avg")
	f("zebra", "")
	f("", "")
	f("x", "")
}
