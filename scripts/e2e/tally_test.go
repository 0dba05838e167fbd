package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A tally is a plaintext endpoint for millions of lines: it knows of each number whether it came, and in which order those
// of a series did.
type tally struct {
	*sink

	mu     sync.Mutex
	seen   []bool
	twice  int64 // lines that came again
	series map[string]*strand
	broken []string // lines out of order, the first ones
	sent   func(number int) time.Time
	delays []time.Duration // of what was live, since the last reset
}

// A strand is how far the numbers of a series got: those that are live, each higher than all before it, and those that
// are replayed.
type strand struct{ live, replayed int }

// newTally opens one; sent says when a number was sent.
func newTally(t *testing.T, sent func(number int) time.Time) *tally {
	y := &tally{series: map[string]*strand{}, sent: sent}
	y.sink = newRawSink(t, y.take)
	return y
}

// take reads a connection to its end.
func (y *tally) take(c io.Reader) {
	for r := bufio.NewReaderSize(c, 256<<10); ; {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		fields := bytes.Fields(line)
		number, err := strconv.Atoi(string(fields[1]))
		if err != nil {
			y.t.Errorf("%q: %v", line, err)
			return
		}
		y.note(string(fields[0]), number)
	}
}

// note takes one line. What is no higher than all before it is replayed, and must come in order, but for what comes again.
func (y *tally) note(name string, number int) {
	now := time.Now()
	y.mu.Lock()
	defer y.mu.Unlock()
	for len(y.seen) <= number {
		y.seen = append(y.seen, make([]bool, 1<<16)...)
	}
	again := y.seen[number]
	y.seen[number] = true
	s := y.series[name]
	if s == nil {
		s = &strand{-1, -1}
		y.series[name] = s
	}
	switch {
	case again:
		y.twice++
	case number > s.live:
		s.live = number
		if y.sent != nil {
			y.delays = append(y.delays, now.Sub(y.sent(number)))
		}
	case number > s.replayed:
		s.replayed = number
	case len(y.broken) < 10:
		y.broken = append(y.broken, fmt.Sprintf("%s: %d after %d, live %d", name, number, s.replayed, s.live))
	}
}

// missing returns the numbers below n that did not come.
func (y *tally) missing(n int) (all []int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for i := range n {
		if i >= len(y.seen) || !y.seen[i] {
			all = append(all, i)
		}
	}
	return all
}

// restart forgets the delays so far.
func (y *tally) restart() {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.delays = nil
}

// delay returns the delay that all but one in a hundred live lines kept, since restart.
func (y *tally) delay() time.Duration {
	y.mu.Lock()
	defer y.mu.Unlock()
	if len(y.delays) == 0 {
		return 0
	}
	slices.Sort(y.delays)
	return y.delays[len(y.delays)*99/100]
}

// A flood sends numbered lines of a hundred series at a pace, block by block, over connections that it makes anew when
// they break.
type flood struct {
	t    *testing.T
	addr string
	rate int

	mu    sync.Mutex
	at    []time.Time // when each block was sent
	sent  int         // numbers that were written
	quit  chan struct{}
	ended sync.WaitGroup
}

// blockSize is how many lines a flood sends at once.
const blockSize = 100

// newFlood begins to send.
func newFlood(t *testing.T, addr string, rate int) *flood {
	f := &flood{t: t, addr: addr, rate: rate, quit: make(chan struct{})}
	f.ended.Go(f.run)
	t.Cleanup(f.stop)
	return f
}

func (f *flood) run() {
	var c net.Conn
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	begin := time.Now()
	var b []byte
	for block := 0; ; {
		select {
		case <-f.quit:
			return
		case <-time.After(time.Until(begin.Add(time.Duration(block*blockSize) * time.Second / time.Duration(f.rate)))):
		}
		if c == nil {
			var err error
			if c, err = net.Dial("tcp", f.addr); err != nil {
				c = nil
				block++ // what is not sent was never there
				f.note(block-1, false)
				continue
			}
		}
		b = b[:0]
		for i := range blockSize {
			b = fmt.Appendf(b, "flood.with.a.name.of.some.length.%d %d %d\n", i, block*blockSize+i, begin.Unix())
		}
		f.note(block, true)
		if _, err := c.Write(b); err != nil {
			c.Close()
			c = nil
			// Whoever reads has ended, perhaps before the block before this one: TCP says so only after a write.
			f.forget(block - 1)
			f.forget(block)
		}
		block++
	}
}

// note remembers when a block was sent, and that it was not with the zero time.
func (f *flood) note(block int, sent bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := time.Now()
	if !sent {
		at = time.Time{}
	}
	f.at = append(f.at, at)
	f.sent = (block + 1) * blockSize
}

// forget notes that a block was not sent after all, or not all of it.
func (f *flood) forget(block int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at[max(block, 0)] = time.Time{}
}

// when returns when a number was sent, the zero time if it was not.
func (f *flood) when(number int) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if number/blockSize >= len(f.at) {
		return time.Time{}
	}
	return f.at[number/blockSize]
}

// stop ends the flood.
func (f *flood) stop() {
	f.mu.Lock()
	select {
	case <-f.quit:
	default:
		close(f.quit)
	}
	f.mu.Unlock()
	f.ended.Wait()
}

// total returns how many numbers there are.
func (f *flood) total() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent
}
