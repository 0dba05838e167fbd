package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The manual has every command and option, and troff has nothing to say against it.
func TestManual(t *testing.T) {
	page := command(t, 0, "", "man")
	for _, cmd := range newRoot().Commands() {
		if cmd.Name() != "help" && !strings.Contains(page, "\n.SS plumbago "+cmd.Name()) {
			t.Errorf("nothing of %s", cmd.Name())
		}
	}
	for _, option := range []string{`\-\-drain`, `\-\-token\-file`, `\-c, \-\-config`} {
		if !strings.Contains(page, option) {
			t.Errorf("nothing of %s", option)
		}
	}
	if _, err := exec.LookPath("groff"); err != nil {
		t.Skip("groff is not installed")
	}
	groff := exec.Command("groff", "-man", "-Tutf8", "-ww")
	groff.Stdin = strings.NewReader(page)
	var said strings.Builder
	groff.Stderr = &said
	out, err := groff.Output()
	if err != nil || said.Len() > 0 || !strings.Contains(string(out), "plumbago man > /usr/local") {
		t.Errorf("groff: %v, %s", err, &said)
	}
}

// Text is printed as it stands.
func TestTroff(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := troff(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	f("a - b", `a \- b`)
	f(".a\n'b' `c`", "\\&.a\n\\(aqb\\(aq \\(gac\\(ga")
	f(`a\b`, `a\eb`)
	f("a\n\n    b\n", "a\n.PP\n.br\n    b\n")
}

// Each shell has its completion script.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if script := command(t, 0, "", "completion", shell); !strings.Contains(script, "plumbago") {
			t.Errorf("%s: %.80s", shell, script)
		}
	}
}
