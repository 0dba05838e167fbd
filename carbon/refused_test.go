package carbon

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"plumbago/carbon/stat"
)

// refusals returns the kept refusals as text.
func refusals(b *Batch) string {
	var out []string
	for i := range b.Refusals {
		r := &b.Refusals[i]
		one := fmt.Sprintf("%v %q", r.Why, b.RefusedText(r))
		if r.Cut {
			one += " cut"
		}
		out = append(out, one)
	}
	return strings.Join(out, ", ")
}

// A refused line is kept as it came, whatever was done to it before it was found to be bad.
func TestRefusedLines(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		b := NewBatch()
		defer b.Free()
		b.Bytes = append(b.Bytes, in...)
		if err := NewLineDecoder(DefaultLimits()).Decode(b, 1700000000000); err != nil || refusals(b) != want {
			t.Errorf("%q: got %s (%v), want %s", in, refusals(b), err, want)
		}
	}
	f("a.b 1\n\na.b 2 1700000000\n", "")
	f("a.b x\n", `bad_value "a.b x"`)
	f("..a..b//c x\n", `bad_value "..a..b//c x"`)
	f("a;z=1;b=2 1 soon\n", `bad_time "a;z=1;b=2 1 soon"`)
	f("a..b:1|N|@7|#z:1,a:2\n", `bad_value "a..b:1|N|@7|#z:1,a:2"`)
	f("... x\n", `bad_name "... x"`)
	f("a\x1b[2J 1\n", `bad_name "a\x1b[2J 1"`)
	f("a\xff 1\n", `bad_utf8 "a\xff 1"`)
	f("a 1 2 3 4\na.b 1\nb\n", `bad_fields "a 1 2 3 4", bad_fields "b"`)
	f(strings.Repeat("b ", 200)+"\n", `bad_fields "`+strings.Repeat("b ", 128)+`" cut`)
	f(strings.Repeat("c", 17<<10)+" 1\n", `too_long "`+strings.Repeat("c", 256)+`" cut`)
	f(strings.Repeat("d\n", 1000), strings.TrimSuffix(strings.Repeat(`bad_fields "d", `, 16), ", "))
}

// Items of pickles that are refused are written as a line would be, and of a refused frame there is the reason alone.
func TestRefusedPickles(t *testing.T) {
	f := func(pickle, want string) {
		t.Helper()
		b := NewBatch()
		defer b.Free()
		n := len(pickle)
		b.Bytes = append(append(b.Bytes, 0, 0, byte(n>>8), byte(n)), pickle...)
		_ = NewPickleDecoder(DefaultLimits()).Decode(b, 1700000000000)
		if refusals(b) != want {
			t.Errorf("%q: got %s, want %s", pickle, refusals(b), want)
		}
	}
	f("]U\x01aa.", `bad_fields "a"`)
	f("](U\x03a bU\x01bla.", `bad_name "a b"`)
	f("](NU\x01bla.", `bad_fields "?"`)
	f("](U\x01a(I17\nU\x01xtta.", `bad_value "a x 17"`)
	f("](U\x01a(I-17\nI1\ntta.", `bad_time "a 1 -17"`)
	f("](U\x01aU\x01xta.", `bad_fields "a x"`)
	f("](I7\nU\x01xta.", `bad_fields "7"`)
	f("](U\x01a(I17\nU\x01xtaR.", `bad_pickle "APPEND to something that is no list"`)
}

// What is refused counts for the part that it lies in, and good lines for none.
func TestRefusedParts(t *testing.T) {
	b := NewBatch()
	defer b.Free()
	for i, text := range []string{"a 1\n", "b x\nb\n", "c 1\nc 2\n", "d x\n"} {
		b.Bytes = append(b.Bytes, text...)
		b.Parts = append(b.Parts, Part{End: uint32(len(b.Bytes)), Peer: netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(i))})
	}
	if err := NewLineDecoder(DefaultLimits()).Decode(b, 1700000000000); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range b.Parts {
		got = append(got, fmt.Sprint(b.Parts[i].Bad[stat.BadValue], b.Parts[i].Bad[stat.BadFields]))
	}
	if s := strings.Join(got, ", "); s != "0 0, 1 1, 0 0, 1 0" {
		t.Errorf("bad values and fields by part: %s", s)
	}
	if r := b.Refusals; len(r) != 3 || r[0].Part != 1 || r[1].Part != 1 || r[2].Part != 3 {
		t.Errorf("refusals %+v", r)
	}
}
