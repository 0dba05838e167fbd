package tap

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"plumbago/carbon"
	"plumbago/carbon/pattern"
)

func matcher(t testing.TB, glob string) *pattern.Matcher {
	t.Helper()
	m, err := pattern.New(pattern.Selection{Options: pattern.Options{Match: []string{glob}}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// batch returns decoded lines and one result.
func batch(t testing.TB, text string) *carbon.Batch {
	t.Helper()
	b := carbon.NewBatch()
	b.Bytes = append(b.Bytes, text...)
	b.Peer = netip.MustParseAddrPort("10.0.0.1:7")
	if err := carbon.NewLineDecoder(carbon.DefaultLimits()).Decode(b, 1700000000123); err != nil {
		t.Fatal(err)
	}
	b.AddRouted([]byte("web.all.sum"), 3, 1e-7, 1700000000000)
	return b
}

// What is asked for is what is shown, as it came, however often it is looked at.
func TestLook(t *testing.T) {
	f := func(o Options, glob, in, want string) {
		t.Helper()
		var taps Taps
		o.Match = matcher(t, glob)
		tap, err := taps.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // the second time it remembers
			b := batch(t, in)
			taps.Look(b)
			b.Free()
			if lines, skipped := tap.Take(nil); string(lines) != want || skipped != 0 {
				t.Errorf("%q of %q: %q, skipped %d; want %q", glob, in, lines, skipped, want)
			}
		}
	}
	f(Options{}, "**", "", "web.all.sum 1e-7 1700000000\n")
	f(Options{Which: Samples}, "**", "a..b 1.50\nc 2 1700000001.9 D\n", "a.b 1.50 1700000000\nc 2 1700000001 D\n")
	f(Options{Which: Results}, "**", "a 1\n", "web.all.sum 1e-7 1700000000\n")
	f(Options{}, "web.*.*", "web.a.b 1 17\nweb.a 1\n", "web.a.b 1 17\nweb.all.sum 1e-7 1700000000\n")
	f(Options{}, "c", "c;dc=x 1 17\nd 1\n", "c;dc=x 1 17\n")
	f(Options{Peers: true, Which: Samples}, "c", "c 1 17\n", "c 1 17 # 10.0.0.1:7\n")
	f(Options{Peers: true}, "web.all.sum", "c 1 17\n", "web.all.sum 1e-7 1700000000 # 10.0.0.1:7\n")
	f(Options{}, "nobody", "a 1\n", "")
}

// Statsd's samples are shown as statsd writes them.
func TestStatsd(t *testing.T) {
	f := func(k carbon.Kind, v float64, extra uint64, want string) {
		t.Helper()
		b := carbon.NewBatch()
		defer b.Free()
		b.Bytes = append(b.Bytes, "a.b"...)
		b.AddStatsd(0, 3, k, 7, v, extra)
		if got := string(appendLine(nil, b, &b.Points[0])); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	f(carbon.Count, 2.5, 0, "a.b:2.5|c")
	f(carbon.Gauge, -1, 1, "a.b:-1|g")
	f(carbon.Timer, 320, 0, "a.b:320|ms")
	f(carbon.Set, 0, 99, "a.b:99|s")
}

// Lines that a slow reader leaves are bounded, and counted beyond that; then it goes on.
func TestSlowReader(t *testing.T) {
	var taps Taps
	tap, err := taps.Open(Options{Match: matcher(t, "**"), Which: Samples})
	if err != nil {
		t.Fatal(err)
	}
	line := "a.b 1 1700000000\n"
	looks := 2*room/(1000*len(line)) + 1
	for range looks {
		b := batch(t, strings.Repeat(line, 1000))
		taps.Look(b)
		b.Free()
	}
	lines, skipped := tap.Take(nil)
	if len(lines) < room || len(lines) > room+len(line) || len(lines)/len(line)+int(skipped) != looks*1000 {
		t.Errorf("%d bytes wait and %d lines are skipped, of %d", len(lines), skipped, looks*1000)
	}
	b := batch(t, line)
	defer b.Free()
	taps.Look(b)
	if lines, skipped := tap.Take(lines); string(lines) != line || skipped != 0 {
		t.Errorf("then %q, skipped %d", lines, skipped)
	}
}

// There are only so many taps at a time, and none after the last is closed.
func TestOpen(t *testing.T) {
	var none *Taps
	var taps Taps
	if none.Watched() || taps.Watched() {
		t.Error("nobody watches")
	}
	var open []*Tap
	for range most {
		tap, err := taps.Open(Options{Match: matcher(t, "**")})
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, tap)
	}
	if _, err := taps.Open(Options{}); !errors.Is(err, ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	for _, tap := range open {
		if !taps.Watched() {
			t.Error("somebody watches")
		}
		tap.Close()
	}
	if taps.Watched() {
		t.Error("nobody watches any more")
	}
	taps.Look(carbon.NewBatch())
}

// What a line costs while one series of many is watched, and while this is the only one.
func BenchmarkLook(b *testing.B) {
	for _, c := range []struct {
		what  string
		names int
	}{{"one of 10000", 10_000}, {"all", 1}} {
		b.Run(c.what, func(b *testing.B) {
			var taps Taps
			tap, err := taps.Open(Options{Match: matcher(b, "servers.0.cpu.user")})
			if err != nil {
				b.Fatal(err)
			}
			var text strings.Builder
			for i := range 1000 {
				fmt.Fprintf(&text, "servers.%d.cpu.user 12.5 1700000000\n", i*7919%c.names)
			}
			in := batch(b, text.String())
			var lines []byte
			n := 0
			for b.Loop() {
				taps.Look(in)
				if n++; n%10 == 0 {
					lines, _ = tap.Take(lines)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/1000, "ns/line")
		})
	}
}
