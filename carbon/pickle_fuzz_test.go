package carbon

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	pickle "github.com/lomik/graphite-pickle"
)

// FuzzPickle holds the decoder to its bounds on any pickle, and compares it with graphite-pickle where that is right.
func FuzzPickle(f *testing.F) {
	m := readPickleManifest(f)
	for _, x := range append(append(m.Good, m.Crafted...), m.Hostile...) {
		if in := x.bytes(f); len(in) > 4 && len(in) < 4096 && x.SameAs == "" {
			f.Add(in[4:])
		}
	}
	d := NewPickleDecoder(DefaultLimits())
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) == 0 || len(in) > 1<<16 {
			return
		}
		b := &Batch{Bytes: pickleFrame(string(in))}
		err := d.Decode(b, pickleNow)
		checkPickle(t, in, b, err)
		if err == nil && len(in) <= 4096 {
			compareLibrary(t, in, b)
		}
	})
}

// checkPickle says what holds of every frame.
func checkPickle(t *testing.T, in []byte, b *Batch, err error) {
	if err != nil {
		if len(b.Points) != 0 || sumBad(b.Bad) != 1 || b.Cleaned != 0 || len(b.Bytes) != 4+len(in) {
			t.Fatalf("refused, but %d points, bad %v, %d cleaned", len(b.Points), b.Bad, b.Cleaned)
		}
		for _, c := range err.Error() {
			if c < ' ' || c >= utf8.RuneSelf {
				t.Fatalf("an error with outside bytes in it: %q", err)
			}
		}
	}
	samples := pickleFreeSamples + len(in)/pickleSampleBytes
	if n := len(b.Points) + int(sumBad(b.Bad)); n > samples {
		t.Fatalf("%d samples of a frame of %d bytes", n, len(in))
	}
	if len(b.Bytes) > 4*len(in)+2*pickleFreeStore {
		t.Fatalf("%d bytes of text from %d", len(b.Bytes), len(in))
	}
	for i := range b.Points {
		p := &b.Points[i]
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) || p.Time < 0 || p.Time/1000 > math.MaxUint32 || len(b.Name(p)) == 0 {
			t.Fatalf("point %+v %q", p, b.Name(p))
		}
	}
}

// compareLibrary compares b with what graphite-pickle makes of the same pickle. It is given only what the decoder has
// accepted, as some frames cost it gigabytes; only what it understands, as it ignores or misreads the rest; and only
// frames without a bad item, as it refuses those.
func compareLibrary(t *testing.T, in []byte, b *Batch) {
	if sumBad(b.Bad) != 0 || b.Cleaned != 0 || !libraryReads(in) {
		return
	}
	want := decodedPoints(b, 0)
	var got []picklePoint
	err := pickle.ParseMessage(in, func(name string, v float64, at int64) {
		got = append(got, picklePoint{name, v, at})
	})
	if err == nil && !samePickle(got, want) {
		t.Errorf("%q:\ngraphite-pickle %v\nthis            %v", in, got, want)
	}
}

// libraryReads reports whether every opcode of a legal pickle is one that graphite-pickle reads as Python does: not
// POP_MARK, no negative BININT, no integer beyond 64 bits, no text with escapes, no bytes, no MEMOIZE.
func libraryReads(in []byte) bool {
	for at := 0; at < len(in); {
		op, rest := in[at], in[at+1:]
		size := 0
		switch op {
		case '.':
			return true
		case '(', '0', 't', 'l', 'e', 'a', ')', ']', 0x85, 0x86, 0x87:
		case 'K', 'q', 'h':
			size = 1
		case 'M':
			size = 2
		case 'j', 'r':
			size = 4
		case 'G':
			size = 8
		case 'J':
			if size = 4; rest[3] >= 0x80 {
				return false
			}
		case 'U', 0x8c:
			size = 1 + int(rest[0])
		case 'X', 'T':
			size = 4 + int(rest[0]) + int(rest[1])<<8 + int(rest[2])<<16
		case 0x80:
			if size = 1; rest[0] > 4 {
				return false
			}
		default:
			return false
		}
		at += 1 + size
	}
	return false
}

// TestPickleLibrary runs the comparison over the corpus, so that it is known to compare something.
func TestPickleLibrary(t *testing.T) {
	compared := 0
	d := NewPickleDecoder(DefaultLimits())
	m := readPickleManifest(t)
	for _, x := range append(m.Good, m.Crafted...) {
		in := x.bytes(t)
		b := &Batch{Bytes: append([]byte{}, in...)}
		if err := d.Decode(b, pickleNow); err == nil && sumBad(b.Bad) == 0 && b.Cleaned == 0 && libraryReads(in[4:]) {
			compared++
			compareLibrary(t, in[4:], b)
		}
	}
	if compared < 20 {
		t.Errorf("only %d frames compared", compared)
	}
}

// TestPickleFromLibrary reads what graphite-pickle's two writers send.
func TestPickleFromLibrary(t *testing.T) {
	points := oddPoints()
	var messages []pickle.Message
	for _, p := range points {
		messages = append(messages, pickle.Message{
			Name: p.name, Points: []pickle.DataPoint{{Timestamp: p.time, Value: p.value}},
		})
	}
	marshalled, err := pickle.MarshalMessages(messages)
	if err != nil {
		t.Fatal(err)
	}
	var written strings.Builder
	w := pickle.NewWriter(&written)
	w.List()
	for _, p := range points[:6] {
		w.List()
		w.String(p.name)
		w.Append()
		w.List()
		w.Uint32(uint32(p.time))
		w.Append()
		w.AppendFloat64(p.value) // and appends it
		w.Append()
		w.Append()
	}
	w.Stop()
	f := func(in string, want []picklePoint) {
		t.Helper()
		b, err := decodePickle(in)
		if err != nil || sumBad(b.Bad) != 0 || !samePickle(decodedPoints(b, 0), want) {
			t.Errorf("%v, bad %v:\n got %v\nwant %v", err, b.Bad, decodedPoints(b, 0), want)
		}
	}
	f(string(marshalled), points)
	f(written.String(), points[:6])
}
