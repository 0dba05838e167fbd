package ingest

import (
	"context"
	"sync/atomic"

	"go.uber.org/zap"

	"plumbago/carbon/stat"
	"plumbago/ingest/lists"
)

// ListStats are what a listener for lists in Redis met.
type ListStats struct {
	Records int64  `json:"records"`         // taken out
	Failed  int64  `json:"failed"`          // attempts that Redis did not answer well
	Error   string `json:"error,omitempty"` // why the last one was
}

// listCounts are what ListStats reads.
type listCounts struct {
	records, failed atomic.Int64
	why             atomic.Pointer[string]
}

// A listSource takes records out of one list in Redis, again and again, and makes samples of their numbers.
type listSource struct {
	feeder
	list *lists.Source
	down bool // the last attempt failed
}

// newListSource returns a source for one address.
func newListSource(l *Listener, a Address) (*listSource, error) {
	list, err := lists.New(a.String(), l.opts.Ack != nil && *l.opts.Ack)
	if err != nil {
		return nil, err
	}
	return &listSource{feeder: newFeeder(l, a.redacted()), list: list}, nil
}

// run looks into the list once a period, and at once again while there is more, until the listener stops.
func (s *listSource) run() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	defer s.list.Close()
	go func() { // a Redis that does not answer must not hold up the stop
		select {
		case <-s.listener.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		n, err := s.pop(ctx)
		if ctx.Err() != nil {
			return
		}
		s.news(err)
		if n == 0 && !s.listener.pause(s.listener.opts.period()) {
			return
		}
	}
}

// pop takes records out, hands them on and acknowledges them; it returns how many.
func (s *listSource) pop(ctx context.Context) (n int, err error) {
	records, err := s.list.Pop(ctx)
	if err != nil || len(records) == 0 {
		return 0, err
	}
	s.listener.counts.lists.records.Add(int64(len(records)))
	var bad []string
	going := s.hand(func(yield func([]byte) bool) {
		var lines []byte
		for _, record := range records {
			var err error
			if lines, _, err = lists.Append(lines[:0], s.list.Key(), record); err != nil {
				bad = append(bad, record)
			} else if len(lines) > 0 && !yield(lines) {
				return
			}
		}
	})
	if !going || !s.refuse(bad) {
		return 0, context.Canceled
	}
	// What is handed on is to be acknowledged also when the stop has begun.
	if err := s.list.Acknowledge(context.WithoutCancel(ctx)); err != nil {
		return 0, err
	}
	return len(records), nil
}

// refuse counts records that are none. It reports whether the listener goes on.
func (s *listSource) refuse(bad []string) bool {
	if len(bad) == 0 {
		return true
	}
	select {
	case s.worker.room <- struct{}{}:
	case <-s.listener.abort:
		return false
	}
	b := s.listener.newBatch()
	for _, record := range bad {
		b.RefuseText(stat.BadFields, 0, []byte(record))
	}
	s.worker.inbox <- work{batch: b, from: s.from}
	return true
}

// news says when Redis does not answer well any more, and when it does again.
func (s *listSource) news(err error) {
	c := &s.listener.counts.lists
	switch {
	case err != nil:
		c.failed.Add(1)
		why := legible(err.Error())
		c.why.Store(&why)
		if !s.down {
			s.listener.log.Warn("taking records out of a list", zap.String("listener", s.from.listener), zap.String("reason", why))
		}
	case s.down:
		c.why.Store(nil)
		s.listener.log.Info("records are taken out of a list again", zap.String("listener", s.from.listener))
	}
	s.down = err != nil
}
