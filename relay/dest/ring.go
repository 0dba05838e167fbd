package dest

// A ring is a line of parcels that is cheap at both ends. It grows as it must and is given up when it has run empty
// after a long backlog.
type ring struct {
	slots   []parcel // a power of two, or none
	head, n int
}

// maxIdleSlots is how many slots an empty ring keeps.
const maxIdleSlots = 1024

func (r *ring) len() int { return r.n }

// front returns the first parcel, back the last; nil if there is none.
func (r *ring) front() *parcel { return r.at(0) }
func (r *ring) back() *parcel  { return r.at(r.n - 1) }

func (r *ring) at(i int) *parcel {
	if r.n == 0 {
		return nil
	}
	return &r.slots[(r.head+i)&(len(r.slots)-1)]
}

func (r *ring) pushBack(p parcel) {
	r.grow()
	r.n++
	*r.back() = p
}

func (r *ring) pushFront(p parcel) {
	r.grow()
	r.head = (r.head - 1) & (len(r.slots) - 1)
	r.n++
	*r.front() = p
}

// popFront removes the first parcel; there must be one.
func (r *ring) popFront() parcel {
	first := r.front()
	p := *first
	*first = parcel{}
	r.head = (r.head + 1) & (len(r.slots) - 1)
	r.n--
	if r.n == 0 && len(r.slots) > maxIdleSlots {
		*r = ring{}
	}
	return p
}

// popBack removes the last parcel; there must be one.
func (r *ring) popBack() parcel {
	last := r.back()
	p := *last
	*last = parcel{}
	r.n--
	if r.n == 0 && len(r.slots) > maxIdleSlots {
		*r = ring{}
	}
	return p
}

// grow makes room for one more.
func (r *ring) grow() {
	if r.n < len(r.slots) {
		return
	}
	larger := make([]parcel, max(16, 2*len(r.slots)))
	for i := range r.n {
		larger[i] = *r.at(i)
	}
	r.slots, r.head = larger, 0
}
