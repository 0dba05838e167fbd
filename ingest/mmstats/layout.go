package mmstats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

// maxType is the longest type that is parsed. Python's own are at most six bytes long.
const maxType = 64

// A layout is a type made ready: how many bytes a value takes, and where its first part lies.
type layout struct {
	size  int // of all parts
	first part
	at    int // of the first part
	order binary.ByteOrder
}

// A part is one code of a type.
type part struct {
	code byte // 0: a type of no values, as "x"
	size int
}

var (
	errNoType   = errors.New("no type")
	errLongType = errors.New("a long type")
)

// parseLayout makes a type ready. Without a byte order before it, or with '@', its parts are aligned as C does it.
func parseLayout(text string) (l layout, err error) {
	switch {
	case text == "":
		return l, errNoType
	case len(text) > maxType:
		return l, errLongType
	}
	native := true
	l.order = binary.NativeEndian
	switch text[0] {
	case '@':
		text = text[1:]
	case '=':
		native, text = false, text[1:]
	case '<':
		native, text, l.order = false, text[1:], binary.LittleEndian
	case '>', '!':
		native, text, l.order = false, text[1:], binary.BigEndian
	}
	unknown := fmt.Errorf("unknown type %s", quote(text))
	for rest := text; rest != ""; {
		var n, size int
		n, rest = count(rest)
		if n < 0 || rest == "" {
			return l, unknown
		}
		code := rest[0]
		rest = rest[1:]
		if size = sizeOf(code, native); size == 0 {
			return l, unknown
		}
		align := 1
		if native {
			align = size
		}
		l.size = (l.size + align - 1) / align * align
		if code == 's' || code == 'p' { // n is the length of one text
			size, n = n, 1
		}
		if l.first.code == 0 && code != 'x' && n > 0 {
			l.first, l.at = part{code, size}, l.size
		}
		if l.size += n * size; l.size > math.MaxInt32 {
			return l, unknown
		}
	}
	if text == "" {
		return l, errNoType
	}
	return l, nil
}

// quote quotes text as Python does, for messages that its users know.
func quote(text string) string {
	q := fmt.Sprintf("%q", text)
	return "'" + strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`) + "'"
}

// count reads the number before a code; 1 if there is none, -1 if it is too large for any file.
func count(text string) (n int, rest string) {
	i := 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		if n = n*10 + int(text[i]-'0'); n > math.MaxInt32 {
			return -1, text
		}
		i++
	}
	if i == 0 {
		return 1, text
	}
	return n, text[i:]
}

// sizeOf returns the size of a code's value in bytes, 0 for an unknown one. Those of C's long are eight bytes natively, as
// on every 64-bit Unix, and four otherwise, as Python's struct has it.
func sizeOf(code byte, native bool) int {
	switch code {
	case 'x', 'c', 'b', 'B', '?', 's', 'p':
		return 1
	case 'h', 'H':
		return 2
	case 'i', 'I', 'f':
		return 4
	case 'q', 'Q', 'd':
		return 8
	case 'l', 'L':
		if native {
			return 8
		}
		return 4
	case 'n', 'N', 'P':
		if native {
			return 8
		}
	}
	return 0
}

// value decodes the first part of b, which is a value of l: an int64, uint64, float64, bool or string, or nil if l has no
// part that is one.
func (l *layout) value(b []byte) any {
	b = b[l.at : l.at+l.first.size]
	switch l.first.code {
	case 'b':
		return int64(int8(b[0]))
	case 'B':
		return uint64(b[0])
	case '?':
		return b[0] != 0
	case 'h':
		return int64(int16(l.order.Uint16(b)))
	case 'H':
		return uint64(l.order.Uint16(b))
	case 'f':
		return float64(math.Float32frombits(l.order.Uint32(b)))
	case 'd':
		return math.Float64frombits(l.order.Uint64(b))
	case 'c':
		return text(b)
	case 's':
		return text(b)
	case 'p': // its first byte is its length
		if len(b) == 0 {
			return ""
		}
		return text(b[1:min(len(b), 1+int(b[0]))])
	case 0:
		return nil
	}
	return l.integer(b)
}

// integer decodes one of the codes that mean an integer of four or eight bytes.
func (l *layout) integer(b []byte) any {
	signed := strings.IndexByte("ilqn", l.first.code) >= 0
	switch {
	case len(b) == 4 && signed:
		return int64(int32(l.order.Uint32(b)))
	case len(b) == 4:
		return uint64(l.order.Uint32(b))
	case signed:
		return int64(l.order.Uint64(b))
	}
	return l.order.Uint64(b)
}

// text returns what b holds before its first NUL, less what is no UTF-8.
func text(b []byte) string {
	s := string(b)
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i]
	}
	return strings.ToValidUTF8(s, "")
}
