package carbon

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Integers longer than pickleInt bytes, or digits, are no metrics. A frame may have pickleWide bytes of them, so that
// turning them into numbers never takes long.
const (
	pickleInt  = 80
	pickleWide = 8 << 10
)

var (
	errPickleWide   = errors.New("integers of thousands of digits")
	errPickleNumber = errors.New("a number that is none")
	errPickleQuotes = errors.New("the operand of STRING is not quoted")
	errPickleEscape = errors.New("a broken escape in a text")
)

// line runs the opcodes of protocol 0, whose operand goes up to a newline.
func (m *pickleMachine) line(op byte) {
	n := bytes.IndexByte(m.in[m.pos:], '\n')
	if n < 0 {
		m.stop(errPickleCut)
		return
	}
	at := m.pos
	text := m.in[at : at+n]
	m.pos += n + 1
	switch op {
	case 'S':
		m.quoted(at, text)
	case 'V':
		m.escaped(at, text)
	case 'I', 'L':
		m.digits(op, text)
	case 'F':
		m.float(text)
	case 'p', 'g':
		i, err := strconv.ParseUint(string(text), 10, 32)
		switch {
		case err != nil:
			m.stop(errPickleNumber)
		case op == 'p':
			m.put(i)
		default:
			m.get(i)
		}
	}
}

// spend takes n bytes of an integer out of the frame's allowance for long ones.
func (m *pickleMachine) spend(n uint64) bool {
	if n > pickleInt {
		if n > pickleWide || m.wide > pickleWide {
			m.stop(errPickleWide)
			return false
		}
		m.wide += int(n)
	}
	return m.err == nil
}

// digits loads the number of INT or LONG: decimal digits with a sign, and an L that old Pythons add. INT's 00 and 01
// are False and True.
func (m *pickleMachine) digits(op byte, text []byte) {
	if !m.spend(uint64(len(text))) {
		return
	}
	if op == 'I' && len(text) == 2 && text[0] == '0' && text[1]|1 == '1' {
		m.load(pickleValue{kind: pickleBool, bits: math.Float64bits(float64(text[1] - '0'))})
		return
	}
	text = bytes.Trim(text, pickleSpaces)
	if op == 'L' {
		text = bytes.TrimSuffix(text, []byte("L"))
	}
	digits := text
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			digits = nil
			break
		}
	}
	if len(digits) == 0 {
		m.stop(errPickleNumber)
		return
	}
	v, ok := ParseNumber(text)
	if !ok {
		v = math.Inf(1) // beyond float64; refused where it is used
	}
	m.number(v)
}

// float loads the number of FLOAT, which may be nan or inf.
func (m *pickleMachine) float(text []byte) {
	if !m.spend(uint64(len(text))) {
		return
	}
	text = bytes.Trim(text, pickleSpaces)
	if v, ok := ParseNumber(text); ok {
		m.number(v)
		return
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if (err != nil && !errors.Is(err, strconv.ErrRange)) || bytes.ContainsAny(text, "xX_") {
		m.stop(errPickleNumber)
		return
	}
	m.number(v)
}

// long loads an integer of n little-endian bytes in two's complement, as the nearest float64.
func (m *pickleMachine) long(n uint64) {
	raw := m.take(n)
	if !m.spend(n) {
		return
	}
	if n <= 8 {
		var word [8]byte
		copy(word[:], raw)
		shift := 64 - 8*n
		m.number(float64(int64(binary.LittleEndian.Uint64(word[:])<<shift) >> shift))
		return
	}
	m.number(wideInteger(raw))
}

// wideInteger returns the float64 nearest to a little-endian integer in two's complement of more than 8 bytes. It turns
// raw into the magnitude in place.
func wideInteger(raw []byte) float64 {
	sign := 1.0
	if raw[len(raw)-1] >= 0x80 {
		sign = -1
		carry := uint16(1)
		for i, c := range raw {
			carry += uint16(^c)
			raw[i] = byte(carry)
			carry >>= 8
		}
	}
	for len(raw) > 8 && raw[len(raw)-1] == 0 {
		raw = raw[:len(raw)-1]
	}
	// The topmost 64 bits decide, and whether anything is set below them decides a tie.
	low := len(raw) - 8
	top := binary.LittleEndian.Uint64(raw[low:])
	shift := bits.LeadingZeros64(top)
	if top <<= shift; low > 0 {
		top |= uint64(raw[low-1]) >> (8 - shift)
		rest := raw[low-1] << shift
		for _, c := range raw[:low-1] {
			rest |= c
		}
		if rest != 0 {
			top |= 1
		}
	}
	return sign * math.Ldexp(float64(top), 8*low-shift)
}

// quoted loads the operand of STRING, a Python literal: its escapes are decoded in place, as they only shrink.
func (m *pickleMachine) quoted(at int, text []byte) {
	n := len(text)
	if n < 2 || text[0] != text[n-1] || text[0] != '\'' && text[0] != '"' {
		m.stop(errPickleQuotes)
		return
	}
	text, at = text[1:n-1], at+1
	if bytes.IndexByte(text, '\\') >= 0 {
		if n = pickleUnescape(text); n < 0 {
			m.stop(errPickleEscape)
			return
		}
		text = text[:n]
	}
	m.load(pickleValue{kind: pickleText, bits: pickleBits(uint32(m.from+at), uint32(len(text)))})
}

// pickleUnescape decodes the escapes of a Python 2 string literal in place and returns the new length, or -1.
func pickleUnescape(text []byte) int {
	n := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' {
			if i++; i == len(text) {
				return -1
			}
			switch e := text[i]; e {
			case '\\', '\'', '"':
				c = e
			case 'a':
				c = '\a'
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'v':
				c = '\v'
			case 'x':
				v, ok := pickleHex(text[i+1:], 2)
				if !ok {
					return -1
				}
				c, i = byte(v), i+2
			case '0', '1', '2', '3', '4', '5', '6', '7':
				c = 0
				for k := 0; k < 3 && i < len(text) && text[i]&^7 == '0'; k++ {
					c, i = c<<3|text[i]&7, i+1
				}
				i--
			default: // not an escape: the backslash stays
				text[n] = '\\'
				n++
				c = e
			}
		}
		text[n] = c
		n++
	}
	return n
}

// escaped loads the operand of UNICODE: Latin-1 with \uXXXX and \UXXXXXXXX in it. Plain ASCII stays where it is; the
// rest is decoded to the end of b.Bytes, since Latin-1 grows.
func (m *pickleMachine) escaped(at int, text []byte) {
	plain := true
	for _, c := range text {
		plain = plain && c < utf8.RuneSelf && c != '\\'
	}
	if plain {
		m.load(pickleValue{kind: pickleText, bits: pickleBits(uint32(m.from+at), uint32(len(text)))})
		return
	}
	m.b.reserve(2 * len(text))
	start := len(m.b.Bytes)
	decoded, ok := rawUnicode(m.b.Bytes, text)
	if !ok {
		m.stop(errPickleEscape)
		return
	}
	m.b.Bytes, m.in = decoded, decoded[m.from:m.from+len(m.in)]
	m.load(pickleValue{kind: pickleText, bits: pickleBits(uint32(start), uint32(len(decoded)-start))})
}

// rawUnicode appends text to dst as UTF-8. The halves of a surrogate pair are joined; a lone one becomes the three
// bytes that are no UTF-8, and is refused with the name that holds it.
func rawUnicode(dst, text []byte) ([]byte, bool) {
	high := rune(0)
	for i := 0; i < len(text); {
		r := rune(text[i])
		i++
		if r == '\\' && i < len(text) {
			size := 0
			switch text[i] {
			case 'u':
				size = 4
			case 'U':
				size = 8
			default: // a pair that is kept as it is, so that the second of two backslashes starts no escape
				dst = append(dst, '\\')
				r, high = rune(text[i]), 0
				i++
			}
			if size > 0 {
				v, ok := pickleHex(text[i+1:], size)
				if !ok || v > utf8.MaxRune {
					return nil, false
				}
				r, i = rune(v), i+1+size
			}
		}
		switch {
		case high != 0 && r >= 0xDC00 && r <= 0xDFFF:
			dst = utf8.AppendRune(dst[:len(dst)-3], (high-0xD800)<<10|(r-0xDC00)+0x10000)
			high = 0
			continue
		case r >= 0xD800 && r <= 0xDFFF:
			dst = append(dst, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
		default:
			dst = utf8.AppendRune(dst, r)
		}
		if high = 0; r >= 0xD800 && r <= 0xDBFF {
			high = r
		}
	}
	return dst, true
}

// pickleHex reads the n digits that text starts with.
func pickleHex(text []byte, n int) (v uint32, ok bool) {
	if len(text) < n {
		return 0, false
	}
	for _, c := range text[:n] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		v = v<<4 | uint32(c)
	}
	return v, true
}

// pickleSpaces are what Python strips off a number in a string.
const pickleSpaces = " \t\r\n\v\f"
