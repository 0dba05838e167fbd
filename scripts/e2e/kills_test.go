package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A pouring sends numbered lines at a rate until it is stopped.
type pouring struct {
	n          atomic.Int64 // the number of the next line
	stop, done chan struct{}
}

// pouredLine is about as long as lines are.
const pouredLine = "kill.some.host%02d.metric %d 1700000000\n"

// pour sends so many lines a second to a port of 127.0.0.1, at most most in all.
func pour(t *testing.T, port, rate int, most int64) *pouring {
	f := &pouring{stop: make(chan struct{}), done: make(chan struct{})}
	c := dial(t, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	c.SetDeadline(time.Time{}) // a long form takes longer
	go func() {
		defer close(f.done)
		defer c.Close()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for f.n.Load() < most {
			var b strings.Builder
			first := f.n.Load()
			end := min(first+int64(max(rate/200, 1)), most)
			for i := first; i < end; i++ {
				fmt.Fprintf(&b, pouredLine, i%60, i)
			}
			if _, err := c.Write([]byte(b.String())); err != nil {
				return
			}
			f.n.Store(end)
			select {
			case <-tick.C:
			case <-f.stop:
				return
			}
		}
	}()
	return f
}

// end stops it and returns how many lines were sent.
func (f *pouring) end() int64 {
	close(f.stop)
	<-f.done
	return f.n.Load()
}

// killed starts a daemon that sends everything to a marker.
func killed(t *testing.T, addr, keys string) (d *daemon, port int) {
	port = freePort(t)
	return start(t, setup{bin: program, conf: forwarding(port, addr, "reconnect = [\"20ms\", \"200ms\"]\n"+keys)}), port
}

// nothingLost ends a test: all n lines are at the marker, and only what was sent again can be there twice.
func (m *marker) nothingLost(d *daemon, n int64) {
	m.t.Helper()
	d.received(n)
	l := d.stop()
	e := l.ledger.endpoint(m.t, "graphite")
	missing, again := m.tally(n)
	if missing > 0 || again > e.Resent || e.Delivered != n {
		m.t.Errorf("%d of %d lines are missing, %d came again; %+v", missing, n, again, e)
	}
	m.t.Logf("%d lines, %d came again, %d were sent again", n, again, e.Resent)
}

// TestKills kills an endpoint that stalls half of the time, by SIGKILL and SIGTERM in turn: nothing is lost, and what comes
// twice is at most what was written since the last proof before each kill.
func TestKills(t *testing.T) {
	outside(t)
	kills, rate := number(t, "PLUMBAGO_E2E_KILLS", 4), number(t, "PLUMBAGO_E2E_RATE", 20_000)
	most := int64(rate) * int64(kills+20) * 3
	m := newMarker(t, fmt.Sprintf("127.0.0.1:%d", freePort(t)), int(most), 150*time.Millisecond, 0)
	d, port := killed(t, m.addr, "")
	f := pour(t, port, rate, most)
	for k := range kills {
		from := f.n.Load()
		eventually(t, "the endpoint gets new lines", func() bool {
			n := f.n.Load()
			return n >= from+int64(rate/2) && m.m[from] > 0
		})
		m.kill([]syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}[k%2])
		m.start()
	}
	n := f.end()
	m.nothingLost(d, n)
	if e, rotation := d.ended().ledger.endpoint(t, "graphite"), int64(6<<20/len(pouredLine)); e.Resent > rotation*int64(kills+1) {
		t.Errorf("%d sent again in %d kills, more than a rotation's worth each", e.Resent, kills)
	}
}

// TestResets lets an endpoint reset its connections again and again under load.
func TestResets(t *testing.T) {
	outside(t)
	seconds, rate := number(t, "PLUMBAGO_E2E_SECONDS", 2), number(t, "PLUMBAGO_E2E_RATE", 20_000)
	reset := 400 * time.Millisecond
	if seconds > 10 {
		reset = 2 * time.Second
	}
	most := int64(rate * seconds)
	m := newMarker(t, fmt.Sprintf("127.0.0.1:%d", freePort(t)), int(most), 0, reset)
	d, port := killed(t, m.addr, "")
	f := pour(t, port, rate, most)
	<-f.done
	d.received(most)
	m.nothingLost(d, f.end())
}

// An endpointStatus is what /api/status says of an endpoint, as far as it matters here.
type endpointStatus struct {
	Endpoint, State, Error, Confirm string
	Proofs, Reconnects              int64
	Connection                      *struct {
		Window int64 `json:"window_bytes"`
	}
}

// status asks for the first endpoint's.
func (d *daemon) status() endpointStatus {
	d.t.Helper()
	var s struct {
		Clusters []struct{ Endpoints []endpointStatus }
	}
	_, body, err := d.get("/api/status")
	if err == nil {
		err = json.Unmarshal(body, &s)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return s.Clusters[0].Endpoints[0]
}

// TestStuckEndpoint stops an endpoint with SIGSTOP, under load that fills its buffers and under drops that do not: it is
// noticed by the bound of user_timeout, and when it goes on it gets everything.
func TestStuckEndpoint(t *testing.T) {
	outside(t)
	for _, rate := range []int{200, 50_000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			most := int64(rate * 30)
			m := newMarker(t, fmt.Sprintf("127.0.0.1:%d", freePort(t)), int(most), 0, 0)
			d, port := killed(t, m.addr, "user_timeout = \"1s\"\nwrite_timeout = \"1s\"\nconfirm_every = \"500ms\"\n")
			f := pour(t, port, rate, most)
			eventually(t, "proofs", func() bool { return d.status().Proofs > 2 })
			m.cmd.Process.Signal(syscall.SIGSTOP)
			stopped := time.Now()
			eventually(t, "it is noticed", func() bool { return d.status().Error != "" })
			took := time.Since(stopped)
			m.cmd.Process.Signal(syscall.SIGCONT)
			if took > 8*time.Second { // by default it takes ten and more
				t.Errorf("an endpoint that is stuck was noticed after %v, with user_timeout = 1s", took)
			}
			t.Logf("noticed after %v: %s", took, d.status().Error)
			m.nothingLost(d, f.end())
		})
	}
}

// TestBlackHole cuts the wire to an endpoint in a network of its own, without a word to either side.
func TestBlackHole(t *testing.T) {
	outside(t)
	ip := part(t, "iproute2", "ip")
	name := fmt.Sprintf("plmb%d", os.Getpid()%100000)
	run := func(args ...string) error {
		out, err := exec.Command(ip, args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, out)
		}
		return nil
	}
	if err := run("netns", "add", name); err != nil {
		t.Skip("this machine lets us make no network: " + err.Error())
	}
	t.Cleanup(func() { run("netns", "del", name) })
	for _, line := range []string{
		"link add " + name + "a type veth peer name " + name + "b",
		"link set " + name + "b netns " + name,
		"addr add 10.203.77.1/30 dev " + name + "a",
		"link set " + name + "a up",
		"-n " + name + " addr add 10.203.77.2/30 dev " + name + "b",
		"-n " + name + " link set " + name + "b up",
		"-n " + name + " link set lo up",
	} {
		if err := run(strings.Fields(line)...); err != nil {
			t.Skip("this machine lets us make no network: " + err.Error())
		}
	}
	const most = 100_000
	m := newMarker(t, net.JoinHostPort("10.203.77.2", fmt.Sprint(freePort(t))), most, 0, 0, ip, "netns", "exec", name)
	d, port := killed(t, m.addr, "user_timeout = \"1s\"\nwrite_timeout = \"1s\"\nconnect_timeout = \"1s\"\nconfirm_every = \"500ms\"\n")
	f := pour(t, port, 5000, most)
	eventually(t, "proofs", func() bool { return d.status().Proofs > 2 })
	if err := run("-n", name, "link", "set", name+"b", "down"); err != nil {
		t.Fatal(err)
	}
	cut := time.Now()
	eventually(t, "it is noticed", func() bool { return d.status().Error != "" })
	took := time.Since(cut)
	if took > 8*time.Second { // by default it takes ten and more
		t.Errorf("noticed after %v, with user_timeout = 1s", took)
	}
	t.Logf("noticed after %v: %s", took, d.status().Error)
	if err := run("-n", name, "link", "set", name+"b", "up"); err != nil {
		t.Fatal(err)
	}
	m.nothingLost(d, f.end())
}
