package sketch

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// version is the first byte of every encoded sketch. A change of the encoding, of the bins or of the hash takes the next number.
const version = 1

// What a damaged sketch can suffer from.
var (
	errShort   = errors.New("it ends too early")
	errVersion = errors.New("its version is unknown")
	errNumber  = errors.New("a number is not written as it should be")
	errOrder   = errors.New("its parts are out of order")
	errRange   = errors.New("a part is out of range")
	errSum     = errors.New("its parts do not add up")
)

// A reader takes an encoded sketch apart. After its first error it only returns zeros. There is just one way to write each sketch, and it
// refuses all others, so equal sketches are equal bytes.
type reader struct {
	rest []byte
	err  error
}

// fail notes the first error.
func (r *reader) fail(err error) {
	if r.err == nil {
		r.err, r.rest = err, nil
	}
}

// bytes takes n bytes; they are nil after an error.
func (r *reader) bytes(n int) []byte {
	if r.err != nil || len(r.rest) < n {
		r.fail(errShort)
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// byte takes a byte.
func (r *reader) byte() byte {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// word takes eight bytes, little end first.
func (r *reader) word() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// number takes a varint in its shortest form.
func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.rest)
	switch {
	case n == 0:
		r.fail(errShort)
		return 0
	case n < 0 || n > 1 && r.rest[n-1] == 0:
		r.fail(errNumber)
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// start takes the version.
func (r *reader) start() {
	if r.byte() != version {
		r.fail(errVersion)
	}
}

// damaged wraps the error of a kind of sketch.
func damaged(kind string, err error) error {
	return fmt.Errorf("decoding a sketch of %s: %w", kind, err)
}
