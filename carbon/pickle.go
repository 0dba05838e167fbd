package carbon

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strconv"

	"plumbago/carbon/stat"
)

// A PickleDecoder reads carbon's pickle protocol: frames of a 4-byte big-endian length and one pickle of
// [(name, (timestamp, value), ...), ...], in every protocol from 0 to 5 as Python writes it.
//
// It runs the opcodes that are data on a small machine of its own and refuses a frame with any other (GLOBAL, REDUCE,
// BUILD, ...), whether or not the result would use it: nothing in a pickle is ever executed, looked up or constructed.
// As it covers all of the data opcodes itself, no frame is handed on to graphite-pickle, which takes gigabytes for some
// nine-byte frames; that library is the oracle of the tests.
//
// The list that nearly every sender writes is read without the machine (pickle_plain.go).
//
// What a frame may cost is bounded by its length alone: 8 times its bytes and 1 MiB of memory, and time in proportion.
type PickleDecoder struct {
	limits  Limits
	machine pickleMachine
	names   pickleNames
	text    []byte // scratch: what is refused
}

// NewPickleDecoder returns a decoder for one listener or connection. It keeps its scratch between calls.
func NewPickleDecoder(l Limits) *PickleDecoder { return &PickleDecoder{limits: l} }

// pickleKeep is how many chunks of scratch (16 KiB each) a decoder keeps between calls: enough for a frame of ten
// thousand points.
const pickleKeep = 64

// Decode takes the points of the frames in b.Bytes. A frame that is refused counts once as bad_pickle, none of it is
// delivered, and nothing after it is looked at; the error says in plain words what was wrong with it. An announced
// length of nothing or of more than MaxFrame is refused by its four bytes alone. A bad item or point in a good frame
// costs only itself.
func (d *PickleDecoder) Decode(b *Batch, now int64) error {
	defer d.machine.release(pickleKeep)
	for at, end := 0, len(b.Bytes); at < end; {
		size, err := d.announced(b.Bytes[at:end])
		if err == nil {
			err = d.frame(b, at+4, at+4+size, now)
		}
		if err != nil {
			b.RefuseText(stat.BadPickle, at, []byte(err.Error()))
			return err
		}
		at += 4 + size
	}
	return nil
}

// announced returns the length of the pickle that in starts with, all of which is there.
func (d *PickleDecoder) announced(in []byte) (int, error) {
	if len(in) < 4 {
		return 0, errors.New("the stream ends inside a frame's length")
	}
	n := binary.BigEndian.Uint32(in)
	switch {
	case n == 0:
		return 0, errors.New("frame of 0 bytes announced")
	case uint64(n) > uint64(d.limits.MaxFrame):
		return 0, fmt.Errorf("frame of %d bytes announced%s", n, d.guess(in[:4]))
	case uint64(n) > uint64(len(in)-4):
		return 0, fmt.Errorf("frame of %d bytes announced, the stream ends after %d", n, len(in)-4)
	}
	return int(n), nil
}

// guess says what four bytes that are no sensible length rather look like, since what is behind such a frame is nearly
// always a sender of another protocol.
func (d *PickleDecoder) guess(prefix []byte) string {
	text := true
	for _, c := range prefix {
		text = text && (c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t')
	}
	swapped := bits.ReverseBytes32(binary.BigEndian.Uint32(prefix))
	switch {
	case text:
		return fmt.Sprintf(": this looks like plain text (%s)", strconv.QuoteToASCII(string(prefix)))
	case prefix[0] == 0x16 && prefix[1] == 3:
		return ": this looks like TLS"
	case swapped != 0 && uint64(swapped) <= uint64(d.limits.MaxFrame):
		return fmt.Sprintf(", at most %d allowed: its length looks written in the wrong byte order", d.limits.MaxFrame)
	}
	return fmt.Sprintf(", at most %d allowed", d.limits.MaxFrame)
}

// frame takes the pickle in b.Bytes[from:to], wholly or not at all.
func (d *PickleDecoder) frame(b *Batch, from, to int, now int64) error {
	if d.plain(b, from, to, now) {
		return nil
	}
	return d.any(b, from, to, now)
}

// any takes it whatever its opcodes are.
func (d *PickleDecoder) any(b *Batch, from, to int, now int64) error {
	points, bytes, bad, cleaned, refusals := len(b.Points), len(b.Bytes), b.Bad, b.Cleaned, len(b.Refusals)
	top, err := d.machine.run(b, from, to)
	if err == nil {
		err = d.deliver(b, top, to-from, now)
	}
	if err != nil {
		b.Points, b.Bytes, b.Bad, b.Cleaned = b.Points[:points], b.Bytes[:bytes], bad, cleaned
		b.Refusals = b.Refusals[:refusals]
	}
	return err
}
