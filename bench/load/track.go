package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// A track is what one connection sends, over and over: each name once a pass. It is built once; before a stretch of it
// is written its values and times are patched in place, which costs about a nanosecond a point. The last two digits of
// every value are the number of the pass, so a receiver sees for each series whether one is missing or out of order.
//
// A unit is the least that can be sent by itself: a line, or a pickle frame. The slices have an element more than there
// are units: element u is what lies before unit u. Sums are in hundredths, and so exact.
type track struct {
	bytes  []byte
	ends   []int   // bytes before the unit
	points []int64 // points before it
	base   []int64 // sum of their values in pass 0
	step   []int64 // what a pass adds to that sum

	// patch writes the values of a pass (0 to 99) and the time into units [from, to).
	patch func(from, to int, pass, now int64)
}

// A start is the value of a name in pass 0, in hundredths, and what each pass adds to it: 1 where the value is written
// with two decimals, 100 where it is whole.
type start struct{ value, step int64 }

// starts returns a start for each of n names: one half whole numbers, the other with decimals.
func starts(n int, seed uint64) []start {
	r := rand.New(rand.NewPCG(seed, 1))
	all := make([]start, n)
	for i := range all {
		// Of one to four digits, each length as often: real values are not uniform.
		v := int64(math.Pow(10, 4*r.Float64()))
		if all[i] = (start{v * 100, 1}); r.IntN(2) == 0 {
			all[i] = start{v * 100 * 100, 100}
		}
	}
	return all
}

// add notes a unit that ends where bytes now end.
func (t *track) add(points, value, step int64) {
	if t.ends == nil {
		t.ends, t.points, t.base, t.step = []int{0}, []int64{0}, []int64{0}, []int64{0}
	}
	last := len(t.ends) - 1
	t.ends = append(t.ends, len(t.bytes))
	t.points = append(t.points, t.points[last]+points)
	t.base = append(t.base, t.base[last]+value)
	t.step = append(t.step, t.step[last]+step)
}

// units returns how many units the track has.
func (t *track) units() int { return len(t.ends) - 1 }

// sum returns the sum of the values of units [from, to) in a pass, in hundredths.
func (t *track) sum(from, to int, pass int64) int64 {
	return t.base[to] - t.base[from] + pass*(t.step[to]-t.step[from])
}

// tail is the part of a line that changes: two digits of the value and the time.
const tail = len("00 1700000000\n")

// newLines builds a track of plaintext lines.
func newLines(names []string, starts []start) *track {
	t := &track{}
	for i, name := range names {
		s := starts[i]
		t.bytes = append(append(t.bytes, name...), ' ')
		if s.step == 1 {
			t.bytes = append(strconv.AppendInt(t.bytes, s.value/100, 10), '.')
		} else {
			t.bytes = strconv.AppendInt(t.bytes, s.value/100/100, 10)
		}
		t.bytes = append(t.bytes, "00 0000000000\n"...)
		t.add(1, s.value, s.step)
	}
	t.patch = func(from, to int, pass, now int64) {
		text := [tail]byte(fmt.Appendf(make([]byte, 0, tail), "%02d %010d\n", pass, now))
		for _, end := range t.ends[from+1 : to+1] {
			*(*[tail]byte)(t.bytes[end-tail:]) = text
		}
	}
	return t
}

// newStatsd builds a track of statsd's lines: of names in turn counters, each counting one, and timers. The sum of what is counted, by
// the counters and in the timers, is the number of lines. Sorted, those of one length follow each other, for a segmenter.
func newStatsd(names []string, starts []start, sorted bool) *track {
	t := &track{patch: func(int, int, int64, int64) {}}
	lines := make([]string, len(names))
	for i, name := range names {
		if lines[i] = name + ":1|c\n"; i%2 == 1 {
			lines[i] = fmt.Sprintf("%s:%d|ms\n", name, starts[i].value/100)
		}
	}
	if sorted {
		slices.SortStableFunc(lines, func(a, b string) int { return len(a) - len(b) })
	}
	for _, line := range lines {
		t.bytes = append(t.bytes, line...)
		t.add(1, 100, 0)
	}
	return t
}

// newPickle builds a track of pickle frames of up to size points each, byte for byte as Python 3 writes them with
// protocol 2, which carbon's own relay uses.
func newPickle(names []string, starts []start, size int) *track {
	t := &track{}
	var at []int // where each point's time is; its value follows
	for first := 0; first < len(names); first += size {
		end := min(first+size, len(names))
		head, value, step, memo := len(t.bytes), int64(0), int64(0), 1
		t.bytes = append(t.bytes, "\x00\x00\x00\x00\x80\x02]q\x00("...)
		for i := first; i < end; i++ {
			t.bytes = binary.LittleEndian.AppendUint32(append(t.bytes, 'X'), uint32(len(names[i])))
			t.bytes = appendMemo(append(t.bytes, names[i]...), &memo)
			at = append(at, len(t.bytes))
			t.bytes = append(t.bytes, "J\x00\x00\x00\x00G\x00\x00\x00\x00\x00\x00\x00\x00"...)
			t.bytes = appendMemo(append(t.bytes, 0x86), &memo)
			t.bytes = appendMemo(append(t.bytes, 0x86), &memo)
			value, step = value+starts[i].value, step+starts[i].step
		}
		t.bytes = append(t.bytes, "e."...)
		binary.BigEndian.PutUint32(t.bytes[head:], uint32(len(t.bytes)-head-4))
		t.add(int64(end-first), value, step)
	}
	t.patch = func(from, to int, pass, now int64) {
		for i := t.points[from]; i < t.points[to]; i++ {
			p := t.bytes[at[i]:]
			binary.LittleEndian.PutUint32(p[1:], uint32(now))
			value := float64(starts[i].value+pass*starts[i].step) / 100
			binary.BigEndian.PutUint64(p[6:], math.Float64bits(value))
		}
	}
	return t
}

// appendMemo appends what Python writes after each object that it might refer to again.
func appendMemo(b []byte, memo *int) []byte {
	n := *memo
	*memo++
	if n < 256 {
		return append(b, 'q', byte(n))
	}
	return binary.LittleEndian.AppendUint32(append(b, 'r'), uint32(n))
}
