package e2e

import (
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hourAgo is a multiple of ten minutes that lies about an hour back.
func hourAgo() int64 { return (time.Now().Unix() - 3600) / 600 * 600 }

// TestReplay sends samples of an hour ago through nc and wants each slice's average and maximum once at a plaintext
// sink, at a pickle sink and in a log.
func TestReplay(t *testing.T) {
	plain, pickled := newSink(t), newPickleSink(t)
	log := filepath.Join(t.TempDir(), "points.log")
	port := freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "plain"
endpoints = [%q]
[[cluster]]
name = "pickled"
protocol = "pickle"
endpoints = [%q]
[[cluster]]
name = "log"
protocol = "log"
endpoints = [%q]
[[rule]]
match = "**"
[rule.aggregate]
wait = "200ms"
send = ["plain", "pickled", "log"]
`, port, plain.addr, pickled.addr, log)})

	at := hourAgo()
	var in strings.Builder
	for _, s := range []struct {
		line string
		time int64
	}{
		{"a.b 1", 0}, {"a.b 3", 5}, {"other;dc=x 0.5", 3}, {"other;dc=x 0.25", 9}, {"a.b 2.5", 10}, {"a.b -4", 19},
		{"single 1e3", 11}, {"a.b 7", 20}, {"a.b 0.1", 130}, {"negative -1.5", 130}, {"negative -2.5", 131},
	} {
		fmt.Fprintf(&in, "%s %d\n", s.line, at+s.time)
	}
	nc(t, fmt.Sprintf("127.0.0.1:%d", port), in.String())
	want := []point{
		{"a.b.avg", 2, at}, {"a.b.max", 3, at},
		{"a.b.avg", -0.75, at + 10}, {"a.b.max", 2.5, at + 10},
		{"a.b.avg", 7, at + 20}, {"a.b.max", 7, at + 20},
		{"a.b.avg", 0.1, at + 130}, {"a.b.max", 0.1, at + 130},
		{"other.avg;dc=x", 0.375, at}, {"other.max;dc=x", 0.5, at},
		{"single.avg", 1000, at + 10}, {"single.max", 1000, at + 10},
		{"negative.avg", -2, at + 130}, {"negative.max", -1.5, at + 130},
	}
	l := d.await("every slice emitted", func(l *ledger) bool { return l.Emitted >= int64(len(want)) })
	if l.Received != 11 || l.Accepted != 11 || l.Aggregated != 11 || l.Unrouted != 0 {
		t.Errorf("received %d, accepted %d, aggregated %d, unrouted %d; want 11, 11, 11, 0",
			l.Received, l.Accepted, l.Aggregated, l.Unrouted)
	}
	end := d.stop()
	if n := int64(len(want)); end.ledger.Emitted != n || end.ledger.Sent != n || end.Sent != n || end.Delivered != 3*n {
		t.Errorf("emitted %d, sent %d; the last line says sent %d, delivered %d; want %d, %[5]d, %[5]d and three times that",
			end.ledger.Emitted, end.ledger.Sent, end.Sent, end.Delivered, n)
	}
	same(t, "plaintext", parse(t, plain.finish(len(want))), want)
	same(t, "log", parse(t, strings.Split(strings.TrimSuffix(read(t, log), "\n"), "\n")), want)
	eventually(t, "the pickle sink's connections end", func() bool {
		pickled.mu.Lock()
		defer pickled.mu.Unlock()
		return len(pickled.conns) == 0
	})
	same(t, "pickle", pickled.points(t), want)
	for _, p := range parse(t, plain.got()) {
		if p.Time%10 != 0 {
			t.Errorf("%v is not stamped with a multiple of the period", p)
		}
	}
}

// TestDiff sends running totals on two connections, two series interleaved, with every way in which a counter misbehaves.
func TestDiff(t *testing.T) {
	out := newSink(t)
	port := freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "graphite"
endpoints = [%q]
[[rule]]
match = "**"
[rule.aggregate]
functions = ["avg", "max", "count"]
max_gap = "1m"
wait = "200ms"
send = "graphite"
`, port, out.addr)})

	at := hourAgo()
	one := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	two := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	// What is sent over each is written at once: a slice that is quiet for a while leaves.
	var n int64
	texts := map[net.Conn]*strings.Builder{one: {}, two: {}}
	add := func(c net.Conn, name string, value float64, after float64) {
		fmt.Fprintf(texts[c], "%s %v %v D\n", name, value, float64(at)+after)
		n++
	}
	for _, s := range []struct{ value, after float64 }{
		{100, 0},    // the first: nothing
		{150, 5},    // +50 in 5 s: 10
		{250, 10},   // +100 in 5 s: 20, in the next slice
		{30, 15},    // a reset: counted from 0, 30 in 5 s: 6
		{40, 15},    // the same time: the new baseline, nothing
		{100, 21},   // +60 in 6 s: 10
		{1000, 100}, // 79 s later: too long a gap, nothing
		{1100, 110}, // +100 in 10 s: 10
		{5000, 105}, // earlier than the baseline: ignored
		{1200, 120}, // +100 in 10 s: 10
	} {
		add(one, "c", s.value, s.after)
		add(two, "d", 2*s.value, s.after) // the same story twice as fast
		add(one, "e", 3*s.value, s.after)
	}
	// A decimal time keeps its milliseconds inside: 10 in half a second.
	add(two, "f", 0, 0.25)
	add(two, "f", 10, 0.75)
	for c, text := range texts {
		put(t, c, []byte(text.String()))
		c.Close()
	}

	var want []point
	for i, name := range []string{"c", "d", "e"} {
		k := float64(i + 1)
		for _, s := range []struct {
			after           int64
			avg, max, count float64
		}{{0, 10, 10, 1}, {10, 13, 20, 2}, {20, 10, 10, 1}, {110, 10, 10, 1}, {120, 10, 10, 1}} {
			want = append(want, point{name + ".avg", k * s.avg, at + s.after}, point{name + ".max", k * s.max, at + s.after},
				point{name + ".count", s.count, at + s.after})
		}
	}
	want = append(want, point{"f.avg", 20, at}, point{"f.max", 20, at}, point{"f.count", 1, at})
	l := d.received(n)
	if l.Accepted != n || l.Aggregated != n {
		t.Errorf("received %d, accepted %d, aggregated %d; want %d of each", l.Received, l.Accepted, l.Aggregated, n)
	}
	d.await("every slice emitted", func(l *ledger) bool { return l.Emitted >= int64(len(want)) })
	d.stop()
	same(t, "rates", parse(t, out.finish(len(want))), want)
}
