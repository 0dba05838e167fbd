package history

import "sort"

// A Point is a value and its time in Unix seconds.
type Point struct {
	Time  int64
	Value float64
}

// A ring holds points in the order of their times, which differ.
type ring struct {
	room []Point
	head int // of the oldest
	n    int
}

// smallest is the first room of a ring, in points.
const smallest = 8

// at returns the i-th point, the oldest first.
func (r *ring) at(i int) *Point {
	if i += r.head; i >= len(r.room) {
		i -= len(r.room)
	}
	return &r.room[i]
}

// put adds p, or replaces the point of its time, and drops what is more than keep seconds older than the newest. Room is
// made for most points at a time when fewer are not enough; most times it is enough for ever.
func (r *ring) put(p Point, keep int64, most int) {
	if r.n > 0 && p.Time < r.at(r.n-1).Time-keep {
		return
	}
	i := r.search(p.Time)
	switch {
	case i < r.n && r.at(i).Time == p.Time:
		r.at(i).Value = p.Value
		return
	case i == r.n: // the newest, as most are
		r.trim(p.Time - keep)
		i = r.n
	}
	if r.n == len(r.room) {
		r.grow(most)
	}
	r.n++
	for j := r.n - 1; j > i; j-- {
		*r.at(j) = *r.at(j - 1)
	}
	*r.at(i) = p
}

// makeRoom drops the oldest point if another one would need more memory.
func (r *ring) makeRoom() {
	if r.n > 0 && r.n == len(r.room) {
		r.head = (r.head + 1) % len(r.room)
		r.n--
	}
}

// trim drops the points before a time.
func (r *ring) trim(before int64) {
	for r.n > 0 && r.at(0).Time < before {
		r.head = (r.head + 1) % len(r.room)
		r.n--
	}
}

// search returns the place of the first point at or after a time; r.n if there is none.
func (r *ring) search(time int64) int {
	if r.n == 0 || r.at(r.n-1).Time < time {
		return r.n
	}
	return sort.Search(r.n, func(i int) bool { return r.at(i).Time >= time })
}

// grow doubles the room, but not past most points unless there are as many.
func (r *ring) grow(most int) {
	size := max(smallest, 2*r.n)
	if size > most && most > r.n {
		size = most
	}
	room := make([]Point, size)
	n := copy(room, r.room[r.head:])
	copy(room[n:], r.room[:r.head])
	r.room, r.head = room, 0
}
