package dest

import (
	"context"

	"plumbago/carbon/stat"
)

// Remove is Close for an endpoint that the configuration does not have any more: what is left when ctx is done counts as
// removed.
func (d *Dest) Remove(ctx context.Context) (lost int64) {
	d.queue.remove()
	return d.Close(ctx)
}

// remove makes what is left at the end count as removed, and what comes after it.
func (q *queue) remove() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.end = stat.LossRemoved
}

// loss is as what is counted what is left at the end.
func (q *queue) loss() stat.Loss {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.end
}
