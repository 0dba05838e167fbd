package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestDiffCommand compares two configurations by names from standard input: by exit code, by what is printed, and by the summary
// on standard error.
func TestDiffCommand(t *testing.T) {
	outside(t)
	dir := t.TempDir()
	before, after := filepath.Join(dir, "old.toml"), filepath.Join(dir, "new.toml")
	text := fmt.Sprintf(explained, freePort(t))
	write(t, before, text)
	write(t, after, strings.Replace(text, `match = "noise.**"`, `match = "other.**"`, 1))
	names := "noise.a\nweb.1.hits\nother.b\nunknown\n"
	stdout, stderr, code := run(t, names, "diff", before, after)
	want := "noise.a\n  was: dropped\n  is:  unrouted\nother.b\n  was: unrouted\n  is:  dropped\n"
	if code != 1 || stdout != want || stderr != "4 names, 2 differ\n" {
		t.Errorf("diff: exit code %d, %q, %q; want 1, %q and the summary", code, stdout, stderr, want)
	}
	if stdout, stderr, code := run(t, names, "diff", before, before); code != 0 || stdout != "" || stderr != "4 names, 0 differ\n" {
		t.Errorf("diff of a file with itself: exit code %d, %q, %q", code, stdout, stderr)
	}
	if _, stderr, code := run(t, names, "diff", before); code != 2 || stderr == "" {
		t.Errorf("diff of one file: exit code %d, %q; want 2", code, stderr)
	}
}

// TestRing asks where names are, and what moves, with the warning of an uneven ring on standard error.
func TestRing(t *testing.T) {
	outside(t)
	const two, three = "10.0.0.1:2003,10.0.0.2:2003", "10.0.0.1:2003,10.0.0.2:2003,10.0.0.3:2003"
	stdout, stderr, code := run(t, "x\ny\n", "ring", "--members", three, "-")
	if code != 0 || stdout != "x 10.0.0.2:2003\ny 10.0.0.1:2003\n" || stderr != "" {
		t.Errorf("ring of names: exit code %d, %q, %q", code, stdout, stderr)
	}
	stdout, stderr, code = run(t, "", "ring", "--members", three, "--to", two)
	if code != 0 || !strings.HasPrefix(stdout, "36842 of 100000 made-up names move (36.8 %)\n") || stderr != "" {
		t.Errorf("ring --to: exit code %d, %q, %q", code, stdout, stderr)
	}
	const six = three + ",10.0.0.4:2003,10.0.0.5:2003,10.0.0.6:2003"
	_, stderr, code = run(t, "", "ring", "--members", six)
	if code != 0 || !strings.Contains(stderr, "warning: 10.0.0.2:2003 gets 13.9 % of the names, -17 % off") {
		t.Errorf("ring of an uneven cluster: exit code %d, %q", code, stderr)
	}
}
