package main

import (
	"encoding/binary"
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

// Points of pickle frames are counted wherever reads cut the frames.
func TestPoints(t *testing.T) {
	// pickle.dumps([("a.b", (1700000000, 1.5)), ("c.d", (1700000000, 12700.0))], protocol=2), as load sends it
	body := "\x80\x02]q\x00(X\x03\x00\x00\x00a.bq\x01J\x00\xf1Se" + "G?\xf8\x00\x00\x00\x00\x00\x00\x86q\x02\x86q\x03X\x03\x00\x00\x00c.dq\x04J\x00\xf1Se" +
		"G@\xc8\xce\x00\x00\x00\x00\x00\x86q\x05\x86q\x06e."
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	frame = append(frame, body...)
	var text []byte
	for range 20 {
		text = append(text, frame...)
	}
	for size := 1; size <= len(text); size += 1 + size/4 {
		var s stream
		got := int64(0)
		for rest := text; len(rest) > 0; {
			n := min(size, len(rest))
			got += points(&s, rest[:n])
			rest = rest[n:]
		}
		if got != 40 || len(s.tail) != 0 {
			t.Fatalf("in reads of %d: %d points, and %d bytes are left", size, got, len(s.tail))
		}
	}
}
