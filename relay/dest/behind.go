package dest

// behindBytes is how much may wait to be written to an endpoint before a burst of results is drawn out for it.
const behindBytes = 4 << 20

// Behind says whether a burst should be drawn out for the endpoint, at a time in Unix milliseconds: much waits for it, and it takes it, but more slowly
// than it comes. For one that takes nothing nobody should wait.
func (d *Dest) Behind(now int64) bool {
	q := d.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.unwritten() > min(behindBytes, q.limit/2) && q.pace > 0 && now-q.since < briskPause
}
