package carbon

import (
	"bytes"
	"strings"
	"testing"
)

// plainItems are items in all the opcodes that a plain pickle may have.
const (
	itemLong  = "X\x05\x00\x00\x00a.b.c" + "J\x00\xf1Se" + "G@\xc8\xce\x00\x00\x00\x00\x00" + "\x86\x86"
	itemShort = "U\x03a.b" + "G\x41\xd9\x54\xfc\x40\x10\x00\x00" + "J\xfe\xff\xff\xff" + "\x86\x86"
	itemWord  = "\x8c\x03d.e" + "M\x00\x10" + "M\xff\xff" + "\x86\x86"
	itemByte  = "T\x01\x00\x00\x00x" + "J\xff\xff\xff\xff" + "K\x07" + "\x86\x86"
	itemMixed = "X\x08\x00\x00\x00.a/b;z=1" + "K\x07" + "K\x08" + "\x86\x86"
)

// plainPickles are pickles that are plain, and how many points each has.
var plainPickles = map[string]int{
	"\x80\x02].":                               0,
	"\x80\x02](e.":                             0,
	"\x80\x02]" + itemLong + "a.":              1,
	"\x80\x02]q\x00" + itemShort + "a.":        1,
	"\x80\x02](" + itemLong + itemShort + "e.": 2,
	"\x80\x05](" + itemWord + itemByte + itemMixed + "e" + itemLong + "a(" + itemByte + itemByte + "e.what follows":                6,
	"\x80\x02]q\x00(X\x03\x00\x00\x00a.bq\x01J\x00\xf1SeG?\xf8\x00\x00\x00\x00\x00\x00\x86r\x02\x00\x00\x00\x86q\x03e.":            1,
	"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x03a.b\x94J\x00\xf1SeG?\xf8\x00\x00\x00\x00\x00\x00\x86\x94\x86\x94e.": 1,
}

// TestPicklePlain wants plain pickles to be taken as the machine takes them, and no others.
func TestPicklePlain(t *testing.T) {
	for in, points := range plainPickles {
		if !comparePlain(t, []byte(in), points) {
			t.Errorf("%q is not taken to be plain", in)
		}
	}
	f := func(in string) {
		t.Helper()
		if comparePlain(t, []byte(in), -1) {
			t.Errorf("%q is taken to be plain", in)
		}
	}
	f("")
	f("\x80\x06](" + itemLong + "e.")                                              // a protocol that there is not
	f("\x80\x02](" + itemLong + "e")                                               // cut short
	f("\x80\x02](" + itemLong + itemLong + "a.")                                   // a MARK that stays open
	f("\x80\x02]" + itemLong + "e.")                                               // none that is open
	f("\x80\x02]q\x01(" + itemLong + "e.")                                         // a slot that is not the next
	f("\x80\x02](" + strings.Replace(itemLong, "a.b.c", "a b c", 1) + "e.")        // a name that is none
	f("\x80\x02](" + strings.Replace(itemLong, "@\xc8", "\x7f\xf0", 1) + "e.")     // infinite
	f("\x80\x02](" + strings.Replace(itemShort, "\x41\xd9", "\xc1\xd9", 1) + "e.") // a time before 1970
	f("\x80\x02](" + strings.Repeat("U\x01aK\x01K\x01\x86\x86", 20000) + "e.")     // more samples than its bytes are worth
}

// TestPicklePlainUsual wants what relays send to be plain: what plumbago itself writes, and Python.
func TestPicklePlainUsual(t *testing.T) {
	for _, in := range [][]byte{benchFrame(500, false), benchFrame(500, true), benchFrame(5000, true), benchFrame(1, false)} {
		b := &Batch{Bytes: in}
		if !NewPickleDecoder(DefaultLimits()).plain(b, 4, len(in), pickleNow) {
			t.Errorf("a frame of %d bytes is not taken to be plain", len(in))
		}
	}
	plain := 0
	m := readPickleManifest(t)
	for _, x := range append(append(m.Good, m.Crafted...), m.Hostile...) {
		if in := x.bytes(t); len(in) > 4 && comparePlain(t, in[4:], -1) {
			plain++
		}
	}
	if plain < 10 {
		t.Errorf("only %d of the corpus are taken to be plain", plain)
	}
}

// FuzzPicklePlain compares what is taken directly with what the machine makes of the same bytes.
func FuzzPicklePlain(f *testing.F) {
	for in := range plainPickles {
		f.Add([]byte(in))
	}
	f.Add(benchFrame(30, true)[4:])
	f.Fuzz(func(t *testing.T, in []byte) { comparePlain(t, in, -1) })
}

// comparePlain reports whether a pickle was taken directly; then the machine must have made the same of it, and so many points if
// that is known. If it was not, nothing may have changed.
func comparePlain(t *testing.T, in []byte, points int) bool {
	t.Helper()
	d := NewPickleDecoder(DefaultLimits())
	got, want := &Batch{Bytes: bytes.Clone(in)}, &Batch{Bytes: bytes.Clone(in)}
	if !d.plain(got, 0, len(in), pickleNow) {
		if len(got.Points) != 0 || !bytes.Equal(got.Bytes, in) || got.Cleaned != 0 || sumBad(got.Bad) != 0 {
			t.Errorf("%q was not plain, but left %d points, %d bytes, %d cleaned", in, len(got.Points), len(got.Bytes), got.Cleaned)
		}
		return false
	}
	err := d.any(want, 0, len(in), pickleNow)
	if err != nil || len(got.Points) != len(want.Points) || points >= 0 && len(got.Points) != points || !bytes.Equal(got.Bytes, want.Bytes) ||
		got.Cleaned != want.Cleaned || sumBad(got.Bad)+sumBad(want.Bad) != 0 {
		t.Fatalf("%q: %d points, %d cleaned; the machine %d, %d, %v, %v", in, len(got.Points), got.Cleaned, len(want.Points), want.Cleaned, want.Bad, err)
	}
	for i := range got.Points {
		if got.Points[i] != want.Points[i] {
			t.Fatalf("%q: %+v, the machine %+v", in, got.Points[i], want.Points[i])
		}
	}
	return true
}
