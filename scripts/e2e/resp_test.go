package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// eventsConf is a daemon that Redis clients signal events to.
const eventsConf = `
[state]
dir = %q
snapshot = "1s"
[[listen]]
protocol = "resp"
address = "tcp://127.0.0.1:%d"
[listen.resp]
ta_buckets = %d
emit = "1s"
max_keys = 1000
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "**"
send = ["out"]
`

// A cli is the real redis-cli, at one daemon.
type cli struct {
	t    *testing.T
	path string
	port int
}

// do runs one command, or those of in if it is not empty, and returns what redis-cli prints.
func (c *cli) do(in string, words ...string) string {
	c.t.Helper()
	cmd := exec.Command(c.path, append([]string{"-p", strconv.Itoa(c.port)}, words...)...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Errorf("%v: %v: %s", words, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestEvents has the real redis-cli and redis-benchmark signal events: each answer is right, and sums arrive as points.
func TestEvents(t *testing.T) {
	out, port := newSink(t), freePort(t)
	d := start(t, setup{conf: fmt.Sprintf(eventsConf, t.TempDir(), port, 20, out.addr)})
	c := &cli{t, part(t, "redis-tools", "redis-cli"), port}
	f := func(text, want string) {
		t.Helper()
		if got := strings.ReplaceAll(c.do("", strings.Split(text, " ")...), "\n", " "); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f("TAHIT 10 1 1000 a b", "1 1")
	f("TAHITX 5 1 1000 x", "1")
	if left, err := strconv.Atoi(c.do("", "TTL", "x")); err != nil || left > 100 || left < 70 {
		t.Errorf("TTL x: %d, %v, want 100 less the seconds since", left, err)
	}
	f("TACALC 1190 a", "1")
	f("TACALC 10 1200 a", "0")
	f("TAHIT 0 1 1000 a", "ERR the interval must be from 1 to 4294967295 seconds")
	f("TAHIT 10 1 99999999999 a", "ERR the timestamp is too far ahead of the clock")
	f("TUHIT 10 x 1000 u", "1")
	f("TUCALC 10 1000 u", "1 1000")
	f("TAHIT 10 1 1000 new u", "WRONGTYPE Operation against a key holding the wrong kind of value")
	f("TYPE a", "unknown")
	f("DEL a b x u", "4")
	benchmark := exec.Command(part(t, "redis-tools", "redis-benchmark"), "-p", strconv.Itoa(port), "-q", "-n", "50000", "-c", "4", "-P", "50",
		"TAHIT", "3600", "1", "1000", "hits")
	if text, err := benchmark.CombinedOutput(); err != nil || !strings.Contains(string(text), "requests per second") {
		t.Errorf("redis-benchmark: %v: %s", err, text)
	}
	f("TACALC 1000 hits", "50000")
	raw, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	put(t, raw, []byte("*5\r\n$8\r\nTUUPDATE\r\n$2\r\n10\r\n$6\r\n\x00a\x00b\x00c\r\n$4\r\n1000\r\n$1\r\nv\r\nTUCALC 10 1000 v\r\n"))
	answer := make([]byte, len("+OK\r\n*2\r\n$1\r\n3\r\n$4\r\n1000\r\n"))
	if _, err := io.ReadFull(raw, answer[:5]); err != nil || string(answer[:5]) != "+OK\r\n" {
		t.Errorf("%q, %v", answer, err)
	}
	now := strings.Fields(c.do("", "TAHIT", "10", "7", strconv.FormatInt(time.Now().Unix(), 10), "live"))
	if len(now) != 1 || now[0] != "7" {
		t.Errorf("%q", now)
	}
	eventually(t, "the sum and the rate arrive", func() bool {
		text := strings.Join(out.got(), "\n")
		return strings.Contains(text, "live.sum 7 ") && strings.Contains(text, "live.rate 0.035 ")
	})
	if l := d.ledger(); l.Invalid["bad_name"] != 0 || l.Received != l.Sent {
		t.Errorf("%+v", l)
	}
	d.stop()
}

// TestEventsSessions replays sessions with the original's commands, whose right answers were computed elsewhere, over 20 buckets and
// 32, and goes on after a stop in their middle.
func TestEventsSessions(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "aggregate", "bucket", "testdata", "rings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var sessions struct {
		Vectors []struct {
			Name  string
			Steps []struct {
				Op, Key          string
				Interval, By, Ts int64
				Fixed20, Fixed32 int64
			}
		}
	}
	if err := json.Unmarshal(text, &sessions); err != nil {
		t.Fatal(err)
	}
	for _, buckets := range []int{20, 32} {
		var commands, wants []string
		for i, v := range sessions.Vectors {
			for _, s := range v.Steps {
				key, want := fmt.Sprintf("%s%d", s.Key, i), s.Fixed20
				if buckets == 32 {
					want = s.Fixed32
				}
				if s.Op == "tahit" {
					commands = append(commands, fmt.Sprintf("TAHIT %d %d %d %s", s.Interval, s.By, s.Ts, key))
				} else if buckets == 32 {
					commands = append(commands, fmt.Sprintf("TACALC %d %s", s.Ts, key))
				} else {
					commands = append(commands, fmt.Sprintf("TACALC %d %d %s", s.Interval, s.Ts, key))
				}
				wants = append(wants, strconv.FormatInt(want, 10))
			}
		}
		out, port, dir := newSink(t), freePort(t), t.TempDir()
		c := &cli{t, part(t, "redis-tools", "redis-cli"), port}
		var got []string
		for _, half := range [][]string{commands[:len(commands)/2], commands[len(commands)/2:]} {
			d := start(t, setup{conf: fmt.Sprintf(eventsConf, dir, port, buckets, out.addr)})
			got = append(got, strings.Fields(c.do(strings.Join(half, "\n")+"\n"))...)
			d.stop()
		}
		if len(got) != len(wants) {
			t.Fatalf("%d answers, want %d", len(got), len(wants))
		}
		for i := range wants {
			if got[i] != wants[i] {
				t.Errorf("%d buckets, %s: %s, want %s", buckets, commands[i], got[i], wants[i])
			}
		}
	}
}
