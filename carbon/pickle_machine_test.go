package carbon

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"plumbago/carbon/stat"
)

// decodePickle decodes one pickle with the default limits.
func decodePickle(pickle string) (*Batch, error) {
	b := &Batch{Bytes: pickleFrame(pickle)}
	return b, NewPickleDecoder(DefaultLimits()).Decode(b, pickleNow)
}

func TestPickleRefusals(t *testing.T) {
	f := func(pickle, want string) {
		t.Helper()
		b, err := decodePickle(pickle)
		if err == nil || err.Error() != want {
			t.Errorf("%.60q: %v, want %s", pickle, err, want)
		}
		if len(b.Points) != 0 || sumBad(b.Bad) != 1 || b.Bad[stat.BadPickle] != 1 || b.Cleaned != 0 {
			t.Errorf("%.60q: %d points, bad %v, %d cleaned", pickle, len(b.Points), b.Bad, b.Cleaned)
		}
		if len(b.Bytes) != 4+len(pickle) {
			t.Errorf("%.60q: %d bytes in the batch, %d came", pickle, len(b.Bytes), 4+len(pickle))
		}
	}
	const item = "X\x01\x00\x00\x00aK\x01K\x02\x86\x86"
	for op, name := range refusedOpcodes {
		if name != "" {
			f("]("+item+"e"+string([]byte{byte(op)})+".", "opcode "+name+" is not data")
		}
	}
	f("](cos\nsystem\n0"+item+"e.", "opcode GLOBAL is not data")
	f("\xfe.", "opcode 0xfe is unknown")
	f("\x80\x06].", "pickle protocol 6 is unknown")
	for _, cut := range []string{
		"]", "]X\x05\x00\x00\x00abcd", "]X\x05\x00", "]G1234567", "J123", "\x95\x05\x00\x00\x00\x00\x00\x00\x00].",
		"]S'abc'", "](Vabc", "\x8d\xff\xff\xff\xff\xff\xff\xff\xffa", "\x8b\xff\xff\xff\x7fa.",
	} {
		f(cut, errPickleCut.Error())
	}
	for _, under := range []string{
		"a.", "e.", "t.", ".", "(.", "]a.", "(a.", "](a.", "(e.", "0].", "1].", "2.", "q\x00.", "\x86.", "K\x01\x86.", "s.", "u.",
		"]K\x01(\x86.",
	} {
		f(under, errPickleUnderflow.Error())
	}
	f("h\x05.", "memo slot 5 is empty")
	f("]q\x00h\x01.", "memo slot 1 is empty")
	f("]r\x09\x01\x00\x00.", "memo slot 265 in a pickle of 7 bytes")
	f("]r\xff\xff\xff\xff.", "memo slot 4294967295 in a pickle of 7 bytes")
	f("(K\x01d.", "a dict has a key without a value")
	f("}K\x01u.", errPickleUnderflow.Error())
	f("]K\x01K\x02s.", "SETITEM on something that is no dict")
	f("}K\x01a.", "APPEND to something that is no list")
	f("]q\x00h\x00a.", errPickleSelf.Error())
	f("]q\x00(h\x00K\x01e.", errPickleSelf.Error())
	f("]2a.", errPickleSelf.Error())
	f("]q\x00h\x00\x85a.", errPickleSelf.Error())
	f("]Sabc\na.", errPickleQuotes.Error())
	f("]S'abc\"\na.", errPickleQuotes.Error())
	f("]S'\na.", errPickleQuotes.Error())
	f("]S'a\\x1'\na.", errPickleEscape.Error())
	f("]S'a\\'\na.", errPickleEscape.Error())
	f("]V\\u12\na.", errPickleEscape.Error())
	f("]V\\U00110000\na.", errPickleEscape.Error())
	for _, number := range []string{"I\n", "I-\n", "I1L\n", "I0x1\n", "Iabc\n", "L\n", "LL\n", "L1.5L\n", "F\n", "Fx\n", "F0x1p1\n", "p-1\n", "gx\n"} {
		f("]"+number+"a.", errPickleNumber.Error())
	}
	f("]K\x01.", "the pickle holds no list")
	f("N.", "the pickle holds no list")
	f("}.", "the pickle holds no list")
	f("]"+strings.Repeat("\x85", 16)+".", errPickleDepth.Error())
	f(strings.Repeat("(", 65)+".", errPickleDepth.Error())
	f("]I"+strings.Repeat("9", 10_000)+"\na.", errPickleWide.Error())
	f("]("+strings.Repeat("\x8a\x7f"+strings.Repeat("1", 127), 100)+"e.", errPickleWide.Error())
	// A frame whose bad and good items are counted before it is refused after all.
	f("](K\x01X\x04\x00\x00\x00a..bK\x01K\x02\x86\x86q\x00"+strings.Repeat("h\x00", 20_000)+"e.", errPickleRepeats.Error())
	// What follows a refused frame is not looked at; bytes after STOP in a good one are none of its data.
	b := &Batch{Bytes: append(pickleFrame("R."), pickleFrame("]"+item+"a.")...)}
	if err := NewPickleDecoder(DefaultLimits()).Decode(b, pickleNow); err == nil || len(b.Points) != 0 {
		t.Errorf("%v, %d points after a refused frame", err, len(b.Points))
	}
}

// TestPickleLegal says what each opcode and each odd but legal shape gives.
func TestPickleLegal(t *testing.T) {
	f := func(pickle string, want ...picklePoint) {
		t.Helper()
		b, err := decodePickle(pickle)
		if err != nil || sumBad(b.Bad) != 0 {
			t.Errorf("%q: %v, bad %v", pickle, err, b.Bad)
		} else if got := decodedPoints(b, 0); !samePickle(got, want) {
			t.Errorf("%q: got %v, want %v", pickle, got, want)
		}
	}
	const name, point = "X\x01\x00\x00\x00a", "K\x01K\x02\x86"
	a12 := picklePoint{"a", 2, 1}
	f("].")
	f(").")
	f("(l.")
	f("](e.")
	f("]"+name+point+"\x86a.", a12)
	f("]"+name+point+"\x86a.trailing", a12)
	f("(\x8c\x01a\x94"+point+"\x94\x86\x94h\x02l.", a12, a12) // MEMOIZE
	f("K\x07]"+name+point+"\x86a.", a12)                      // what is below the result is ignored
	f(name+point+"\x86\x85.", a12)
	f("(("+name+point+"tt.", a12)
	f("(("+name+"(K\x01K\x02lll.", a12)
	f("](K\x010"+name+point+"\x86e.", a12)                 // POP
	f("](K\x01(K\x02K\x0310"+name+point+"\x86e.", a12)     // POP_MARK, POP
	f("](0(0("+name+point+"\x86e.", a12)                   // POP of a MARK
	f("]"+name+"K\x012\x86\x86a.", picklePoint{"a", 1, 1}) // DUP
	f("\x80\x04\x95\x0e\x00\x00\x00\x00\x00\x00\x00]\x8c\x01a\x94"+point+"\x94\x86\x94a.", a12)
	f("](\x8c\x01a\x94"+point+"\x94\x86h\x00h\x01\x86e.", a12, a12)
	f("("+name+"p0\n"+point+"p1\n\x86g0\ng1\n\x86l.", a12, a12)
	f("](\x8d\x01\x00\x00\x00\x00\x00\x00\x00a"+point+"\x86\x8e\x01\x00\x00\x00\x00\x00\x00\x00a"+point+"\x86e.", a12, a12)
	f("](C\x01a"+point+"\x86B\x01\x00\x00\x00a"+point+"\x86U\x01a"+point+"\x86T\x01\x00\x00\x00a"+point+"\x86e.", a12, a12, a12, a12)
	f("]"+name+"K\x01K\x02\x86K\x03K\x04\x86\x87a.", a12, picklePoint{"a", 4, 3})
	f("]"+name+"I1\nI01\n\x86\x86a.", picklePoint{"a", 1, 1})
	f("]"+name+"L1L\nI00\n\x86\x86a.", picklePoint{"a", 0, 1})
	f("]"+name+"M\x01\x01\x88\x86\x86a.", picklePoint{"a", 1, 257})
	f("]"+name+"I 1 \nF-2.5e3\n\x86\x86a.", picklePoint{"a", -2500, 1})
}

// TestPickleItems says under which reason bad items and points are counted.
func TestPickleItems(t *testing.T) {
	f := func(items string, points int, want map[stat.Reason]uint32) {
		t.Helper()
		b, err := decodePickle("](" + items + "e.")
		var bad [stat.NReasons]uint32
		for why, n := range want {
			bad[why] = n
		}
		if err != nil || len(b.Points) != points || b.Bad != bad {
			t.Errorf("%.60q: %v, %d points, bad %v; want %d, %v", items, err, len(b.Points), b.Bad, points, bad)
		}
	}
	one := func(why stat.Reason) map[stat.Reason]uint32 { return map[stat.Reason]uint32{why: 1} }
	const point = "K\x01K\x02\x86"
	for _, item := range []string{
		"N", "K\x01", "}", "]", ")", "U\x01a", "U\x01a\x85", "K\x01" + point + "\x86", "N" + point + "\x86", "]" + point + "\x86",
		"U\x01aK\x01\x86", "U\x01aN\x86", "U\x01aU\x02ab\x86", "U\x01aK\x01\x85\x86", "U\x01aK\x01K\x01K\x01\x87\x86", "U\x01a}\x86",
		"U\x01a)\x86", "}U\x01a" + point + "s",
	} {
		f(item, 0, one(stat.BadFields))
	}
	f("U\x01aK\x01K\x02\x87", 0, map[stat.Reason]uint32{stat.BadFields: 2})
	f("U\x01a"+point+"N\x87", 1, one(stat.BadFields))
	for _, name := range []string{"", "a b", "a\nb", "a\x7fb", "\x01", "a\x00b"} {
		f(fmt.Sprintf("U%c%s%s\x86", len(name), name, point), 0, one(stat.BadName))
	}
	f("U\x02a\xff"+point+"\x86", 0, one(stat.BadUTF8))
	f("V\\ud83d.a\n"+point+"\x86", 0, one(stat.BadUTF8))
	f("T\x01\x10\x00\x00"+strings.Repeat("n", 4097)+point+"\x86", 0, one(stat.TooLong))
	f("T\x00\x10\x00\x00"+strings.Repeat("n", 4096)+point+"\x86", 1, nil)
	for _, value := range []string{
		"N", "]", ")", "}", "U\x00", "U\x01x", "U\x03nan", "U\x04-inf", "U\x051_000", "U\x040x10", "Fnan\n", "Finf\n", "F-inf\n", "F1e999\n",
		"I" + strings.Repeat("9", 400) + "\n", "\x8b\x90\x00\x00\x00" + strings.Repeat("\x7f", 144), "U\x81" + strings.Repeat("1", 129),
	} {
		f("U\x01aK\x01"+value+"\x86\x86", 0, one(stat.BadValue))
	}
	for _, at := range []string{
		"N", "]", "U\x00", "U\x01x", "\x88", "J\xfe\xff\xff\xff", "J\x00\x00\x00\x80", "\x8a\x05\x00\x00\x00\x00\x01", "F4294967296.0\n",
		"Fnan\n", "F-inf\n", "F-2.0\n", "U\x0a4294967296", "L1700000000000L\n",
	} {
		f("U\x01a"+at+"K\x01\x86\x86", 0, one(stat.BadTime))
	}
}

// TestPickleTimes says which milliseconds a timestamp becomes.
func TestPickleTimes(t *testing.T) {
	f := func(at string, want int64) {
		t.Helper()
		b, err := decodePickle("]U\x01a" + at + "K\x01\x86\x86a.")
		if err != nil || len(b.Points) != 1 || b.Points[0].Time != want {
			t.Errorf("%q: %v, %+v, want %d", at, err, b.Points, want)
		}
	}
	f("J\xff\xff\xff\xff", pickleNow)
	f("I-1\n", pickleNow)
	f("F-1.9\n", pickleNow)
	f("U\x02-1", pickleNow)
	f("F-0.9\n", 0)
	f("K\x00", 0)
	f("F1700000000.25\n", 1_700_000_000_250)
	f("F1700000000.123\n", 1_700_000_000_123)
	f("F1700000000.9999\n", 1_700_000_000_999)
	f("U\x101700000000.75   ", 1_700_000_000_750)
	f("\x8a\x05\xff\xff\xff\xff\x00", 4_294_967_295_000)
	f("F4294967295.5\n", 4_294_967_295_500)
}

// TestPickleNames says that a shared name is never mended where it lies, and mended once.
func TestPickleNames(t *testing.T) {
	const point = "K\x01K\x02\x86"
	b, err := decodePickle("](U\x03a\nbq\x00" + point + "\x86U\x03c.dq\x01" + point + "\x86h\x01" + point + "\x86h\x00" + point + "\x86h\x01" + point + "\x86e.")
	if err != nil || len(b.Points) != 3 || b.Bad[stat.BadName] != 2 || b.Cleaned != 0 {
		t.Fatalf("%v, %d points, bad %v", err, len(b.Points), b.Bad)
	}
	for i := range b.Points {
		p := &b.Points[i]
		if string(b.Name(p)) != "c.d" || p.name != b.Points[0].name || p.Hash != Hash([]byte("c.d"), Raw) || b.Text(p) != nil {
			t.Errorf("%q: %+v", b.Name(p), p)
		}
	}
	b, err = decodePickle("](U\x05a;x=1" + point + "\x86e.")
	if err != nil || len(b.Points) != 1 || b.Points[0].Flags != Tagged {
		t.Errorf("a tagged name: %v, %+v", err, b.Points)
	}
}

// TestPickleMendedNames runs through the cleaning of names: each name that is mended is stored once, however many
// points share it, and the text that it came as stays as it was.
func TestPickleMendedNames(t *testing.T) {
	raw := []byte("..a...b.")
	text, mended, _, ok := clean(append([]byte{}, raw...), &Limits{MaxName: 4096, Names: NamesClean})
	if !ok {
		t.Fatal("the name is refused")
	}
	const point = "K\x01K\x02\x86"
	pickle := "](U\x08..a...b.q\x00" + point + "\x86" + strings.Repeat("h\x00"+point+"\x86", 100) + "e."
	b, err := decodePickle(pickle)
	if err != nil || len(b.Points) != 101 {
		t.Fatalf("%v, %d points", err, len(b.Points))
	}
	stored := 0
	if !bytes.Equal(text, raw) {
		stored = 2 * len(text) // where it first stands, and once for all that share it
	}
	if len(b.Bytes) != 4+len(pickle)+stored || string(b.Bytes[4:4+len(pickle)]) != pickle {
		t.Errorf("%d bytes for a pickle of %d", len(b.Bytes), len(pickle))
	}
	if mended != (b.Cleaned == 101) {
		t.Errorf("%d names cleaned", b.Cleaned)
	}
	for i := range b.Points {
		if got := b.Name(&b.Points[i]); string(got) != string(text) {
			t.Fatalf("name %q, want %q", got, text)
		}
	}
}

func TestPickleTexts(t *testing.T) {
	f := func(literal, want string) {
		t.Helper()
		b := &Batch{Bytes: pickleFrame(literal + "\n.")}
		var m pickleMachine
		v, err := m.run(b, 4, len(b.Bytes))
		if at, n := v.pair(); err != nil || string(b.Bytes[at:at+n]) != want {
			t.Errorf("%q: %v, %q, want %q", literal, err, b.Bytes[at:at+n], want)
		}
	}
	f(`S''`, "")
	f(`S'it\'s "x" \\ \a\b\f\n\r\t\v'`, "it's \"x\" \\ \a\b\f\n\r\t\v")
	f(`S"\x41\xe9\0\12\101\1019\777\q"`, "A\xe9\x00\nAA9\xff\\q")
	f(`Vplain`, "plain")
	f("Vcaf\xe9", "café")
	f(`V\u65e5\U0001f600\\u0041\n\`, "日😀\\\\u0041\\n\\")
	f(`V\ud83d\ude00`, "😀")
	f(`V\ud83d\ud83d\ude00x`, "\xed\xa0\xbd😀x")
	f(`V\ude00\ud83d`, "\xed\xb8\x80\xed\xa0\xbd")
}

func TestPickleIntegers(t *testing.T) {
	f := func(literal string, want float64) {
		t.Helper()
		b := &Batch{Bytes: pickleFrame(literal + ".")}
		var m pickleMachine
		v, err := m.run(b, 4, len(b.Bytes))
		if err != nil || v.kind != pickleNumber || math.Float64frombits(v.bits) != want {
			t.Errorf("%.40q: %v, %v, want %v", literal, err, math.Float64frombits(v.bits), want)
		}
	}
	f("J\xff\xff\xff\xff", -1)
	f("J\x00\x00\x00\x80", -1<<31)
	f("\x8a\x00", 0)
	f("\x8a\x01\x80", -128)
	f("\x8a\x02\x80\x00", 128)
	f("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", 1<<63)
	f("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x00", 1<<64)
	f("\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\xff", -1<<64)
	f("\x8a\x09\x00\x08\x00\x00\x00\x00\x00\x00\x01", 1<<64)                  // a tie, to even
	f("\x8a\x09\x01\x08\x00\x00\x00\x00\x00\x00\x01", 1<<64+4096)             // just over the tie
	f("\x8a\x0a\x01\x00\x08\x00\x00\x00\x00\x00\x00\x01", (1<<64+4096)*256)   // over it by the lowest byte
	f("\x8a\x0a\xff\xff\xf7\xff\xff\xff\xff\xff\xff\xfe", -(1<<64+4096)*256)  // and so below zero
	f("\x8a\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80", math.Ldexp(-1, 79)) // the least of its length
	f("\x8a\x0c\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 1)          // padded
	f("\x8a\x0c\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", -1)         // and below zero
	f("I-9223372036854775809\n", -1<<63)
	f("L1000000000000000000000000000000L\n", 1e30)
	f("\x8b\x81\x00\x00\x00"+strings.Repeat("\x00", 128)+"\x01", math.Inf(1))
}
