package story

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what really came into the stories' expectations")

// Every story under testdata goes as it says.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/*.story")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			s, err := Read(file)
			if err == nil {
				err = s.Against(nil)
			}
			if err != nil {
				t.Fatal(err)
			}
			Run(t, s, *update)
			if *update {
				if err := os.WriteFile(file, []byte(s.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A story that is wrong says where.
func TestBadStories(t *testing.T) {
	f := func(t *testing.T, text, want string) {
		t.Helper()
		if _, err := Parse("x.story", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
	f(t, "-- conf --\n", "a story needs steps")
	f(t, "-- conf --\n-- noon send --\n", `x.story:2: time "noon"`)
	f(t, "-- 12:00:00 dance --\n", `x.story:1: there is no step "dance"`)
	f(t, "-- 12:00:00 expect --\n", "expect needs a sink")
	f(t, "-- 12:00:00 send --\n-- 11:00:00 send --\n", "x.story:2: \"11:00:00\" is before")
	f(t, "-- conf --\n-- conf --\n", "x.story:2: a story has one configuration")
	f(t, "-- 12:00:00 send --\n-- conf --\n", "x.story:2: a story has one configuration")
}

// Parsing and writing are each other's inverse, with a configuration and without.
func TestRoundTrip(t *testing.T) {
	f := func(text string) {
		t.Helper()
		s, err := Parse("x.story", text)
		if err != nil || s.String() != text {
			t.Errorf("%v\n%s", err, s)
		}
	}
	f("# about\n-- conf --\n[[cluster]]\n-- 12:00:00 send --\na 1 now\n-- +1s expect a --\n")
	f("# about\n\n-- 12:00:00 send --\na 1 now\n\n-- +1s expect a --\n")
	f("-- conf --\n-- 12:00:00 wait --\n")
}
