package ingest

import (
	"bytes"
	"encoding/binary"

	"plumbago/carbon"
	"plumbago/carbon/stat"
)

// A cutter knows where the messages of one stream end. Whatever way a stream's bytes are split into reads, the messages
// it finds, and what it refuses, are the same.
type cutter interface {
	// cut returns how many bytes at the start of b are whole messages; the rest is to be shown again with more bytes
	// behind it. The first old bytes of b were such a rest. It may take bytes out of b, and counts what it refuses in
	// b.Bad. It reports false if nothing can follow what it returned: the stream is not to be read on.
	cut(b *carbon.Batch, old int) (whole int, ok bool)
	// end makes of the rest that is all of b what its stream's end makes of it: a message or one that is refused. eof
	// says that the sender ended the stream itself, not an error or a stop of ours.
	end(b *carbon.Batch, eof bool)
}

// lineCut cuts at newlines. A line that is longer than maxLine is left to the decoder to refuse if it came in whole;
// if not it is refused here and skipped, so that it takes no more memory than a line may.
type lineCut struct {
	maxLine  int
	accept   bool // whether the last line needs no newline
	skipping bool // inside a line that was refused
}

func (c *lineCut) cut(b *carbon.Batch, old int) (int, bool) {
	if c.skipping {
		end := bytes.IndexByte(b.Bytes, '\n') + 1
		if end == 0 {
			b.Bytes = b.Bytes[:0]
			return 0, true
		}
		b.Bytes = b.Bytes[:copy(b.Bytes, b.Bytes[end:])]
		c.skipping, old = false, 0
	}
	whole := bytes.LastIndexByte(b.Bytes[old:], '\n') + 1
	if whole > 0 {
		whole += old
	}
	// One byte more than maxLine may still be a carriage return, which is not part of the line.
	if len(b.Bytes)-whole > c.maxLine+1 {
		b.RefuseText(stat.TooLong, whole, b.Bytes[whole:])
		b.Bytes = b.Bytes[:whole]
		c.skipping = true
	}
	return whole, true
}

func (c *lineCut) end(b *carbon.Batch, eof bool) {
	switch {
	case len(bytes.Trim(b.Bytes, " \t\r")) == 0:
		b.Bytes = b.Bytes[:0]
	case c.accept && eof:
		b.Bytes = append(b.Bytes, '\n')
	default:
		b.RefuseText(stat.Unterminated, 0, b.Bytes)
		b.Bytes = b.Bytes[:0]
	}
}

// prefixSize is the length of the big-endian number that says how long a pickle frame is.
const prefixSize = 4

// frameCut cuts where the length prefixes of pickle frames say. A prefix that no frame may have is handed on bare: the
// decoder refuses it, and as nobody can know where the next frame starts, the stream ends there.
type frameCut struct{ maxFrame int }

func (c frameCut) cut(b *carbon.Batch, _ int) (whole int, ok bool) {
	for in := b.Bytes; len(in) >= prefixSize; in = b.Bytes[whole:] {
		n := uint64(binary.BigEndian.Uint32(in))
		if n == 0 || n > uint64(c.maxFrame) {
			b.Bytes = b.Bytes[:whole+prefixSize]
			return len(b.Bytes), false
		}
		if n > uint64(len(in)-prefixSize) {
			break
		}
		whole += prefixSize + int(n)
	}
	return whole, true
}

func (c frameCut) end(b *carbon.Batch, _ bool) {
	b.RefuseText(stat.Unterminated, 0, b.Bytes)
	b.Bytes = b.Bytes[:0]
}
