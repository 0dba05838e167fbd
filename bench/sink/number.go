package main

import (
	"math"
	"strconv"
)

// tens are the powers of ten that a float64 holds exactly and a short number may be divided by.
var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// number reads a value as strconv does. Up to fifteen digits are an exact whole number, and its quotient by a power of ten is what is
// nearest to the decimal, so for them strconv is not needed.
func number(text []byte) (x float64, ok bool) {
	digits, point, n := text, -1, uint64(0)
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	for i, c := range digits {
		switch d := c - '0'; {
		case d <= 9:
			n = n*10 + uint64(d)
		case c == '.' && point < 0:
			point = i
		default:
			return slowNumber(text)
		}
	}
	size := len(digits)
	if point >= 0 {
		size--
	}
	if size == 0 || size > 15 {
		return slowNumber(text)
	}
	x = float64(n)
	if point >= 0 {
		x /= tens[size-point]
	}
	if len(digits) < len(text) {
		x = -x
	}
	return x, true
}

func slowNumber(text []byte) (x float64, ok bool) {
	x, err := strconv.ParseFloat(string(text), 64)
	return x, err == nil
}

// whole reads a time as strconv does.
func whole(text []byte) (n int64, ok bool) {
	if len(text) == 0 || len(text) > 18 {
		return slowWhole(text)
	}
	for _, c := range text {
		d := c - '0'
		if d > 9 {
			return slowWhole(text)
		}
		n = n*10 + int64(d)
	}
	return n, true
}

func slowWhole(text []byte) (n int64, ok bool) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil
}

// pass returns the last two digits of a value, or noPass.
func pass(text []byte) int8 {
	if len(text) < 2 {
		return noPass
	}
	high, low := text[len(text)-2]-'0', text[len(text)-1]-'0'
	if high > 9 || low > 9 {
		return noPass
	}
	return int8(high*10 + low)
}

// A total is a sum of any number of values that loses next to nothing to rounding: what each addition cuts off is
// summed up beside it.
type total struct{ sum, rest float64 }

func (t *total) add(x float64) {
	sum := t.sum + x
	if math.Abs(t.sum) >= math.Abs(x) {
		t.rest += t.sum - sum + x
	} else {
		t.rest += x - sum + t.sum
	}
	t.sum = sum
}

// float returns the sum; one beyond float64 is the largest there is, as JSON knows no infinity.
func (t *total) float() float64 {
	x := t.sum + t.rest
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return math.Copysign(math.MaxFloat64, t.sum)
	}
	return x
}
