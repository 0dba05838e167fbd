package aggregate

import "container/heap"

// An agenda holds what a shard has to look at and when. Dues are few and shared by many series (live slices all end
// together), so it is a heap of times with a list of series each. An entry that was overtaken by an earlier one stays
// and is recognised when its time comes: the series' own alarm says otherwise.
type agenda struct {
	times timeHeap
	at    map[int64]*due
	last  *due      // that something was added to; nil once it is gone
	spare [][]entry // emptied lists, for reuse
}

// A due is a time, in Unix milliseconds, and what is to be looked at then.
type due struct {
	ms   int64
	list []entry
}

type entry struct {
	rule   uint16
	series uint32
}

func newAgenda() agenda { return agenda{at: make(map[int64]*due)} }

// add notes that e is due at ms.
func (a *agenda) add(ms int64, e entry) {
	if a.last == nil || a.last.ms != ms { // mostly it is the same for thousands
		a.last = a.due(ms)
	}
	a.last.list = append(a.last.list, e)
}

// due returns that of a time, which may be new.
func (a *agenda) due(ms int64) *due {
	if d, ok := a.at[ms]; ok {
		return d
	}
	d := &due{ms: ms}
	if n := len(a.spare); n > 0 {
		d.list, a.spare = a.spare[n-1], a.spare[:n-1]
	}
	a.at[ms] = d
	heap.Push(&a.times, ms)
	return d
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
	d := a.at[a.times[0]]
	if rest := len(d.list) - n; rest > 0 {
		dst = append(dst, d.list[rest:]...)
		d.list = d.list[:rest]
		return d.ms, dst
	}
	dst = append(dst, d.list...)
	heap.Pop(&a.times)
	delete(a.at, d.ms)
	if a.last == d {
		a.last = nil
	}
	if len(a.spare) < 64 && cap(d.list) <= 1<<16 {
		a.spare = append(a.spare, d.list[:0])
	}
	return d.ms, dst
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
