package bucket

// A ring says which slot a time belongs to. The zero ring has seen nothing.
type ring struct {
	interval int64 // seconds, at least 1; 0 before the first hit
	head     int64 // number of the newest bucket
}

// number returns the bucket that a time is in; times before 1970 have negative numbers.
func number(at, interval int64) int64 {
	n := at / interval
	if at%interval < 0 {
		n--
	}
	return n
}

// slot returns where the bucket n lies among size.
func slot(n int64, size int) int {
	i := int(n % int64(size))
	if i < 0 {
		i += size
	}
	return i
}

// hit moves the ring on for a hit and returns its slot, and calls clear for each slot that begins anew; ok is false if the
// window has passed the hit. Another interval than before begins a new ring.
func (r *ring) hit(interval, at int64, size int, clear func(slot int)) (i int, ok bool) {
	n := number(at, interval)
	switch {
	case r.interval != interval:
		for i := range size {
			clear(i)
		}
		r.interval, r.head = interval, n
	case n > r.head:
		first := r.head + 1
		if n-r.head >= int64(size) {
			first = n - int64(size) + 1
		}
		for ; first <= n; first++ {
			clear(slot(first, size))
		}
		r.head = n
	case n <= r.head-int64(size):
		return 0, false
	}
	return slot(n, size), true
}

// window calls each for the slots of the buckets that a window ending at a time has.
func (r *ring) window(at int64, size int, each func(slot int)) {
	if r.interval == 0 {
		return
	}
	end := max(number(at, r.interval), r.head)
	for n := end - int64(size) + 1; n <= r.head; n++ {
		each(slot(n, size))
	}
}

// span returns how long the window is, in seconds.
func (r *ring) span(size int) int64 { return r.interval * int64(size) }

// gone says whether a window ending at a time has none of the buckets.
func (r *ring) gone(at int64, size int) bool {
	return r.interval == 0 || number(at, r.interval)-r.head >= int64(size)
}
