package conf

import (
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got, msg, _ := expand(in, environment); got != want || msg != "" {
			t.Errorf("%q: got %q %q, want %q", in, got, msg, want)
		}
	}
	f("", "")
	f("plain", "plain")
	f("${SOME_HOST}", "10.1.1.1")
	f("a${SOME_HOST}b${SOME_HOST}c", "a10.1.1.1b10.1.1.1c")
	f("${SOME_HOST:-x}", "10.1.1.1")
	f("${NOT_SET:-x}", "x")
	f("${NOT_SET:-}", "")
	f("${NOT_SET:-a:-b}", "a:-b")
	f("${EMPTY}", "")
	f("${EMPTY:-x}", "x")
	f("${TRICKY}", "${SOME_HOST}") // what is put in is not looked at again
	f("$SOME_HOST", "$SOME_HOST")
	f("$1.$$.$", "$1.$$.$")
	f("$${SOME_HOST}", "${SOME_HOST}")
	f("$$${SOME_HOST}", "$${SOME_HOST}")
	f("$${", "${")

	bad := func(in, want string) {
		t.Helper()
		if got, msg, _ := expand(in, environment); !strings.Contains(msg, want) {
			t.Errorf("%q: got %q %q, want %q", in, got, msg, want)
		}
	}
	bad("${NOT_SET}", "NOT_SET is not set")
	bad("${", "not closed")
	bad("a${b", "not closed")
	bad("${}", "no environment variable")
	bad("${1}", "no environment variable")
	bad("${a b}", "no environment variable")
	bad("${a-b}", "no environment variable")
	bad("${:-x}", "no environment variable")
}

// What protect writes, expand reads back.
func FuzzProtect(f *testing.F) {
	for _, text := range []string{"", "$", "${", "$${A}", "$$${A}", "a$b{c}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, msg, _ := expand(protect(text), environment); got != text || msg != "" {
			t.Fatalf("%q comes back as %q %s", text, got, msg)
		}
	})
}
