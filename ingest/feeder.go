package ingest

import (
	"iter"

	"plumbago/carbon"
)

// A feeder hands lines to a worker that came from no socket, so that they meet what any line meets.
type feeder struct {
	listener *Listener
	worker   *Worker
	from     *origin
}

// newFeeder returns a feeder with the next worker, known by name.
func newFeeder(l *Listener, name string) feeder {
	w, d := l.turn()
	return feeder{l, w, &origin{decoder: d, listener: name, received: &l.counts.received, callers: &l.callers}}
}

// fullBatch is how many bytes of lines go into one batch, about.
const fullBatch = 32 << 10

// hand gives lines to the worker, a batch at a time. It reports whether the listener goes on.
func (f *feeder) hand(lines iter.Seq[[]byte]) bool {
	var b *carbon.Batch
	send := func() {
		f.listener.counts.bytes.Add(int64(len(b.Bytes)))
		f.worker.inbox <- work{batch: b, from: f.from}
		b = nil
	}
	for line := range lines {
		if b == nil {
			select {
			case f.worker.room <- struct{}{}:
			case <-f.listener.abort:
				return false
			}
			b = f.listener.newBatch()
		}
		if b.Bytes = append(b.Bytes, line...); len(b.Bytes) >= fullBatch {
			send()
		}
	}
	if b != nil {
		send()
	}
	return true
}
