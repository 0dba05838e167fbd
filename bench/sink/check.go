package main

import (
	"bytes"
	"math"
	"strconv"
	"sync"
)

// A check looks into every line: sums per series, and whether the passes of load are complete and in order, which the
// last two digits of its values tell. It costs about half a microsecond a line. A nil check does nothing.
type check struct {
	suffix  []byte
	without []byte // nil: no name is left out

	mu     sync.Mutex
	series map[string]*series
	bad    int64 // lines that are none
	early  int64 // lines whose time is before that of the series' line before
	lost   int64 // passes left out
	again  int64 // passes repeated, or after a later one
}

// A series is what is known of one name.
type series struct {
	sum  float64 // of all values
	kept float64 // of those that no later line of the same time replaced
	last float64 // the latest value
	time int64
	pass int // its last two digits
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

// newCheck checks the lines of the names that end in suffix.
func newCheck(suffix string) *check {
	return &check{suffix: []byte(suffix), series: map[string]*series{}}
}

// zero forgets everything.
func (c *check) zero() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.series)
	c.bad, c.early, c.lost, c.again = 0, 0, 0, 0
}

// report adds up.
func (c *check) report() *checkReport {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &checkReport{Series: len(c.series), Bad: c.bad, Early: c.early, Lost: c.lost, Again: c.again}
	for _, s := range c.series {
		r.Sum += s.sum
		r.Kept += s.kept
	}
	return r
}

// take looks at a read. Whole says that it holds whole lines, so the last needs no newline.
func (c *check) take(s *stream, b []byte, whole bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		if len(s.tail) > 0 {
			s.tail = append(s.tail, b[:i]...)
			c.line(s.tail)
			s.tail = s.tail[:0]
		} else {
			c.line(b[:i])
		}
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

// line looks at one line, without its newline.
func (c *check) line(line []byte) {
	name, rest, _ := bytes.Cut(line, []byte{' '})
	text, stamp, _ := bytes.Cut(rest, []byte{' '})
	value, err := strconv.ParseFloat(string(text), 64)
	time, err2 := strconv.ParseInt(string(stamp), 10, 64)
	if len(name) == 0 || err != nil || err2 != nil || math.IsNaN(value) {
		c.bad++
		return
	}
	if !bytes.HasSuffix(name, c.suffix) || len(c.without) > 0 && bytes.Contains(name, c.without) {
		return
	}
	s := c.series[string(name)]
	if s == nil {
		s = &series{time: math.MinInt64, pass: 99}
		c.series[string(name)] = s
	}
	if time < s.time {
		c.early++
	}
	if time == s.time {
		s.kept -= s.last
	}
	s.sum += value
	s.kept += value
	s.last, s.time = value, time
	c.follow(s, text)
}

// follow compares a value's pass with the one before. A gap of half the passes or more is taken for a step back.
func (c *check) follow(s *series, text []byte) {
	if len(text) < 2 {
		return
	}
	pass, err := strconv.ParseUint(string(text[len(text)-2:]), 10, 7)
	if err != nil {
		return
	}
	switch gap := (int(pass) - s.pass + 199) % 100; {
	case gap >= 50:
		c.again++
	default:
		c.lost += int64(gap)
		s.pass = int(pass)
	}
}
