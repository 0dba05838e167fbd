package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// demand says how much of the machine the tests may miss: nothing ("1"), anything ("have"), or all of it ("").
var demand = os.Getenv("PLUMBAGO_E2E")

// program is the program as users run it; raceProgram is the same with the race detector and the invariants' checks. A
// test takes raceProgram unless it measures memory or time.
var program, raceProgram string

func TestMain(m *testing.M) {
	if os.Getenv(markerEnv) != "" {
		fmt.Fprintln(os.Stderr, "marker:", beMarker(os.Args[1:]))
		os.Exit(1)
	}
	if os.Getenv(victimEnv) != "" {
		fmt.Fprintln(os.Stderr, "victim:", beVictim(os.Args[1:]))
		os.Exit(1)
	}
	if demand == "" {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "plumbago-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := 1
	if err := build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// build makes the programs under test, unless they are given.
func build(dir string) error {
	f := func(env, name string, flags ...string) (string, error) {
		if path := os.Getenv(env); path != "" {
			return filepath.Abs(path)
		}
		path := filepath.Join(dir, name)
		args := append([]string{"build"}, append(flags, "-o", path, "plumbago/cmd/plumbago")...)
		out, err := exec.Command("go", args...).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("building plumbago (go %v): %w\n%s", args, err, out)
		}
		return path, nil
	}
	var err error
	if program, err = f("PLUMBAGO_BIN", "plumbago"); err != nil {
		return err
	}
	raceProgram, err = f("PLUMBAGO_RACE_BIN", "plumbago-race", "-race", "-tags", "invariants")
	if err != nil && demand == "have" {
		fmt.Fprintf(os.Stderr, "no race build on this machine, testing the plain one: %v\n", err)
		raceProgram, err = program, nil
	}
	return err
}

// outside skips a test of the daemon unless it was asked for.
func outside(t *testing.T) {
	t.Helper()
	if demand == "" {
		t.Skip("the end-to-end tests run with PLUMBAGO_E2E=1, as scripts/e2e/run does")
	}
}

// part returns the path of the first program of names, all of which do the same. When there is none the test fails or
// is skipped, as PLUMBAGO_E2E says; pkg is the Debian package that has it.
func part(t *testing.T, pkg string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	absent(t, fmt.Sprintf("%v is not installed (Debian package %s)", names, pkg))
	return ""
}

// absent ends a test for want of something.
func absent(t *testing.T, what string) {
	t.Helper()
	if demand == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}
