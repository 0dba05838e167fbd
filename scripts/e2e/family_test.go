package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"plumbago/ingest/mmstats"
)

// familyConf is a daemon that takes figures from a file, events from Redis clients and lines, and has one kind of rollup for all.
const familyConf = `
[[listen]]
address = "tcp://127.0.0.1:%d"
[[listen]]
protocol = "mmstats"
address = "file://%s/*.mmstats"
period = "1s"
[[listen]]
protocol = "resp"
address = "tcp://127.0.0.1:%d"
[listen.resp]
emit = "1s"
[[cluster]]
name = "store"
endpoints = ["127.0.0.1:%d"]
[[rule]]
match = "{app.hits,signups.sum,eth0.rx}"
stop = true
[rule.aggregate]
period = "1s"
rollups = ["10s", "1m"]
functions = ["max", "delta", "rate"]
wait = "10ms"
partial = "emit"
send = "store"
`

// TestFamily has an application publish figures in a file, redis-cli signal events and nc send running totals, all to one daemon:
// the rollups of each arrive in go-carbon and are read back through carbonapi.
func TestFamily(t *testing.T) {
	outside(t)
	in, api := startGoCarbon(t)
	dir, line, port := t.TempDir(), freePort(t), freePort(t)
	app, err := mmstats.Create(mmstats.Options{Path: dir, Prefix: "app."})
	if err != nil {
		t.Fatal(err)
	}
	hits := mmstats.NewCounter(app, "hits")
	hits.Add(1000)
	d := start(t, setup{conf: fmt.Sprintf(familyConf, line, dir, port, in)})
	began := time.Now().Unix()
	shows := func(path, what string) {
		t.Helper()
		eventually(t, path+" shows "+what, func() bool {
			_, body, err := d.get(path)
			return err == nil && strings.Contains(string(body), what)
		})
	}

	from := hourAgo()
	var lines strings.Builder
	for i := range int64(60) {
		fmt.Fprintf(&lines, "eth0.rx %d %d D\n", 5000+100*i, from+i)
	}
	nc(t, fmt.Sprintf("127.0.0.1:%d", line), lines.String())
	shows("/api/series?prefix=app.hits", `"app.hits"`) // the counter has a baseline
	hits.Add(42)
	loop := exec.Command(part(t, "redis-tools", "redis-cli"), "-p", strconv.Itoa(port), "-r", "20", "-i", "0.01",
		"TAHIT", "3600", "1", strconv.FormatInt(time.Now().Unix(), 10), "signups")
	if out, err := loop.CombinedOutput(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "20") {
		t.Errorf("redis-cli: %v: %s", err, out)
	}
	shows("/api/history?name=app.hits.delta", ",42]")
	shows("/api/history?name=signups.sum.max", ",20]")
	l := d.stop().ledger // what is open leaves as it stands
	if store := l.endpoint(t, "store"); l.Received != l.Accepted || l.Emitted != l.Sent || store.Delivered != l.Emitted || store.Resent != 0 {
		t.Errorf("%+v", l)
	}

	want := map[string]map[int64]float64{
		"eth0.rx.10s.max": {}, "eth0.rx.10s.delta": {}, "eth0.rx.10s.rate": {},
	}
	for i := range int64(6) {
		grown := 1000.0
		if i == 0 { // the first sample tells of no growth
			grown = 900
		}
		at := from + 10*i
		want["eth0.rx.10s.max"][at], want["eth0.rx.10s.delta"][at], want["eth0.rx.10s.rate"][at] = 100, grown, grown/10
	}
	var got map[string]map[int64]float64
	eventually(t, "carbonapi shows the replay", func() bool {
		got = render(t, api, "eth0.rx.10s.*", from-10, from+60)
		return count(got) >= count(want)
	})
	compare(t, got, want)
	for target, want := range map[string]float64{"eth0.rx.1m.delta": 5900, "app.hits.10s.delta": 42, "app.hits.1m.delta": 42, "signups.sum.10s.max": 20, "signups.sum.1m.max": 20} {
		eventually(t, fmt.Sprintf("carbonapi shows %s %v", target, want), func() bool {
			total := 0.0
			for at, v := range render(t, api, target, min(from, began-60)-10, time.Now().Unix()+10)[target] {
				switch {
				case strings.HasSuffix(target, ".max"):
					total = max(total, v)
				case at >= from:
					total += v
				}
			}
			return total == want
		})
	}
}

// TestEventsLibrary uses the listener for events with Redis's own library for Go, as an application would.
func TestEventsLibrary(t *testing.T) {
	out, port := newSink(t), freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(eventsConf, t.TempDir(), port, 20, out.addr)})
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	for _, protocol := range []int{2, 3} { // what the library asks for; 3 is its default
		client := redis.NewClient(&redis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", port), Protocol: protocol, ClientName: "app"})
		key := fmt.Sprintf("signups%d", protocol)
		if got, err := client.Ping(ctx).Result(); err != nil || got != "PONG" {
			t.Fatalf("PING: %q, %v", got, err)
		}
		for i := range 3 {
			got, err := client.Do(ctx, "TAHIT", 3600, 2, 1000, key, key+"b").StringSlice()
			if want := strconv.Itoa(2 * (i + 1)); err != nil || len(got) != 2 || got[0] != want || got[1] != want {
				t.Errorf("TAHIT: %q, %v, want %s twice", got, err, want)
			}
		}
		if got, err := client.Do(ctx, "TACALC", 1000, key).Int64(); err != nil || got != 6 {
			t.Errorf("TACALC: %d, %v", got, err)
		}
		if got, err := client.Do(ctx, "TUUPDATE", 10, "a\x00b\x00c", 1000, key+"u", key+"v").Text(); err != nil || got != "OK" {
			t.Errorf("TUUPDATE: %q, %v", got, err)
		}
		if got, err := client.Do(ctx, "TUCALC", 10, 1000, key+"v").StringSlice(); err != nil || len(got) != 2 || got[0] != "3" || got[1] != "1000" {
			t.Errorf("TUCALC: %q, %v", got, err)
		}
		if _, err := client.Do(ctx, "TAHIT", 10, 1, 1000, key+"u").Result(); err == nil || !strings.HasPrefix(err.Error(), "WRONGTYPE ") {
			t.Errorf("a hit of the wrong kind: %v", err)
		}
		hits := make([]*redis.Cmd, 1000)
		_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := range hits {
				hits[i] = p.Do(ctx, "TAHIT", 3600, 1, 1000, key+"p")
			}
			return nil
		})
		if err != nil {
			t.Errorf("a pipeline: %v", err)
		}
		for i, hit := range hits {
			if got, err := hit.StringSlice(); err != nil || len(got) != 1 || got[0] != strconv.Itoa(i+1) {
				t.Errorf("hit %d of a pipeline: %q, %v", i, got, err)
				break
			}
		}
		if n, err := client.Del(ctx, key, key+"b", key+"u", key+"v", key+"p").Result(); err != nil || n != 5 {
			t.Errorf("DEL: %d, %v", n, err)
		}
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}
	d.stop()
}
