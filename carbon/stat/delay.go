package stat

// Delays count how long points were on their way, in a histogram. The zero value has seen none.
type Delays struct {
	counts [len(delayBounds) + 1]int64
	sum    int64 // milliseconds, of all points
}

// delayBounds are the upper ends of the histogram's buckets in milliseconds.
var delayBounds = [...]int64{5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000}

// Add counts points that took so many milliseconds.
func (d *Delays) Add(ms, points int64) {
	ms = max(0, ms) // the clock may have been set back
	i := 0
	for i < len(delayBounds) && ms > delayBounds[i] {
		i++
	}
	d.counts[i] += points
	d.sum += ms * points
}

// Histogram returns what was counted: how many points there were, the sum of their seconds, and of each upper bound in seconds how
// many took no longer.
func (d *Delays) Histogram() (points uint64, seconds float64, upTo map[float64]uint64) {
	upTo = make(map[float64]uint64, len(delayBounds))
	for i, bound := range delayBounds {
		points += uint64(d.counts[i])
		upTo[float64(bound)/1000] = points
	}
	return points + uint64(d.counts[len(delayBounds)]), float64(d.sum) / 1000, upTo
}
