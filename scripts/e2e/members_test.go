package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// namesOf counts lines by their names.
func namesOf(lines []string) map[string]int {
	got := map[string]int{}
	for _, line := range lines {
		name, _, _ := strings.Cut(line, " ")
		got[name]++
	}
	return got
}

// TestMembers lets one of three members of a cluster stop listening under 20,000 lines a second and come back, for each
// policy by which others stand in. Its share must be at the others within a second on a machine that is not busy, what waited for it must arrive there,
// and afterwards it must get its share again. Nothing is lost; what is there twice was sent again, as it was not proven to
// have been read when the connection broke.
func TestMembers(t *testing.T) {
	for _, policy := range []string{"any", "failover"} {
		t.Run(policy, func(t *testing.T) { standIn(t, policy) })
	}
}

func standIn(t *testing.T, policy string) {
	sinks := []*sink{newSink(t), newSink(t), newSink(t)}
	port := freePort(t)
	d := start(t, setup{bin: program, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "c"
policy = %q
reconnect = ["100ms", "500ms"]
endpoints = [%q, %q, %q]
[[rule]]
match = "**"
send = "c"
`, port, policy, sinks[0].addr, sinks[1].addr, sinks[2].addr)})

	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	var number atomic.Int64 // of the next line
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		sendNumbered(c, &number, stop)
	}()
	reach := func(what string, n int64) { // n more lines are sent
		from := number.Load()
		eventually(t, what, func() bool { return number.Load() >= from+n })
	}
	others := func() int { return sinks[1].count() + sinks[2].count() }

	reach("before", 20_000)
	victim := sinks[0]
	eventually(t, "the first member gets its share while all are well", func() bool { return victim.count() > 1000 })
	addr, before := victim.addr, others()
	victim.close()
	gone, at := time.Now(), number.Load()
	// Moved is: lines that were sent after the break, of names that were the victim's, arrive at the others.
	var moved time.Duration
	home := namesOf(victim.got())
	eventually(t, "the share of the member that is gone arrives at the others", func() bool {
		for _, s := range sinks[1:] {
			for _, line := range slices.Backward(s.tail(500)) {
				name, value, _ := strings.Cut(line, " ")
				if home[name] > 0 && lineNumber(value) >= at {
					moved = time.Since(gone)
					return true
				}
			}
		}
		return false
	})
	if moved > 10*time.Second { // a busy machine may hold up everything
		t.Errorf("the share moved after %v", moved)
	}
	reach("while one is gone", 40_000)
	if others() == before {
		t.Error("the others got nothing while one was gone")
	}
	was := victim.count()
	victim.open(addr, 0)
	eventually(t, "the member that came back gets its share", func() bool { return victim.count() > was+1000 })
	reach("after", 20_000)
	close(stop)
	<-done
	c.Close()
	n := number.Load()
	d.received(n)
	l := d.await("all is delivered", func(l *ledger) bool {
		for _, e := range l.Endpoints {
			if e.Queued > 0 {
				return false
			}
		}
		return true
	})
	last := d.stop()
	var got []string
	for _, s := range sinks {
		got = append(got, s.finish(0)...)
	}
	seen := make([]int, n)
	for _, line := range got {
		_, value, _ := strings.Cut(line, " ")
		seen[lineNumber(value)]++
	}
	lost, twice := 0, 0
	for _, times := range seen {
		switch {
		case times == 0:
			lost++
		case times > 1:
			twice++
		}
	}
	resent := int64(0)
	for _, e := range last.ledger.Endpoints {
		resent += e.Resent
	}
	if lost > 0 || int64(twice) > resent {
		t.Errorf("%d of %d lines lost, %d twice, of which %d were sent again", lost, n, twice, resent)
	}
	back := namesOf(victim.got()[was:])
	for name := range back {
		if policy == "any" && home[name] == 0 {
			t.Errorf("%s came to a member that is not its home", name)
		}
	}
	if moved > time.Second {
		t.Skipf("the share moved after %v, which on this machine proves nothing", moved)
	}
	t.Logf("%s: %d lines, share moved after %v, %d twice, moved %d",
		policy, n, moved.Round(time.Millisecond), twice, l.Endpoints[0].Moved)
}

// sendNumbered sends 20,000 numbered lines a second of 60 names until stop is closed; number is how many it sent.
func sendNumbered(c net.Conn, number *atomic.Int64, stop <-chan struct{}) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		var b strings.Builder
		first := number.Load()
		for i := first; i < first+100; i++ {
			fmt.Fprintf(&b, "m.n%d %d 1700000000\n", i%60, i)
		}
		if _, err := c.Write([]byte(b.String())); err != nil {
			return
		}
		number.Add(100)
		select {
		case <-tick.C:
		case <-stop:
			return
		}
	}
}

// lineNumber reads the value of a line of sendNumbered.
func lineNumber(value string) (n int64) {
	fmt.Sscan(value, &n)
	return n
}

// TestMemberKilled kills a member of a cluster with SIGKILL under 20,000 lines a second. Nothing is lost: what it had not
// been proven to have read arrives at the others, as does what had queued up for it.
func TestMemberKilled(t *testing.T) {
	outside(t)
	port, at := freePort(t), freePort(t)
	file := filepath.Join(t.TempDir(), "lines")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	victim := exec.Command(part(t, "netcat-openbsd", "nc.openbsd", "nc"), "-l", "-k", "127.0.0.1", fmt.Sprint(at))
	victim.Stdout = out
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	defer victim.Process.Kill()
	others := []*sink{newSink(t), newSink(t)}
	d := start(t, setup{bin: program, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "c"
policy = "any"
reconnect = ["50ms", "500ms"]
endpoints = ["127.0.0.1:%d", %q, %q]
[[rule]]
match = "**"
send = "c"
`, port, at, others[0].addr, others[1].addr)})
	eventually(t, "the member is connected", func() bool {
		_, body, _ := d.get("/api/status")
		return strings.Count(string(body), `"state":"up"`) == 3
	})
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	var number atomic.Int64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		sendNumbered(c, &number, stop)
	}()
	eventually(t, "lines at the member", func() bool { return number.Load() > 20_000 && len(read(t, file)) > 0 })
	victim.Process.Kill()
	victim.Wait()
	from := number.Load()
	eventually(t, "lines after it", func() bool { return number.Load() > from+20_000 })
	close(stop)
	<-done
	c.Close()
	n := number.Load()
	d.received(n)
	d.await("others take over what waits for the member", func(l *ledger) bool {
		e := l.endpoint(t, "c")
		return e.Queued+e.Unproven == 0
	})
	l := d.stop()
	lines := strings.Split(read(t, file), "\n")
	lines = lines[:len(lines)-1] // cut, or empty
	for _, s := range others {
		lines = append(lines, s.finish(0)...)
	}
	seen := make([]int, n)
	for _, line := range lines {
		_, value, _ := strings.Cut(line, " ")
		seen[lineNumber(value)]++
	}
	lost, twice := 0, int64(0)
	for _, times := range seen {
		if times == 0 {
			lost++
		} else {
			twice += int64(times - 1)
		}
	}
	resent := int64(0)
	for _, e := range l.ledger.Endpoints {
		resent += e.Resent
	}
	if lost > 0 || twice > resent {
		t.Errorf("%d of %d lines lost, %d twice and %d sent again", lost, n, twice, resent)
	}
	t.Logf("%d lines, %d twice", n, twice)
}
