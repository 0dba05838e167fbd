package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestStalled lets one of two endpoints stop reading under load. The other gets everything, as fast as before, and nobody
// has to wait to send. PLUMBAGO_E2E_SECONDS is for how long; with more than ten the delays are held to their bound.
func TestStalled(t *testing.T) {
	span := time.Duration(number(t, "PLUMBAGO_E2E_SECONDS", 1)) * time.Second
	stuck, out := newSlowSink(t, never), newStampSink(t)
	port := freePort(t)
	d := start(t, setup{bin: program, args: []string{"--drain", "1s"}, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "stuck"
endpoints = [%q]
queue = "1MiB"
write_timeout = "1h"
user_timeout = "1h"
[[cluster]]
name = "out"
endpoints = [%q]
[[rule]]
match = "pause"
send = "out"
[[rule]]
match = "both.**"
send = ["stuck", "out"]
[[rule]]
match = "**"
send = "out"
`, port, stuck.addr, out.addr)})
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	c.SetDeadline(time.Time{}) // a long form takes longer
	n, paused := 0, time.Duration(0)
	// blast sends 50,000 lines a second, each with its time as its value, and returns how late the slowest hundredth came.
	blast := func(name string) time.Duration {
		begin, first := time.Now(), out.count()
		for i := 0; time.Since(begin) < span; i++ {
			var text []byte
			at := time.Now()
			for range 500 {
				text = fmt.Appendf(text, "%s %d 1700000000\n", name, at.UnixNano())
			}
			put(t, c, text)
			paused = max(paused, time.Since(at))
			n += 500
			time.Sleep(time.Until(begin.Add(time.Duration(i+1) * 10 * time.Millisecond)))
		}
		eventually(t, "all lines of "+name, func() bool { return out.count() == n })
		return out.p99(first)
	}
	before := blast("alone.with.a.name.of.some.length.so.that.a.queue.is.full")
	after := blast("both.with.a.name.of.some.length.so.that.a.queue.is.full")
	l := d.ledger()
	if l.endpoint(t, "out").Enqueued != int64(n) || span > time.Second && l.endpoint(t, "stuck").Dropped["overflow"] == 0 {
		t.Errorf("%d lines: %+v", n, l.Endpoints)
	}
	t.Logf("%d lines; the slowest hundredth took %v, beside a stuck endpoint %v; the longest write %v", n, before, after, paused)
	if span > 10*time.Second && after-before > 50*time.Millisecond {
		t.Errorf("the stuck endpoint delayed the other by %v", after-before)
	}
	d.signal(syscall.SIGTERM)
	d.ended()
}

// A stampSink takes lines whose value is when they were sent, and knows how late each came.
type stampSink struct {
	*sink
	mu   sync.Mutex
	late []time.Duration
}

func newStampSink(t *testing.T) *stampSink {
	s := &stampSink{}
	s.sink = newRawSink(t, s.take)
	return s
}

func (s *stampSink) take(c io.Reader) {
	for lines := bufio.NewScanner(c); lines.Scan(); {
		sent := int64(0)
		if fields := strings.Fields(lines.Text()); len(fields) == 3 {
			sent, _ = strconv.ParseInt(fields[1], 10, 64)
		}
		now := time.Now().UnixNano()
		s.mu.Lock()
		s.late = append(s.late, time.Duration(now-sent))
		s.mu.Unlock()
	}
}

func (s *stampSink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.late)
}

// p99 returns how late the slowest hundredth was, of the lines from the given one on.
func (s *stampSink) p99(first int) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	late := slices.Sorted(slices.Values(s.late[first:]))
	return late[len(late)*99/100]
}

// TestBlock lets an endpoint that makes its senders wait stand still: they wait, the API answers, no line is lost, and all
// go on when the endpoint does. Then it stands still at the stop: what had come in is accounted for.
func TestBlock(t *testing.T) {
	var shut sync.RWMutex // held while the endpoint stands still
	shut.Lock()
	out := newSlowSink(t, func(<-chan struct{}) {
		shut.RLock()
		defer shut.RUnlock()
	})
	standing := true
	t.Cleanup(func() {
		if standing {
			shut.Unlock()
		}
	})
	port := freePort(t)
	d := start(t, setup{args: []string{"--drain", "500ms"}, conf: fmt.Sprintf(`
[[listen]]
address = "tcp://127.0.0.1:%d"
[[cluster]]
name = "stuck"
endpoints = [%q]
queue = "256KiB"
overflow = "block"
confirm = "written"
write_timeout = "1h"
user_timeout = "1h"
[[rule]]
match = "**"
[rule.aggregate]
period = "1s"
functions = ["count"]
send = ["stuck"]
[[rule]]
match = "**"
send = ["stuck"]
`, port, out.addr)})
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	var sent sync.WaitGroup
	total := 400_000
	sent.Go(func() {
		for first := 0; first < total; first += 1000 {
			if _, err := c.Write([]byte(numbered(first, 1000))); err != nil {
				t.Errorf("writing: %v", err)
				return
			}
		}
	})
	// Nothing is read any more, whatever of it the kernel takes from the sender: nothing moves between two looks.
	eventually(t, "the daemon does not read", func() bool {
		before := d.ledger()
		time.Sleep(300 * time.Millisecond)
		return before.endpoint(t, "stuck").Queued > 0 && d.ledger().Received == before.Received && before.Received < int64(total)
	})
	l := d.ledger()
	if e := l.endpoint(t, "stuck"); e.lost() != 0 || e.Queued == 0 {
		t.Errorf("while it waits: %+v", e)
	}
	if code, _, err := d.get("/api/series"); code != 200 || err != nil {
		t.Errorf("the API says %d, %v", code, err)
	}
	shut.Unlock()
	standing = false
	sent.Wait()
	d.await("all is delivered", func(l *ledger) bool {
		e := l.endpoint(t, "stuck")
		return l.Received == int64(total) && e.Delivered >= int64(total) && e.Queued == 0
	})
	next, others := 0, 0
	for _, line := range out.await(total) {
		switch f := strings.Fields(line); {
		case strings.HasSuffix(f[0], ".count"):
			others++
		case f[1] != strconv.Itoa(next):
			t.Fatalf("got %q, want the line of %d", line, next)
		default:
			next++
		}
	}
	if e := d.ledger().endpoint(t, "stuck"); e.lost() != 0 || next != total {
		t.Errorf("%d lines and %d results arrived, and %+v", next, others, e)
	}

	shut.Lock()
	standing = true
	last := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	go func() { last.Write([]byte(numbered(0, total))) }()
	d.await("it is full again", func(l *ledger) bool { return l.endpoint(t, "stuck").Queued > 1000 })
	begin := time.Now()
	d.signal(syscall.SIGTERM)
	end := d.ended()
	if e := end.ledger.endpoint(t, "stuck"); end.code != 1 || e.Dropped["shutdown"] == 0 || e.lost() != e.Dropped["shutdown"] {
		t.Errorf("stopped while it waits: exit code %d, %+v", end.code, e)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("the stop took %v", took)
	}
}

// TestRestartsUnderLoad stops and starts a daemon ten times in a row while senders connect, again and again, to send some
// lines each. What a sender was told that it is read, by the end of its connection, arrives, each line once; what it was not
// told so of may. PLUMBAGO_E2E_RESTARTS is how often.
func TestRestartsUnderLoad(t *testing.T) {
	restarts := number(t, "PLUMBAGO_E2E_RESTARTS", 10)
	const each = 20
	out, port := newSink(t), freePort(t)
	s := setup{bin: program, conf: forwarding(port, out.addr, "")}
	d := start(t, s)
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	end := make(chan struct{})
	var senders sync.WaitGroup
	var next, told atomic.Int64
	var mu sync.Mutex
	sure := map[float64]bool{} // the lines that were read for certain
	for range 3 {
		senders.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				conn, err := net.DialTimeout("tcp", addr, time.Second)
				if err != nil { // nobody listens at the moment
					time.Sleep(5 * time.Millisecond)
					continue
				}
				first := int(next.Add(each) - each)
				conn.SetDeadline(time.Now().Add(patience))
				_, err = conn.Write([]byte(numbered(first, each)))
				if err == nil {
					err = conn.(*net.TCPConn).CloseWrite()
				}
				if err == nil {
					_, err = io.Copy(io.Discard, conn)
				}
				conn.Close()
				if err != nil {
					continue
				}
				told.Add(each)
				mu.Lock()
				for i := range each {
					sure[float64(first+i)] = true
				}
				mu.Unlock()
			}
		})
	}
	var received int64
	for range restarts {
		d.received(200)
		received += d.stop().ledger.Received
		d = start(t, s)
	}
	d.received(200)
	close(end)
	senders.Wait()
	received += d.stop().ledger.Received
	values := map[float64]bool{}
	for _, p := range parse(t, out.finish(int(received))) {
		values[p.Value] = true
	}
	if int64(len(values)) != received || received < told.Load() || received > next.Load() {
		t.Errorf("%d lines were sent, %d of them read for certain; %d were received, %d different ones arrived", next.Load(), told.Load(), received, len(values))
	}
	for v := range sure {
		if !values[v] {
			t.Fatalf("the line of %v was read and has not arrived", v)
		}
	}
	t.Logf("%d lines over %d restarts, of %d nobody was told", received, restarts, next.Load()-told.Load())
}
