package main

import (
	"encoding/binary"

	pickle "github.com/lomik/graphite-pickle"
)

// points counts the points of the pickle frames that end in a read; s keeps the one that does not. What cannot be read
// counts as one below none, which shows.
func points(s *stream, b []byte) (n int64) {
	if len(s.tail) > 0 {
		s.tail = append(s.tail, b...)
		b = s.tail
	}
	for len(b) >= 4 {
		end := 4 + int(binary.BigEndian.Uint32(b))
		if len(b) < end {
			break
		}
		if err := pickle.ParseMessage(b[4:end], func(string, float64, int64) { n++ }); err != nil {
			n--
		}
		b = b[end:]
	}
	s.tail = append(s.tail[:0], b...)
	return n
}
