package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A party is a cluster of the chaos test, and what is held to be true of it.
type party struct {
	name, keys string
	protocol   string
	endpoints  int

	proven bool // what is missing was counted as lost
	exact  bool // and what gave way to a full queue is missing
	spools bool // it has a spool

	victims []*victim
	counts  []byte
	account
}

// An account is what a party's ledgers said, over all lives of the daemon.
type account struct {
	inherited int64 // what lay on disk when the present life began
	left      int64 // what lay there when the last one ended in order, -1 if it did not
	lost      int64 // at most so many are missing
	full      int64 // at least so many, of an exact one
	resent    int64 // at most so many came again
	unsaid    int64 // beside those that came again since a kill took the memory of them
}

// chaosKeys has plumbago notice within a second what it else notices in ten.
const chaosKeys = "user_timeout = \"1s\"\nwrite_timeout = \"1s\"\nconnect_timeout = \"1s\"\nreconnect = [\"20ms\", \"300ms\"]\n"

// newParties returns one of each kind.
func newParties() []*party {
	return []*party{
		{name: "block", keys: "queue = \"64KiB\"\noverflow = \"block\"\n", proven: true},
		{name: "oldest", keys: "queue = \"64KiB\"\n", proven: true},
		{name: "newest", keys: "queue = \"64KiB\"\noverflow = \"drop_newest\"\n", proven: true, exact: true},
		{name: "spooled", keys: "queue = \"128KiB\"\nspool = \"64MiB\"\noverflow = \"drop_newest\"\n", proven: true, exact: true, spools: true},
		{name: "small", keys: "queue = \"64KiB\"\nspool = \"1MiB\"\nspool_sync = \"200ms\"\n", protocol: "pickle", proven: true, spools: true},
		{name: "any", keys: "queue = \"64KiB\"\npolicy = \"any\"\n", endpoints: 2, proven: true},
		{name: "written", keys: "queue = \"64KiB\"\nconfirm = \"written\"\n"},
		{name: "window", keys: "queue = \"64KiB\"\nconfirm = \"window\"\n"},
		{name: "results", keys: "queue = \"64KiB\"\n"}, // of aggregates, which nobody numbers, and which may come at once
	}
}

// A chaos is everything that takes part in the test.
type chaos struct {
	t       *testing.T
	d       *daemon // nil: the last one has ended
	parties []*party
	victims []*victim // of all of them
	throng  *throng
	state   string
	ports   [3]int
	config  int          // which of the good configurations is in force
	samples int          // ledgers that were looked at,
	late    atomic.Int64 // and that did not come in time

	watch sync.Mutex // held while a ledger is asked for, or while there is no daemon
}

// TestChaos lets everything go wrong at random under load, for PLUMBAGO_E2E_SECONDS, by PLUMBAGO_E2E_SEED: endpoints of
// every kind stall, are stopped and killed, refuse and reset; plumbago is reloaded, also with faulty files, stopped and
// killed; its disk is full. The ledger's laws hold in every answer meanwhile. At the end what is missing at an endpoint
// was counted as lost, and what came twice as sent again.
//
// A kill of plumbago may cost what it had only in memory. How old that may be is another test's subject, as it depends on
// the machine; here it is at most what the last ledger before the kill did not count as delivered or spooled.
func TestChaos(t *testing.T) {
	outside(t)
	seconds, rate, seed := number(t, "PLUMBAGO_E2E_SECONDS", 8), number(t, "PLUMBAGO_E2E_RATE", 1500), number(t, "PLUMBAGO_E2E_SEED", 1)
	span := time.Duration(seconds) * time.Second
	c := &chaos{t: t, parties: newParties(), state: t.TempDir(), ports: [3]int{freePort(t), freePort(t), freePort(t)}}
	if err := syscall.Mount("tmpfs", c.state, "tmpfs", 0, "size=96m"); err != nil {
		t.Logf("no disk is full in this run, as a small one takes root: %v", err)
	} else {
		t.Cleanup(func() {
			if err := syscall.Unmount(c.state, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
	}
	most := int64(rate) * int64(seconds) * 2
	for _, p := range c.parties {
		var file string
		file, p.counts = newCounts(t, most)
		p.left = -1
		for range max(p.endpoints, 1) {
			p.victims = append(p.victims, newVictim(t, p.name, file, p.protocol))
		}
		c.victims = append(c.victims, p.victims...)
	}
	pace := min(span/time.Duration(len(deck)+2), time.Second)
	plan := planFaults(uint64(seed), span, pace, len(c.victims))
	t.Logf("seed %d: %d events in %v; again with PLUMBAGO_E2E_SEED=%[1]d", seed, len(plan), span)
	c.throng = newThrong(t, rate, most, [2]int{c.ports[0], c.ports[1]})
	c.watch.Lock()
	c.begin()
	stop := make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() { c.sample(stop) })
	ended := sync.OnceFunc(func() { close(stop); sampling.Wait() })
	defer ended()
	begin := time.Now()
	for i, f := range plan {
		if t.Failed() {
			t.Logf("what went before: %v", plan[max(0, i-40):i])
			break
		}
		time.Sleep(time.Until(begin.Add(f.at)))
		c.happen(f)
	}
	c.settle()
	ended()
	c.judge()
}

// text is one of the good configurations: they differ in what there is, in which order, and in how endpoints are treated.
func (c *chaos) text(i int) string {
	var clusters []string
	for _, p := range c.parties {
		var addrs []string
		for _, v := range p.victims {
			addrs = append(addrs, fmt.Sprintf("%q", v.args[1]))
		}
		text := fmt.Sprintf("[[cluster]]\nname = %q\nendpoints = [%s]\n%s%s", p.name, strings.Join(addrs, ", "), chaosKeys, p.keys)
		if p.spools {
			text += "replay = 200000\n"
		}
		if p.name != "written" {
			text += "confirm_every = \"500ms\"\n"
		}
		if p.protocol != "" {
			text += fmt.Sprintf("protocol = %q\n", p.protocol)
		}
		if i%4 == 2 {
			text += "flush = \"10ms\"\n" // each endpoint begins anew, with what the old one had
		}
		clusters = append(clusters, text)
	}
	if i%2 == 1 {
		slices.Reverse(clusters)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[state]\ndir = %q\n[[listen]]\naddress = \"tcp://127.0.0.1:%d\"\n", c.state, c.ports[0])
	fmt.Fprintf(&b, "[[listen]]\nprotocol = \"pickle\"\naddress = \"tcp://127.0.0.1:%d\"\n", c.ports[1])
	if i%3 == 1 {
		fmt.Fprintf(&b, "[[listen]]\naddress = \"udp://127.0.0.1:%d\"\n", c.ports[2])
	}
	b.WriteString(strings.Join(clusters, ""))
	b.WriteString("[[rule]]\nmatch = \"chaos.noise\"\ndrop = true\n")
	b.WriteString("[[rule]]\nmatch = \"chaos.folded\"\nstop = true\n[rule.aggregate]\nperiod = \"1s\"\nfunctions = [\"sum\", \"count\"]\nsend = [\"results\"]\n")
	b.WriteString("[[rule]]\nmatch = \"chaos.number.*\"\nsend = [\"block\", \"oldest\", \"newest\", \"spooled\", \"small\", \"any\", \"written\", \"window\"]\n")
	return b.String()
}

// begin starts a daemon and opens the gate. What it finds on disk is what the last one left there.
func (c *chaos) begin() {
	c.t.Helper()
	c.d = start(c.t, setup{conf: c.text(c.config), args: []string{"--drain", "1s"}})
	l := c.answer()
	for _, p := range c.parties {
		p.inherited = l.party(p.name).Enqueued
		if p.name != "results" && p.left >= 0 && p.inherited != p.left {
			c.t.Errorf("%s: %d points lie on disk after the start, %d did at the stop", p.name, p.inherited, p.left)
		}
	}
	c.watch.Unlock()
	c.throng.open()
}

// happen does what the plan says.
func (c *chaos) happen(f fault) {
	c.t.Helper()
	balloon := filepath.Join(c.state, "balloon")
	switch f.what {
	case "reload":
		c.config++
		c.reload(c.text(c.config), http.StatusOK)
	case "misconfigure":
		c.reload(c.text(c.config+1)+"[[rule]]\nmatch = \"x\"\nsend = [\"nobody\"]\n", http.StatusBadRequest)
	case "restart":
		c.restart()
		c.begin()
	case "crash":
		c.crash()
		c.begin()
	case "fill":
		fill(c.t, balloon)
	case "empty":
		os.Remove(balloon)
	default:
		c.victims[f.who].suffer(f.what)
	}
}

// reload has the daemon read another configuration.
func (c *chaos) reload(text string, want int) {
	c.t.Helper()
	good := read(c.t, c.d.conf)
	head, _, _ := strings.Cut(good, "[state]")
	write(c.t, c.d.conf, head+text)
	if code, answer := c.d.call("POST", "/api/reload", ""); code != want {
		c.t.Errorf("reload: %d %s, want %d", code, answer, want)
	}
	if want != http.StatusOK {
		write(c.t, c.d.conf, good)
	}
}

// fill leaves no room on the disk, if it is a small one.
func fill(t *testing.T, balloon string) {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(balloon), &s); err != nil || s.Blocks*uint64(s.Bsize) > 100<<20 {
		return
	}
	f, err := os.OpenFile(balloon, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return // there is not even room for that
	}
	defer f.Close()
	for block := make([]byte, 64<<10); ; {
		if _, err := f.Write(block); err != nil {
			return
		}
	}
}

// quiet closes the gate and waits until the daemon has read all that was sent to it.
func (c *chaos) quiet() {
	c.t.Helper()
	for _, p := range c.parties {
		if p.name == "block" {
			p.victims[0].heal() // or it holds up everything
		}
	}
	c.throng.close()
	sent, _ := c.throng.total()
	var l *ledger
	eventually(c.t, "all that was sent is received", func() bool {
		l = c.answer()
		return l.Received >= sent.all
	})
	if l.Received != sent.all {
		c.t.Errorf("%d received, %d sent", l.Received, sent.all)
	}
}

// restart stops the daemon in order. What it lost, or could not have proven, it has counted.
func (c *chaos) restart() {
	c.t.Helper()
	c.quiet()
	c.watch.Lock()
	c.d.signal(syscall.SIGTERM)
	l := c.d.ended().ledger
	for _, p := range c.parties {
		e := l.party(p.name)
		if e.Queued != 0 || !p.spools && e.Spooled != 0 {
			c.t.Errorf("%s: something waits after the end: %+v", p.name, e)
		}
		p.lost += e.lost() + e.Unproven
		p.full += e.Dropped["overflow"] + e.Dropped["disk_full"]
		p.resent += e.Resent
		p.left = e.Spooled
	}
	c.throng.lives()
}

// crash kills the daemon. What the ledger counted as delivered or spooled before is safe.
func (c *chaos) crash() {
	c.t.Helper()
	c.watch.Lock()
	l := c.answer()
	c.d.signal(syscall.SIGKILL)
	<-c.d.done
	c.throng.close()
	sent, _ := c.throng.total()
	for _, p := range c.parties {
		e := l.party(p.name)
		open := sent.numbers + p.inherited - e.Delivered
		p.lost += open - e.Spooled
		p.full += e.Dropped["overflow"] + e.Dropped["disk_full"]
		p.resent += e.Resent
		p.unsaid += open // what was sent again since, and all that lies on disk, which may have come before
		if p.spools {
			p.unsaid += e.Delivered // what was delivered from disk is read again if the disk was not told so yet
		}
		p.left = -1
	}
	c.throng.lives()
}

// ledger asks for the ledger, and holds it to its laws. It returns nothing if there was no answer in time, as on a machine
// that has other things to do.
func (c *chaos) ledger() *ledger {
	code, text, err := c.d.get("/api/ledger")
	if err != nil || code != http.StatusOK {
		c.late.Add(1)
		return nil
	}
	return parseLedger(c.t, text)
}

// answer asks for the ledger until it is there.
func (c *chaos) answer() (l *ledger) {
	c.t.Helper()
	for end := time.Now().Add(2 * patience); l == nil; l = c.ledger() {
		if time.Now().After(end) {
			c.t.Fatal("the ledger was asked for in vain")
		}
	}
	return l
}

// sample holds the ledger to its laws ten times a second.
func (c *chaos) sample(stop chan struct{}) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		c.watch.Lock()
		if c.d == nil {
			c.watch.Unlock()
			continue
		}
		if l := c.ledger(); l != nil {
			c.samples++
		}
		c.watch.Unlock()
	}
}

// settle ends all faults and waits until everything has come to its end.
func (c *chaos) settle() {
	c.t.Helper()
	os.Remove(filepath.Join(c.state, "balloon"))
	for _, v := range c.victims {
		v.heal()
	}
	c.quiet()
	open := ""
	for end := time.Now().Add(4 * patience); ; time.Sleep(20 * time.Millisecond) {
		open = ""
		for _, e := range c.answer().Endpoints {
			if e.Queued+e.Unproven+e.Spooled != 0 && e.Cluster != "results" {
				open = fmt.Sprintf("%+v", e)
			}
		}
		if open == "" {
			break
		}
		if time.Now().After(end) {
			c.t.Fatalf("not all has come to its end: %s", open)
		}
	}
	c.throng.open()
	c.throng.stop()
	c.restart()
	c.d = nil
	c.watch.Unlock()
	c.throng.open()
}

// judge holds what is missing at each endpoint, and what came more than once, to what was counted.
func (c *chaos) judge() {
	_, n := c.throng.total()
	for _, p := range c.parties {
		if p.name == "results" {
			continue
		}
		missing, again := int64(0), int64(0)
		for _, times := range p.counts[:n] {
			if times == 0 {
				missing++
			} else {
				again += int64(times - 1)
			}
		}
		c.t.Logf("%-8s %d numbers: %d missing, lost %d to %d; %d came again, %d counted (and %d after kills)",
			p.name, n, missing, p.full, p.lost, again, p.resent, p.unsaid)
		if p.proven && missing > p.lost {
			c.t.Errorf("%s: %d of %d are missing, %d were counted as lost", p.name, missing, n, p.lost)
		}
		if p.exact && missing < p.full {
			c.t.Errorf("%s: %d of %d are missing, but %d found no room", p.name, missing, n, p.full)
		}
		if again > p.resent+p.unsaid {
			c.t.Errorf("%s: %d came again, %d were counted as sent again", p.name, again, p.resent)
		}
	}
	c.t.Logf("%d ledgers sampled, %d came too late", c.samples, c.late.Load())
}

// party returns the sum over a cluster's endpoints.
func (l *ledger) party(cluster string) (all endpoint) {
	all.Dropped = map[string]int64{}
	for _, e := range l.Endpoints {
		if e.Cluster != cluster {
			continue
		}
		all.Enqueued += e.Enqueued
		all.Delivered += e.Delivered
		all.Queued += e.Queued
		all.Unproven += e.Unproven
		all.Spooled += e.Spooled
		all.Resent += e.Resent
		for why, n := range e.Dropped {
			all.Dropped[why] += n
		}
	}
	return all
}
