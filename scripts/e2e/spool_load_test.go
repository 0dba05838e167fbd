package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// spooling is a configuration that sends everything on to one plaintext endpoint, with a spool.
func spooling(port int, endpoint, state, more string) string {
	return fmt.Sprintf("[state]\ndir = %q\n", state) +
		forwarding(port, endpoint, "spool = \"8GB\"\nreconnect = [\"50ms\", \"200ms\"]\n"+more)
}

// segments returns the files that points lie in below a state directory.
func segments(t *testing.T, state string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(state, "spool", "*", "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestSpoolOutage takes an endpoint away under load and brings it back: nothing is lost, each series is in order within
// what is live and within what is replayed, and the disk is empty in the end. How long live lines wait meanwhile is held
// to its bound in the long form only.
func TestSpoolOutage(t *testing.T) {
	rate, away, long := number(t, "PLUMBAGO_E2E_RATE", 20_000), 2*time.Second, false
	if text := os.Getenv("PLUMBAGO_E2E_OUTAGE"); text != "" {
		var err error
		if away, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
		long = true
	}
	var f *flood
	out := newTally(t, func(n int) time.Time { return f.when(n) })
	port, state, addr := freePort(t), t.TempDir(), out.addr
	d := start(t, setup{bin: program, conf: spooling(port, addr, state, "")})
	f = newFlood(t, fmt.Sprintf("127.0.0.1:%d", port), rate)
	look := func(what string, ok func(e endpoint) bool) {
		t.Helper()
		for end := time.Now().Add(patience + 3*away); ; time.Sleep(100 * time.Millisecond) {
			if ok(d.ledger().endpoint(t, "graphite")) {
				return
			}
			if time.Now().After(end) || t.Failed() {
				t.Fatalf("%s did not come: %+v", what, d.ledger().endpoint(t, "graphite"))
			}
		}
	}
	look("the first lines", func(e endpoint) bool { return e.Enqueued > int64(rate/4) })
	out.close()
	down := time.Now()
	look("the outage's end", func(e endpoint) bool { return time.Since(down) > away && e.Spooled > int64(rate/4) })
	out.open(addr, 0)
	look("the first replayed lines", func(e endpoint) bool { return e.Spooled == 0 || len(out.missing(1)) == 0 && e.Delivered > 0 })
	out.restart()
	look("the replay's end", func(e endpoint) bool { return e.Spooled == 0 })
	p99 := out.delay()
	f.stop()
	n := f.total()
	look("the last line", func(e endpoint) bool { return e.Delivered == int64(n) })
	eventually(t, "the disk is empty", func() bool { return len(segments(t, state)) == 0 })
	e := d.stop().ledger.endpoint(t, "graphite")
	out.emptied()
	if missing := out.missing(n); len(missing) > 0 {
		t.Errorf("%d of %d lines did not arrive, the first is %d", len(missing), n, missing[0])
	}
	if len(out.broken) > 0 {
		t.Errorf("out of order: %s", strings.Join(out.broken, "; "))
	}
	if out.twice > e.Resent {
		t.Errorf("%d lines came again, %d are counted as resent", out.twice, e.Resent)
	}
	if long && p99 > 2*time.Second {
		t.Errorf("live lines waited for %v during the replay", p99)
	}
	t.Logf("%d lines, away for %v, %d resent, p99 of live lines during the replay %v", n, away, e.Resent, p99)
}

// A kill is one SIGKILL that a daemon with a spool got under load.
type kill struct {
	at   time.Time
	sent int   // numbers that had been sent
	kept int64 // points that the ledger had on disk before, all different; only while nothing was delivered
}

// TestSpoolKilled kills the daemon with SIGKILL again and again under load, with an endpoint that is away most of the time:
// it comes back, and what was on disk arrives. In the long form it must come back at once, and what is lost be no older than
// spool_sync.
func TestSpoolKilled(t *testing.T) {
	rate, kills := number(t, "PLUMBAGO_E2E_RATE", 10_000), number(t, "PLUMBAGO_E2E_KILLS", 3)
	long := kills > 3
	out := newTally(t, nil)
	port, state, addr := freePort(t), t.TempDir(), out.addr
	out.close()
	conf := spooling(port, addr, state, "")
	d := start(t, setup{bin: program, conf: conf})
	f := newFlood(t, fmt.Sprintf("127.0.0.1:%d", port), rate)
	var killed []kill
	for i := range kills {
		away := i <= kills/2
		before := d.ledger().endpoint(t, "graphite")
		l := d.await("more lines, of which many lie on disk", func(l *ledger) bool {
			e := l.endpoint(t, "graphite")
			return e.Enqueued > before.Enqueued+int64(3*rate/2) && (!away || e.Spooled > before.Spooled+int64(rate/2))
		})
		if i == kills/2 {
			out.open(addr, 0) // also while it replays
		}
		d.signal(syscall.SIGKILL)
		<-d.done
		k := kill{at: time.Now(), sent: f.total()}
		if away {
			k.kept = l.endpoint(t, "graphite").Spooled
		}
		killed = append(killed, k)
		if strings.Contains(d.said.String(), "damaged") {
			t.Error("it found a damaged spool")
		}
		if i < kills/2 {
			if all := spools(t, d.conf); len(all) != 1 || all[0].Points < k.kept {
				t.Errorf("%d points were on disk before the kill, now there are %+v", k.kept, all)
			}
		}
		again := time.Now()
		d = start(t, setup{bin: program, conf: conf})
		if took := time.Since(again); long && took > 3*time.Second {
			t.Errorf("ready again after %v", took)
		}
	}
	f.stop()
	n := f.total()
	var e endpoint
	for end := time.Now().Add(patience + time.Duration(kills)*5*time.Second); ; time.Sleep(50 * time.Millisecond) {
		if e = d.ledger().endpoint(t, "graphite"); e.Enqueued > 0 && e.Delivered == e.Enqueued {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("not all is delivered: %+v", e)
		}
	}
	if e.lost() > 0 {
		t.Errorf("lost: %+v", e)
	}
	d.stop()
	out.emptied()
	missing := out.missing(n)
	for _, k := range killed {
		gone, _ := slices.BinarySearch(missing, k.sent)
		if arrived := int64(k.sent - gone); arrived < k.kept {
			t.Errorf("%d points were on disk when %d had been sent, %d of these arrived", k.kept, k.sent, arrived)
		}
	}
	lost, oldest := 0, time.Duration(0)
	ages, counts := make([]time.Duration, kills), make([]int, kills) // for each kill
	for _, number := range missing {
		at := f.when(number)
		if at.IsZero() {
			continue // there was no daemon to send it to
		}
		lost++
		for i, k := range killed {
			if !at.After(k.at) {
				ages[i], counts[i] = max(ages[i], k.at.Sub(at)), counts[i]+1
				oldest = max(oldest, ages[i])
				break
			}
		}
	}
	if long && oldest > time.Second {
		t.Errorf("a line was lost that was sent %v before a kill", oldest)
	}
	t.Logf("%d lines, %d kills: %d lines lost (%v), the oldest sent so long before: %v; %d came twice", n, kills, lost, counts, ages, out.twice)
}
