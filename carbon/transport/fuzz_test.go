package transport

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// mostOut bounds what is inflated of one input.
const mostOut = 1 << 20

// fuzz feeds the reader of a method with anything, and with what the writer makes of it. What the oracle can read of
// foreign input must come out the same.
func fuzz(f *testing.F, method string, oracle func([]byte) ([]byte, error)) {
	for _, b := range [][]byte{nil, []byte("a"), batch(2), bytes.Repeat([]byte("abcd"), 60)} {
		f.Add(b)
		f.Add(pack(f, method, b, b))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := NewReader(method, bytes.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.LimitReader(r, mostOut))
		r.Close()
		if len(got) < mostOut {
			want, wrong := oracle(in)
			if wrong == nil && (err != nil || !bytes.Equal(got, want)) {
				t.Fatalf("got %q, %v, want %q", got, err, want)
			}
		}
		half := len(in) / 2
		back, err := unpack(t, method, bytes.NewReader(pack(t, method, in[:half], in[half:])))
		if err != nil || !bytes.Equal(back, in) {
			t.Fatalf("round trip of %q: %q, %v", in, back, err)
		}
	})
}

func limited(r io.Reader, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(r, mostOut))
}

func FuzzGzip(f *testing.F) {
	fuzz(f, "gzip", func(in []byte) ([]byte, error) {
		if len(in) == 0 {
			return nil, nil
		}
		return limited(stdgzip.NewReader(bytes.NewReader(in)))
	})
}

func FuzzLz4(f *testing.F) {
	var linked bytes.Buffer
	w := lz4.NewWriter(&linked)
	w.Apply(lz4.BlockChecksumOption(true), lz4.BlockSizeOption(lz4.Block64Kb), lz4.SizeOption(100))
	w.Write(batch(10))
	w.Close()
	f.Add(linked.Bytes())
	f.Add([]byte("0*M\x18\x00\x00\x00\x00"))
	fuzz(f, "lz4", func(in []byte) ([]byte, error) {
		if foreign(in) {
			return nil, lz4.ErrInvalidFrame
		}
		return limited(lz4.NewReader(bytes.NewReader(in)), nil)
	})
}

// foreign says whether in may hold what only the library takes for the beginning of a frame: a frame of the old format, or one for
// somebody else whose number is none of the sixteen that there are.
func foreign(in []byte) bool {
	if bytes.Contains(in, []byte("\x02\x21\x4c\x18")) {
		return true
	}
	for at := 1; at+3 <= len(in); at++ {
		if bytes.HasPrefix(in[at:], []byte("\x2a\x4d\x18")) && in[at-1]>>4 != 5 {
			return true
		}
	}
	return false
}

func FuzzZstd(f *testing.F) {
	fuzz(f, "zstd", func(in []byte) ([]byte, error) {
		d, err := zstd.NewReader(bytes.NewReader(in), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer d.Close()
		return limited(d, nil)
	})
}

func FuzzSnappy(f *testing.F) {
	fuzz(f, "snappy", func(in []byte) ([]byte, error) {
		if bytes.HasPrefix(in, []byte(snappyMagic)) {
			return limited(snappy.NewReader(bytes.NewReader(in)), nil)
		}
		if n, err := snappy.DecodedLen(in); err != nil || n > maxRawBlock || len(in) == 0 {
			return nil, io.ErrUnexpectedEOF
		}
		return snappy.Decode(nil, in)
	})
}

// FuzzSnappyRaw holds the reader of raw blocks to the library's encoder.
func FuzzSnappyRaw(f *testing.F) {
	f.Add(batch(2), batch(1))
	f.Add(bytes.Repeat([]byte("abcd"), 60), []byte("x"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if len(a) > maxRawBlock || len(b) > maxRawBlock || bytes.HasPrefix(snappy.Encode(nil, a), []byte(snappyMagic)) {
			return
		}
		in := append(snappy.Encode(nil, a), snappy.Encode(nil, b)...)
		got, err := unpack(t, "snappy", bytes.NewReader(in))
		if want := append(bytes.Clone(a), b...); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("got %q, %v, want %q", got, err, want)
		}
	})
}

// FuzzXXH32 compares the checksum taken in two parts with that of the whole, which lz4's own frames prove.
func FuzzXXH32(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123"), 5)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		cut = max(0, min(cut, len(b)))
		var whole, parts xxh32
		whole.reset()
		parts.reset()
		whole.write(b)
		parts.write(b[:cut])
		parts.write(b[cut:])
		if whole.sum() != parts.sum() {
			t.Fatalf("%x and %x", whole.sum(), parts.sum())
		}
	})
}
