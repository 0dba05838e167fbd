package e2e

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A mistake is a line of the seeded configuration and what must be said of it.
type mistake struct {
	file  string
	line  int
	key   string
	words []string
}

// seeded reads the mistakes that the configuration's comments announce.
func seeded(t *testing.T, dir string) (all []mistake) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		n := 0
		for line := range strings.Lines(read(t, path)) {
			n++
			if _, text, ok := strings.Cut(strings.TrimSpace(line), "#! "); ok {
				key, words, _ := strings.Cut(text, ": ")
				all = append(all, mistake{path, n, strings.TrimPrefix(key, ":"), strings.Split(words, ": ")})
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var faultLine = regexp.MustCompile(`^(.+\.toml):(\d+): (?:([A-Za-z_]\S*): )?(.*)$`)

// TestCheck runs "plumbago check" on a configuration with more than twenty-five mistakes in two files, and on one that is
// no TOML: it must name all of them at once, each with its line, key, reason and suggestion, and say nothing else.
func TestCheck(t *testing.T) {
	outside(t)
	t.Run("mistakes", func(t *testing.T) { checked(t, filepath.Join("testdata", "check"), 25) })
	t.Run("broken", func(t *testing.T) { checked(t, filepath.Join("testdata", "broken"), 1) })
}

// checked runs check on the configuration in dir and holds what it says to what the comments there announce.
func checked(t *testing.T, dir string, least int) {
	want := seeded(t, dir)
	if len(want) < least {
		t.Fatalf("only %d mistakes are seeded", len(want))
	}
	os.Unsetenv("PLUMBAGO_E2E_UNSET")
	stdout, stderr, code := run(t, "", "check", "-c", filepath.Join(dir, "plumbago.toml"))
	if code != 1 || stdout != "" {
		t.Errorf("exit code %d, standard output %q; want 1 and nothing", code, stdout)
	}
	for line := range strings.Lines(stderr) {
		m := faultLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			t.Errorf("not FILE:LINE: KEY: message: %q", line)
			continue
		}
		at, _ := strconv.Atoi(m[2])
		i := slices.IndexFunc(want, func(w mistake) bool {
			return w.line == at && filepath.Base(w.file) == filepath.Base(m[1]) && w.key == m[3]
		})
		if i < 0 {
			t.Errorf("a fault that was not seeded: %s", line)
			continue
		}
		for _, word := range want[i].words {
			if !strings.Contains(m[4], word) {
				t.Errorf("%s does not say %q", strings.TrimSpace(line), word)
			}
		}
		want = slices.Delete(want, i, i+1)
	}
	for _, w := range want {
		t.Errorf("%s:%d: %s: not reported", w.file, w.line, w.key)
	}
}

// TestCheckOpensNothing holds a port that a good configuration listens on: check must not mind, and run must.
func TestCheckOpensNothing(t *testing.T) {
	outside(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	conf := filepath.Join(t.TempDir(), "plumbago.toml")
	write(t, conf, "[admin]\naddress = \"\"\n[[listen]]\naddress = \"tcp://"+ln.Addr().String()+`"
[[cluster]]
name = "log"
protocol = "log"
endpoints = ["stdout"]
[[rule]]
match = "**"
send = "log"
`)
	if _, stderr, code := run(t, "", "check", "-c", conf); code != 0 || stderr != "" {
		t.Errorf("check: exit code %d, %q; want 0 and nothing", code, stderr)
	}
	if _, stderr, code := run(t, "", "run", "-c", conf); code != 1 || !strings.Contains(stderr, ln.Addr().String()) {
		t.Errorf("run: exit code %d, %q; want 1 and the address that is taken", code, stderr)
	}
}

// TestFaultyRun shows that a faulty file does not start, and says the same as check.
func TestFaultyRun(t *testing.T) {
	outside(t)
	conf := filepath.Join(t.TempDir(), "plumbago.toml")
	write(t, conf, "[[listen]]\nadress = \"tcp://127.0.0.1:0\"\n")
	_, stderr, code := run(t, "", "run", "-c", conf)
	if code != 1 || !strings.Contains(stderr, ":2: listen[1].adress: ") {
		t.Errorf("run: exit code %d, %q; want 1 and the misspelt key", code, stderr)
	}
	if _, _, code := run(t, "", "check", "--no-such-flag"); code != 2 {
		t.Errorf("a wrong flag: exit code %d, want 2", code)
	}
}
