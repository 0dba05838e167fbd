package main

import (
	"strings"
	"testing"
)

// What is wrong with a command line is said in its own terms, with what may have been meant.
func TestUsage(t *testing.T) {
	f := func(want string, args ...string) {
		t.Helper()
		root := newRoot()
		root.SetArgs(args)
		cmd, err := root.ExecuteC()
		if err == nil || !strings.Contains("plumbago: "+err.Error()+"\n"+direction(cmd), want) {
			t.Errorf("%v: %v\n%s, want %s", args, err, direction(cmd), want)
		}
	}
	f("plumbago: there is no command \"chekc\" (did you mean \"check\"?)\nTry: plumbago help\n", "chekc")
	f(`there is no command "xyzzy"`+"\n", "xyzzy")
	f("there is no command \"xyzzy\"\nTry: plumbago help\n", "help", "xyzzy")
	f(`check takes no argument "x.toml" (a configuration is named by -c)`, "check", "x.toml")
	f(`config takes no argument "x"`+"\n", "config", "x")
	f(`diff takes no argument "c"`, "diff", "a", "b", "c")
	f("diff lacks an argument\nUsage: plumbago diff [--json] OLD NEW", "diff", "a")
	f("Try: plumbago help explain\n", "explain")
	f(`(options stand behind a command, as in "plumbago check -c FILE")`, "-c", "x.toml")
	f("unknown flag: --admin\nUsage: plumbago check", "check", "--admin", "x")
}

// Help is there for every command.
func TestHelp(t *testing.T) {
	if got := command(t, 0, "", "help", "ring"); !strings.Contains(got, "plumbago ring --members") && !strings.Contains(got, "ring --members LIST") {
		t.Errorf("help of ring: %s", got)
	}
	if got := command(t, 0, "", "help"); !strings.Contains(got, "Available Commands") {
		t.Errorf("help: %s", got)
	}
}
