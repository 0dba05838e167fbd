package aggregate

import "container/heap"

// An agenda holds what a shard has to look at and when. Dues are few and shared by many series (live slices all end
// together), so it is a heap of times with a list of series each. An entry that was overtaken by an earlier one stays
// and is recognised when its time comes: the series' own alarm says otherwise.
type agenda struct {
	times timeHeap
	at    map[int64][]entry
	spare [][]entry // emptied lists, for reuse
}

type entry struct {
	rule   uint16
	series uint32
}

func newAgenda() agenda { return agenda{at: make(map[int64][]entry)} }

// add notes that e is due at ms.
func (a *agenda) add(ms int64, e entry) {
	list, ok := a.at[ms]
	if !ok {
		heap.Push(&a.times, ms)
		if n := len(a.spare); n > 0 {
			list, a.spare = a.spare[n-1], a.spare[:n-1]
		}
	}
	a.at[ms] = append(list, e)
}

// next returns the earliest time noted.
func (a *agenda) next() (ms int64, ok bool) {
	if len(a.times) == 0 {
		return 0, false
	}
	return a.times[0], true
}

// pop appends up to n entries of the earliest time to dst and removes them.
func (a *agenda) pop(dst []entry, n int) (int64, []entry) {
	ms := a.times[0]
	list := a.at[ms]
	if len(list) > n {
		rest := len(list) - n
		a.at[ms] = list[:rest]
		return ms, append(dst, list[rest:]...)
	}
	heap.Pop(&a.times)
	delete(a.at, ms)
	dst = append(dst, list...)
	if len(a.spare) < 64 && cap(list) <= 1<<16 {
		a.spare = append(a.spare, list[:0])
	}
	return ms, dst
}

type timeHeap []int64

func (h timeHeap) Len() int           { return len(h) }
func (h timeHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h timeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *timeHeap) Push(x any)        { *h = append(*h, x.(int64)) }
func (h *timeHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
