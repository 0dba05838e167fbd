package dest

import (
	"math"
	"time"
)

const (
	// liveTimes is how much faster than what is live the disk's content goes out.
	liveTimes = 2
	// leastReplay is the least pace, in points a second, for an endpoint that gets few.
	leastReplay = 10_000
	// livePeriod is what the live rate is measured over, and liveHalf how fast a higher one is forgotten.
	livePeriod = time.Second
	liveHalf   = 30 * time.Second
	// replayAhead is how much of what may go in a time may go at once.
	replayAhead = 50 * time.Millisecond
)

// A replayRate bounds how fast a spool is replayed, in points. It is a bucket that fills at a pace which is fixed, or
// follows what the endpoint gets anyway.
type replayRate struct {
	fixed float64 // points a second; 0: the pace follows the live rate

	live     float64 // points a second
	since    time.Time
	then     int64 // how many had come in by then
	bucket   float64
	filledAt time.Time
}

// observe notes how many points came in until now.
func (r *replayRate) observe(now time.Time, arrived int64) {
	if r.since.IsZero() {
		r.since, r.then, r.filledAt = now, arrived, now
		return
	}
	if d := now.Sub(r.since); d >= livePeriod {
		rate := float64(arrived-r.then) / d.Seconds()
		r.live = max(rate, r.live*math.Exp2(-d.Seconds()/liveHalf.Seconds()))
		r.since, r.then = now, arrived
	}
	pace := r.pace()
	r.bucket = min(r.bucket+pace*max(0, now.Sub(r.filledAt).Seconds()), pace*replayAhead.Seconds())
	r.filledAt = now
}

// pace returns how many points a second may go.
func (r *replayRate) pace() float64 {
	if r.fixed > 0 {
		return r.fixed
	}
	return max(leastReplay, liveTimes*r.live)
}

// allows says whether anything may go now.
func (r *replayRate) allows() bool { return r.bucket > 0 }

// spend notes that so many go. They may be more than the bucket holds: those after them wait the longer.
func (r *replayRate) spend(points int) { r.bucket -= float64(points) }

// rest returns how long it takes until something may go.
func (r *replayRate) rest() time.Duration {
	if r.allows() {
		return 0
	}
	return time.Duration((1 - r.bucket) / r.pace() * float64(time.Second))
}
