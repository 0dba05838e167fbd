package carbon

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestPickleBombs spends what a frame of a mebibyte, or of a sixteenth of it, can on each of the decoder's memories, legally where it can, and
// holds each to the memory and the time that a frame may cost.
func TestPickleBombs(t *testing.T) {
	for _, size := range []int{1 << 20, 64 << 10} {
		pickleBombs(t, size)
	}
}

func pickleBombs(t *testing.T, size int) {
	f := func(name, head, body, tail string) {
		t.Helper()
		in := pickleFrame(head + strings.Repeat(body, (size-len(head)-len(tail))/len(body)) + tail)
		b := &Batch{Bytes: in}
		d := NewPickleDecoder(DefaultLimits())
		var err error
		spent, took := pickleCost(func() { err = d.Decode(b, pickleNow) })
		checkPickle(t, in[4:], b, err)
		if allowed := uint64(8*len(in) + 1<<20); spent > allowed {
			t.Errorf("%s: %d bytes allocated, %d allowed (%v)", name, spent, allowed, err)
		}
		if allowed := 50*time.Millisecond + time.Duration(size/10240)*time.Millisecond; took > allowed && !raceDetector {
			t.Errorf("%s: took %v, %v allowed (%v)", name, took, allowed, err)
		}
		t.Logf("%-16s %8d bytes %10v %6d points %v", name, spent, took, len(b.Points), err)
	}
	const point = "K\x01K\x02\x86"
	long := "T\x00\x10\x00\x00" + strings.Repeat("n", 4096) // the longest name
	mend := "T\x00\x10\x00\x00" + strings.Repeat(".n", 2048)
	f("ones", "", "K\x01", ".")
	f("lists", "", "]", ".")
	f("lists in a list", "](", "]", "e.")
	f("appended", "]", "]a", ".")
	f("appended one", "]", "Na", ".")
	f("tuples of one", "](", "N\x85", "e.")
	f("tuples of two", "", ")2\x86", ".")
	f("marks", "", "(", ".")
	f("doubled", "](N", "2", "e.")
	f("memo", "]", "\x94", ".")
	f("memo and all", "](", "N\x94\x85\x94", "e.")
	f("memo, replaced", "]", "q\x00", ".")
	f("dicts", "]", "}0", ".")
	f("popped", "](", "(]]]]]]]]1", "e.")
	f("long names", "](", long+point+"\x86", "e.")
	f("mended names", "](", mend+point+"\x86", "e.")
	f("shared item", "]("+long+point+"\x86q\x00", "h\x00", "e.")
	f("shared, mended", "]("+mend+point+"\x86q\x00", "h\x00", "e.")
	f("shared points", "](U\x01a("+strings.Repeat(point, 4000)+"t\x85q\x00", "h\x00", "e.")
	numeral := "U\x80" + strings.Repeat("1", 127) + "."
	f("numerals", "](U\x01aq\x00"+numeral+"q\x01"+"U\x80"+strings.Repeat("0", 127)+"1q\x020", "h\x00h\x02h\x01\x86\x86", "e.")
	f("spaces", "](U\x01aq\x00U\x80"+strings.Repeat(" ", 127)+"1q\x01", "h\x00h\x01h\x01\x86\x86", "e.")
	f("latin-1", "](", "V"+strings.Repeat("\xe9", 200)+"\n", "e.")
	f("escapes", "](", "S'"+strings.Repeat("\\x41", 200)+"'\n", "e.")
	f("integers", "](", "\x8a\x50"+strings.Repeat("\x7f", 80), "e.")
	f("decimals", "](", "I"+strings.Repeat("9", 80)+"\n", "e.")
	f("fractions", "](", "F0."+strings.Repeat("9", 76)+"\n", "e.")
	// Names that are mended, and more of them in turn than are remembered.
	turns := func(n, length int) (names, refs string) {
		for i := range n {
			slot := string([]byte{byte(i), byte(i >> 8), 0, 0})
			name := strings.Repeat("..", length/2-2) + fmt.Sprintf("%04x", i)
			names += "T" + string([]byte{byte(length), byte(length >> 8), 0, 0}) + name + "r" + slot + "0"
			refs += "j" + slot + point + "\x86"
		}
		return names, refs
	}
	names, refs := turns(12, 4096)
	f("names in turn", "]"+names+"(", refs, "e.")
	names, refs = turns(1000, 40)
	f("many in turn", "]"+names+"(", refs, "e.")
}
