package e2e

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// A throng sends numbers over several connections, each number once, and knows what it sent to each life of the daemon.
type throng struct {
	t     *testing.T
	rate  int // numbers a second, of all together
	most  int64
	ports [2]int // of lines and pickles

	gate  sync.RWMutex // held for reading while something is sent, for writing while nothing may be
	mu    sync.Mutex   // of all below
	life  int
	next  int64
	sent  []volume
	quit  chan struct{}
	ended sync.WaitGroup
}

// A volume is what was sent to one life: numbers, and all that a ledger counts as received.
type volume struct{ numbers, all int64 }

// blockOf is how many numbers are sent at once.
const blockOf = 20

// newThrong begins to send, as soon as the gate is open.
func newThrong(t *testing.T, rate int, most int64, ports [2]int) *throng {
	g := &throng{t: t, rate: rate, most: most, ports: ports, sent: make([]volume, 1), quit: make(chan struct{})}
	g.gate.Lock()
	const senders = 3
	for i := range senders {
		g.ended.Go(func() { g.run(i, time.Second*blockOf*senders/time.Duration(rate)) })
	}
	t.Cleanup(g.stop)
	return g
}

// run sends a block whenever its time has come; the last of the senders sends pickles.
func (g *throng) run(sender int, pause time.Duration) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	c, life := net.Conn(nil), 0
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for {
		select {
		case <-g.quit:
			return
		case <-tick.C:
		}
		g.gate.RLock()
		c, life = g.send(sender, c, life)
		g.gate.RUnlock()
	}
}

// send sends a block over c, or over a new connection if there is none to the present life, and returns which it was.
func (g *throng) send(sender int, c net.Conn, life int) (net.Conn, int) {
	g.mu.Lock()
	now := g.life
	g.mu.Unlock()
	if c != nil && life != now {
		c.Close()
		c = nil
	}
	if c == nil {
		var err error
		if c, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", g.ports[sender/2])); err != nil {
			return nil, now
		}
	}
	first, others := g.claim(now, sender)
	if first < 0 {
		return c, now
	}
	at := time.Now().Unix()
	var b []byte
	if name := fmt.Sprintf("chaos.number.s%d", sender); sender == 2 {
		b = pickled(name, first, blockOf, at)
	} else {
		b = numberedBlock(nil, name, first, blockOf, at)
	}
	if others > 0 {
		b = fmt.Appendf(b, "chaos.bad x 1\nchaos.noise 1 %d\nchaos.folded %d %[1]d\n", at, first)
	}
	if _, err := c.Write(b); err != nil {
		c.Close()
		return nil, now
	}
	return c, now
}

// claim takes the next numbers for a block, and counts them, with what else is in it, as sent. It returns -1 if there are
// no more.
func (g *throng) claim(life, sender int) (first, others int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.next+blockOf > g.most {
		return -1, 0
	}
	if sender < 2 {
		others = 3
	}
	first = g.next
	g.next += blockOf
	g.sent[life].numbers += blockOf
	g.sent[life].all += blockOf + others
	return first, others
}

// close closes the gate: when it returns nothing is being sent.
func (g *throng) close() { g.gate.Lock() }

// open lets the senders go on.
func (g *throng) open() { g.gate.Unlock() }

// lives says that there is another daemon now; the gate is closed.
func (g *throng) lives() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.life++
	g.sent = append(g.sent, volume{})
}

// total returns what was sent to the present life, and how many numbers there are in all.
func (g *throng) total() (present volume, numbers int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sent[g.life], g.next
}

// stop ends the senders; the gate is open.
func (g *throng) stop() {
	select {
	case <-g.quit:
		return
	default:
		close(g.quit)
	}
	g.ended.Wait()
}
