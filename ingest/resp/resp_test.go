package resp

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

var limits = Limits{Words: 10, Bytes: 100}

// TestNext reads commands, whole and byte by byte.
func TestNext(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		for cut := range in {
			if words, size, err := Next([]byte(in[:cut]), nil, limits); err != nil || size != 0 {
				t.Errorf("%q, %d bytes of it: %q, %d, %v", in, cut, words, size, err)
			}
		}
		words, size, err := Next([]byte(in+"*1\r\n"), nil, limits)
		if err != nil || size != len(in) || len(words) != len(want) {
			t.Fatalf("%q: %q, %d, %v", in, words, size, err)
		}
		for i := range want {
			if string(words[i]) != want[i] {
				t.Errorf("%q: %q, want %q", in, words, want)
			}
		}
	}
	f("*1\r\n$4\r\nPING\r\n", "PING")
	f("*2\r\n$4\r\nECHO\r\n$5\r\na\r\nb\x00\r\n", "ECHO", "a\r\nb\x00")
	f("*1\n$0\n\r\n", "")
	f("*0\r\n")
	f("*-1\r\n")
	f("\r\n")
	f("PING\r\n", "PING")
	f("  set  a 'b c'\t\"d\"\n", "set", "a", "b c", "d")
}

// TestNextRefuses names what is no command.
func TestNextRefuses(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if words, size, err := Next([]byte(in), nil, limits); err == nil || err.Error() != "Protocol error: "+want || size != 0 {
			t.Errorf("%.40q: %q, %d, %v, want %s", in, words, size, err, want)
		}
	}
	f("*x\r\n", "invalid multibulk length")
	f("*11\r\n", "invalid multibulk length")
	f("*"+strings.Repeat("1", 30), "invalid multibulk length")
	f("*1\r\n:5\r\n", "expected '$', got ':'")
	f("*1\r\n\x01", `expected '$', got '\x01'`)
	f("*1\r\n$x\r\n", "invalid bulk length")
	f("*1\r\n$-1\r\n", "invalid bulk length")
	f("*1\r\n$101\r\n", "invalid bulk length")
	f("*2\r\n$99\r\n"+strings.Repeat("x", 101), "too big a command")
	f("set 'a\r\n", "unbalanced quotes in request")
	f(strings.Repeat("x", longestInline+1), "too big inline request")
}

// TestAppend writes each kind of reply.
func TestAppend(t *testing.T) {
	b := AppendSimple(nil, "OK")
	b = AppendError(b, "ERR no")
	b = AppendInt(b, -5)
	b = AppendArray(b, 3)
	b = AppendBulk(b, "a\r\n")
	b = AppendBulkInt(b, 127)
	b = AppendNull(b)
	if want := "+OK\r\n-ERR no\r\n:-5\r\n*3\r\n$3\r\na\r\n\r\n$3\r\n127\r\n$-1\r\n"; string(b) != want {
		t.Errorf("%q, want %q", b, want)
	}
}

// FuzzNext compares with a reader that takes a copy line by line.
func FuzzNext(f *testing.F) {
	f.Add([]byte("*2\r\n$4\r\nECHO\r\n$1\r\na\r\nPING\r\n"))
	f.Add([]byte("*1\r\n$4\r\nPING\r\n*"))
	f.Add([]byte("a 'b\" c' d\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		words, size, err := Next(b, nil, Limits{Words: 8, Bytes: 1 << 16})
		if size < 0 || size > len(b) || err != nil && size != 0 {
			t.Fatalf("%d of %d bytes, %v", size, len(b), err)
		}
		if size == 0 {
			return
		}
		again, same, err := Next(b[:size], nil, Limits{Words: 8, Bytes: 1 << 16})
		if err != nil || same != size || len(again) != len(words) {
			t.Fatalf("alone: %q, %d, %v", again, same, err)
		}
		if b[0] != '*' {
			return
		}
		// Written as a client writes them, the words are read again.
		text := AppendArray(nil, len(words))
		for _, w := range words {
			text = AppendBulk(text, w)
		}
		back, whole, err := Next(text, nil, Limits{Words: 8, Bytes: 1 << 17})
		if err != nil || whole != len(text) || !equal(back, words) {
			t.Fatalf("%q: %q, %v", text, back, err)
		}
		if slow := slowly(b); !equal(slow, words) {
			t.Fatalf("%q, slowly %q", words, slow)
		}
	})
}

// slowly reads a command that begins with '*' and is whole.
func slowly(b []byte) (words [][]byte) {
	line := func() int {
		text, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		n, _ := strconv.Atoi(strings.TrimSuffix(string(text[1:]), "\r"))
		return n
	}
	for n := line(); n > 0; n-- {
		size := line()
		words = append(words, b[:size])
		b = b[size+2:]
	}
	return words
}

func equal(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
