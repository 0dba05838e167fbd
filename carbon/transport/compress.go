package transport

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// windowOut is how far back our zstd looks: what each end of a connection must hold in memory.
const windowOut = 256 << 10

// A Writer compresses a stream. What was written is in the writer below only after a Flush, which any reader can inflate
// without what follows; Close ends the stream properly and leaves the writer below open. Reset starts a new stream.
type Writer interface {
	io.Writer
	Flush() error
	Close() error
	Reset(w io.Writer)
}

// NewWriter returns a Writer for "gzip", "lz4", "snappy" or "zstd" that writes to w.
func NewWriter(method string, w io.Writer) (Writer, error) {
	switch method {
	case "gzip":
		return gzip.NewWriterLevel(w, gzip.BestSpeed)
	case "lz4":
		// Blocks of the smallest size that do not refer to one another: 64 KiB is all that either end holds.
		z := lz4.NewWriter(w)
		return z, z.Apply(lz4.BlockSizeOption(lz4.Block64Kb), lz4.ChecksumOption(true), lz4.ConcurrencyOption(1))
	case "snappy":
		// As snappy.NewBufferedWriter does it, but without goroutines.
		return s2.NewWriter(w, s2.WriterSnappyCompat(), s2.WriterBlockSize(64<<10), s2.WriterConcurrency(1)), nil
	case "zstd":
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithWindowSize(windowOut), zstd.WithLowerEncoderMem(true))
	}
	return nil, fmt.Errorf("bug: there is no compression %q", method)
}
