package carbon

import "strconv"

// ParseNumber reads a finite decimal.
func ParseNumber(text []byte) (v float64, ok bool) {
	v, err := strconv.ParseFloat(string(text), 64)
	return v, err == nil
}

// AppendNumber appends v to dst in its shortest exact form.
func AppendNumber(dst []byte, v float64) []byte { return strconv.AppendFloat(dst, v, 'g', -1, 64) }
