package aggregate

import (
	"math/bits"
	"slices"
)

// Rows is a list in chunks that never move, the first ones small, as many tables have few: a list of a million is not copied
// as it becomes longer, nor does anybody wait while it is. There are no pointers in it beyond one a chunk. The zero value is empty and ready.
//
// A copy of it shows what there was when it was made, also while the original grows in another goroutine.
type rows[T any] struct {
	chunks [][]T // each of its full length
	n      int
}

// The first chunk has 1<<leastRows rows, the second as many, each of the next twice as many as the one before, until they have
// 1<<mostRows, as do all that follow.
const (
	leastRows = 3
	mostRows  = 12
)

func (r *rows[T]) len() int { return r.n }

// at returns row i.
func (r *rows[T]) at(i int) *T {
	if i >= 1<<mostRows {
		return &r.chunks[i>>mostRows+mostRows-leastRows][i&(1<<mostRows-1)]
	}
	return r.low(i)
}

// low is at for the rows of the first chunks.
func (r *rows[T]) low(i int) *T {
	chunk := bits.Len(uint(i >> leastRows))
	return &r.chunks[chunk][i-firstRow(chunk)]
}

// firstRow returns which row is the first of a chunk.
func firstRow(chunk int) int {
	switch last := mostRows - leastRows; {
	case chunk == 0:
		return 0
	case chunk <= last:
		return 1 << (leastRows + chunk - 1)
	default:
		return (chunk - last) << mostRows
	}
}

// grow makes the list n rows long, unless it is longer; the new rows are zero.
func (r *rows[T]) grow(n int) {
	for firstRow(len(r.chunks)) < n {
		chunk := len(r.chunks)
		r.chunks = append(r.chunks, make([]T, firstRow(chunk+1)-firstRow(chunk)))
	}
	r.n = max(r.n, n)
}

// add appends a row.
func (r *rows[T]) add(x T) {
	r.grow(r.n + 1)
	*r.at(r.n - 1) = x
}

// cut drops the rows from n on. No copy may have them.
func (r *rows[T]) cut(n int) {
	left := 0
	for firstRow(left) < n {
		left++
	}
	left = min(left, len(r.chunks))
	for i := n; i < min(r.n, firstRow(left)); i++ {
		*r.at(i) = *new(T)
	}
	r.chunks, r.n = slices.Clone(r.chunks[:left]), min(r.n, n)
}

// clear makes all rows zero.
func (r *rows[T]) clear() {
	for _, chunk := range r.chunks {
		clear(chunk)
	}
}
