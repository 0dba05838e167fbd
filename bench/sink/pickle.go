package main

import (
	"encoding/binary"

	pickle "github.com/lomik/graphite-pickle"
)

// points counts the points of the pickle frames that end in a read; s keeps the one that does not. What cannot be read
// counts as one below none, which shows.
func points(s *stream, b []byte) (n int64) {
	if len(s.tail) > 0 {
		need := 4
		if len(s.tail) >= 4 {
			need += int(binary.BigEndian.Uint32(s.tail))
		}
		// Only what completes the frame is put behind its beginning: the rest of a read is looked at where it lies.
		for missing := need - len(s.tail); missing > 0 && len(b) > 0; missing = need - len(s.tail) {
			take := min(missing, len(b))
			s.tail, b = append(s.tail, b[:take]...), b[take:]
			if need == 4 && len(s.tail) == 4 {
				need += int(binary.BigEndian.Uint32(s.tail))
			}
		}
		if len(s.tail) < 4 || len(s.tail) < need {
			return 0
		}
		n, s.tail = count(s.tail[4:]), s.tail[:0]
	}
	for len(b) >= 4 {
		end := 4 + int(binary.BigEndian.Uint32(b))
		if len(b) < end {
			break
		}
		n += count(b[4:end])
		b = b[end:]
	}
	s.tail = append(s.tail, b...)
	return n
}

// count counts the points of one pickle.
func count(b []byte) int64 {
	if n, ok := walk(b); ok {
		return n
	}
	n := int64(0)
	if err := pickle.ParseMessage(b, func(string, float64, int64) { n++ }); err != nil {
		n--
	}
	return n
}

// walk counts the points of a pickle in the one form that relays write: protocol 2, a list of (name, (time, value)), with or
// without Python's notes of what it might refer to again. It says whether that is what b is, to the last byte. A point takes it 10 ns
// and the general reader 250, which would then be what is measured.
func walk(b []byte) (n int64, ok bool) {
	const least = len("X....J....G........\x86\x86e.") // a point of no name, and the end
	if len(b) < 3 || b[0] != 0x80 || b[1] != 2 || b[2] != ']' {
		return 0, false
	}
	at := noted(b, 3)
	if at == len(b) || b[at] != '(' {
		return 0, false
	}
	for at++; len(b)-at >= least; n++ {
		size := int(binary.LittleEndian.Uint32(b[at+1:]))
		if b[at] != 'X' || size > len(b)-at-least {
			return 0, false
		}
		at = noted(b, at+5+size)
		if len(b)-at < least-5 || b[at] != 'J' || b[at+5] != 'G' || b[at+14] != 0x86 {
			return 0, false
		}
		if b[at+6]&0x7f == 0x7f && b[at+7]&0xf0 == 0xf0 { // no finite number, which the general reader may pass over
			return 0, false
		}
		if at = noted(b, at+15); at >= len(b) || b[at] != 0x86 {
			return 0, false
		}
		at = noted(b, at+1)
	}
	return n, string(b[min(at, len(b)):]) == "e."
}

// noted returns where b goes on behind a note, BINPUT or LONG_BINPUT, if there is one at a place.
func noted(b []byte, at int) int {
	if at < len(b) {
		switch b[at] {
		case 'q':
			at += 2
		case 'r':
			at += 5
		}
	}
	return min(at, len(b))
}
