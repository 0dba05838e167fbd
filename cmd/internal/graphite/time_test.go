package graphite

import (
	"testing"
	"time"
)

// Times as Graphite's users write them.
func TestParseTime(t *testing.T) {
	now := time.Date(2026, 11, 27, 15, 30, 20, 0, time.UTC)
	f := func(text, want string) {
		t.Helper()
		at, err := ParseTime(text, now)
		if got := time.Unix(at, 0).UTC().Format(time.DateTime); err != nil || got != want {
			t.Errorf("%q is %s (%v), want %s", text, got, err, want)
		}
	}
	f("now", "2026-11-27 15:30:20")
	f("", "2026-11-27 15:30:20")
	f("1700000000", "2023-11-14 22:13:20")
	f("0", "1970-01-01 00:00:00")
	f("-1h", "2026-11-27 14:30:20")
	f("-90s", "2026-11-27 15:28:50")
	f("-5min", "2026-11-27 15:25:20")
	f("-5minutes", "2026-11-27 15:25:20")
	f("now-1d", "2026-11-26 15:30:20")
	f("now-1d+2h", "2026-11-26 17:30:20")
	f("-1h30min", "2026-11-27 15:00:20")
	f("-1w", "2026-11-20 15:30:20")
	f("-1mon", "2026-10-28 15:30:20")
	f("-1y", "2025-11-27 15:30:20")
	f("today", "2026-11-27 00:00:00")
	f("midnight+1h", "2026-11-27 01:00:00")
	f("yesterday", "2026-11-26 00:00:00")
	f("20260131", "2026-01-31 00:00:00")
	f("14:30_20260131", "2026-01-31 14:30:00")
	f("14:30", "2026-11-27 14:30:00")
	f("noon", "2026-11-27 12:00:00")
}

// What is no time is refused.
func TestParseTimeBad(t *testing.T) {
	for _, text := range []string{"soon", "-1", "-h", "-1m", "-1parsec", "1.5", "-99999999999999999999h", "-9999999999y", "14:30x", "--1h", "now-"} {
		if at, err := ParseTime(text, time.Unix(1700000000, 0)); err == nil {
			t.Errorf("%q is %d", text, at)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"now-1h", "14:30_20260131", "20260131+1min", "-1h2d"} {
		f.Add(text)
	}
	now := time.Unix(1700000000, 0).UTC()
	f.Fuzz(func(t *testing.T, text string) {
		at, err := ParseTime(text, now)
		if err == nil && (at < -farthest || at > farthest) {
			t.Errorf("%q is %d", text, at)
		}
	})
}
