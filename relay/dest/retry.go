package dest

import (
	"context"
	"math/rand/v2"
	"time"
)

// maxHold is how long a connection must have lasted at most before its end is a new story and not the next failure of
// the old one.
const maxHold = 10 * time.Second

// A retry is the clock of a destination's attempts: after each failure in a row the pause doubles, with jitter so that
// many relays do not come back to one endpoint at the same instant.
type retry struct {
	shortest, longest time.Duration
	hold              time.Duration
	failures          int       // in a row
	forgiven          int       // how many of them there were when the endpoint last proved that it works
	upSince           time.Time // zero while the endpoint is not up
	hurried           bool      // Close has cut a pause short
}

func newRetry(shortest, longest time.Duration) retry {
	return retry{shortest: shortest, longest: longest, hold: min(longest, maxHold)}
}

// up notes that the endpoint takes what is sent and reports whether that is new.
func (r *retry) up() bool {
	if !r.upSince.IsZero() {
		return false
	}
	r.upSince = time.Now()
	return true
}

// fail notes a failure and returns how many there were in a row.
func (r *retry) fail() int {
	if !r.upSince.IsZero() && time.Since(r.upSince) >= r.hold {
		r.failures, r.forgiven = 0, 0
	}
	r.upSince = time.Time{}
	r.failures++
	return r.failures
}

// proven notes that the endpoint has read what was sent: pauses are short again, however short the connection was.
func (r *retry) proven() { r.forgiven = r.failures }

// pause returns how long to wait before the next attempt: between half and all of a bound that doubles with each failure.
func (r *retry) pause() time.Duration {
	n := r.failures - r.forgiven
	if n <= 0 {
		return 0
	}
	bound := r.shortest
	for range n - 1 {
		if bound >= r.longest/2 {
			bound = r.longest
			break
		}
		bound *= 2
	}
	return bound - rand.N(bound/2+1)
}

// next returns when the next attempt is due.
func (r *retry) next() time.Time { return time.Now().Add(r.pause()) }

// wait waits for so long and reports whether the pause is cut short: the start of closing does that, once, and makes the
// pauses short again, as what is queued then has little time left.
func (r *retry) wait(rest time.Duration, life context.Context, closing <-chan struct{}) (cut bool) {
	if r.hurried {
		closing = nil
	}
	t := time.NewTimer(rest)
	defer t.Stop()
	select {
	case <-t.C:
		return false
	case <-life.Done():
	case <-closing:
		r.hurried, r.failures, r.forgiven = true, 0, 0
	}
	return true
}
