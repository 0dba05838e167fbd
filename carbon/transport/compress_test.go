package transport

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
)

func methods() []string { return []string{"gzip", "lz4", "snappy", "zstd"} }

func pack(t testing.TB, method string, batches ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(method, &out)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpack(t testing.TB, method string, r io.Reader) ([]byte, error) {
	t.Helper()
	z, err := NewReader(method, r)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return io.ReadAll(z)
}

// batch returns n lines as carbon's look.
func batch(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "servers.web%d.cpu.%d.user %d.%d 17000%05d\n", rand.IntN(50), i%8, rand.IntN(100), rand.IntN(10), i)
	}
	return b.Bytes()
}

// What was flushed is there without what follows, though nothing follows.
func TestFlushed(t *testing.T) {
	for _, method := range methods() {
		t.Run(method, func(t *testing.T) {
			here, there := net.Pipe()
			defer here.Close()
			defer there.Close()
			w, err := NewWriter(method, here)
			if err != nil {
				t.Fatal(err)
			}
			r, err := NewReader(method, there)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			for round := range 3 {
				for _, n := range []int{1, 100, 5000} {
					want := batch(n)
					sent := make(chan struct{})
					go func() {
						defer close(sent)
						if n == 1 && round > 0 { // a new stream on the same connection
							w.Close()
							w.Reset(here)
						}
						w.Write(want)
						w.Flush()
					}()
					got := make([]byte, len(want))
					if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
						t.Fatalf("%d lines: %v", n, err)
					}
					<-sent
				}
			}
			go func() { w.Close(); here.Close() }()
			if n, err := r.Read(make([]byte, 10)); n != 0 || err != io.EOF {
				t.Errorf("at the end: %d, %v", n, err)
			}
		})
	}
}

// Several streams one after another are one; a cut one says so, and so does one that is none.
func TestStreams(t *testing.T) {
	for _, method := range methods() {
		t.Run(method, func(t *testing.T) {
			a, b := batch(3000), batch(10)
			packed := append(pack(t, method, a, b), pack(t, method, b, a)...)
			want := bytes.Join([][]byte{a, b, b, a}, nil)
			got, err := unpack(t, method, dripping{bytes.NewReader(packed)})
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes of %d: %v", len(got), len(want), err)
			}
			if got, err := unpack(t, method, strings.NewReader("")); len(got) != 0 || err != nil {
				t.Errorf("an empty stream: %q, %v", got, err)
			}
			one := pack(t, method, a)
			for _, n := range []int{1, 3, 12, len(one) / 2, len(one) - 1} {
				got, err := unpack(t, method, bytes.NewReader(one[:n]))
				if err == nil || !strings.Contains(err.Error(), "in the middle") || !bytes.HasPrefix(a, got) {
					t.Errorf("cut after %d of %d: %d bytes, error %v", n, len(one), len(got), err)
				}
			}
			_, err = unpack(t, method, strings.NewReader("servers.web1.cpu 1 1700000000\n"))
			if err == nil || !strings.HasPrefix(err.Error(), "the "+method+" stream ") {
				t.Errorf("plain lines: %v", err)
			}
			failed := errors.New("the line is dead")
			_, err = unpack(t, method, io.MultiReader(bytes.NewReader(one[:len(one)/2]), failing{failed}))
			if err != failed {
				t.Errorf("a failing reader: %v", err)
			}
		})
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// dripping gives a byte at a time.
type dripping struct{ r io.Reader }

func (o dripping) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

// A bomb costs no more memory than the format's window.
func TestBomb(t *testing.T) {
	const size, most = 64 << 20, 24 << 20
	for _, method := range methods() {
		t.Run(method, func(t *testing.T) {
			var bomb bytes.Buffer
			w, _ := NewWriter(method, &bomb)
			zeros := make([]byte, 1<<20)
			for range size / len(zeros) {
				w.Write(zeros)
			}
			w.Close()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, _ := NewReader(method, &bomb)
			defer r.Close()
			n := 0
			for p := make([]byte, 4096); ; {
				m, err := r.Read(p)
				if n += m; err == io.EOF {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; n != size || grown > most {
				t.Errorf("%d bytes came out, %d were allocated", n, grown)
			}
		})
	}
}

// A zstd stream that wants more memory than there is for it is refused before it gets any.
func TestWindow(t *testing.T) {
	head := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x78, 0x03, 0x00, 0x00, 'x'} // a window of 32 MiB, one raw block
	_, err := unpack(t, "zstd", bytes.NewReader(head))
	if err == nil || !strings.Contains(err.Error(), "further back than 8 MiB") {
		t.Errorf("got %v", err)
	}
}

// Raw blocks of snappy follow one another without framing; each is there when its last byte is.
func TestSnappyRaw(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	r, _ := NewReader("snappy", there)
	for _, n := range []int{1, 200, 3, 4000} {
		want := batch(n)
		go here.Write(snappy.Encode(nil, want))
		got := make([]byte, len(want))
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d lines: %v", n, err)
		}
	}
	f := func(in, want string) {
		t.Helper()
		if _, err := unpack(t, "snappy", strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", in, err, want)
		}
	}
	f("\xff\xff\xff\x7f\x00a", "more than")
	f("\x05\x01\x01", "no snappy")         // a copy of what is not there
	f("\x05\x00a\x01\x00", "no snappy")    // a copy from nowhere
	f("\x02\x08abc", "no snappy")          // a literal longer than the block
	f("\x05\xf0\xff\xff", "no snappy")     // and longer than any
	f("\x05\x10abc", "ends in the middle") // cut
	f("\x80", "ends in the middle")
	f("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "broken")
}

// BenchmarkFlush is what a batch of 64 KiB costs on its way out.
func BenchmarkFlush(b *testing.B) {
	lines := batch(1400)
	for _, method := range methods() {
		b.Run(method, func(b *testing.B) {
			w, _ := NewWriter(method, io.Discard)
			b.SetBytes(int64(len(lines)))
			b.ReportAllocs()
			for b.Loop() {
				w.Write(lines)
				w.Flush()
			}
		})
	}
}
