package dest

import (
	"bytes"
	"strconv"
	"time"
)

// The senf layout is the log of the SENF library's statistics: the time since the log was opened, a label, and numbers
// with six digits. What one slice of a series gave, points in a row that differ only in the last node of their names,
// is one line under the name they share, with its numbers in senf's order; every other point is a line by itself.

// senfColumns are the functions that share a line, in its order.
var senfColumns = [...]string{"count", "min", "avg", "max", "stddev"}

func senf(t *text, src []byte, age time.Duration) {
	for at := 0; at < len(src); {
		var values [len(senfColumns)]float64
		var have [len(senfColumns)]bool
		first := readRecord(src[at:])
		base, tags, column := senfName(first.name)
		points := int64(0)
		next := at
		for r := first; column >= 0 && !have[column]; {
			have[column], values[column] = true, r.value
			next += r.size
			points++
			if next == len(src) {
				break
			}
			r = readRecord(src[next:])
			b, g, c := senfName(r.name)
			if c < 0 || r.ms != first.ms || !bytes.Equal(b, base) || !bytes.Equal(g, tags) {
				break
			}
			column = c
		}
		t.bytes = appendAge(t.bytes, age)
		if points < 2 {
			next, points = at+first.size, 1
			t.bytes = appendSenf(append(t.bytes, first.name...), first.value)
		} else {
			t.bytes = append(append(t.bytes, base...), tags...)
			for c := range have {
				if have[c] {
					t.bytes = appendSenf(t.bytes, values[c])
				}
			}
		}
		t.bytes = append(t.bytes, '\n')
		at = next
		t.end(at, points)
	}
}

// senfName cuts a name into what comes before the last dot, the tags, and the column that the last node names; -1 if it
// names none.
func senfName(name []byte) (base, tags []byte, column int) {
	if i := bytes.IndexByte(name, ';'); i >= 0 {
		name, tags = name[:i], name[i:]
	}
	dot := bytes.LastIndexByte(name, '.')
	if dot > 0 {
		for c, function := range senfColumns {
			if string(name[dot+1:]) == function {
				return name[:dot], tags, c
			}
		}
	}
	return name, tags, -1
}

// appendSenf appends a blank and v as C's %g does.
func appendSenf(dst []byte, v float64) []byte {
	return strconv.AppendFloat(append(dst, ' '), v, 'g', 6, 64)
}

// appendAge appends seconds in ten digits, nanoseconds in nine, and a blank.
func appendAge(dst []byte, age time.Duration) []byte {
	dst = appendPadded(dst, int64(age/time.Second), 10)
	dst = appendPadded(append(dst, '.'), int64(age%time.Second), 9)
	return append(dst, ' ')
}

func appendPadded(dst []byte, n int64, width int) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], n, 10)
	for i := len(text); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}
