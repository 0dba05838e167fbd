package transport

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	// readAhead is how much of the compressed stream is read at once.
	readAhead = 8 << 10
	// maxWindow is how far back a zstd stream may refer, which is what its reader must hold: what every decoder should
	// support, and what the tools use by default.
	maxWindow = 8 << 20
)

// A Reader inflates a compressed stream: one, or several one after another. Read gives what is there as soon as the
// sender has flushed it, in pieces no larger than the caller's buffer, so that a bomb costs time but no memory beyond
// the format's window: 32 KiB for gzip, 64 KiB for snappy, at most 8 MiB for lz4 and zstd if the sender asks for so much.
//
// At the end of the last stream Read gives io.EOF. Whatever is wrong with a stream is said in words, once and for ever;
// an error of the reader below is passed on as it is.
type Reader struct {
	method string
	src    *source
	stream pieces
	err    error
}

// pieces is an inflated stream, or several; next gives at least one byte, or an error.
type pieces interface {
	next(p []byte) (int, error)
}

// NewReader returns a Reader for "gzip", "lz4", "snappy" or "zstd" that reads from r, and nothing yet.
func NewReader(method string, r io.Reader) (*Reader, error) {
	src := &source{r: r}
	in := bufio.NewReaderSize(src, readAhead)
	z := &Reader{method: method, src: src}
	switch method {
	case "gzip":
		z.stream = &gzipStream{in: in}
	case "lz4":
		z.stream = &lz4Stream{in: in}
	case "snappy":
		z.stream = &snappyStream{in: in}
	case "zstd":
		z.stream = &zstdStream{in: in}
	default:
		return nil, fmt.Errorf("bug: there is no compression %q", method)
	}
	return z, nil
}

// Read gives the next piece. It waits only if there is none.
func (z *Reader) Read(p []byte) (n int, err error) {
	if z.err != nil || len(p) == 0 {
		return 0, z.err
	}
	n, err = z.stream.next(p)
	switch {
	case err == nil:
		return n, nil
	case z.src.err != nil && z.src.err != io.EOF:
		err = z.src.err
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the %s stream ends in the middle: %w", z.method, io.ErrUnexpectedEOF)
	case err != io.EOF:
		err = fmt.Errorf("the %s stream is broken: %w", z.method, err)
	}
	z.err = err
	return n, err
}

// Close gives back what the reader holds; the one below stays open.
func (z *Reader) Close() error {
	if s, ok := z.stream.(*zstdStream); ok && s.dec != nil {
		s.dec.Close()
	}
	if z.err == nil {
		z.err = io.ErrClosedPipe
	}
	return nil
}

// source remembers the error of the reader below, which decoders wrap and rename.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

// ended reports whether in has no more bytes, which between two streams is the end; io.EOF, or why there are none.
func ended(in *bufio.Reader) error {
	_, err := in.Peek(1)
	return err
}

// middle makes an end of file inside a stream what it is.
func middle(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// gzipStream reads member by member. The library's way through several reads the head of the next one before it gives
// the end of the last, which may be long in coming.
type gzipStream struct {
	in     *bufio.Reader
	dec    *gzip.Reader
	inside bool // a member
}

func (s *gzipStream) next(p []byte) (int, error) {
	for {
		if !s.inside {
			if err := ended(s.in); err != nil {
				return 0, err
			}
			if err := s.begin(); err != nil {
				return 0, middle(err)
			}
		}
		n, err := s.dec.Read(p)
		if err == io.EOF {
			s.inside, err = false, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

func (s *gzipStream) begin() (err error) {
	if s.dec == nil {
		s.dec = new(gzip.Reader)
	}
	if err = s.dec.Reset(s.in); err == nil {
		s.dec.Multistream(false)
		s.inside = true
	}
	return err
}

// zstdStream reads frame after frame, a block at a time.
type zstdStream struct {
	in  *bufio.Reader
	dec *zstd.Decoder
}

func (s *zstdStream) next(p []byte) (n int, err error) {
	if s.dec == nil {
		if err := ended(s.in); err != nil {
			return 0, err
		}
		// One decoder at a time: it starts no goroutine and does not read ahead.
		s.dec, err = zstd.NewReader(s.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return 0, err
		}
	}
	for n == 0 && err == nil {
		n, err = s.dec.Read(p)
	}
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = fmt.Errorf("it refers further back than %d MiB, which nobody holds for it", maxWindow>>20)
	}
	return n, err
}
