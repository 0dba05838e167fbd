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
