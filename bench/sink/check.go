package main

import (
	"bytes"
	"hash/maphash"
	"math"
	"sync"
)

// A check looks into every line: sums, and per series whether the passes of load are complete and in order, which the
// last two digits of its values tell. It looks at lines many at once, so that a million series in no order cost the sink
// a small part of what they cost the system that sends them: both share the machine. A nil check does nothing.
type check struct {
	suffix  []byte
	without []byte // nil: no name is left out

	mu     sync.Mutex
	seed   maphash.Seed
	ahead  []sample // lines read, but not looked at yet
	series series
	sum    total // of all values
	kept   total // of those that no later line of the same series and time replaced
	bad    int64 // lines that are none
	early  int64 // lines whose time is before that of the series' line before
	lost   int64 // passes left out
	again  int64 // passes repeated, or after a later one
}

// A stream is the unfinished line of a connection.
type stream struct{ tail []byte }

// A checkReport is what a check found.
type checkReport struct {
	Series int     `json:"series"`
	Sum    float64 `json:"sum"`
	Kept   float64 `json:"kept"` // the sum, if of successive lines of one series and time only the last counts
	Bad    int64   `json:"bad"`
	Early  int64   `json:"early"`
	Lost   int64   `json:"lost"`
	Again  int64   `json:"again"`
}

// A sample is a line that was read: the hash of its name, and the pass that its value ends with, or noPass.
type sample struct {
	name  uint64
	value float64
	time  int64
	pass  int8
}

// noPass is the pass of a value that does not end in two digits.
const noPass = -1

// atOnce is how many lines are looked at together.
const atOnce = 64

// newCheck checks the lines of the names that end in suffix.
func newCheck(suffix string) *check {
	return &check{suffix: []byte(suffix), seed: maphash.MakeSeed(), ahead: make([]sample, 0, atOnce)}
}

// zero forgets everything.
func (c *check) zero() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.series = series{}
	c.sum, c.kept = total{}, total{}
	c.bad, c.early, c.lost, c.again = 0, 0, 0, 0
}

// report says what was found so far. It costs little, as it is asked for often while the sink is at work.
func (c *check) report() *checkReport {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return &checkReport{
		Series: c.series.n, Sum: c.sum.float(), Kept: c.kept.float(), Bad: c.bad, Early: c.early, Lost: c.lost, Again: c.again,
	}
}

// take looks at a read. Whole says that it holds whole lines, so the last needs no newline.
func (c *check) take(s *stream, b []byte, whole bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.settle()
	if len(s.tail) > 0 {
		i := bytes.IndexByte(b, '\n')
		if i >= 0 {
			s.tail = append(s.tail, b[:i]...)
			c.line(s.tail)
			s.tail, b = s.tail[:0], b[i+1:]
		}
	}
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		c.line(b[:i])
		b = b[i+1:]
	}
	switch {
	case len(b) == 0:
	case whole:
		c.line(b)
	default:
		s.tail = append(s.tail, b...)
	}
}

// line reads one line, without its newline.
func (c *check) line(line []byte) {
	name, rest, _ := bytes.Cut(line, []byte{' '})
	text, stamp, _ := bytes.Cut(rest, []byte{' '})
	value, ok := number(text)
	time, ok2 := whole(stamp)
	if len(name) == 0 || !ok || !ok2 || math.IsNaN(value) || math.IsInf(value, 0) {
		c.bad++
		return
	}
	if !bytes.HasSuffix(name, c.suffix) || len(c.without) > 0 && bytes.Contains(name, c.without) {
		return
	}
	c.ahead = append(c.ahead, sample{maphash.Bytes(c.seed, name), value, time, pass(text)})
	if len(c.ahead) == atOnce {
		c.settle()
	}
}

// settle looks at the lines that were read, in their order.
func (c *check) settle() {
	c.series.touch(c.ahead)
	for i := range c.ahead {
		c.look(&c.ahead[i])
	}
	c.ahead = c.ahead[:0]
}

// look compares a line with the one of its series before.
func (c *check) look(l *sample) {
	s, known := c.series.find(l.name)
	switch {
	case !known:
		s.pass = 99 // 0 comes next
	case l.time < s.time:
		c.early++
	case l.time == s.time:
		c.kept.add(-s.last)
	}
	c.sum.add(l.value)
	c.kept.add(l.value)
	s.last, s.time = l.value, l.time
	if l.pass != noPass {
		c.follow(s, l.pass)
	}
}

// follow compares a value's pass with the one before. A gap of half the passes or more is taken for a step back.
func (c *check) follow(s *one, pass int8) {
	switch gap := (int(pass) - int(s.pass) + 199) % 100; {
	case gap >= 50:
		c.again++
	default:
		c.lost += int64(gap)
		s.pass = pass
	}
}
