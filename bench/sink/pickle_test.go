package main

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	pickle "github.com/lomik/graphite-pickle"
)

// Two points as Python writes them in protocol 2, and as a relay does that needs no notes: [("a.b", (1700000000, 1.5)), ("c.d", (1700000000, 12700.0))].
const (
	withNotes = "\x80\x02]q\x00(X\x03\x00\x00\x00a.bq\x01J\x00\xf1SeG?\xf8\x00\x00\x00\x00\x00\x00\x86q\x02\x86q\x03" +
		"X\x03\x00\x00\x00c.dr\x04\x00\x00\x00J\x00\xf1SeG@\xc8\xce\x00\x00\x00\x00\x00\x86q\x05\x86q\x06e."
	withoutNotes = "\x80\x02](X\x03\x00\x00\x00a.bJ\x00\xf1SeG?\xf8\x00\x00\x00\x00\x00\x00\x86\x86" +
		"X\x03\x00\x00\x00c.dJ\x00\xf1SeG@\xc8\xce\x00\x00\x00\x00\x00\x86\x86e."
)

// TestPoints counts points of pickle frames wherever reads cut the frames.
func TestPoints(t *testing.T) {
	var text []byte
	for i := range 20 {
		body := withNotes
		if i%2 == 0 {
			body = withoutNotes
		}
		text = append(binary.BigEndian.AppendUint32(text, uint32(len(body))), body...)
	}
	for size := 1; size <= len(text); size += 1 + size/4 {
		var s stream
		got := int64(0)
		for rest := slices.Clone(text); len(rest) > 0; {
			n := min(size, len(rest))
			got += points(&s, rest[:n])
			rest = rest[n:]
		}
		if got != 40 || len(s.tail) != 0 {
			t.Fatalf("in reads of %d: %d points, and %d bytes are left", size, got, len(s.tail))
		}
	}
}

// TestWalk wants nothing counted directly that is cut, or otherwise than it should be, by a byte.
func TestWalk(t *testing.T) {
	for _, body := range []string{withNotes, withoutNotes} {
		if n, ok := walk([]byte(body)); n != 2 || !ok {
			t.Errorf("%q: %d, %v", body, n, ok)
		}
		for i := range len(body) {
			if n, ok := walk([]byte(body[:i])); ok {
				t.Errorf("%q is cut short: %d points", body[:i], n)
			}
		}
		if _, ok := walk([]byte(body + ".")); ok {
			t.Error("there is more behind the end")
		}
		compareWalk(t, []byte(strings.Replace(body, "\x86", "\x87", 1)))
	}
}

// FuzzWalk compares the direct count with the library's.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(withNotes))
	f.Add([]byte(withoutNotes))
	f.Add([]byte("\x80\x02](X\x03\x00\x00\x00000J0000G\xff\xff000000\x86\x86e."))
	f.Fuzz(func(t *testing.T, body []byte) { compareWalk(t, body) })
}

// compareWalk counts a pickle both ways, if directly is one.
func compareWalk(t *testing.T, body []byte) {
	t.Helper()
	got, ok := walk(body)
	if !ok {
		return
	}
	want := int64(0)
	if err := pickle.ParseMessage(body, func(string, float64, int64) { want++ }); err != nil || got != want {
		t.Errorf("%q: %d points directly, %d by the library: %v", body, got, want, err)
	}
}

func BenchmarkPoints(b *testing.B) {
	body := withoutNotes[:4] + strings.Repeat(withoutNotes[4:len(withoutNotes)-2], 250) + "e."
	f := func(name string, count func([]byte) int64) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if count([]byte(body)) != 500 {
					b.Fatal("miscounted")
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/500, "ns/point")
		})
	}
	f("direct", count)
	f("library", func(body []byte) (n int64) {
		pickle.ParseMessage(body, func(string, float64, int64) { n++ })
		return n
	})
}
