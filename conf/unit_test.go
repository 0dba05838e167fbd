package conf

import (
	"math"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	f := func(in string, want time.Duration) {
		t.Helper()
		if got, err := parseDuration(in); err != nil || got != want {
			t.Errorf("%q: got %v %v, want %v", in, got, err, want)
		}
	}
	f("0", 0)
	f("0s", 0)
	f("10s", 10*time.Second)
	f("1m30s", 90*time.Second)
	f("1h", time.Hour)
	f("1d", 24*time.Hour)
	f("2w", 14*24*time.Hour)
	f("250ms", 250*time.Millisecond)
	f("5us", 5*time.Microsecond)
	f("7ns", 7)
	f("1.5h", 90*time.Minute)
	f(".5s", 500*time.Millisecond)
	f("1h 30m", 90*time.Minute)
	f("1d12h", 36*time.Hour)
	f("5 minutes", 5*time.Minute)
	f("12 seconds", 12*time.Second)
	f("1 hour", time.Hour)
	f("2 days", 48*time.Hour)
	f("1 week", 7*24*time.Hour)
	f("1 day 12 hours", 36*time.Hour)
	f("  10s ", 10*time.Second)
	f("1 min", time.Minute)
	f("3 secs", 3*time.Second)
	f("20 milliseconds", 20*time.Millisecond)
	f("9223372036s", 9223372036*time.Second)

	bad := func(in string, want error) {
		t.Helper()
		if got, err := parseDuration(in); err != want {
			t.Errorf("%q: got %v %v, want the error %q", in, got, err, want)
		}
	}
	bad("", errForm)
	bad("10", errForm)
	bad("s", errForm)
	bad("10 parsecs", errForm)
	bad("10M", errForm)
	bad("1.2.3s", errForm)
	bad("ten seconds", errForm)
	bad("5s later", errForm)
	bad("1h-5m", errForm)
	bad("1h30", errForm)
	bad("+5s", errForm)
	bad("1e3s", errForm)
	bad("-5s", errNegative)
	bad("9223372037s", errLarge)
	bad("99999999999999999999d", errLarge)
}

func TestFormatDuration(t *testing.T) {
	f := func(d time.Duration, want string) {
		t.Helper()
		if got := formatDuration(d); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if back, err := parseDuration(want); err != nil || back != d {
			t.Errorf("%q is read as %v %v", want, back, err)
		}
	}
	f(0, "0")
	f(10*time.Second, "10s")
	f(60*time.Second, "1m")
	f(90*time.Second, "1m30s")
	f(7*24*time.Hour, "7d")
	f(1500*time.Millisecond, "1s500ms")
	f(104*24*time.Hour+1, "104d1ns")
}

func TestParseSize(t *testing.T) {
	f := func(in string, want int) {
		t.Helper()
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("%q: got %v %v, want %v", in, got, err, want)
		}
	}
	f("0", 0)
	f("65536", 65536)
	f("64MiB", 64<<20)
	f("1GB", 1e9)
	f("1GiB", 1<<30)
	f("512KiB", 512<<10)
	f("10kB", 10_000)
	f("10KB", 10_000)
	f("2TB", 2e12)
	f("2TiB", 2<<40)
	f("7B", 7)
	f("1.5 GiB", 3<<29)
	f(" 64 MiB ", 64<<20)
	f("64mib", 64<<20)
	f("9007199254740993", 1<<53+1)

	bad := func(in string, want error) {
		t.Helper()
		if got, err := parseSize(in); err != want {
			t.Errorf("%q: got %v %v, want the error %q", in, got, err, want)
		}
	}
	bad("", errForm)
	bad("64M", errForm)
	bad("MiB", errForm)
	bad("64 MiB 3", errForm)
	bad("1MiB2KiB", errForm)
	bad("0x10", errForm)
	bad("80%", errForm)
	bad("-1MiB", errNegative)
	bad("-1", errNegative)
	bad("99999999999TiB", errLarge)
}

func TestFormatSize(t *testing.T) {
	f := func(n int, want string) {
		t.Helper()
		if got := formatSize(n); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if back, err := parseSize(want); err != nil || back != n {
			t.Errorf("%q is read as %v %v", want, back, err)
		}
	}
	f(0, "0")
	f(1, "1")
	f(1000, "1000")
	f(4096, "4KiB")
	f(64<<20, "64MiB")
	f(1<<40, "1TiB")
	f(1e9, "1000000000")
	f(math.MaxInt, "9223372036854775807")
}
