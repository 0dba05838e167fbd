package dest

import (
	"bytes"
	"time"
)

// A text is what frames look like in a log: lines, and which part of a frame each stands for. A line is written whole,
// or continued after a short write, before anything else is written to its file.
type text struct {
	bytes []byte
	lines []line
	paths []byte // the names that lines have as their file
}

// A line is one line of a text.
type line struct {
	in, out int    // where what it stands for ends in the frame's bytes, and where it ends in the text
	points  int64  // how many points it stands for
	file    []byte // in a tree, the path of its file below the root
	unfit   bool   // it cannot be written anywhere; it has no bytes
}

func (t *text) reset() { t.bytes, t.lines, t.paths = t.bytes[:0], t.lines[:0], t.paths[:0] }

// end ends the line that was appended to t.bytes.
func (t *text) end(in int, points int64) *line {
	t.lines = append(t.lines, line{in: in, out: len(t.bytes), points: points})
	return &t.lines[len(t.lines)-1]
}

// A layout makes the text of what is left of a frame; age is the time since the log was first opened.
type layout func(t *text, src []byte, age time.Duration)

// verbatim is the layout of frames that hold finished lines, a point each.
func verbatim(t *text, src []byte, _ time.Duration) {
	t.bytes = append(t.bytes, src...)
	for at := 0; at < len(src); {
		if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
			at += i + 1
		} else {
			at = len(src)
		}
		t.lines = append(t.lines, line{in: at, out: at, points: 1})
	}
}
