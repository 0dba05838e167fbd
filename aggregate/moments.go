package aggregate

import "math"

// A column is one number that a slice keeps of its values.
type column uint8

const (
	colCount column = iota
	colSum
	colMin
	colMax
	colFirst
	colFirstTime // of the value in colFirst, Unix milliseconds
	colLast
	colLastTime
	colMean     // by Welford's recurrence: a mean that large values do not spoil
	colScatter  // the sum of the squared distances from it
	colGrowth   // of a counter
	colPositive // the sum of the values above 0
	colPositives
	colWeight // for how many values a statsd timer's stand
	nColumns  = int(colWeight) + 1
)

type columnSet uint16

func needs(cs ...column) (s columnSet) {
	for _, c := range cs {
		s |= 1 << c
	}
	return s
}

// A layout says where in a slice's cell each column lies: only the columns that the rule's functions ask for exist.
type layout struct {
	set   columnSet
	width int
	at    [nColumns]uint8 // valid where set has the column
}

func newLayout(set columnSet) (l layout) {
	l.set = set
	for c := range nColumns {
		if set&(1<<c) != 0 {
			l.at[c] = uint8(l.width)
			l.width++
		}
	}
	return l
}

func (l *layout) has(c column) bool { return l.set&(1<<c) != 0 }

// clear makes cell that of a slice without values.
func (l *layout) clear(cell []float64) {
	clear(cell)
	if l.has(colMin) {
		cell[l.at[colMin]] = math.Inf(1)
	}
	if l.has(colMax) {
		cell[l.at[colMax]] = math.Inf(-1)
	}
	if l.has(colFirstTime) {
		cell[l.at[colFirstTime]] = math.Inf(1)
	}
	if l.has(colLastTime) {
		cell[l.at[colLastTime]] = math.Inf(-1)
	}
}

// A value is what a sample adds to a slice.
type value struct {
	v      float64
	growth float64 // of a counter since the sample before it
	ms     int64   // its time
	input  uint32  // whose it is, where the rule asks for that
	cell   uint32  // a cell's number plus one, of an entry: what the cell holds is added in place of v
}

// common are the columns that most rules ask for.
const common = columnSet(1<<colCount | 1<<colSum | 1<<colMin | 1<<colMax)

// fold adds a value to cell. Of values of one time the one that came first is the first, and the one that came last is
// the last.
func (l *layout) fold(cell []float64, x *value) {
	if l.has(colCount) {
		cell[l.at[colCount]]++
	}
	if l.has(colSum) {
		cell[l.at[colSum]] += x.v
	}
	if l.has(colMin) && x.v < cell[l.at[colMin]] {
		cell[l.at[colMin]] = x.v
	}
	if l.has(colMax) && x.v > cell[l.at[colMax]] {
		cell[l.at[colMax]] = x.v
	}
	if l.set&^common != 0 {
		l.foldMore(cell, x)
	}
}

// foldMore adds a value to the columns that few rules have.
func (l *layout) foldMore(cell []float64, x *value) {
	ms := float64(x.ms)
	if l.has(colFirstTime) && ms < cell[l.at[colFirstTime]] {
		cell[l.at[colFirst]], cell[l.at[colFirstTime]] = x.v, ms
	}
	if l.has(colLastTime) && ms >= cell[l.at[colLastTime]] {
		cell[l.at[colLast]], cell[l.at[colLastTime]] = x.v, ms
	}
	if l.has(colMean) {
		mean := &cell[l.at[colMean]]
		from := x.v - *mean
		*mean += from / cell[l.at[colCount]]
		cell[l.at[colScatter]] += from * (x.v - *mean)
	}
	if l.has(colGrowth) {
		cell[l.at[colGrowth]] += x.growth
	}
	if l.has(colPositive) && x.v > 0 {
		cell[l.at[colPositive]] += x.v
		cell[l.at[colPositives]]++
	}
}

// merge adds all that src holds to dst, as if its values had come after those of dst.
func (l *layout) merge(dst, src []float64) {
	if l.has(colMean) {
		l.mergeScatter(dst, src)
	}
	for _, c := range [...]column{colCount, colSum, colGrowth, colPositive, colPositives} {
		if l.has(c) {
			dst[l.at[c]] += src[l.at[c]]
		}
	}
	if l.has(colMin) {
		dst[l.at[colMin]] = min(dst[l.at[colMin]], src[l.at[colMin]])
	}
	if l.has(colMax) {
		dst[l.at[colMax]] = max(dst[l.at[colMax]], src[l.at[colMax]])
	}
	if l.has(colFirstTime) && src[l.at[colFirstTime]] < dst[l.at[colFirstTime]] {
		dst[l.at[colFirst]], dst[l.at[colFirstTime]] = src[l.at[colFirst]], src[l.at[colFirstTime]]
	}
	if l.has(colLastTime) && src[l.at[colLastTime]] >= dst[l.at[colLastTime]] {
		dst[l.at[colLast]], dst[l.at[colLastTime]] = src[l.at[colLast]], src[l.at[colLastTime]]
	}
}

// mergeScatter pools two means and the squared distances from them; the counts are not added up yet.
func (l *layout) mergeScatter(dst, src []float64) {
	n, m := dst[l.at[colCount]], src[l.at[colCount]]
	switch {
	case m == 0:
		return
	case n == 0: // a distance from nothing could overflow
		dst[l.at[colMean]], dst[l.at[colScatter]] = src[l.at[colMean]], src[l.at[colScatter]]
		return
	}
	apart := src[l.at[colMean]] - dst[l.at[colMean]]
	dst[l.at[colMean]] += apart * m / (n + m)
	dst[l.at[colScatter]] += src[l.at[colScatter]] + apart*apart*n*m/(n+m)
}
