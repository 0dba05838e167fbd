package aggregate

import "container/heap"

// An agenda holds what a shard has to look at and when. Dues are few and shared by many series (live slices all end
// together), so it is a heap of times with a list of series each. An entry that was overtaken by an earlier one stays
// and is recognised when its time comes: the series' own alarm says otherwise.
type agenda struct {
	times timeHeap
	at    map[int64]*due
	last  *due      // that something was added to; nil once it is gone
	spare [][]entry // emptied parts of lists, for reuse
}

// A due is a time, in Unix milliseconds, and what is to be looked at then: in parts, as it may be a million series, which nobody
// should copy as they become more. All parts but the last are full.
type due struct {
	ms    int64
	parts [][]entry
}

// A part holds up to mostPart entries; the first one of a due has no room for so many before they come, as many dues have few.
// spareParts are kept for reuse.
const (
	mostPart   = 1024
	spareParts = 256
)

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
	a.last.add(e, &a.spare)
}

// add appends an entry, in a part of spare's if there is need of one.
func (d *due) add(e entry, spare *[][]entry) {
	last := len(d.parts) - 1
	if last < 0 || len(d.parts[last]) == mostPart {
		d.parts = append(d.parts, d.part(spare))
		last++
	}
	d.parts[last] = append(d.parts[last], e)
}

// part returns an empty part.
func (d *due) part(spare *[][]entry) (part []entry) {
	if last := len(*spare) - 1; last >= 0 {
		part, *spare = (*spare)[last], (*spare)[:last]
		return part
	}
	if len(d.parts) == 0 {
		return nil
	}
	return make([]entry, 0, mostPart)
}

// due returns that of a time, which may be new.
func (a *agenda) due(ms int64) *due {
	if d, ok := a.at[ms]; ok {
		return d
	}
	d := &due{ms: ms}
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

// pop appends some entries of the earliest time, n at most, to dst and removes them.
func (a *agenda) pop(dst []entry, n int) (int64, []entry) {
	d := a.at[a.times[0]]
	last := len(d.parts) - 1
	part := d.parts[last]
	if rest := len(part) - n; rest > 0 {
		dst = append(dst, part[rest:]...)
		d.parts[last] = part[:rest]
		return d.ms, dst
	}
	dst = append(dst, part...)
	if d.parts = d.parts[:last]; len(a.spare) < spareParts {
		a.spare = append(a.spare, part[:0])
	}
	if last == 0 {
		heap.Pop(&a.times)
		delete(a.at, d.ms)
		if a.last == d {
			a.last = nil
		}
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
