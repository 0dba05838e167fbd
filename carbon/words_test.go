package carbon

import (
	"strings"
	"testing"
)

// alike reads in, which begins with a line, by usual and by sample, wants the same of both if usual takes it, and returns
// whether it did.
func alike(t *testing.T, in string, l Limits) bool {
	t.Helper()
	fast, plain := &Batch{Bytes: []byte(in)}, &Batch{Bytes: []byte(in)}
	d := NewLineDecoder(l)
	next, ok := d.usual(fast, 0, len(in))
	if string(fast.Bytes) != in || !ok && len(fast.Points) > 0 {
		t.Fatalf("usual touches %q, though it takes nothing of it", in)
	}
	if !ok {
		return false
	}
	stop := strings.IndexByte(in, '\n')
	if !d.sample(plain, 0, stop, 1) || next != stop+1 || len(fast.Points) != 1 || fast.Points[0] != plain.Points[0] {
		t.Fatalf("usual makes of %q %+v, up to %d; sample %+v", in, fast.Points, next, plain.Points)
	}
	return true
}

// behind is more lines, so that words do not end with what is tested.
const behind = "\na.b.c.d 1 1700000000\n"

// TestUsualNames has every byte at every place of a name, and every pair of dots.
func TestUsualNames(t *testing.T) {
	const letters = "abcdefghijklmnopqrstu"
	for _, size := range []int{1, 2, 7, 8, 9, 15, 16, 17, 21} {
		for at := range size {
			for c := range 256 {
				name := []byte(letters[:size])
				name[at] = byte(c)
				ok := alike(t, string(name)+" 1.5 1700000000"+behind, DefaultLimits())
				if plain := c > ' ' && c < 0x7F && !strings.ContainsRune("+/;?.", rune(c)); plain && !ok {
					t.Errorf("usual does not take the name %q", name)
				}
				for second := range at {
					if c != '.' {
						break
					}
					name[second] = '.'
					alike(t, string(name)+" 1.5 1700000000"+behind, DefaultLimits())
					name[second] = letters[second]
				}
			}
		}
	}
}

// TestUsualNumbers has every text of up to four bytes out of some as a value, and such ends of lines.
func TestUsualNumbers(t *testing.T) {
	const some = "0159.e- \n/:"
	taken := 0
	text := make([]byte, 0, 4)
	var all func()
	all = func() {
		for _, in := range []string{"a " + string(text) + " 1700000000" + behind, "a.b.c 7" + string(text) + behind, "a 1" + string(text) + "250 1999999999\r" + behind} {
			if alike(t, in, DefaultLimits()) {
				taken++
			}
		}
		for i := 0; i < len(some) && len(text) < cap(text); i++ {
			text = append(text, some[i])
			all()
			text = text[:len(text)-1]
		}
	}
	all()
	if taken < 500 {
		t.Errorf("usual took %d lines, want most of the good ones", taken)
	}
}

// TestUsual has lines that usual takes, and some that it must not.
func TestUsual(t *testing.T) {
	small := Limits{MaxLine: 30, MaxName: 10}
	f := func(in string, l Limits, want bool) {
		t.Helper()
		if got := alike(t, in+behind, l); got != want {
			t.Errorf("usual takes %q: %v, want %v", in, got, want)
		}
	}
	f("servers.web-01.cpu.user 17.25 1700000000", DefaultLimits(), true)
	f("a.b 1 4294967295", DefaultLimits(), true)
	f("a.b 1 4294967296", DefaultLimits(), false)
	f("a.b 1 0700000000", DefaultLimits(), false)
	f("a.b 1 170000000", DefaultLimits(), false)
	f("a.b 1 17000000001", DefaultLimits(), false)
	f("a.b 1 1700000000\r", DefaultLimits(), true)
	f("a.b 1 1700000000 D", DefaultLimits(), false)
	f("a.b -123456789.25e3 1700000000", DefaultLimits(), true)
	f("a.b 1e999 1700000000", DefaultLimits(), false)
	f("a.b 1234567 1700000000", DefaultLimits(), true)
	f("a.b 12345678 1700000000", DefaultLimits(), true)
	f("a.b . 1700000000", DefaultLimits(), false)
	f("a.b .. 1700000000", DefaultLimits(), false)
	f("a.b  1 1700000000", DefaultLimits(), false)
	f("a23456789. 1 1700000000", DefaultLimits(), false)
	f("a234567890 1 1700000000", small, true)
	f("a2345678901 1 1700000000", small, false)
	f("a23456789 123456789 1700000000", small, true)
	f("a23456789 1234567890 1700000000", small, false)
	f("a23456789 123456789 1700000000\r", small, false)
}

// FuzzUsual compares usual with sample.
func FuzzUsual(f *testing.F) {
	for _, row := range corpus(f) {
		f.Add(row.line + behind)
	}
	f.Fuzz(func(t *testing.T, in string) { alike(t, in, DefaultLimits()) })
}
