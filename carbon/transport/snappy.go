package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/snappy"
)

const (
	// snappyMagic begins a stream in snappy's framing format.
	snappyMagic = "\xff\x06\x00\x00sNaPpY"
	// maxRawBlock is the most that a raw block may hold: its reader must keep all of it, since it may refer to its start.
	maxRawBlock = 1 << 20
	// keptBuffer is how large a buffer may be kept from one block to the next.
	keptBuffer = 64 << 10
)

// snappyStream reads either kind of stream. carbon-c-relay sends raw blocks, one a write, with nothing between them;
// everybody else the framing format, whose first bytes no block of carbon's lines can have: they would announce 895
// bytes of which the first is NUL.
type snappyStream struct {
	in     *bufio.Reader
	framed *snappy.Reader
	raw    *rawBlocks
}

func (s *snappyStream) next(p []byte) (int, error) {
	if s.framed == nil && s.raw == nil {
		if err := s.choose(); err != nil {
			return 0, err
		}
	}
	if s.raw != nil {
		return s.raw.next(p)
	}
	for {
		n, err := s.framed.Read(p)
		if err == snappy.ErrCorrupt {
			err = errors.New("it is corrupt, or ends in the middle")
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// choose looks at no more bytes than tell which kind it is: a raw block may be shorter than the magic.
func (s *snappyStream) choose() error {
	for n := 1; n <= len(snappyMagic); n++ {
		b, err := s.in.Peek(n)
		if len(b) < n && (n == 1 || err != io.EOF) {
			return err
		}
		if len(b) < n || b[n-1] != snappyMagic[n-1] {
			s.raw = &rawBlocks{in: s.in}
			return nil
		}
	}
	s.framed = snappy.NewReader(s.in)
	return nil
}

var errSnappy = errors.New("it is no snappy")

// rawBlocks reads snappy's blocks, one after another. A block ends when its elements have made as many bytes as it
// announced, which needs no length of the block itself.
type rawBlocks struct {
	in   *bufio.Reader
	out  []byte // the block as it becomes
	size int    // how many bytes it will have
	read int    // how many of them the caller has
}

func (r *rawBlocks) next(p []byte) (int, error) {
	for r.read == len(r.out) {
		if err := r.block(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.out[r.read:])
	r.read += n
	return n, nil
}

// block decodes the next block. Its announced size is not allocated before so many bytes have come out.
func (r *rawBlocks) block() error {
	if err := ended(r.in); err != nil {
		return err
	}
	r.read, r.out = 0, r.out[:0]
	if cap(r.out) > keptBuffer {
		r.out = nil
	}
	size, err := binary.ReadUvarint(r.in)
	if err != nil {
		return middle(err)
	}
	if size > maxRawBlock {
		return fmt.Errorf("a block of %d bytes is more than the %d that are taken", size, maxRawBlock)
	}
	for r.size = int(size); len(r.out) < r.size; {
		if err := r.element(); err != nil {
			return middle(err)
		}
	}
	return nil
}

// element appends what the next element stands for.
func (r *rawBlocks) element() error {
	tag, err := r.in.ReadByte()
	if err != nil {
		return err
	}
	if tag&3 == 0 {
		return r.literal(int(tag >> 2))
	}
	length := int(tag>>2) + 1
	var offset uint64
	switch tag & 3 {
	case 1:
		length = int(tag>>2&7) + 4
		offset, err = r.number(1)
		offset |= uint64(tag>>5) << 8
	case 2:
		offset, err = r.number(2)
	case 3:
		offset, err = r.number(4)
	}
	if err != nil {
		return err
	}
	if offset == 0 || offset > uint64(len(r.out)) || length > r.size-len(r.out) {
		return errSnappy
	}
	for from := len(r.out) - int(offset); length > 0; {
		n := min(length, len(r.out)-from) // what the copy itself makes may be part of it
		r.out = append(r.out, r.out[from:from+n]...)
		from, length = from+n, length-n
	}
	return nil
}

// literal appends bytes as they stand; n is their number less one, or how many bytes that number has.
func (r *rawBlocks) literal(n int) error {
	if n >= 60 {
		long, err := r.number(n - 59)
		if err != nil {
			return err
		}
		if long >= maxRawBlock {
			return errSnappy
		}
		n = int(long)
	}
	if n++; n > r.size-len(r.out) {
		return errSnappy
	}
	for n > 0 {
		if err := ended(r.in); err != nil {
			return err
		}
		b, _ := r.in.Peek(min(n, r.in.Buffered()))
		r.out = append(r.out, b...)
		r.in.Discard(len(b))
		n -= len(b)
	}
	return nil
}

// number reads a little-endian number of so many bytes.
func (r *rawBlocks) number(bytes int) (n uint64, err error) {
	for i := range bytes {
		b, err := r.in.ReadByte()
		if err != nil {
			return 0, err
		}
		n |= uint64(b) << (8 * i)
	}
	return n, nil
}
