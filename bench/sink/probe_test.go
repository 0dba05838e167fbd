package main

import (
	"fmt"
	"testing"
	"time"
)

// Probes are found wherever reads cut the lines, and among others.
func TestProbes(t *testing.T) {
	sent := time.Now().Add(-time.Second).UnixMicro()
	text := ""
	for i := range 50 {
		text += fmt.Sprintf("some.name.%d 12.5 1700000000\nprobe.delay.%d %d 1700000000\nmy.probe.delay.1 2 1700000000\n", i, i%4, sent)
	}
	for size := 1; size <= len(text); size += 1 + size/4 {
		var w watch
		var s stream
		for rest := []byte(text); len(rest) > 0; {
			n := min(size, len(rest))
			w.take(&s, rest[:n])
			rest = rest[n:]
		}
		if r := w.report(); r.Probes != 50 || r.P50 < 0.9 || r.Most > 60 || r.P50 > r.Most {
			t.Fatalf("in reads of %d: %+v", size, r)
		}
	}
}
