package carbon

import (
	"encoding/binary"
	"math/bits"
)

// What most lines are made of is looked at here eight bytes at once. Each byte of a word is asked by itself: what holds of it
// is marked by its highest bit. No sum carries into the next byte, as bytes are cut to seven bits before.
const (
	ones     = 0x0101010101010101
	lows     = 0x7F * ones
	highs    = 0x80 * ones
	wordSize = 8 // bytes
)

func word(text []byte) uint64 { return binary.LittleEndian.Uint64(text) }

// marks marks the bytes of w, of a name, that are awry, as byteClasses has it, that begin a tag, and that are dots.
func marks(w uint64) (awry, tags, dots uint64) {
	low := w & lows
	visible := low + (0x80-'!')*ones // marks all but blanks and control bytes
	awry = (w | (low + ones) | ^(visible & other(low, '/'))) & highs
	return awry, ^other(low, ';') & highs, ^other(low, '.') & highs
}

// other marks the bytes of low, a word without highest bits, that are not c.
func other(low, c uint64) uint64 { return low ^ c*ones + lows }

// plainName returns the length of the name at the start of text if it is ordinary, has no tags and is followed by a space. If
// not, or if text ends within the word where that would show, it reports false. It gives up at any of "+/;?" and so asks for four
// bytes at the price of one: they differ in the two bits that 0x6B leaves out. A dot after a dot stops it too, as what is awry does.
func plainName(text []byte) (size int, ok bool) {
	before := uint64(0) // what the highest bit of others would be for the byte before: a leading dot is one after a dot
	for rest := text; len(rest) >= wordSize; rest = rest[wordSize:] {
		w := word(rest)
		low := w & lows
		others := other(low, '.')
		good := (low + (0x80-'!')*ones) & (w&(0x6B*ones) ^ 0x2B*ones + lows) & (others | others<<8 | before) &^ (low + ones | w)
		before = others >> 56
		if stops := ^good & highs; stops != 0 {
			at := bits.TrailingZeros64(stops) / 8
			size = len(text) - len(rest) + at
			return size, rest[at] == ' ' && size > 0 && text[size-1] != '.'
		}
	}
	return 0, false
}

// shortNumber reads the number at the start of text if it is made of digits and perhaps a point, and a space follows within
// the first word: most do. Like scanDecimal it returns how many bytes it has, 0 if it is none of those. It has no branch that
// depends on how long the number is or where its point is, since nobody could predict them.
func shortNumber(text []byte) (v float64, n int) {
	if len(text) < wordSize {
		return 0, 0
	}
	w := word(text)
	blank := zeros(w ^ ' '*ones)
	n = bits.TrailingZeros64(blank) / 8
	if blank == 0 || n == 0 {
		return 0, 0
	}
	w = w<<(64-8*n) | '0'*ones>>(8*n) // the last byte is now the highest, with zeros before the first
	point := zeros(w ^ '.'*ones)
	point &= -point
	has := int((point | -point) >> 63) // 1 if there is one: then what stands before it moves up over it
	w = w&^(point<<1-1) | w&(point>>7-1)<<(8*has) | '0'*uint64(has)
	if n == has || !digits(w) {
		return 0, 0
	}
	return float64(eight(w)) / pow10[bits.LeadingZeros64(point)/8&7], n
}

// zeros marks the lowest byte of w that is 0; what it marks above that may be wrong.
func zeros(w uint64) uint64 { return (w - ones) &^ w & highs }

// digits says whether all bytes of w are digits.
func digits(w uint64) bool {
	return w&(0xF0*ones)|(w+0x06*ones)&(0xF0*ones)>>4 == 0x33*ones
}

// eight returns the number that eight digits are, the first of them in the lowest byte.
func eight(w uint64) uint64 {
	w = w & (0x0F * ones) * (10<<8 + 1) >> 8 // pairs
	w = w & 0x00FF00FF00FF00FF * (100<<16 + 1) >> 16
	return w & 0x0000FFFF0000FFFF * (10000<<32 + 1) >> 32
}

// stamped reads a space and a time in seconds of ten digits, as they have from 2001 to 2106, if text begins with such a one.
func stamped(text []byte) (s int64, ok bool) {
	if len(text) < stampSize {
		return 0, false
	}
	w, tens, unit := word(text[1:]), text[9]-'0', text[10]-'0'
	s = int64(eight(w))*100 + int64(tens)*10 + int64(unit)
	return s, text[0] == ' ' && text[1] != '0' && tens <= 9 && unit <= 9 && digits(w) && s <= maxSeconds
}

// stampSize is the length of what stamped reads.
const stampSize = len(" 1700000000")

// lineEnd returns the length of the newline at the start of text, which a carriage return may precede; 0 if there is none.
func lineEnd(text []byte) int {
	switch {
	case len(text) > 0 && text[0] == '\n':
		return 1
	case len(text) > 1 && text[0] == '\r' && text[1] == '\n':
		return 2
	}
	return 0
}

// padded returns the word of text that begins at its byte at, filled up with letters where text ends within it.
func padded(text []byte, at int) uint64 {
	left := len(text) - at
	switch {
	case left >= wordSize:
		return word(text[at:])
	case len(text) >= wordSize:
		return word(text[len(text)-wordSize:])>>(8*(wordSize-left)) | 'a'*ones<<(8*left)
	}
	w := uint64('a' * ones)
	for i, c := range text[at:] {
		w = w&^(0xFF<<(8*i)) | uint64(c)<<(8*i)
	}
	return w
}
