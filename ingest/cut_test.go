package ingest

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"plumbago/carbon/stat"
)

// feedAll feeds in to a stream of o in pieces, each as long as the next byte of splits says, and ends it. It returns
// the messages handed on, the empty lines left out, and what was refused.
func feedAll(t testing.TB, o Options, in, splits []byte, eof bool) (got [][]byte, bad [stat.NReasons]uint32) {
	t.Helper()
	s, taken := idleStream(t, o)
	take := func() {
		for b := taken(); b != nil; b = taken() {
			got = append(got, messages(t, o, b.Bytes)...)
			for i, n := range b.Bad {
				bad[i] += n
			}
			b.Free()
		}
	}
	var err error
	for i := 0; len(in) > 0 && err == nil; i++ {
		n := len(in)
		if len(splits) > 0 {
			n = min(n, 1+int(splits[i%len(splits)]))
		}
		err = s.feed(in[:n])
		in = in[n:]
		take()
	}
	s.end(eof)
	take()
	if s.reserved || len(s.worker.room) != 0 || s.batch != nil {
		t.Error("an ended stream holds something")
	}
	return got, bad
}

// messages splits a batch of whole messages, as a decoder would.
func messages(t testing.TB, o Options, p []byte) (all [][]byte) {
	t.Helper()
	if o.Protocol == "line" {
		if len(p) > 0 && p[len(p)-1] != '\n' {
			t.Errorf("%q is handed on as whole lines", p)
		}
		for line := range bytes.Lines(p) {
			if len(line) > 1 {
				all = append(all, bytes.Clone(line))
			}
		}
		return all
	}
	for len(p) >= prefixSize {
		n := int(binary.BigEndian.Uint32(p))
		if n == 0 || n > o.MaxFrame {
			n = 0
		}
		if n > len(p)-prefixSize {
			break
		}
		all = append(all, bytes.Clone(p[:prefixSize+n]))
		p = p[prefixSize+n:]
	}
	if len(p) > 0 {
		t.Errorf("%q is handed on as whole frames", p)
	}
	return all
}

// cutLines is the oracle: what becomes of a whole stream of lines, in the plainest way. Lines that are too long count
// as refused here whether the cutter or the decoder refuses them.
func cutLines(o Options, in []byte, eof bool) (got [][]byte, bad [stat.NReasons]uint32) {
	for line := range bytes.Lines(in) {
		whole := line[len(line)-1] == '\n'
		text := bytes.TrimSuffix(line, []byte("\n"))
		switch {
		case len(text) > o.MaxLine+1:
			bad[stat.TooLong]++
		case whole && len(text) == 0, !whole && len(bytes.Trim(text, " \t\r")) == 0:
		case whole, eof && o.Unterminated == "accept":
			got = append(got, append(bytes.Clone(text), '\n'))
		default:
			bad[stat.Unterminated]++
		}
	}
	return got, bad
}

// cutFrames is the oracle for frames.
func cutFrames(o Options, in []byte) (got [][]byte, bad [stat.NReasons]uint32) {
	for len(in) > 0 {
		if len(in) < prefixSize {
			bad[stat.Unterminated]++
			break
		}
		n := uint64(binary.BigEndian.Uint32(in))
		if n == 0 || n > uint64(o.MaxFrame) {
			return append(got, in[:prefixSize]), bad
		}
		if n > uint64(len(in)-prefixSize) {
			bad[stat.Unterminated]++
			break
		}
		got = append(got, in[:prefixSize+n])
		in = in[prefixSize+n:]
	}
	return got, bad
}

// FuzzCut holds that the messages of a stream do not depend on how it was split into reads.
func FuzzCut(f *testing.F) {
	long := bytes.Repeat([]byte("x"), 200)
	f.Add([]byte("a 1\nb 2\n\nc 3"), []byte{0}, false, true)
	f.Add(slices.Concat(long, []byte("\na 1\n"), long), []byte{3, 70}, false, false)
	f.Add(slices.Concat(long[:33], []byte("\n"), long[:32], []byte("\r\n"), long[:34]), []byte{1}, false, true)
	f.Add([]byte("\x00\x00\x00\x02ab\x00\x00\x00\x01c\x00\x00"), []byte{0, 2}, true, true)
	f.Add([]byte("\x00\x00\x00\x02ab\x00\x00\x00\x00\x00\x00\x00\x01c"), []byte{4}, true, true)
	f.Fuzz(func(t *testing.T, in, splits []byte, pickle, accept bool) {
		o := on("line", "tcp://:0")
		o.MaxLine, o.MaxFrame = 32, 64
		if pickle {
			o.Protocol = "pickle"
		}
		if accept {
			o.Unterminated = "accept"
		}
		check(t, o, in, splits, true)
		check(t, o, in, splits, false)
	})
}

// check compares what a stream of in gives with what the oracle says.
func check(t *testing.T, o Options, in, splits []byte, eof bool) {
	t.Helper()
	got, bad := feedAll(t, o, in, splits, eof)
	var want [][]byte
	var wantBad [stat.NReasons]uint32
	if o.Protocol == "line" {
		got, bad = decoded(o, got, bad)
		want, wantBad = cutLines(o, in, eof)
	} else {
		want, wantBad = cutFrames(o, in)
	}
	if !slices.EqualFunc(got, want, bytes.Equal) || bad != wantBad {
		t.Errorf("%.200q split as %v gives %.200q and refuses %v, want %.200q and %v", in, splits, got, bad, want, wantBad)
	}
}

// decoded refuses the lines that came in whole and are too long, as a decoder does; the one byte that might be a
// carriage return is left to it by the oracle too.
func decoded(o Options, got [][]byte, bad [stat.NReasons]uint32) ([][]byte, [stat.NReasons]uint32) {
	return slices.DeleteFunc(got, func(line []byte) bool {
		long := len(line)-1 > o.MaxLine+1
		if long {
			bad[stat.TooLong]++
		}
		return long
	}), bad
}

// Messages that are long for a block go through batches that are kept and grow.
func TestCutLongMessages(t *testing.T) {
	for _, size := range []int{keepTail - 1, keepTail, 60 << 10, 64 << 10, 300 << 10} {
		o := on("line", "tcp://:0")
		o.MaxLine, o.MaxFrame = size+10, size+10
		long := bytes.Repeat([]byte("x"), size)
		prefix := binary.BigEndian.AppendUint32(nil, uint32(size))
		lines := slices.Concat([]byte("a 1\n"), long, []byte("\n"), long, []byte("\nb"), long)
		frames := slices.Concat(prefix, long, prefix, long, prefix, long[1:])
		for _, splits := range [][]byte{{250}, {255, 1, 77}, nil} {
			check(t, o, lines, splits, true)
			o.Protocol = "pickle"
			check(t, o, frames, splits, true)
			o.Protocol = "line"
		}
	}
}
