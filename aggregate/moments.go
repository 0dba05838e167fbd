package aggregate

import "math"

// A column is one number that a slice keeps of its values.
type column uint8

const (
	colCount column = iota
	colSum
	colMin
	colMax
	colLast
	colLastTime // of the value in colLast, Unix milliseconds
	nColumns    = int(colLastTime) + 1
)

type columnSet uint8

func needs(cs ...column) (s columnSet) {
	for _, c := range cs {
		s |= 1 << c
	}
	return s
}

// A layout says where in a slice's cells each column lies: only the columns that the rule's functions ask for exist.
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

// clear makes cells those of a slice without values.
func (l *layout) clear(cells []float64) {
	for i := range cells {
		cells[i] = 0
	}
	if l.set&(1<<colMin) != 0 {
		cells[l.at[colMin]] = math.Inf(1)
	}
	if l.set&(1<<colMax) != 0 {
		cells[l.at[colMax]] = math.Inf(-1)
	}
	if l.set&(1<<colLastTime) != 0 {
		cells[l.at[colLastTime]] = -1
	}
}

// fold adds the value v of time ms to cells. Of values of one time the one that came later is the last.
func (l *layout) fold(cells []float64, v float64, ms int64) {
	if l.set&(1<<colCount) != 0 {
		cells[l.at[colCount]]++
	}
	if l.set&(1<<colSum) != 0 {
		cells[l.at[colSum]] += v
	}
	if l.set&(1<<colMin) != 0 && v < cells[l.at[colMin]] {
		cells[l.at[colMin]] = v
	}
	if l.set&(1<<colMax) != 0 && v > cells[l.at[colMax]] {
		cells[l.at[colMax]] = v
	}
	if l.set&(1<<colLastTime) != 0 && float64(ms) >= cells[l.at[colLastTime]] {
		cells[l.at[colLast]], cells[l.at[colLastTime]] = v, float64(ms)
	}
}
