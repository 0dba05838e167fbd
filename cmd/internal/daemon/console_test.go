package daemon

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"plumbago/conf"
)

// consoleBubble runs f with a daemon whose listener has a console, and a function that sends it lines.
func consoleBubble(t *testing.T, f func(c *console, send func(lines string))) {
	const text = `
[[listen]]
protocol = "statsd"
address = "tcp://127.0.0.1:8125"
[listen.statsd]
manage = "tcp://127.0.0.1:8126"
`
	file, faults := conf.Parse("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if faults != nil {
		t.Fatal(faults)
	}
	synctest.Test(t, func(t *testing.T) {
		d, err := New(file, zap.NewNop(), Options{Cores: 2, Deaf: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Start(); err != nil {
			t.Fatal(err)
		}
		f(d.consoles[0], func(lines string) {
			mine, theirs := net.Pipe()
			d.Listener(0).Serve(theirs)
			if _, err := io.WriteString(mine, lines); err != nil {
				t.Fatal(err)
			}
			mine.Close()
			time.Sleep(2 * linger)
			synctest.Wait()
		})
		d.Close(context.Background())
	})
}

func TestConsole(t *testing.T) {
	consoleBubble(t, func(c *console, send func(string)) {
		ask := func(command, want string) {
			t.Helper()
			if got, _ := c.answer(context.Background(), strings.Fields(command)); got != want {
				t.Errorf("%q is answered with\n%s\nwant\n%s", command, got, want)
			}
		}
		send("a.x:1|c\na.y:2|c|@0.5\nb:3|c\ng:5|g\ng:-2|g\nt:3|ms\nt:1|ms\nbad\n")
		ask("help", "Commands: stats, counters, timers, gauges, delcounters, deltimers, delgauges, health, config, quit\n\n")
		ask("counters", "{\n  \"a.x\": 1,\n  \"a.y\": 4,\n  \"b\": 3\n}\nEND\n\n")
		ask("gauges", "{\n  \"g\": 3\n}\nEND\n\n")
		ask("timers", "{\n  \"t\": [3, 1]\n}\nEND\n\n")
		ask("delcounters a.* b none", "deleted: a.x\ndeleted: a.y\ndeleted: b\nmetric none not found\nEND\n\n")
		ask("counters", "{\n}\nEND\n\n")
		ask("delgauges g", "deleted: g\nEND\n\n")
		ask("deltimers x", "metric x not found\nEND\n\n")
		send("b:4|c\ng:+1|g\n")
		ask("counters", "{\n  \"b\": 4\n}\nEND\n\n")
		ask("gauges", "{\n  \"g\": 1\n}\nEND\n\n")
		ask("stats", "uptime: 0\nmessages.last_msg_seen: 0\nmessages.bad_lines_seen: 1\nEND\n\n")
		ask("health", "health: up\n")
		ask("health DOWN", "health: down\n")
		ask("health", "health: down\n")
		ask("", "ERROR\n")
		ask("reboot", "ERROR\n")
		if got, _ := c.answer(context.Background(), []string{"config"}); !strings.Contains(got, "\nperiod: 10s\n") {
			t.Errorf("config is answered with %s", got)
		}
	})
}

// Commands come by the line, several at once or in parts; one that lacks its newline is taken after a moment.
func TestConsoleConnection(t *testing.T) {
	consoleBubble(t, func(c *console, _ func(string)) {
		mine, theirs := net.Pipe()
		c.add(theirs)
		c.wg.Go(func() { c.serve(theirs) })
		ask := func(text, want string) {
			t.Helper()
			go io.WriteString(mine, text)
			got := make([]byte, len(want))
			if _, err := io.ReadFull(mine, got); err != nil || string(got) != want {
				t.Errorf("%q is answered with %q, %v; want %q", text, got, err, want)
			}
		}
		ask("health\r\n", "health: up\n")
		ask("health down\nhealth\n", "health: down\nhealth: down\n")
		ask("health up", "health: up\n")
		if _, err := io.WriteString(mine, "quit\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := mine.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("after quit: %v", err)
		}
	})
}
