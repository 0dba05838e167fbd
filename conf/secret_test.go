package conf

import (
	"strings"
	"testing"
)

// A password is masked, and nothing else is.
func TestMasked(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if got := masked(text); got != want {
			t.Errorf("%s is shown as %s, want %s", text, got, want)
		}
	}
	f("redis://:pw@h:6379/0?key=a", "redis://:***@h:6379/0?key=a")
	f("rediss://user:p%40w@h/0", "rediss://user:***@h/0")
	f("redis://:p@ss@h:1/0?key=a", "redis://:***@h:1/0?key=a")
	f(`["redis://:a@h1:1","redis://:b@h2:1"]`, `["redis://:***@h1:1","redis://:***@h2:1"]`)
	f("redis://:${REDIS_PASSWORD}@h", "redis://:${REDIS_PASSWORD}@h")
	f("redis://:${REDIS_PASSWORD:-pw}@h", "redis://:***@h")
	f("redis://:pw${X}@h", "redis://:***@h")
	f("tcp://127.0.0.1:2003", "tcp://127.0.0.1:2003")
	f("10.0.0.1:2003=a", "10.0.0.1:2003=a")
	f("listener redis://:pw@h/0?key=a: added", "listener redis://:***@h/0?key=a: added")
}

// What is shown has no password in it; put back it comes to the same, and a mask that says nothing is refused.
func TestUnmask(t *testing.T) {
	parse := func(text string) (*File, Faults) {
		return Parse("p.toml", []byte(text), func(string) (string, bool) { return "envpw", true })
	}
	const text = "[[listen]]\nprotocol = \"redis\"\naddress = [\"redis://:pw1@h/0?key=a\", \"redis://:pw2@h/0?key=ab\", \"redis://:${R}@h/0?key=b\"]\n" +
		"[[cluster]]\nname = \"g\"\nendpoints = \"10.0.0.1:2003\"\n[[rule]]\nmatch = \"**\"\nsend = \"g\"\n"
	f, faults := parse(text)
	if faults != nil {
		t.Fatal(faults)
	}
	show := Show(f)
	if strings.Contains(show, "pw1") || strings.Contains(show, "pw2") || strings.Contains(show, "envpw") || !strings.Contains(show, `"redis://:***@h/0?key=a"`) {
		t.Errorf("shown is\n%s", show)
	}
	again, faults := parse(string(Unmask(f, []byte(show))))
	if faults != nil {
		t.Fatal(faults)
	}
	if lines := Changes(f, again); len(lines) > 0 {
		t.Errorf("put back it changes %q", lines)
	}
	_, faults = parse(string(Unmask(f, []byte(strings.Replace(show, `key=a"`, `key=c"`, 1)))))
	if want := "the password is masked"; len(faults) != 1 || !strings.Contains(faults.Error(), want) {
		t.Errorf("a mask that stands for nothing: %v, want %s", faults, want)
	}
	other, faults := parse(strings.Replace(text, "key=a", "key=c", 1))
	if faults != nil {
		t.Fatal(faults)
	}
	if said := strings.Join(Changes(f, other), "\n"); said == "" || strings.Contains(said, "pw1") || strings.Contains(said, "envpw") {
		t.Errorf("the changes are %q", said)
	}
}
