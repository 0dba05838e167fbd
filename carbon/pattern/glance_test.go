package pattern

import "testing"

// What is refused at a glance does not match, and what is obvious is refused.
func TestRefuses(t *testing.T) {
	f := func(glob, name string, want bool) {
		t.Helper()
		m := selecting(t, Selection{Options: Options{Match: []string{glob}}})
		if got := m.Refuses([]byte(name)); got != want {
			t.Errorf("%s refuses %s: %v, want %v", glob, name, got, want)
		}
	}
	f("a.b", "a.b", false)
	f("a.b", "a.b;dc=x", false)
	f("a.b", "a.bc", true)
	f("a.b", "a", true)
	f("a.b", "b.a.b", true)
	f("a.*.c", "a.b.c", false)
	f("a.*.c", "a.b.d", true)
	f("a.*.c", "a.b.d;e=.c", false) // left to Match
	f("a.*.c", "a.b.c;e=d", false)
	f("a.*.c", "b.b.c", true)
	f("a.**", "a", false)
	f("**", "", false)
	f("{a,b}.c", "a.d", true)
	f("{a,b}.c", "x.c", false)
}

// Whatever is asked, no match is refused.
func TestRefusesNoMatch(t *testing.T) {
	r := newMaker(3)
	for range 20_000 {
		m, name := r.matcher(), r.name()
		if m.Match(name, nil) && m.Refuses([]byte(name)) {
			t.Fatalf("%s matches %s and refuses it", m, name)
		}
	}
}
