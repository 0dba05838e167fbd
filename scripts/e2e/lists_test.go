package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// A server is a real redis-server. What it has answered outlives its end.
type server struct {
	t    *testing.T
	port int
	dir  string
	cmd  *exec.Cmd
	cli  *cli
	tls  []string // further arguments: where it speaks TLS, and with which certificate
}

// run starts the server and waits until it answers.
func (s *server) run() {
	s.t.Helper()
	args := []string{"--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--dir", s.dir,
		"--save", "", "--appendonly", "yes", "--appendfsync", "no"} // every answer follows its write, which outlives the process
	s.cmd = exec.Command(part(s.t, "redis-server", "redis-server"), append(args, s.tls...)...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "redis answers", func() bool {
		out, err := exec.Command(s.cli.path, "-p", fmt.Sprint(s.port), "PING").Output()
		return err == nil && strings.TrimSpace(string(out)) == "PONG"
	})
}

// kill ends the server as a crash does.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// TestLists takes 100,000 records out of a list in a real Redis, which is killed twice meanwhile: none is lost.
func TestLists(t *testing.T) {
	redisPort := freePort(t)
	s := &server{t: t, port: redisPort, dir: t.TempDir(), cli: &cli{t, part(t, "redis-tools", "redis-cli"), redisPort}}
	s.run()
	defer func() { s.kill() }()
	const records, portion = 100_000, 1000
	push := func(from int) {
		var b strings.Builder
		for i := from; i < from+portion; i++ {
			fmt.Fprintf(&b, "RPUSH nic '{\"nic_id\":\"eth0\",\"n\":%d,\"time\":1416700800.125,\"nid\":%d,\"gid\":66}'\n", i, i%7)
		}
		if got := s.cli.do(b.String()); strings.Count(got, "\n") != portion-1 {
			t.Fatalf("RPUSH: %.200s", got)
		}
	}
	for i := 0; i < records/2; i += portion {
		push(i)
	}
	s.cli.do("RPUSH nic nonsense\n")
	out := newSink(t)
	d := start(t, setup{conf: fmt.Sprintf(`
[[listen]]
protocol = "redis"
address = "redis://127.0.0.1:%d/0?key=nic"
ack = true
period = "50ms"
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "**"
send = ["out"]
`, redisPort, out.addr)})
	for kills, i := 0, records/2; i < records; i += portion {
		if i%(records/6) < portion && kills < 2 {
			d.await("some of it is taken", func(l *ledger) bool { return l.Accepted >= int64(kills*records/4) })
			s.kill()
			s.run()
			kills++
		}
		push(i)
	}
	missing := func() int {
		seen := map[string]bool{}
		for _, line := range out.got() {
			f := strings.Fields(line)
			if len(f) == 3 && strings.HasPrefix(f[0], "nic.") && strings.HasSuffix(f[0], ".n") && f[2] == "1416700800" {
				seen[f[1]] = true
			}
		}
		return records - len(seen)
	}
	d.await("all are taken", func(l *ledger) bool { return l.Accepted >= records })
	eventually(t, "all arrive", func() bool { return missing() == 0 })
	if l := d.ledger(); l.Invalid["bad_fields"] != 1 || l.Received != l.Accepted+1 {
		t.Errorf("%+v", l)
	}
	eventually(t, "the lists are empty", func() bool { return s.cli.do("", "EXISTS", "nic", "nic:plumbago") == "0" })
	d.stop()
}
