package transport

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"
)

const (
	lz4Magic     = 0x184D2204
	lz4Skip      = 0x184D2A50 // to 0x184D2A5F: a frame for somebody else
	lz4Stored    = 1 << 31    // a block's size has this bit if it is not compressed
	lz4History   = 64 << 10   // how far back a block may refer
	lz4Expansion = 255        // the most that a compressed byte can stand for
)

// lz4Stream reads lz4 frames, a block at a time. The library's reader fills the caller's buffer before it returns, and so
// waits for lines that are yet to come.
type lz4Stream struct {
	in     *bufio.Reader
	inside bool // a frame
	linked bool // blocks may refer to those before them
	blocks bool // each has a checksum
	whole  bool // the frame has one
	most   int  // the size of a block
	sum    xxh32
	packed []byte
	out    []byte // history of linked blocks, then the block
	read   int    // up to where the caller has it
}

func (s *lz4Stream) next(p []byte) (int, error) {
	for s.read == len(s.out) {
		if !s.inside {
			if err := s.begin(); err != nil {
				return 0, err
			}
			continue
		}
		if err := s.block(); err != nil {
			return 0, middle(err)
		}
	}
	n := copy(p, s.out[s.read:])
	s.read += n
	return n, nil
}

// begin reads the head of a frame, or passes over a frame that is for somebody else.
func (s *lz4Stream) begin() error {
	if err := ended(s.in); err != nil {
		return err
	}
	magic, err := s.number()
	switch {
	case err != nil:
		return middle(err)
	case magic&^15 == lz4Skip:
		n, err := s.number()
		if err == nil {
			_, err = io.CopyN(io.Discard, s.in, int64(n))
		}
		return middle(err)
	case magic != lz4Magic:
		return errors.New("it is no lz4 frame")
	}
	head, err := s.in.Peek(2)
	if err != nil {
		return middle(err)
	}
	flags, size := head[0], head[1]
	n := 3
	if flags&8 != 0 {
		n += 8 // the size of the content, which nobody needs
	}
	if flags>>6 != 1 || flags&2 != 0 || size&0x8f != 0 || size>>4 < 4 {
		return errors.New("its head has features that lz4 frames do not have")
	}
	if flags&1 != 0 {
		return errors.New("it needs a dictionary")
	}
	if head, err = s.in.Peek(n); err != nil {
		return middle(err)
	}
	var sum xxh32
	sum.reset()
	sum.write(head[:n-1])
	if byte(sum.sum()>>8) != head[n-1] {
		return errors.New("the checksum of its head is wrong")
	}
	s.in.Discard(n)
	s.linked, s.blocks, s.whole = flags&32 == 0, flags&16 != 0, flags&4 != 0
	s.most = 1 << (2*(size>>4) + 8)
	s.out, s.read, s.inside = s.out[:0], 0, true
	s.sum.reset()
	return nil
}

// block reads the next block, or the end of the frame.
func (s *lz4Stream) block() error {
	size, err := s.number()
	if err != nil {
		return err
	}
	if size == 0 {
		s.inside = false
		if s.whole {
			return s.check(s.sum.sum(), "content")
		}
		return nil
	}
	n := int(size &^ lz4Stored)
	if n > s.most {
		return fmt.Errorf("a block of %d bytes is more than the frame's %d", n, s.most)
	}
	s.keep()
	if err := s.fetch(n); err != nil {
		return err
	}
	if s.blocks {
		var sum xxh32
		sum.reset()
		sum.write(s.packed)
		if err := s.check(sum.sum(), "block"); err != nil {
			return err
		}
	}
	if size&lz4Stored != 0 {
		s.out = append(s.out, s.packed...)
	} else if err := s.inflate(); err != nil {
		return err
	}
	s.sum.write(s.out[s.read:])
	return nil
}

// keep leaves of the blocks before what the next may refer to, and no buffer that was needed once only.
func (s *lz4Stream) keep() {
	history := 0
	if s.linked {
		history = min(len(s.out), lz4History)
	}
	old := s.out[len(s.out)-history:]
	if cap(s.out) > 4*lz4History {
		s.out = append(make([]byte, 0, 2*lz4History), old...)
	} else {
		s.out = s.out[:copy(s.out, old)]
	}
	s.read = len(s.out)
	if cap(s.packed) > 2*lz4History {
		s.packed = nil
	}
}

// fetch reads the next n bytes; it allocates only as they come.
func (s *lz4Stream) fetch(n int) error {
	s.packed = s.packed[:0]
	for len(s.packed) < n {
		if err := ended(s.in); err != nil {
			return err
		}
		b, _ := s.in.Peek(min(n-len(s.packed), s.in.Buffered()))
		s.packed = append(s.packed, b...)
		s.in.Discard(len(b))
	}
	return nil
}

// inflate appends the block to out.
func (s *lz4Stream) inflate() error {
	from := len(s.out)
	room := min(s.most, lz4Expansion*len(s.packed))
	if cap(s.out)-from < room {
		s.out = append(make([]byte, 0, from+room), s.out...)
	}
	n, err := lz4.UncompressBlockWithDict(s.packed, s.out[from:from+room], s.out[:from])
	if err != nil {
		return errors.New("a block is not what it should be")
	}
	s.out = s.out[:from+n]
	return nil
}

// check reads a checksum and compares it.
func (s *lz4Stream) check(sum uint32, of string) error {
	want, err := s.number()
	if err == nil && want != sum {
		err = fmt.Errorf("the checksum of its %s is wrong", of)
	}
	return middle(err)
}

func (s *lz4Stream) number() (uint32, error) {
	var b [4]byte
	_, err := io.ReadFull(s.in, b[:])
	return binary.LittleEndian.Uint32(b[:]), err
}
