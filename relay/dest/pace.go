package dest

import "time"

const (
	// soonest is after how long the first proof of an endpoint is asked for, and the first one after a break.
	soonest = 100 * time.Millisecond
	// smallest is how few unproven bytes are not worth a proof before its time.
	smallest = 64 << 10
	// quiet is how long nothing was written when what is unproven is to be proven at once.
	quiet = 200 * time.Millisecond
)

// A pace says when the next proof is due. It goes slowly where nothing is known to be well: what is unproven when the way
// breaks is sent twice. Proofs that take long are asked for after less, or a slow endpoint, which must read everything
// within the time that a proof may take, would never give one.
type pace struct {
	every    time.Duration // the longest time between two proofs
	most     int64         // the most bytes between them
	patience time.Duration // how long a proof may take

	wait  time.Duration // what every is for the time being
	size  int64         // what most is
	first time.Time     // when the first of what is unproven was written, zero if nothing is
	last  time.Time     // when the last was
	proof time.Time     // when the last proof came
}

// newPace returns the pace of a new endpoint with a queue of so many bytes, of which a quarter may be unproven.
func newPace(o Options) pace {
	p := pace{every: o.ConfirmEvery, most: min(int64(o.ConfirmBytes), int64(o.Queue)/4), patience: silence(o.UserTimeout)}
	p.wait, p.size = min(soonest, p.every), p.most
	return p
}

// wrote notes that something was written that is to be proven.
func (p *pace) wrote(now time.Time) {
	if p.first.IsZero() {
		p.first = now
	}
	p.last = now
}

// due returns when a proof of so many bytes is due; there must be some.
func (p *pace) due(unproven int64) time.Time {
	if unproven >= p.size {
		return p.last
	}
	due := p.first.Add(p.wait)
	still := p.last.Add(min(quiet, p.every))
	if next := p.proof.Add(p.every / 10); still.Before(next) {
		still = next // what comes in drops is not worth a connection each
	}
	if still.Before(due) {
		return still
	}
	return due
}

// proven notes a proof that was asked for at that time.
func (p *pace) proven(asked, now time.Time) {
	p.first, p.proof = time.Time{}, now
	p.wait = min(2*p.wait, p.every)
	switch took := now.Sub(asked); {
	case took > p.patience/4:
		p.size = max(p.size/2, min(smallest, p.most))
	case took < p.patience/16:
		p.size = min(2*p.size, p.most)
	}
}

// broke notes that everything unproven is to be written again.
func (p *pace) broke() {
	p.first = time.Time{}
	p.wait = min(soonest, p.every)
	p.size = max(p.size/4, min(smallest, p.most))
}

// silence is how long an endpoint may show no sign of life while it owes one.
func silence(userTimeout time.Duration) time.Duration { return max(userTimeout, time.Second) }
