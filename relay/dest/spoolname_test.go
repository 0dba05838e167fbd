package dest

import "testing"

func TestSpoolName(t *testing.T) {
	f := func(cluster, endpoint string, o Options, want string) {
		t.Helper()
		n := NameSpool(cluster, endpoint, o)
		if n.String() != want {
			t.Errorf("%+v is called %q, want %q", n, n, want)
		}
		if back, ok := ParseSpoolName(want); !ok || back != n {
			t.Errorf("%q is %+v, want %+v", want, back, n)
		}
	}
	f("graphite", "10.0.0.1:2003", Options{Protocol: "plaintext"}, "graphite plaintext 10.0.0.1:2003")
	f("a/b", "[::1]:2004", Options{Protocol: "pickle", Types: true}, "a/b pickle [::1]:2004")
	f("far", "/run/a b.sock", Options{Protocol: "plaintext", Types: true}, "far types /run/a b.sock")
	for _, text := range []string{"", "a", "a plaintext", "a b c", "foreign"} {
		if n, ok := ParseSpoolName(text); ok {
			t.Errorf("%q is %+v", text, n)
		}
	}
}
