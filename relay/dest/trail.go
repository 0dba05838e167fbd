package dest

import "plumbago/carbon"

// A trail is what was written on the open connection, in order, and is not proven to have been read by the endpoint. What
// came from the spool leaves only its mark here: if it must be written again it is read again.
type trail struct {
	ring
	bytes int   // of its frames in memory
	size  int64 // of all that was written
	gone  int64 // how much of the connection's bytes was proven before
}

// pop removes the first parcel.
func (t *trail) pop() parcel {
	p := t.popFront()
	t.bytes -= p.memory()
	t.size -= int64(p.size)
	return p
}

// memory returns how many bytes p holds; what is from the spool is bounded by how much may be unproven.
func (p *parcel) memory() int {
	if p.frame == nil || p.mark != 0 {
		return 0
	}
	return len(p.frame.Bytes)
}

func (p *parcel) free() {
	if p.frame != nil {
		p.frame.Free()
		p.frame = nil
	}
}

// keep moves a written parcel from the hand to the trail and returns the frame that is not needed any more, if it is not.
// The lock is held.
func (q *queue) keep(p *parcel) (spare *carbon.Frame) {
	spare = p.frame
	points, size, last := p.delivered, len(p.frame.Bytes), q.trail.back()
	q.trail.size += int64(size)
	if p.mark != 0 { // counted as spooled until it is proven
		if last == nil || last.mark == 0 {
			q.trail.pushBack(parcel{})
			last = q.trail.back()
		}
		last.mark = p.mark
		last.left += points
		last.size += size
		p.frame = nil
		return spare
	}
	q.counts.Queued -= points
	q.counts.Unproven += points
	q.trail.bytes += size
	switch {
	case last != nil && last.own && len(last.frame.Bytes)+size <= carbon.FrameSize:
	case p.own || size > carbon.FrameSize/2:
		q.trail.pushBack(parcel{frame: p.frame, left: points, size: size, own: p.own})
		p.frame = nil
		return nil
	default: // as in gather: a pooled frame holds FrameSize bytes of memory however few are in it
		own := carbon.NewFrame()
		own.Oldest = p.frame.Oldest
		q.trail.pushBack(parcel{frame: own, own: true})
		last = q.trail.back()
	}
	last.frame.Bytes = append(last.frame.Bytes, p.frame.Bytes...)
	last.frame.Points += p.frame.Points
	last.left += points
	last.size += size
	p.frame = nil
	return spare
}

// everything is for prove.
const everything = -1

// prove counts as delivered what lies within the first n bytes of the connection, or everything, and returns how many bytes
// are still unproven.
func (q *queue) prove(n int64) (unproven int64) {
	for more := true; more; {
		var spare [maxHand]*carbon.Frame
		q.mu.Lock()
		for i := range spare {
			first := q.trail.front()
			if more = first != nil && (n == everything || q.trail.gone+int64(first.size) <= n); !more {
				break
			}
			p := q.trail.pop()
			q.trail.gone += int64(p.size)
			q.bytes -= p.memory()
			if p.mark != 0 {
				q.counts.Spooled -= p.left
			} else {
				q.counts.Unproven -= p.left
			}
			q.counts.Delivered += p.left
			q.spool.passed(&p)
			spare[i] = p.frame
		}
		if n == everything {
			q.trail.gone = 0
		}
		unproven = q.trail.size
		q.mu.Unlock()
		for _, f := range spare {
			if f != nil {
				f.Free()
			}
		}
	}
	return unproven
}

// recall puts everything that is unproven back to the head of the line, to be written again; what is from the spool is
// read from there again.
func (q *queue) recall() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.unserve()
	q.trail.gone, q.trail.size, q.trail.bytes = 0, 0, 0
	for q.trail.len() > 0 {
		p := q.trail.popBack()
		if p.mark != 0 {
			q.spool.rewind = true
			continue
		}
		q.counts.Unproven -= p.left
		q.counts.Queued += p.left
		q.line.pushFront(parcel{frame: p.frame, left: p.left, cut: true})
	}
}
