package carbon

import (
	"math"
	"strconv"
	"unsafe"
)

// maxSeconds is the latest time that Whisper can hold, in Unix seconds. Later ones are times in milliseconds, or wrong.
const maxSeconds = math.MaxUint32

// ParseNumber reads a finite decimal: digits with an optional sign, point and exponent, rounded as strconv.ParseFloat
// does it. Hexadecimal, underscores, NaN, infinities and what overflows to one are refused.
func ParseNumber(text []byte) (v float64, ok bool) {
	d, n := scanDecimal(text)
	if n == 0 || n != len(text) {
		return 0, false
	}
	return d.float(text)
}

// AppendNumber appends v to dst in its shortest exact form: plain for 1e-6 <= |v| < 1e21 and with an exponent beyond, as
// JSON has it, so that an operator sees 1000000 and not 1e+06.
func AppendNumber(dst []byte, v float64) []byte {
	abs := math.Abs(v)
	switch {
	case abs < 1<<53 && v == math.Trunc(v) && (v != 0 || !math.Signbit(v)):
		return strconv.AppendInt(dst, int64(v), 10)
	case abs >= 1e-6 && abs < 1e21 || v == 0:
		if abs < 1e9 && v != 0 {
			if short, ok := appendShort(dst, v); ok {
				return short
			}
		}
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, v, 'e', -1, 64)
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // 1e-7, not 1e-07
		dst = dst[:n-1]
	}
	return dst
}

// appendShort appends v, which is at least 1e-6 and below 1e9 but for its sign, if it has no more than six decimals, as most figures do,
// and reports whether it did. Of all decimals of up to 15 digits only one rounds to v, so the one that is found is the shortest
// there is. It takes half of strconv's time (BenchmarkAppendNumber).
func appendShort(dst []byte, v float64) ([]byte, bool) {
	scaled, decimals := uint64(math.Abs(v)*1e6+0.5), 6
	if float64(scaled)/1e6 != math.Abs(v) {
		return dst, false
	}
	if scaled%10000 == 0 {
		scaled, decimals = scaled/10000, 2
	}
	for scaled%10 == 0 && decimals > 1 {
		scaled, decimals = scaled/10, decimals-1
	}
	var text [20]byte // from its end on
	at := len(text)
	for ; decimals > 0; decimals-- {
		at--
		text[at] = byte('0' + scaled%10)
		scaled /= 10
	}
	at--
	text[at] = '.'
	for more := true; more; more = scaled > 0 {
		at--
		text[at] = byte('0' + scaled%10)
		scaled /= 10
	}
	if v < 0 {
		at--
		text[at] = '-'
	}
	return append(dst, text[at:]...), true
}

// parseTime reads a time in Unix seconds, 0 to 4294967295, as Unix milliseconds; what is finer than that is cut. "-1"
// means now. It reports whole if the text is the plain digits of a whole second and can leave as it came.
func parseTime(text []byte, now int64) (ms int64, whole, ok bool) {
	if s, ok := wholeSeconds(text); ok {
		return s * 1000, true, true
	}
	if string(text) == "-1" {
		return now, false, true
	}
	d, n := scanDecimal(text)
	if n == 0 || n != len(text) || d.negative {
		return 0, false, false
	}
	ms, ok = d.millis()
	return ms, false, ok
}

// wholeSeconds reads a time in its usual form: plain digits, without a sign or leading zeros.
func wholeSeconds(text []byte) (s int64, ok bool) {
	if len(text) == 0 || len(text) > 10 || text[0] == '0' && len(text) > 1 {
		return 0, false
	}
	for _, c := range text {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		s = s*10 + int64(c)
	}
	return s, s <= maxSeconds
}

// A decimal is the text of a number taken apart: mantissa × 10^exp, or a little more than that if digits were cut.
type decimal struct {
	mantissa uint64 // the first 19 significant digits: as many as always fit
	exp      int
	negative bool
	cut      bool // the text has further digits
}

// scanDecimal takes apart the number at the start of text and returns how many bytes it has, 0 if there is none.
func scanDecimal(text []byte) (d decimal, n int) {
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		d.negative = text[0] == '-'
		n++
	}
	first := n
	for n < len(text) && text[n]-'0' <= 9 {
		d.mantissa = d.mantissa*10 + uint64(text[n]-'0')
		n++
	}
	digits := n - first
	if n < len(text) && text[n] == '.' {
		n++
		point := n
		for n < len(text) && text[n]-'0' <= 9 {
			d.mantissa = d.mantissa*10 + uint64(text[n]-'0')
			n++
		}
		d.exp = point - n
		digits += n - point
	}
	if digits == 0 {
		return decimal{}, 0
	}
	if digits > 19 {
		d.cutTo19(text[first:n])
	}
	if n+1 < len(text) && text[n]|0x20 == 'e' {
		exp, size := scanExponent(text[n+1:])
		if size > 0 {
			d.exp += exp
			n += 1 + size
		}
	}
	return d, n
}

// scanExponent reads an exponent's sign and digits and returns how many bytes it has, 0 if there are no digits. Like
// strconv it stops to count somewhere past 10000, which is far beyond every float64.
func scanExponent(text []byte) (exp, n int) {
	sign := 1
	if text[0] == '-' || text[0] == '+' {
		if text[0] == '-' {
			sign = -1
		}
		n++
	}
	first := n
	for n < len(text) && text[n]-'0' <= 9 {
		if exp < 10000 {
			exp = exp*10 + int(text[n]-'0')
		}
		n++
	}
	if n == first {
		return 0, 0
	}
	return sign * exp, n
}

// cutTo19 sets d to the digits and points of text without their leading zeros, of which a uint64 takes no more than 19.
func (d *decimal) cutTo19(text []byte) {
	d.mantissa, d.exp = 0, 0
	kept, fraction := 0, false
	for _, c := range text {
		switch {
		case c == '.':
			fraction = true
			continue
		case kept == 19:
			d.cut = true
			if !fraction {
				d.exp++
			}
			continue
		case c != '0' || kept > 0:
			d.mantissa = d.mantissa*10 + uint64(c-'0')
			kept++
		}
		if fraction {
			d.exp--
		}
	}
}

// pow10 are the powers of ten that a float64 holds exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// float returns d, the parts of text, as a float64. A mantissa and a power of ten that are both exact need one rounding
// only, which is the right one (Clinger's fast path); everything else goes to strconv.
func (d decimal) float(text []byte) (v float64, ok bool) {
	if d.mantissa <= 1<<53 && !d.cut && -22 <= d.exp && d.exp <= 22 {
		v = float64(d.mantissa)
		if d.exp < 0 {
			v /= pow10[-d.exp]
		} else {
			v *= pow10[d.exp]
		}
		if d.negative {
			v = -v
		}
		return v, true
	}
	if d.mantissa != 0 && d.exp > 308 {
		return 0, false // strconv would say so too, but its error allocates
	}
	v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(text), len(text)), 64)
	return v, err == nil
}

// millis returns a d that is not negative and counts seconds as milliseconds, cut. Digits that d lacks are too small to
// matter: nineteen of them reach beyond the milliseconds of every time in range.
func (d decimal) millis() (ms int64, ok bool) {
	m := d.mantissa
	for e := d.exp + 3; e < 0 && m > 0; e++ {
		m /= 10
	}
	for e := d.exp + 3; e > 0 && m > 0; e-- {
		if m > maxSeconds*1000 {
			return 0, false
		}
		m *= 10
	}
	return int64(m), m <= maxSeconds*1000
}
