package main

import (
	"strings"
	"testing"
)

// TestSplit wants every line at one destination, always the same for a name, and the unfinished line back.
func TestSplit(t *testing.T) {
	out := make([][]byte, 3)
	rest := split([]byte("a 1 1\nb 1 1\nc 1 1\nd 1 1\na 2 2\nunfinished 1"), out)
	if string(rest) != "unfinished 1" {
		t.Errorf("the rest is %q", rest)
	}
	seen := map[string]int{}
	lines := 0
	for i, b := range out {
		for line := range strings.Lines(string(b)) {
			lines++
			name, _, _ := strings.Cut(line, " ")
			if at, ok := seen[name]; ok && at != i {
				t.Errorf("%s is at two destinations", name)
			}
			seen[name] = i
		}
	}
	if lines != 5 || len(seen) != 4 {
		t.Errorf("%d lines of %d names came out, want 5 of 4", lines, len(seen))
	}
}
